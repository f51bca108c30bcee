"""`towpath serve`, from the flags to the listening socket.

- ``entry``: the flags. ``command``: runs the server in the foreground.
- ``supervisor``: starts it again when it has crashed.
- ``server``: when it is ready, how it stops, and what the terminal says. ``signals``: what stops it.
- ``systemd``: tells systemd how the server is.
"""
