"""Live processes and the requests they serve.

Each process has one owner task (``session``); the pool decides from values which sessions end
(``plan``); the dispatcher carries out the way that ``core.ways`` chose, and falls back to Start as long
as the client has not seen a byte. Nothing here knows HTTP, and nothing here knows the SDK.
"""
