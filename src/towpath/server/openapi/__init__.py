"""GET /openapi.json: what is served, in OpenAPI's words.

- ``document``: the operations. ``relay``: those that the operator's upstream serves.
- ``pieces``: what operations have in common. ``schemas``: the shapes of requests and answers.
"""
