"""Towpath: a local server that speaks the Anthropic Messages API and answers from the Claude Agent SDK.

From the outside in; each part imports only those below it (ARCHITECTURE.md):

- ``cli``: the commands. ``settings``: the one table of settings.
- ``server``: HTTP. ``sessions``: live processes, and which request each serves.
- ``agent``: the SDK and its CLI. ``tools``: tools that run here, in internal mode.
- ``ledger``: figures of each exchange, kept, and what they cost.
- ``core``: the protocol as values and functions.
- ``testing``: the scripted API. ``bench``: `towpath bench`. ``python``: how a Python is started.
"""

__version__ = "0.1.0"
