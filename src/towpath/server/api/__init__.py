"""The endpoints that programs call. None knows another.

- ``endpoint``: one exchange for each request, whichever of three APIs it came by; their formats:
- ``messages``: the Messages API. ``chat``, ``responses``: OpenAI's two; ``translation``: what both share.
- ``count``, ``models``: token counts and the models on offer.
- ``batches``: batches and files, handed on to the operator's upstream (``server.upstream``).
"""
