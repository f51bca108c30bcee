"""HTTP: routes, who may call, server-sent events. The only package that imports Starlette.

What a request means is decided in ``core``, what happens to it in ``sessions``. From the outside in:

- ``app`` wires, ``components`` makes one of each part (``processes``: and the CLIs), ``routes`` says what is
  served where, ``own_memory`` gives freed memory back. ``errors``: an error as a response; ``reports``: what
  the server says of itself, as types.
- ``accesses``: what is kept apart for each way to reach Claude; ``access_choice``: which one a request names;
  ``catalog``: the models of each.
- ``guard`` refuses callers (``loopback``: which hosts are this machine), ``cors`` lets named pages read the
  answers, ``middleware`` spells paths, stops circles (``via``: their marks) and answers WebSockets,
  ``headers`` are on every response.
- ``api``: the endpoints that programs call: messages, counts, models, batches, OpenAI's two.
- ``dashboard``: what a person looks at: the page, and the activity that it shows.
- ``openapi``: the description of it all for programs that make clients.
- ``observe``: log lines, metrics, traces, recordings and health.
- ``upstream``: an API of the operator's own, for what the Agent SDK cannot do.
- ``exchange``: from a body to the events of its answer, and how what happens is told.
- ``http``: bodies in, event streams out, clients that leave.
"""
