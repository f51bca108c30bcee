"""An exchange: from a request's body to the events of its answer, whichever API it came through.

- ``reader``: what a body asks for.
- ``exchanges``: the way of a request through the queue, a session and back.
- ``record``: what is known of one exchange at a moment: figures and names.
- ``conversations``: which exchanges a person would call one conversation.
- ``headers``: what an answer's headers say of it.
- ``events``: what happens, as values; ``publisher`` tells those that want to know.
- ``limit_refusals``: the newest word on the account's limits, and what is refused for it.
"""
