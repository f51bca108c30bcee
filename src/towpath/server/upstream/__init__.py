"""The API that the operator gave the proxy an address or a key of, for what the Agent SDK cannot do.

``client`` asks it; ``answer`` decides what of its answers is handed back, and in which form.
"""
