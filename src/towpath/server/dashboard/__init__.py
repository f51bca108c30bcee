"""What a person looks at: the page at / and `towpath top`.

- ``activity``: what is happening and what happened lately, as a value.
- ``preview``: what was said, shortened, where the operator asks for it.
- ``readme``: the README as a page. ``usage``: what the ledger has of the last days.
- ``routes``: the page's address, its files, the activity as JSON and as a stream, and the usage.
"""
