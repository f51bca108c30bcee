"""Live processes and the requests they serve. Nothing here knows HTTP, the SDK or ``agent``.

- ``dispatcher``: carries out the way that ``core.ways`` chose, and falls back to Start as long as the client
  has not seen a byte. ``admission``: how many run at once. ``exchange``: one exchange on its way through.
- ``session``: one process and its conversation, owned by one task. ``stalls``: when it is silent for too
  long. ``learning``: what its CLI adds to the conversation. ``process``: what they need of a process.
- ``pool``: all sessions. ``index``: which of them holds a conversation.
- ``plan``: which sessions end, for their age or for memory, and which spares start: decided from values.
  It weighs ``demand`` (which spares are wanted), ``parked_waits`` (how long calls may stay unanswered),
  ``memory_budget`` (who ends first when memory is short) and ``process_sizes``.
"""
