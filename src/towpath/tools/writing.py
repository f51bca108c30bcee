"""Puts whole files in place: a reader sees the old one or the new one, never a part."""

import os
import secrets
import stat
from contextlib import suppress

from towpath.tools.arguments import Write
from towpath.tools.workspace import Place, Workspace


def write(workspace: Workspace, arguments: Write) -> tuple[str, str]:
    """Write the file. Gives its path relative to the workspace and words for the model.

    Raises RefusedError.
    """
    with workspace.locate("file_path", arguments.file_path, for_change=True, make_folders=True) as place:
        try:
            opened = place.open_file(os.O_WRONLY)  # refused where the file may not be written
        except FileNotFoundError:
            replace_file(place, arguments.content.encode(), None)
            return place.path, f"Created {place.path}."
        before = os.fstat(opened)
        os.close(opened)
        replace_file(place, arguments.content.encode(), before)
        return place.path, f"Replaced {place.path}."


def replace_file(place: Place, data: bytes, before: os.stat_result | None) -> None:
    """Put a file with this content in a place, with the mode and owner of the one before. Raises OSError.

    What is in the place by now is replaced: if it became a link, what that leads to stays as it is.
    """
    temporary = f".towpath-{secrets.token_hex(8)}.tmp"
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    opened = os.open(temporary, flags, 0o666, dir_fd=place.folder)
    try:
        with os.fdopen(opened, "wb") as file:
            file.write(data)
            if before:
                with suppress(PermissionError):
                    os.fchown(opened, before.st_uid, before.st_gid)
                os.fchmod(opened, stat.S_IMODE(before.st_mode))  # after the owner: that clears bits of it
        os.rename(temporary, place.name, src_dir_fd=place.folder, dst_dir_fd=place.folder)
    except BaseException:
        with suppress(OSError):
            os.unlink(temporary, dir_fd=place.folder)
        raise
