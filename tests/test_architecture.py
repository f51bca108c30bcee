"""The rules of the design that can be read off the source: who imports whom, and how large things get."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[1] / "src" / "towpath"
MODULES = sorted(path.relative_to(SOURCE).as_posix() for path in SOURCE.rglob("*.py"))
CORE = [module for module in MODULES if module.startswith("core/")]

MAX_FILE_LINES = 300
MAX_FUNCTION_LINES = 55

# Each part of the program and the other parts that it may import: arrows point down only.
MAY_IMPORT: dict[str, set[str]] = {
    "core": set(),
    "tools": {"python"},
    "agent": {"core", "tools"},
    "sessions": {"agent", "core"},
    "server": {"sessions", "agent", "core", "settings"},
    "cli": {"python", "bench", "server", "sessions", "agent", "core", "settings"},
    "settings": {"core"},
    "testing": set(),
    "bench": {"testing", "python"},
    "python": set(),
    "__init__": set(),
    "__main__": {"cli"},
}
# Single modules that may import more than their part may.
EXCEPTIONS = {"cli/demo.py": {"testing"}, "cli/replay.py": {"testing"}}
# Foreign libraries that stay in the parts that were made for them.
BELONGS_TO = {
    "typer": {"cli"},
    "starlette": {"server", "testing"},
    "claude_agent_sdk": {"agent"},
    "mcp": {"agent"},
    "uvicorn": {"cli", "testing"},
    "regex": {"tools"},
    "wcmatch": {"tools"},
}
# Who asks where Python is: to start one, in the one place that does it safely, or to write it down.
MAY_NAME_PYTHON = {"python.py", "cli/service/command.py"}
# What reads a clock, does I/O, logs or draws lots.
IMPURE = {"asyncio", "time", "datetime", "logging", "structlog", "os", "pathlib", "random", "uuid", "socket"}


@cache
def tree_of(module: str) -> ast.Module:
    return ast.parse((SOURCE / module).read_text("utf-8"))


def imports_of(tree: ast.AST) -> set[str]:
    """The dotted names of all that is imported, wherever in the module that is done."""
    return set(_imports(tree))


def _imports(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{'.' * node.level}{node.module}.{alias.name}" for alias in node.names)


def part_of(module: str) -> str:
    """The part that a file below the source folder belongs to: a package, or a module beside them."""
    return module.partition("/")[0].removesuffix(".py")


def parts_imported(module: str) -> set[str]:
    """The parts of the program that a module imports, without its own."""
    names = [name.split(".") for name in imports_of(tree_of(module))]
    # `from towpath import __version__` is about the program as a whole.
    parts = {name[1] for name in names if name[0] == "towpath" and not name[1].startswith("__")}
    return parts - {part_of(module)}


def libraries_imported(module: str) -> set[str]:
    return {name.partition(".")[0] for name in imports_of(tree_of(module))}


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("import a.b as c, d", {"a.b", "d"}),
        ("from a.b import c, d as e", {"a.b.c", "a.b.d"}),
        ("def f():\n    from a import b", {"a.b"}),
        ("if TYPE_CHECKING:\n    import a", {"a"}),
        ("from a import *", {"a.*"}),
    ],
)
def test_an_import_is_seen_in_any_form(source: str, names: set[str]) -> None:
    assert imports_of(ast.parse(source)) == names


def test_every_part_has_a_rule_and_every_rule_a_part() -> None:
    assert {part_of(module) for module in MODULES} == set(MAY_IMPORT)


@pytest.mark.parametrize("module", MODULES)
def test_arrows_point_down(module: str) -> None:
    allowed = MAY_IMPORT[part_of(module)] | EXCEPTIONS.get(module, set())

    assert parts_imported(module) <= allowed


@pytest.mark.parametrize("module", MODULES)
def test_imports_are_absolute(module: str) -> None:
    assert not [name for name in imports_of(tree_of(module)) if name.startswith(".")]


@pytest.mark.parametrize("library", BELONGS_TO)
def test_a_foreign_library_stays_in_its_part(library: str) -> None:
    users = {part_of(module) for module in MODULES if library in libraries_imported(module)}

    assert users <= BELONGS_TO[library]


def test_a_python_is_started_in_one_way() -> None:
    named = {
        module
        for module in MODULES
        for node in ast.walk(tree_of(module))
        if isinstance(node, ast.Attribute) and ast.unparse(node) == "sys.executable"
    }

    assert named == MAY_NAME_PYTHON


@pytest.mark.parametrize("module", CORE)
def test_core_knows_no_clock_no_files_and_no_log(module: str) -> None:
    assert not libraries_imported(module) & IMPURE


@pytest.mark.parametrize("module", CORE)
def test_core_is_not_async(module: str) -> None:
    found = [
        node.lineno
        for node in ast.walk(tree_of(module))
        if isinstance(node, ast.AsyncFunctionDef | ast.Await | ast.AsyncFor | ast.AsyncWith)
    ]

    assert found == []


@pytest.mark.parametrize("module", MODULES)
def test_a_module_says_what_it_knows(module: str) -> None:
    assert ast.get_docstring(tree_of(module))


@pytest.mark.parametrize("module", MODULES)
def test_a_file_can_be_read_in_one_go(module: str) -> None:
    assert len((SOURCE / module).read_text("utf-8").splitlines()) <= MAX_FILE_LINES


@pytest.mark.parametrize("module", MODULES)
def test_a_function_can_be_seen_at_once(module: str) -> None:
    functions = [
        (node.name, (node.end_lineno or node.lineno) - node.lineno + 1)
        for node in ast.walk(tree_of(module))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]

    assert [(name, lines) for name, lines in functions if lines > MAX_FUNCTION_LINES] == []


def test_commands_that_only_show_something_do_not_load_the_sdk() -> None:
    """It takes 1.2 s, which `eval "$(towpath env)"` in a shell's profile would cost at each start."""
    code = "import sys, towpath.cli.main; sys.exit('claude_agent_sdk' in sys.modules)"
    assert subprocess.run((sys.executable, "-c", code)).returncode == 0
