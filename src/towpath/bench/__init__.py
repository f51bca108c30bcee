"""`towpath bench`: how much time Towpath adds to a request, measured beside the API without a proxy.

A *step* is a kind of request (``cases``), a *target* a place that it is sent to (``client``): the
scripted API itself, called ``direct``, the proxy in front of it, and whatever else was named. In each
*round* each target gets each step once. This package must not know how Towpath works: it sees the
proxy as a client does, and the process as the operating system does.

- ``run``: one run from beginning to end. ``driver``: the rounds. ``conversations``: what is said.
- ``processes``: the proxy and the ``api`` as processes of their own. ``resources``: what they take.
- ``stream``: server-sent events, timed. ``samples``: what was measured. ``report``, ``tables``: what it says.
"""
