"""The working directory that a client names in its system prompt."""

import re

# OpenCode writes "Working directory: /path" into an <env> block, Claude Code "Primary working directory:".
_NAMED = re.compile(r"^[ \t*-]*(?:primary )?working directory:[ \t]*(/.*)$", re.IGNORECASE | re.MULTILINE)


def named_directory(system: str) -> str | None:
    """The first absolute path that a line ``Working directory: …`` names, or None."""
    match = _NAMED.search(system)
    return match[1].strip() if match else None
