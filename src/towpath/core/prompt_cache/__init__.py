"""The API's prompt cache: what a request should have read from it, and why it did not.

- ``causes``: the differences between two prompts that end a cached prefix, and in which words.
- ``memory``: the prompts of late requests, by which a miss is explained.
"""
