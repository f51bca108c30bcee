"""The Claude Agent SDK and the CLI it bundles: the only package that imports them, or mcp.

``process`` is what the rest sees: a started process takes a message or tool results and gives the
API's stream events. ``passthrough`` and ``internal`` are its two kinds. The other modules are its parts:

- ``options``, ``environment``: a launch as SDK options, settings file and environment.
- ``default_models``: what keeps it from trying, on a cloud provider, which models there are.
- ``accesses``: environment and settings for each way to reach Claude.
- ``history_lines``: a conversation in the format of the CLI's own session files. ``session_file``: the
  file that is written and read. ``private_files``: how a file is written that is the user's alone.
- ``additions``: what the CLI added to a conversation, to be given back at the same place.
- ``parked_tools``: the client's tools as calls that wait ("parked"). ``host_tools``: tools that run in the
  proxy. ``tool_server``: how both are offered to the CLI.
- ``model_calls``: which model calls it may make, and what ends it.
- ``gate``: what keeps it from making one on its own; ``gate_plugin`` is its part in the CLI.
- ``listener``: everything that the CLI says, and its end.
- ``transport``: the pipe to the CLI, and how it is ended at once. ``parent``: what ends it with the server.
- ``failures``: how a turn failed, as an error of the API. ``cloud_failures``: the same at cloud providers.
- ``folders``: the private folders of the processes. ``leftovers``: what a CLI writes outside of its own.
- ``verdicts``, ``catalog``, ``token_estimate``: what it says of the account, of models, of sizes.
- ``bundled_cli``: where the CLI is, its version, and how it is authenticated.

Each fact of the CLI that a module leans on is a contract test in tests/contract, and a row in
docs/engine.md.
"""
