"""The API's prompt cache: what a request should have read from it, and why it did not.

- ``causes``: the differences between two prompts that end a cached prefix, and the words for them.
- ``misses``: the prompts of recent requests, which explain a miss.
"""
