"""Reads a file for the model: numbered lines, or a picture."""

import codecs
import os
from collections.abc import Iterator
from itertools import islice
from typing import BinaryIO

from towpath.tools.arguments import Read
from towpath.tools.deadline import Deadline
from towpath.tools.values import Image, RefusedError, Result, words
from towpath.tools.workspace import Workspace

_MAX_LINE_CHARS = 2000
# Enough bytes for that many characters of four bytes, and for one that is cut in the middle.
_MAX_LINE_BYTES = 4 * _MAX_LINE_CHARS + 4
_MAX_CHARS = 256_000
_MAX_IMAGE_BYTES = 5_000_000
_HEAD_BYTES = 8192
_KINDS = {
    b"%PDF-": "a PDF document",
    b"PK\x03\x04": "a ZIP archive (or a document made of one)",
    b"\x1f\x8b": "gzip data",
    b"\x7fELF": "a program (ELF)",
    b"SQLite format 3\0": "an SQLite database",
    b"\xff\xfe": "UTF-16 text",
    b"\xfe\xff": "UTF-16 text",
}


def read(workspace: Workspace, arguments: Read, deadline: Deadline) -> Result:
    """The file's lines with their numbers, or the picture. Raises RefusedError."""
    with (
        workspace.locate("file_path", arguments.file_path) as place,
        os.fdopen(place.open_file(), "rb") as file,
    ):
        size = os.fstat(file.fileno()).st_size
        head = file.read(_HEAD_BYTES)
        file.seek(len(codecs.BOM_UTF8) if head.startswith(codecs.BOM_UTF8) else 0)
        if media_type := _image_type(head):
            return _image(file, size, media_type)
        if kind := _binary_kind(head):
            raise RefusedError(
                f"file_path: {place.path} is {kind} of {size} bytes, which cannot be shown as text"
            )
        if not head:
            return words(f"({place.path} is empty.)")
        return words(_numbered(_lines(file, deadline), arguments.offset, arguments.limit))


def _image_type(head: bytes) -> str | None:
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if head.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if head.startswith((b"GIF87a", b"GIF89a")):
        return "image/gif"
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return "image/webp"
    return None


def _image(file: BinaryIO, size: int, media_type: str) -> Result:
    data = file.read(_MAX_IMAGE_BYTES + 1)
    if len(data) > _MAX_IMAGE_BYTES:
        raise RefusedError(
            f"file_path: the picture has {size} bytes; at most {_MAX_IMAGE_BYTES} can be shown"
        )
    return Result((Image(data, media_type),))


def _binary_kind(head: bytes) -> str | None:
    for magic, kind in _KINDS.items():
        if head.startswith(magic):
            return kind
    return "a binary file" if b"\0" in head else None


def _numbered(lines: Iterator[tuple[bytes, bool]], offset: int, limit: int) -> str:
    """The lines from ``offset`` on, and in brackets what the model should know about them."""
    shown: list[str] = []
    chars = cut = odd = 0
    skipped = sum(1 for _ in islice(lines, offset - 1))
    for raw, is_cut in islice(lines, limit):
        line, is_odd = _decoded(raw, is_cut=is_cut)
        cut += is_cut or len(line) > _MAX_LINE_CHARS
        odd += is_odd
        shown.append(f"{offset + len(shown):>6}\t{line[:_MAX_LINE_CHARS]}")
        chars += len(shown[-1]) + 1
        if chars >= _MAX_CHARS:
            break
    if not shown:
        raise RefusedError(f"offset: the file has only {skipped} line{'' if skipped == 1 else 's'}")
    notes = []
    if next(lines, None):
        end = offset + len(shown)
        notes.append(f"The file goes on: lines {offset} to {end - 1} are shown. Read on with offset {end}.")
    if cut:
        notes.append(f"Lines longer than {_MAX_LINE_CHARS} characters, which were cut: {cut}.")
    if odd:
        notes.append(f"Lines with bytes that are not UTF-8, shown as \ufffd: {odd}.")
    return "\n".join([*shown, *(["", f"[{' '.join(notes)}]"] if notes else [])])


def _lines(file: BinaryIO, deadline: Deadline) -> Iterator[tuple[bytes, bool]]:
    """Each line's bytes without its end, and whether they are only its beginning: memory stays bounded."""
    while line := file.readline(_MAX_LINE_BYTES):
        is_cut = False
        rest = line
        deadline.left()
        while not rest.endswith(b"\n") and (rest := file.readline(_HEAD_BYTES)):
            deadline.left()
            is_cut = is_cut or rest not in (b"\n", b"\r\n")
        yield line.removesuffix(b"\n").removesuffix(b"\r"), is_cut


def _decoded(raw: bytes, *, is_cut: bool) -> tuple[str, bool]:
    """A line as text, and whether it holds bytes that are not UTF-8."""
    try:
        # Not final: a line may be cut within a character.
        return codecs.utf_8_decode(raw, "strict", not is_cut)[0], False
    except UnicodeDecodeError:
        return raw.decode("utf-8", "replace"), True
