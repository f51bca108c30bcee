"""`towpath setup`: writes Towpath's address into a client's own configuration, and takes it out again.

- ``command``: shows, asks, writes. ``diff``: what would change. ``files``: backups, and whole writes.
"""
