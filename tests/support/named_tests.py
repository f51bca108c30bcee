"""Tests that a document names as its proof."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
_NAME = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")


def named_tests(text: str) -> list[str]:
    """All that are named in it, as ``file::test``."""
    return ["::".join(name) for name in _NAME.findall(text)]


def exists(name: str) -> bool:
    """Whether there is such a test."""
    path, _, test = name.partition("::")
    file = ROOT / path
    return file.exists() and re.search(rf"^(async )?def {test}\(", file.read_text("utf-8"), re.M) is not None
