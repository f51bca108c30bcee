"""GET /openapi.json: what is served, in OpenAPI's words.

- ``document``: the operations. ``relay``: those that the operator's upstream serves.
  ``ledger``: those that tell of usage.
- ``pieces``: what operations have in common. ``schemas``: the shapes of requests and answers.
"""
