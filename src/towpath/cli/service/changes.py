"""Carrying out install and uninstall: files, then commands; each can be repeated at any time."""

import contextlib
import difflib
import shlex
from collections.abc import Sequence
from pathlib import Path

from towpath.cli.service.definition import MARK, File, Place, Service, Step
from towpath.cli.service.steps import Run, Say, ServiceError, perform


def install(service: Service, files: Sequence[File], run: Run, say: Say, *, dry_run: bool) -> None:
    """Write the files that differ and (re)start the service; with ``dry_run`` only say so.

    Raises ServiceError before anything is written if a file is not ours or the platform's tool is missing.
    """
    old = {file.path: _own_text(file) for file in files}
    if not dry_run:
        _require_tool(service, run)
    changed = [file for file in files if old[file.path] != file.text]
    for file in files:
        if file in changed:
            say(_change(file, old[file.path], dry_run=dry_run))
        else:
            say(f"Unchanged: {file.path}")
    if dry_run:
        _say_steps(service.load if changed else service.start, say)
        return
    for file in files:
        _write(file)
    perform(service.load if changed else service.start, run, say)
    say(f"The {service.title} is installed and started.")
    if service.note:
        say(service.note)


def uninstall(
    service: Service, files: Sequence[File], place: Place, run: Run, say: Say, *, dry_run: bool
) -> None:
    """Stop the service and remove what install wrote, nothing else. Raises ServiceError as install does."""
    there = [file for file in files if _own_text(file) is not None]
    if not there:
        say("The service is not installed.")
        return
    if dry_run:
        _say_steps(service.stop, say)
        for file in there:
            say(f"Would remove {file.path}")
        _say_steps(service.forget, say)
        return
    _require_tool(service, run)
    perform(service.stop, run, say)
    for file in there:
        Path(file.path).unlink()
        say(f"Removed {file.path}")
    if Path(place.secrets_file).exists():
        say(f"Kept: {place.secrets_file}, which is yours.")
    with contextlib.suppress(OSError):  # not empty, or gone
        Path(place.config_dir).rmdir()
    perform(service.forget, run, say)
    say(f"The {service.title} is stopped and removed.")


def _require_tool(service: Service, run: Run) -> None:
    outcome = run(service.probe.argv)
    if outcome.code:
        said = f"\n({outcome.output.splitlines()[0]})" if outcome.output else ""
        raise ServiceError(service.unavailable + said)


def _own_text(file: File) -> str | None:
    """What is in the file now; None if there is none. Raises ServiceError if somebody else wrote it."""
    try:
        text = Path(file.path).read_text("utf-8")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeError) as error:
        raise ServiceError(f"{file.path} cannot be read: {error}") from None
    if MARK not in text:
        raise ServiceError(f"{file.path} was not written by Towpath. Move it away, then run this again.")
    return text


def _change(file: File, old: str | None, *, dry_run: bool) -> str:
    """The whole text of a new file, or how an old one changes."""
    verb = "Would write" if dry_run else "Writing"
    if old is None:
        return f"{verb} {file.path}:\n{_indented(file.text)}"
    lines = difflib.unified_diff(old.splitlines(), file.text.splitlines(), "installed", "new", lineterm="")
    return f"{verb} {file.path}, changed:\n{_indented(chr(10).join(lines))}"


def _indented(text: str) -> str:
    return "\n".join(f"  {line}".rstrip() for line in text.splitlines())


def _write(file: File) -> None:
    """Also where nothing changes: who may read the file is made right."""
    path = Path(file.path)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=file.mode)
    path.chmod(file.mode)
    path.write_text(file.text, "utf-8")


def _say_steps(steps: Sequence[Step], say: Say) -> None:
    for step in steps:
        say(f"Would run: {shlex.join(step.argv)}")
