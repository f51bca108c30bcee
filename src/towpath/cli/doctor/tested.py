"""The versions that this release was tested with: the one place that names them.

The SDK's is the exact pin in ``pyproject.toml``, the CLI's is the one that this SDK bundles.
"""

import re
from importlib import metadata

# tests/cli/test_doctor_versions.py keeps it equal to what tests/clients runs.
OPENCODE = "1.18.33"
SDK_PACKAGE = "claude-agent-sdk"


def pinned_sdk() -> str | None:
    """The SDK version that towpath's own package asks for; None if its metadata name no single one."""
    for requirement in metadata.requires("towpath") or ():
        match = re.fullmatch(rf"{SDK_PACKAGE}\s*==\s*([\w.]+)", requirement.partition(";")[0].strip())
        if match:
            return match[1]
    return None
