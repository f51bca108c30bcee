"""`towpath doctor`: is everything there that a request needs, and if not, what to do.

- ``command``: flags in, findings out. ``checks``: the list of checks; ``findings``: what one found.
- ``program``, ``machine``, ``leftovers``: what Towpath consists of, and what earlier runs left.
- ``access``: the ways to reach Claude.
- ``port``, ``loops``, ``upstream``: the port, addresses that lead back here, one request all the way.
- ``opencode``: whether it leads here. ``report``: findings for a person and as JSON.
- ``sdk_age``, ``package_index``: how old the SDK is, where the index can be reached.
- ``addresses``, ``shell``, ``tested``: base URLs, other programs, the versions that were tested.
"""
