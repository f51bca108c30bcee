"""`towpath serve`, from the flags to the listening socket.

- ``command``: runs the server in the foreground. ``supervisor``: starts it again when it has crashed.
- ``http_limits``: how long a request may take to arrive, and how large its head may be.
- ``systemd``: tells systemd how the server is.
"""
