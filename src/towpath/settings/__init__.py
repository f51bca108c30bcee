"""What the operator can set.

- ``table``: each setting with its default and what it means.
- ``values``: how what an operator writes is read.
"""

from towpath.settings.table import ENV_PREFIX, Settings

__all__ = ["ENV_PREFIX", "Settings"]
