"""HTTP: routes, who may call, server-sent events. The only package that imports Starlette.

``app`` wires, ``messages`` serves POST /v1/messages, ``sse`` writes a stream that stays alive, ``guard``
refuses who must not call, ``health`` says how the server is. What a request means is decided in core,
what happens to it in sessions.
"""
