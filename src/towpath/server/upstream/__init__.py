"""An API whose address or key the operator gave to the proxy, for what the Agent SDK cannot do.

``client`` asks it; ``answer`` decides which parts of its answers are handed back, and in which form.
``accesses``: the same address and key for the CLIs, and all other ways to reach Claude.
"""
