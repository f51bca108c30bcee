"""The endpoints that programs call. None knows another.

- ``endpoint``: an exchange for each request of the three APIs. Each has a format of its own: ``messages``,
  and OpenAI's ``chat`` and ``responses``, which share ``translation``.
- ``count``, ``models``: token counts and the models on offer.
- ``batches``: batches and files, handed on to the operator's upstream (``server.upstream``).
"""
