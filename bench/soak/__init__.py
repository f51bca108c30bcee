"""A soak: mixed conversations for minutes or hours, with crashes, and proof that nothing was lost.

``python -m bench.soak --minutes N``. Every message carries a mark. The model at the far end answers
with a digest of all marks that it was shown (``marks``), so each answer proves the whole conversation: a
message that was lost, sent twice or taken from somebody else changes it. Like all of ``bench`` it sees
the proxy from outside.
"""
