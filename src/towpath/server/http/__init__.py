"""HTTP below the meaning of a request.

- ``arrival``: how long a request may take to arrive, and how large its head may be.
- ``body``: a body received and decoded. ``parse_queue``: large ones parsed in threads.
- ``streaming``: server-sent events whose status is true and that never just end.
- ``disconnect``: work that ends when its client has left.
"""
