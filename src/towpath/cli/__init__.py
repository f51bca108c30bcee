"""The commands: settings from a terminal, words for a person. The only package that imports Typer.

- ``main``: the command `towpath` and its list of commands, each a module or package of that name: ``serve``,
  ``doctor``, ``setup``, ``env``, ``top``, ``service``, ``demo``, ``replay``, ``bench``.
- ``flags``: settings as flags. ``address``: where this server is reached from this machine.
- ``opencode``: OpenCode's configuration, which ``doctor`` reads and ``setup`` writes.
- ``logs``: who writes into the log, and how. ``printable``: somebody else's text on a terminal.
"""
