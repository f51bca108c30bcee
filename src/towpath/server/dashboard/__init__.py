"""What a person looks at: the page at / and `towpath top`.

- ``activity``: what is happening and what happened lately, as a value.
- ``conversations``: which exchanges a person would call one conversation.
- ``preview``: what was said, shortened, where the operator asks for it.
- ``readme``: the README as a page.
- ``routes``: the page's address, its files, and the activity as JSON and as a stream.
"""
