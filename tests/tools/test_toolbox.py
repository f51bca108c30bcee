"""Calls always give a result: what is wrong with them is said in words that name the parameter."""

import asyncio
from pathlib import Path
from typing import Any, NoReturn

import pytest

from tests.tools.boxes import call, done, refused, with_toolbox
from towpath.tools import Result, Toolbox, is_supported


def test_this_system_is_supported() -> None:
    assert is_supported()


def test_the_model_is_told_of_six_tools(tmp_path: Path) -> None:
    tools = Toolbox(tmp_path, allow_bash=True, environment={}).tools

    assert [tool.name for tool in tools] == ["read", "write", "edit", "bash", "glob", "grep"]
    assert [tool.name for tool in tools if tool.is_read_only] == ["read", "glob", "grep"]
    assert all(tool.description for tool in tools)


def test_a_schema_says_what_is_needed_and_that_there_is_nothing_else(tmp_path: Path) -> None:
    tools = {tool.name: tool for tool in Toolbox(tmp_path, allow_bash=True, environment={}).tools}

    assert tools["edit"].input_schema["required"] == ["file_path", "old_string", "new_string"]
    assert set(tools["grep"].input_schema["properties"]) >= {"pattern", "-i", "-A", "-B", "-C", "head_limit"}
    assert all(tool.input_schema["additionalProperties"] is False for tool in tools.values())


def test_without_leave_there_is_no_bash(tmp_path: Path) -> None:
    async def use(toolbox: Toolbox) -> Result:
        assert "bash" not in [tool.name for tool in toolbox.tools]
        return await toolbox.call("bash", {"command": "touch here"})

    assert refused(with_toolbox(tmp_path, use, allow_bash=False)) == (
        "there is no tool bash; the tools are: read, write, edit, glob, grep"
    )
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "arguments", "words"),
    [
        ("read", {}, "missing required field `file_path`"),
        ("read", {"file_path": "a", "path": "b"}, "unknown field `path`"),
        ("read", {"file_path": 5}, "file_path: Expected `str`"),
        ("read", {"file_path": "a", "offset": 0}, "offset: Expected `int` >= 1"),
        ("read", {"file_path": "a", "limit": 10**30}, "limit: "),
        ("read", {"file_path": "\ud800"}, "file_path: has a lone surrogate"),
        ("write", {"file_path": "a"}, "missing required field `content`"),
        ("write", {"file_path": "a", "content": "\ud800"}, "content: has a lone surrogate"),
        ("edit", {"file_path": "a", "old_string": "x"}, "missing required field `new_string`"),
        (
            "edit",
            {"file_path": "a", "old_string": "x", "new_string": "y", "replace_all": "z"},
            "replace_all: ",
        ),
        ("bash", {"command": ""}, "command: "),
        ("bash", {"command": "true", "timeout": -1}, "timeout: Expected `int` >= 1"),
        ("bash", {"command": "a\0b"}, "command: "),
        ("glob", {"pattern": "/etc/*"}, "pattern: must be relative"),
        ("glob", {"pattern": "{1..100000}"}, "pattern: expands to more than 100 patterns"),
        ("glob", {"pattern": "{a,b}" * 7}, "pattern: expands to more than 100 patterns"),
        ("glob", {"pattern": "x" * 1001}, "pattern: is longer than 1000 characters"),
        ("grep", {"pattern": "a", "glob": "{a,b}" * 7}, "glob: expands to more than 100 patterns"),
        ("grep", {"pattern": "("}, "pattern: missing )"),
        ("grep", {"pattern": "a", "output_mode": "all"}, "output_mode: "),
        ("grep", {"pattern": "a", "-A": -1}, "-A: "),
        ("grep", {"pattern": "a", "glob": "../*"}, "glob: must be relative"),
        ("nothing", {}, "there is no tool nothing"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, name: str, arguments: dict[str, Any], words: str) -> None:
    assert words in refused(call(tmp_path, name, **arguments))


def test_what_models_leave_out_as_null_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("one\n")

    assert done(call(tmp_path, "read", file_path="a", offset=None, limit="1")) == "     1\tone"


def test_a_workspace_that_is_gone_is_said(tmp_path: Path) -> None:
    gone = tmp_path / "gone"

    assert "does not exist" in refused(call(gone, "read", file_path="a"))
    assert "does not exist" in refused(call(gone, "glob", pattern="*"))
    assert refused(call(gone, "bash", command="true")).startswith("command: cannot be started")


def test_changes_are_told_once_and_in_order(tmp_path: Path) -> None:
    async def use(toolbox: Toolbox) -> None:
        for path in ("b", "a/c", "b"):
            await toolbox.call("write", {"file_path": path, "content": "one"})
        await toolbox.call("edit", {"file_path": "a/../a/c", "old_string": "one", "new_string": "two"})
        await toolbox.call("edit", {"file_path": "b", "old_string": "not there", "new_string": "two"})
        await toolbox.call("read", {"file_path": "b"})

        assert toolbox.take_changes() == ["b", "a/c"]
        assert toolbox.take_changes() == []

    with_toolbox(tmp_path, use)


def test_edits_of_one_file_at_once_all_last(tmp_path: Path) -> None:
    names = [f"<{number}>" for number in range(20)]
    (tmp_path / "a").write_text("".join(names))

    async def use(toolbox: Toolbox) -> None:
        edits = [{"file_path": "a", "old_string": name, "new_string": "."} for name in names]
        await asyncio.gather(*(toolbox.call("edit", one) for one in edits))

    with_toolbox(tmp_path, use)

    assert (tmp_path / "a").read_text() == "." * 20


def test_after_the_end_calls_are_refused(tmp_path: Path) -> None:
    async def use(toolbox: Toolbox) -> Result:
        await toolbox.close()
        return await toolbox.call("write", {"file_path": "a", "content": ""})

    assert refused(with_toolbox(tmp_path, use)) == "the tools are closed"
    assert not (tmp_path / "a").exists()


def test_a_bug_is_an_error_for_the_model(tmp_path: Path) -> None:
    class Broken(dict[str, Any]):
        def items(self) -> NoReturn:
            raise ZeroDivisionError("oh")

    said = with_toolbox(tmp_path, lambda toolbox: toolbox.call("read", Broken()))

    assert refused(said) == "read failed: ZeroDivisionError: oh"
