"""Toolboxes in the tests: calls without an event loop of their own, and the words that come back."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

from towpath.tools import Result, Text, Toolbox
from towpath.tools.ending import GRACE_SECONDS

T = TypeVar("T")


def with_toolbox(
    workspace: Path,
    use: Callable[[Toolbox], Awaitable[T]],
    *,
    allow_bash: bool = True,
    grace_seconds: float = GRACE_SECONDS,
) -> T:
    """Run ``use`` with a toolbox, which is closed afterwards."""
    environment = {"PATH": os.environ["PATH"]}

    async def run() -> T:
        toolbox = Toolbox(
            workspace, allow_bash=allow_bash, environment=environment, grace_seconds=grace_seconds
        )
        try:
            return await use(toolbox)
        finally:
            await toolbox.close()

    return asyncio.run(run())


def call(workspace: Path, name: str, **arguments: Any) -> Result:
    """The result of one call."""
    return with_toolbox(workspace, lambda toolbox: toolbox.call(name, arguments))


def said(result: Result) -> str:
    """The words of a result that is only words."""
    assert all(isinstance(part, Text) for part in result.content)
    return "\n".join(part.text for part in result.content if isinstance(part, Text))


def done(result: Result) -> str:
    """The words of a result that is no error."""
    assert not result.is_error, result
    return said(result)


def refused(result: Result) -> str:
    """The words of a refusal."""
    assert result.is_error, result
    return said(result)
