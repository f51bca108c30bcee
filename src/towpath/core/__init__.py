"""The protocol, as values and functions.

Nothing in this package is async, reads a clock, does I/O or logs: everything it needs is passed in,
and what it decides is returned. The words, used the same way in all packages:

- **Request**, **Message**, **Block**: as the Messages API has them.
- **Exchange**: one HTTP request and its response.
- **Turn**: from a user's message to ``end_turn``; several exchanges if tools are called.
- **Launch**: all that is fixed when a process starts, and its key.
- **Tip**: the digest of a conversation up to a message (``canonical``).
- **Session**: one live process and the conversation it holds: idle, running or parked.
- **Way**: how a request is served: Resume, Answer or Start (``ways``).
"""
