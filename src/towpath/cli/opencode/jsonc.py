"""JSON with comments and trailing commas, read with the place of each value. Pure.

OpenCode reads its configuration files like this (the library jsonc-parser, trailing commas allowed). An
edit that leaves the rest of a person's file alone needs the places (``jsonc_edit``).
"""

import json
import re
from dataclasses import dataclass
from typing import Any, NoReturn

Keys = tuple[str, ...]

# Deeper than any configuration, and far from the depth at which Python's own stack would end.
MAX_DEPTH = 100

_WHITESPACE = re.compile(r"[ \t\r\n\ufeff]*")
_COMMENT = re.compile(r"//[^\r\n]*|/\*.*?\*/", re.DOTALL)
_STRING = re.compile(r'"(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"')
_SCALAR = re.compile(r"(?:-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)(?![\w.+-])", re.ASCII)


class JsoncError(ValueError):
    """What is wrong with a text, and where: ``line`` and ``column`` count from 1."""

    def __init__(self, message: str, text: str, position: int) -> None:
        before = text[:position].split("\n")
        self.line, self.column = len(before), len(before[-1]) + 1
        super().__init__(f"line {self.line}, column {self.column}: {message}")


@dataclass(frozen=True)
class Child:
    """A member of an object or an item of an array, from ``start`` (of the key, if any) to its value's end.

    ``lead`` is the end of the last token or comment before it: from there to ``start`` is whitespace only.
    ``comma`` is the position of the comma after it, None if there is none.
    """

    key: str | None
    start: int
    lead: int
    node: "Node"
    comma: int | None


@dataclass(frozen=True)
class Node:
    """A value and its span: ``text[start:end]``. ``children`` is empty unless it is an object or array.

    ``rest`` is the end of the last token or comment before an object's or array's closing bracket.
    """

    value: Any
    start: int
    end: int
    children: tuple[Child, ...] = ()
    rest: int = 0

    def child(self, key: str) -> Child | None:
        """The member with that key: the last one, as JSON.parse has it."""
        return next((child for child in reversed(self.children) if child.key == key), None)


def parse(text: str) -> Node:
    """The value of a text. Raises JsoncError if the text is not JSON with comments."""
    return _Reader(text).document()


def find(node: Node, path: Keys) -> Node | None:
    """The value at a path of keys; None if it is not there."""
    for key in path:
        child = node.child(key)
        if child is None:
            return None
        node = child.node
    return node


class _Reader:
    """Recursive descent. ``_at`` is the position, ``_last`` the end of the last token or comment."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._last = 0

    def document(self) -> Node:
        self._skip()
        node = self._value(depth=0)
        self._skip()
        if self._at < len(self._text):
            self._fail("the text goes on after its value")
        return node

    def _value(self, depth: int) -> Node:
        match self._peek():
            case "{":
                return self._container("}", depth)
            case "[":
                return self._container("]", depth)
            case '"':
                start = self._at
                return Node(self._string(), start, self._at)
        start, scalar = self._at, _SCALAR.match(self._text, self._at)
        if not scalar:
            self._fail("expected a value")
        self._move(scalar.end())
        return Node(json.loads(scalar[0]), start, self._at)

    def _container(self, closer: str, depth: int) -> Node:
        if depth == MAX_DEPTH:
            self._fail(f"nested more than {MAX_DEPTH} deep")
        start = self._at
        self._move(self._at + 1)
        self._skip()
        children: list[Child] = []
        while self._peek() != closer:
            if children and children[-1].comma is None:
                self._fail(f"expected a comma or {closer!r}")
            children.append(self._child(closer, depth))
        rest = self._last
        self._move(self._at + 1)
        return Node(_assembled(closer, children), start, self._at, tuple(children), rest)

    def _child(self, closer: str, depth: int) -> Child:
        start, lead, key = self._at, self._last, None
        if closer == "}":
            key = self._string()
            self._skip()
            if self._peek() != ":":
                self._fail("expected ':'")
            self._move(self._at + 1)
            self._skip()
        node = self._value(depth + 1)
        self._skip()
        comma = self._at if self._peek() == "," else None
        if comma is not None:
            self._move(comma + 1)
            self._skip()
        return Child(key, start, lead, node, comma)

    def _string(self) -> str:
        if self._peek() != '"':
            self._fail("expected a key in double quotes")
        found = _STRING.match(self._text, self._at)
        if not found:
            self._fail("a string that does not end on its line, or has a bad escape")
        self._move(found.end())
        value: str = json.loads(found[0])
        return value

    def _skip(self) -> None:
        """Go on to the next token."""
        while True:
            found = _WHITESPACE.match(self._text, self._at)
            self._at = found.end() if found else self._at
            comment = _COMMENT.match(self._text, self._at)
            if comment:
                self._move(comment.end())
            elif self._text.startswith("/*", self._at):
                self._fail("a comment that does not end")
            else:
                return

    def _peek(self) -> str:
        return self._text[self._at : self._at + 1]

    def _move(self, position: int) -> None:
        self._at = self._last = position

    def _fail(self, message: str) -> NoReturn:
        raise JsoncError(message, self._text, self._at)


def _assembled(closer: str, children: list[Child]) -> dict[str | None, Any] | list[Any]:
    if closer == "]":
        return [child.node.value for child in children]
    return {child.key: child.node.value for child in children}
