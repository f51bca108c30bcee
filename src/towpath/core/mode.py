"""Who executes the tools: the client (passthrough) or the proxy (internal)."""

from enum import StrEnum

from towpath.core.errors import ApiError

HEADER = "x-towpath-mode"


class Mode(StrEnum):
    """The two modes, named as in ``x-towpath-mode``."""

    PASSTHROUGH = "passthrough"
    INTERNAL = "internal"


def mode_of(header: str | None, default: Mode, *, allows_internal: bool) -> Mode:
    """The mode of a request. Raises ``ApiError`` for a mode that does not exist or is not allowed."""
    if header is None:
        return default
    try:
        mode = Mode(header.strip().lower())
    except ValueError:
        raise ApiError(400, f"{HEADER}: {header!r} is neither passthrough nor internal") from None
    if mode is Mode.INTERNAL and default is not mode and not allows_internal:
        sentence = f"{HEADER}: internal mode is not allowed here; CLAUDE_PROXY_ALLOW_INTERNAL=1 allows it"
        raise ApiError(403, sentence)
    return mode
