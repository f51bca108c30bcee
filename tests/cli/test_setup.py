"""`towpath setup opencode`: files before and after, and what a person is told."""

import json
import os
import pty
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from tests.support.waiting import WAIT_SECONDS
from towpath.cli.opencode.jsonc import parse
from towpath.cli.setup.command import PLUGIN_FILE, setup
from towpath.cli.setup.diff import masked

URL = "http://127.0.0.1:3456/v1"
SECRET = "sk-not-for-anybody"

BEFORE = """\
// my settings
{
\t"$schema": "https://opencode.ai/config.json", /* keep */
\t"model": "anthropic/claude-sonnet-4-5",
\t"provider": {
\t\t"anthropic": {
\t\t\t// long answers
\t\t\t"options": { "timeout": 600000 }
\t\t}
\t},
\t"plugin": ["other@1.0"], // mine
}
"""
AFTER = BEFORE.replace("600000 }", f'600000, "baseURL": "{URL}", "apiKey": "dummy" }}')
WITH_PLUGIN = AFTER.replace('["other@1.0"]', f'["other@1.0", "{PLUGIN_FILE.as_uri()}"]')


@pytest.fixture(autouse=True)
def user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home, a state folder and a current folder of the test's own."""
    for name in ("XDG_CONFIG_HOME", "OPENCODE_CONFIG", "CLAUDE_PROXY_API_KEY", "CLAUDE_PROXY_PORT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("CLAUDE_PROXY_STATE_DIR", str(tmp_path / "state"))
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    return tmp_path


@pytest.fixture
def file(user: Path) -> Path:
    """The user's configuration, as a person may have written it."""
    path = user / ".config" / "opencode" / "opencode.jsonc"
    path.parent.mkdir(parents=True)
    path.write_bytes(BEFORE.encode())
    path.chmod(0o640)
    return path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(setup, ["opencode", *arguments])


def done(*arguments: str) -> str:
    """What a run that went well printed."""
    result = run(*arguments)
    assert result.exit_code == 0, result.output
    return result.output


def backups(path: Path) -> list[Path]:
    return sorted(path.parent.glob(f"{path.name}.towpath-backup-*"))


def test_the_address_is_written_and_all_else_stays_byte_for_byte(file: Path) -> None:
    printed = done("--yes")
    (backup,) = backups(file)

    assert file.read_bytes() == AFTER.encode()
    assert backup.read_bytes() == BEFORE.encode()
    assert [path.stat().st_mode & 0o777 for path in (file, backup)] == [0o640, 0o640]
    assert "OpenCode Desktop" in printed
    assert str(backup) in printed
    assert '-\t\t\t"options": { "timeout": 600000 }\n+' in printed


def test_the_second_run_has_nothing_to_do(file: Path) -> None:
    done("--yes", "--plugin")
    printed = done("--yes", "--plugin")

    assert printed.startswith("Nothing to do")
    assert len(backups(file)) == 1
    assert file.read_text() == WITH_PLUGIN


def test_undo_gives_the_file_back_byte_for_byte_after_any_number_of_runs(file: Path) -> None:
    done("--yes")
    done("--yes", "--plugin")
    done("--yes", "--port", "4000")
    assert "http://127.0.0.1:4000/v1" in file.read_text()
    assert len(backups(file)) == 3
    done("--undo", "--yes")

    assert file.read_bytes() == BEFORE.encode()
    assert done("--undo", "--yes").startswith("Nothing to undo")


def test_undo_of_an_edited_file_takes_out_only_what_is_towpaths(file: Path) -> None:
    done("--yes", "--plugin")
    edited = WITH_PLUGIN.replace("claude-sonnet-4-5", "claude-opus-4-5").replace("// mine", "// ours")
    file.write_text(edited)
    done("--undo", "--yes")

    assert file.read_text() == BEFORE.replace("sonnet", "opus").replace("// mine", "// ours")


def test_undo_leaves_what_a_person_has_changed_by_hand(file: Path) -> None:
    done("--yes")
    file.write_text(AFTER.replace(URL, "https://gateway.example/v1"))
    done("--undo", "--yes")

    options = parse(file.read_text()).value["provider"]["anthropic"]["options"]
    assert options == {"timeout": 600000, "baseURL": "https://gateway.example/v1"}


def test_undo_brings_an_earlier_address_back_also_into_an_edited_file(file: Path) -> None:
    original = BEFORE.replace("600000", '600000, "baseURL": "http://127.0.0.1:1234/v1"')
    file.write_text(original)
    done("--yes")
    done("--yes", "--port", "4000")
    file.write_text(file.read_text() + "// a word\n")
    done("--yes")
    done("--undo", "--yes")

    assert file.read_text() == original + "// a word\n"


OURS = {"baseURL": URL, "apiKey": "dummy"}


@pytest.mark.parametrize(
    ("before", "native"),
    [
        ({}, OURS),
        ({"provider": {"anthropic": {"options": {"baseURL": "http://gate.example"}}}}, OURS),
        # What OpenCode 2 would no longer see, if there were an entry of its own.
        ({"provider": {"anthropic": {"models": {"claude-x": {}}}}}, None),
        ({"provider": {"anthropic": {"options": {"timeout": 1}}}}, None),
        # It would take this address, and not that of the options.
        ({"provider": {"anthropic": {"api": "https://api.anthropic.com/v1", "models": {}}}}, OURS),
        ({"providers": {"anthropic": {"settings": {"apiKey": "mine"}}}}, {"baseURL": URL, "apiKey": "mine"}),
    ],
)
def test_the_second_major_gets_an_entry_unless_that_would_hide_something(
    file: Path, before: dict[str, object], native: dict[str, str] | None
) -> None:
    file.write_text(json.dumps(before, indent=2))
    done("--yes")
    after = parse(file.read_text()).value

    assert after["provider"]["anthropic"]["options"]["baseURL"] == URL
    assert after.get("providers", {}).get("anthropic", {}).get("settings") == native
    file.write_text(file.read_text() + "// a word\n")
    done("--undo", "--yes")
    assert parse(file.read_text()).value == before


def test_a_file_that_did_not_exist_is_made_private_and_removed_by_undo(user: Path) -> None:
    done("--yes", "--plugin")
    path = user / ".config" / "opencode" / "opencode.json"

    assert json.loads(path.read_text()) == {
        "$schema": "https://opencode.ai/config.json",
        "provider": {"anthropic": {"options": {"baseURL": URL, "apiKey": "dummy"}}},
        "providers": {"anthropic": {"settings": {"baseURL": URL, "apiKey": "dummy"}}},
        "plugin": [PLUGIN_FILE.as_uri()],
    }
    assert path.stat().st_mode & 0o777 == 0o600
    done("--undo", "--yes")
    assert not path.exists()


def test_objects_that_were_made_go_with_what_is_in_them_unless_somebody_uses_them(user: Path) -> None:
    path = user / ".config" / "opencode" / "opencode.json"
    path.parent.mkdir(parents=True)
    path.write_text('{\n  "model": "x"\n}\n')
    done("--yes", "--plugin")
    path.write_text(path.read_text().replace('"x"', '"y"').replace('towpath.ts"', 'towpath.ts", "more"'))
    done("--undo", "--yes")

    assert path.read_text() == '{\n  "model": "y",\n  "plugin": [\n    "more"\n  ]\n}\n'


def test_an_object_that_was_made_and_holds_a_comment_by_now_stays(user: Path) -> None:
    path = user / "opencode.json"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OPENCODE_CONFIG", str(path))
        path.write_text('{"model": "x"}')
        done("--yes")
        done("--yes", "--port", "4000")
        path.write_text(path.read_text().replace('"options": {', '"options": { /* mine */ '))
        done("--undo", "--yes")

    assert parse(path.read_text()).value == {"model": "x", "provider": {"anthropic": {"options": {}}}}
    assert "/* mine */" in path.read_text()


def test_what_two_runs_made_is_taken_out_of_an_edited_file(file: Path) -> None:
    file.write_text('{"model": "x"}')
    done("--yes")
    done("--yes", "--plugin")
    file.write_text(file.read_text().replace('"x"', '"y"'))
    done("--undo", "--yes")

    assert file.read_text() == '{"model": "y"}'


def test_what_a_person_took_out_alone_is_forgotten(file: Path) -> None:
    done("--yes")
    file.write_text("{\n\n}\n")
    assert "is no longer there" in done("--undo", "--yes", "--dry-run")
    done("--yes", "--plugin")
    done("--undo", "--yes")

    assert file.read_text() == "{\n\n}\n"


def test_a_dry_run_of_undo_forgets_nothing(file: Path) -> None:
    done("--yes")
    file.write_text(BEFORE)
    assert "is no longer there" in done("--undo", "--dry-run")
    file.write_text(AFTER)
    done("--undo", "--yes")

    assert file.read_text() == BEFORE


def test_undo_without_the_backup_takes_the_values_out(file: Path) -> None:
    done("--yes", "--plugin")
    for backup in backups(file):
        backup.unlink()
    done("--undo", "--yes")

    assert file.read_bytes() == BEFORE.encode()


def test_a_dry_run_shows_and_writes_nothing(file: Path, user: Path) -> None:
    assert f'+\t\t\t"options": {{ "timeout": 600000, "baseURL": "{URL}"' in done("--dry-run")
    assert file.read_text() == BEFORE
    done("--yes")
    assert '+\t\t\t"options": { "timeout": 600000 }' in done("--undo", "--dry-run")
    assert file.read_text() == AFTER
    done("--undo", "--yes")
    assert file.read_text() == BEFORE
    assert list((user / "state" / "setup").iterdir()) == []


def test_without_a_terminal_and_without_yes_it_refuses(file: Path) -> None:
    result = run()

    assert result.exit_code == 2
    assert "Add --yes" in result.output
    assert file.read_text() == BEFORE
    assert backups(file) == []


@contextmanager
def asking() -> Iterator[tuple[subprocess.Popen[str], Callable[[str], None]]]:
    """The command on a terminal, at its question; and how to answer."""
    ours, its = pty.openpty()
    keyboard = os.fdopen(ours, "w")
    program = "from towpath.cli.setup.command import setup; setup()"
    command = [sys.executable, "-c", program, "opencode"]
    with subprocess.Popen(
        command, stdin=its, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        try:
            assert process.stdout
            shown = ""
            while not shown.endswith("Write this? [y/N]: "):
                character = process.stdout.read(1)
                assert character, shown
                shown += character
            assert "+++" in shown
            yield process, lambda answer: print(answer, file=keyboard, flush=True)
        finally:
            process.kill()
            keyboard.close()
            os.close(its)


@pytest.mark.slow
@pytest.mark.parametrize(("answer", "text", "code"), [("y", AFTER, 0), ("n", BEFORE, 1), ("", BEFORE, 1)])
def test_on_a_terminal_it_asks(file: Path, answer: str, text: str, code: int) -> None:
    with asking() as (process, give):
        assert file.read_text() == BEFORE
        give(answer)
        assert process.wait(timeout=WAIT_SECONDS) == code

    assert file.read_text() == text


@pytest.mark.slow
def test_what_somebody_wrote_during_the_question_is_not_overwritten(file: Path) -> None:
    with asking() as (process, give):
        file.write_text("{}")
        give("y")
        said, _ = process.communicate(timeout=WAIT_SECONDS)

    assert process.returncode == 1
    assert "changed by another program" in said
    assert file.read_text() == "{}"


def test_a_broken_file_is_named_with_line_and_column_and_left_alone(file: Path) -> None:
    file.write_text('{\n  "model": "x"\n  "theme": "y"\n}\n')
    result = run("--yes")

    assert result.exit_code == 1
    assert f"{file}: line 3, column 3: expected a comma" in result.output
    assert file.read_text() == '{\n  "model": "x"\n  "theme": "y"\n}\n'
    assert backups(file) == []


def test_something_else_in_the_place_is_not_overwritten(file: Path) -> None:
    file.write_text('{\n  "provider": {"anthropic": []}\n}\n')
    result = run("--yes")

    assert result.exit_code == 1
    assert "line 2, column 29: provider.anthropic is not an object" in result.output


def test_a_key_that_is_there_stays_and_is_not_shown(file: Path) -> None:
    text = BEFORE.replace('"timeout": 600000', f'"apiKey": "{SECRET}"')
    file.write_text(text)
    printed = done("--yes")

    assert SECRET not in printed
    assert file.read_text() == text.replace(f'"{SECRET}"', f'"{SECRET}", "baseURL": "{URL}"')


def test_the_key_of_the_server_is_asked_for_in_words_only(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLAUDE_PROXY_API_KEY", SECRET)
    printed = done("--yes")
    again = done("--yes")

    assert "put it into" in printed
    assert "put it into" in again
    assert SECRET not in printed + again + file.read_text()
    file.write_text(AFTER.replace('"dummy"', '"{env:CLAUDE_PROXY_API_KEY}"'))
    assert "put it into" not in done("--yes")


def test_of_several_keys_one_is_asked_for(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLAUDE_PROXY_API_KEY", f"{SECRET},another")
    printed = done("--yes")

    assert "One of them is enough" in printed
    assert "{env:CLAUDE_PROXY_API_KEY}" not in printed


def test_secrets_of_any_kind_are_hidden_in_the_diff() -> None:
    shown = masked(
        '{"mcp": {"x": {"headers": {"Authorization": "A"}, "env": {"GH_TOKEN": ["B"], "HOME": "C"}}}}'
    )

    assert parse(shown).value["mcp"]["x"] == {
        "headers": {"Authorization": "(hidden)"},
        "env": {"GH_TOKEN": ["(hidden)"], "HOME": "C"},
    }


def test_a_plugin_of_an_installation_elsewhere_is_exchanged(file: Path) -> None:
    old = "file:///old/venv/towpath/cli/opencode/towpath.ts"
    file.write_text(BEFORE.replace('"other@1.0"', f'["with", {{}}], "{old}"'))
    done("--yes", "--plugin")

    assert parse(file.read_text()).value["plugin"] == [["with", {}], PLUGIN_FILE.as_uri()]


def test_a_plugin_with_options_is_nobodys_but_the_users(file: Path) -> None:
    file.write_text(BEFORE.replace('"other@1.0"', '["with", {}]'))
    done("--yes")
    file.write_text(file.read_text() + "\n")
    done("--undo", "--yes")

    assert parse(file.read_text()).value["plugin"] == [["with", {}]]


def test_a_link_stays_a_link(file: Path, user: Path) -> None:
    dotfile = user / "dotfiles" / "opencode.jsonc"
    dotfile.parent.mkdir()
    file.rename(dotfile)
    file.symlink_to(dotfile)
    done("--yes")

    assert file.is_symlink()
    assert dotfile.read_text() == AFTER
    assert len(backups(file)) == 1


def test_line_ends_and_a_byte_order_mark_stay(file: Path) -> None:
    file.write_bytes(("\ufeff" + BEFORE.replace("\n", "\r\n")).encode())
    done("--yes")

    assert file.read_bytes() == ("\ufeff" + AFTER.replace("\n", "\r\n")).encode()


def test_two_runs_in_one_second_have_two_backups(file: Path) -> None:
    for port in range(4000, 4005):
        done("--yes", "--port", str(port))

    assert len(backups(file)) == 5
    assert [path.read_text() for path in backups(file)].count(BEFORE) == 1


def test_opencodes_own_variables_say_which_file_is_meant(user: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(user / "xdg"))
    done("--yes")
    monkeypatch.setenv("OPENCODE_CONFIG", "mine.json")
    done("--yes")

    assert URL in (user / "xdg" / "opencode" / "opencode.json").read_text()
    assert URL in (user / "work" / "mine.json").read_text()


def test_of_two_files_in_a_folder_the_one_that_wins_is_changed(file: Path) -> None:
    file.with_suffix(".json").write_text("{}")
    done("--yes")

    assert file.read_text() == AFTER
    assert file.with_suffix(".json").read_text() == "{}"


def test_a_project_is_the_nearest_file_up_to_the_root_of_its_repository(
    user: Path, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository, below = user / "work", user / "work" / "a" / "b"
    (user / "opencode.json").write_text("{}")
    (repository / ".git").mkdir()
    below.mkdir(parents=True)
    monkeypatch.chdir(below)
    done("--project", "--yes")
    assert URL in (below / "opencode.json").read_text()
    (below / "opencode.json").unlink()
    (repository / "opencode.json").write_text('{"model": "x"}')
    assert "--undo --project" in done("--project", "--yes")

    assert URL in (repository / "opencode.json").read_text()
    assert (user / "opencode.json").read_text() == "{}"
    assert file.read_text() == BEFORE
    done("--project", "--undo", "--yes")
    assert (repository / "opencode.json").read_text() == '{"model": "x"}'


def test_the_address_is_the_one_that_the_settings_name(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLAUDE_PROXY_PORT", "4567")
    monkeypatch.setenv("CLAUDE_PROXY_HOST", "0.0.0.0")  # noqa: S104 - nothing listens
    done("--yes")

    assert '"baseURL": "http://127.0.0.1:4567/v1"' in file.read_text()
    assert run("--yes", "--port", "0").exit_code == 2


def test_a_folder_that_may_not_be_written_is_named_in_a_sentence(file: Path) -> None:
    file.unlink()
    file.parent.rmdir()
    file.parent.parent.joinpath("opencode").write_text("a file where the folder belongs")
    result = run("--yes")

    assert result.exit_code == 1
    assert "Traceback" not in result.output
    assert str(file.parent) in result.output


def test_the_plugin_is_part_of_the_package() -> None:
    assert "chat.headers" in PLUGIN_FILE.read_text()


def test_help_has_an_example() -> None:
    assert "Example: towpath setup opencode --dry-run" in done("--help")
