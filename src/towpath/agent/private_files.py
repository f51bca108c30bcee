"""Files that only their user may read."""

from pathlib import Path


def write_private(path: Path, data: bytes) -> None:
    """Write a file that is private from its first moment. Raises OSError."""
    path.touch(mode=0o600)
    path.write_bytes(data)
