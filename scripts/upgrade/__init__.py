"""Try the newest SDK and the newest of each client in a copy of the repository (docs/upgrading.md).

- ``candidates``: what has an exact version here, and which tests are about it. ``report``: the table. Pure.
- ``trial``: a copy, its newest release, its tests. ``running``: one program to its end, leaving nothing.
- ``__main__``: the command.
"""
