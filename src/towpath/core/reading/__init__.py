"""A body becomes a request: decoded, parsed, checked, without the texts that are no part of it.

- ``request``: the whole of it, in order; what comes out is a ``Request`` that keeps every rule.
- ``json_body``, ``content_coding``: bytes to fields. ``body_limits``: how large a body may be.
- ``rules``, ``block_rules``, ``run_rules``: the rules for a request, a message and a run of messages.
  ``internal_rules``: those that internal mode adds.
- ``message``: one message that keeps them, with all that follows from it alone.
- ``cache_marks``: how long a client asks the prompt cache to keep its prompt.
- ``memo``: why a long conversation is not read again at each turn.
"""
