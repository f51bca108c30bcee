"""An exchange: from a request's body to the events of its answer, by any API it came through.

- ``exchanges``: the way of a request through the queue, a session and back.
- ``record``: what is known of one exchange: figures and names.
- ``limits``: the newest word on the account's limits.
- ``recorder``: exchanges as files that can be played again.
- ``preview``: what was said, shortened, where the operator asks for it.
"""
