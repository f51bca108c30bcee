"""The Claude Agent SDK and the CLI it bundles: the only package that imports them, or mcp.

``process`` is what the rest sees: a started process takes a message or tool results and gives the
API's stream events. The other modules are its parts:

- ``options``: a launch as SDK options, settings file and environment.
- ``history``: a conversation as the CLI's own session file.
- ``additions``: what the CLI added to a conversation, to be given back at the same place.
- ``tools``: the client's tools as calls that wait ("parked").
- ``model_calls``: which model calls it may make, and what ends it.
- ``hearing``: everything that the CLI says, and its end.
- ``failures``: how a turn failed, as an error of the API.
- ``limits``: what it says of the account's limits.
- ``context``: how many tokens a conversation has, as the CLI says.
- ``cli``: where the CLI is, its version, and how it is authenticated.

Each fact of the CLI that a module leans on is a contract test in tests/contract, and a row in
docs/engine.md.
"""
