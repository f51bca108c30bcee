"""The endpoints that programs call. Each answers one route; none knows another.

- ``messages``: the Messages API. ``openai``, ``chat``, ``responses``: OpenAI's two.
- ``count``, ``models``: token counts and the models on offer.
- ``batches``: batches and files, handed on to the operator's upstream (``server.upstream``).
"""
