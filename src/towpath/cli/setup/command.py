"""`towpath setup`: shows what would change, asks, writes, and says what was done."""

import os
import sys
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import typer

from towpath.cli.console import give_up, own_command
from towpath.cli.flags import PORT, settings_from
from towpath.cli.one_access import ACCESS, url_of
from towpath.cli.one_key import is_one_key
from towpath.cli.opencode import config
from towpath.cli.opencode.config_files import global_file, project_file
from towpath.cli.opencode.jsonc import JsoncError
from towpath.cli.setup import files
from towpath.cli.setup.diff import unified

PLUGIN_FILE = Path(__file__).parents[1] / "opencode" / "towpath.ts"
_REFUSED = 2
_KEY_TO_PUT_IN = (
    "Towpath asks clients for a key (CLAUDE_PROXY_API_KEY). It is not copied: put it into {path} yourself, "
    'as apiKey, wherever that is "dummy" in the entry anthropic.{variable}'
)
_KEY_IN_VARIABLE = ' If OpenCode is started with that variable set, "{env:CLAUDE_PROXY_API_KEY}" will do.'
_SEVERAL_KEYS = ' One of them is enough, or the name of a variable that holds one: "{env:NAME}".'

setup = typer.Typer(help="Write Towpath's address into a client's own configuration, or take it out again.")


@setup.command("claude")
def setup_claude() -> None:
    """Say how Claude Code is pointed to Towpath: by variables, which `towpath env claude` prints.

    Example: towpath setup claude
    """
    typer.echo("Claude Code reads variables, and needs no file. In the shell that starts it:")
    typer.echo(f'  eval "$({own_command("env claude")})"')


@setup.command("opencode")
def setup_opencode(
    project: bool = typer.Option(
        False,
        "--project/--global",
        help="The nearest opencode.json or .jsonc from this folder upwards, or the user's own.",
    ),
    dry_run: bool = typer.Option(False, "--dry-run", help="Show what would change, and write nothing."),
    undo: bool = typer.Option(False, "--undo", help="Remove what an earlier run wrote."),
    yes: bool = typer.Option(
        False, "--yes", "-y", help="Write without asking. Needed where there is no terminal."
    ),
    plugin: bool = typer.Option(
        False, "--plugin", help="Add the plugin that names OpenCode's session and agent in each request."
    ),
    port: str | None = PORT,
    access: str | None = ACCESS,
) -> None:
    """Point OpenCode and OpenCode Desktop to Towpath. Comments and all else in the file stay as they are.

    Shows a diff and asks before it writes. Keeps a backup beside the file.

    Example: towpath setup opencode --dry-run
    """
    settings = settings_from({"port": port})
    path = project_file(Path.cwd()) if project else global_file(os.environ, Path.home())
    job = _Job(path, files.Notes(settings.state_dir), dry_run=dry_run, yes=yes)
    try:
        if undo:
            job.undo()
        else:
            text = job.set_up(f"{url_of(settings, access)}/v1", PLUGIN_FILE.as_uri() if plugin else None)
            if settings.api_key is not None and config.value_at(text, config.API_KEY) == config.DUMMY_KEY:
                variable = _KEY_IN_VARIABLE if is_one_key(settings) else _SEVERAL_KEYS
                typer.echo(_KEY_TO_PUT_IN.format(path=path, variable=variable))
    except JsoncError as error:
        give_up(f"{path}: {error}. Nothing was written.")
    except files.ChangedMeanwhileError:
        give_up(f"{path} has just been changed by another program. Nothing was written; try again.")
    except UnicodeDecodeError:
        give_up(f"{path} is not UTF-8. Nothing was written.")
    except OSError as error:
        give_up(f"{error.filename or path}: {error.strerror}.")


@dataclass(frozen=True)
class _Job:
    """One run on one file."""

    path: Path
    notes: files.Notes
    dry_run: bool
    yes: bool

    def set_up(self, base_url: str, plugin: str | None) -> str:
        """Write the address, and remember what that changed; the text with the address."""
        before = files.read(self.path)
        after = config.written(before or "", base_url, plugin)
        if after == before:
            typer.echo(f"Nothing to do: {self.path} has {base_url} already.")
            return after
        if not self._agreed(before or "", after):
            return after
        backup = None if before is None else files.back_up(self.path, datetime.now().astimezone())
        try:
            files.write(self.path, after, expected=before)
        except BaseException:
            if backup:
                backup.unlink()  # of a file that is as it was
            raise
        self.notes.save(self.path, _note(before, after, self.notes.load(self.path), backup))
        typer.echo(f"Written: {self.path}")
        if backup:
            typer.echo(f"Backup: {backup}")
        typer.echo(f"OpenCode and OpenCode Desktop will use {base_url} from their next start.")
        typer.echo(f"To remove it again: {own_command('setup opencode --undo')}{self._project_flag()}")
        return after

    def undo(self) -> None:
        """Put the file back as it was; if it was edited since, take out only what is Towpath's."""
        before, note = files.read(self.path), self.notes.load(self.path)
        if before is None or note is None:
            reason = "it does not exist" if before is None else "Towpath has no note of a change to it"
            typer.echo(f"Nothing to undo in {self.path}: {reason}.")
            return
        after = _before_setup(before, note)
        if after == before:
            typer.echo(f"Nothing to undo in {self.path}: what Towpath wrote is no longer there.")
        elif not self._agreed(before, after or ""):
            return
        elif after is None:
            self.path.resolve().unlink()
            typer.echo(f"Removed: {self.path}, which Towpath had created.")
        else:
            files.write(self.path, after, expected=before)
            typer.echo(f"Undone: {self.path}. The backups beside it are kept.")
        if not self.dry_run:
            self.notes.drop(self.path)

    def _agreed(self, before: str, after: str) -> bool:
        """Show the change; whether to make it. Exits where nobody can be asked, and on a no."""
        for line in unified(before, after, str(self.path)):
            typer.secho(line, fg={"+": "green", "-": "red"}.get(line[:1]))
        if self.dry_run:
            typer.echo("Nothing was written (--dry-run).")
            return False
        if self.yes:
            return True
        if not sys.stdin.isatty():
            give_up(
                "Nothing was written, because there is no terminal to ask on. Add --yes to write.", _REFUSED
            )
        if not typer.confirm("Write this?"):
            typer.echo("Nothing was written.")
            raise typer.Exit(1)
        return True

    def _project_flag(self) -> str:
        return "" if self.path == global_file(os.environ, Path.home()) else " --project"


def _note(before: str | None, after: str, earlier: files.Note | None, backup: Path | None) -> files.Note:
    """What to remember: how the file was before the first of the runs that nobody edited in between."""
    if earlier and before is not None and config.undone(before, earlier) == before:
        earlier = None  # nothing of that run is left
    change = config.change(before or "", after, earlier)
    first = (backup, before is None)
    if earlier:
        untouched = before is not None and earlier.digest == config.digest(before)
        first = (earlier.backup, earlier.new) if untouched else (None, False)
    return files.Note(**change.model_dump(), backup=first[0], new=first[1])


def _before_setup(text: str, note: files.Note) -> str | None:
    """The text to go back to; None if there was no file."""
    if config.digest(text) == note.digest:
        if note.new:
            return None
        if note.backup and (original := files.read(note.backup)) is not None:
            return original
    return config.undone(text, note)
