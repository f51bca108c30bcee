"""The commands: settings from a terminal, words for a person. The only package that imports Typer.

- ``main``: the command `towpath`; ``commands``: its list of commands, each a module or package of that
  name and imported when it is run: ``serve``, ``settings``, ``doctor``, ``setup``, ``env``, ``top``,
  ``usage``, ``service``, ``demo``, ``replay``, ``bench``, ``scripted_api``.
- ``flags``: settings as flags. ``unknown_settings``: variables that only look like settings. ``bad_values``:
  what is wrong with a value. ``obstacles``: what keeps a server from working.
- ``address``: where this server is reached from this machine. ``listening``: its port, and who else holds it.
  ``one_key``: what a client sends where the server takes several keys. ``one_access``: which of several
  accesses it uses.
- ``opencode``: OpenCode's configuration, which ``doctor`` reads and ``setup`` writes.
- ``logs``: who writes into the log, and how. ``console``: how a command gives up, and how it names
  another one. ``printable``: somebody else's text on a terminal.
"""
