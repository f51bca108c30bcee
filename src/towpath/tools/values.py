"""What a tool is, and what a call of it gives."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Text:
    """Words for the model. Always encodable as UTF-8."""

    text: str


@dataclass(frozen=True)
class Image:
    """A picture for the model: the file's bytes and ``image/png`` or the like."""

    data: bytes
    media_type: str


@dataclass(frozen=True)
class Result:
    """What a call gives. With ``is_error`` the content says what to do instead."""

    content: tuple[Text | Image, ...]
    is_error: bool = False


@dataclass(frozen=True)
class Tool:
    """What the model is told about a tool. ``input_schema`` is a JSON schema of type object."""

    name: str
    description: str
    input_schema: dict[str, Any]
    is_read_only: bool


class RefusedError(Exception):
    """A call that is not carried out. Its words name the parameter and say what would work."""


def words(text: str, *, is_error: bool = False) -> Result:
    """A result of one text. What UTF-8 cannot carry (odd file names, lone surrogates) becomes ``?``."""
    return Result((Text(text.encode("utf-8", "replace").decode("utf-8")),), is_error)
