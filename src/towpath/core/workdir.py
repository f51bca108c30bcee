"""The working directory that a client names in its system prompt."""

import re

# OpenCode writes "Working directory: /path" into an <env> block, Claude Code "Primary working directory:".
_NAMED = re.compile(r"^[\s*-]*(?:primary )?working directory: *(\S.*?)\s*$", re.IGNORECASE | re.MULTILINE)


def named_directory(system: str) -> str | None:
    """The first absolute path that a line ``Working directory: …`` names, or None."""
    match = _NAMED.search(system)
    return match[1] if match and match[1].startswith("/") else None
