"""The rules of the design that can be read off the source: who imports whom, and how large things get.

Each rule is one test that lists what breaks it.
"""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.rules import (
    BELONGS_TO,
    EXCEPTIONS,
    FLOORS,
    MAY_IMPORT,
    MODULES,
    imports_of,
    libraries_of,
    own_imports,
    part_of,
    room_of,
    tree_of,
)

MAX_FILE_LINES = 300
MAX_FUNCTION_LINES = 55

CORE = [module for module in MODULES if module.partition(".")[0] == "core"]
# All that core may use beside itself: nothing that reads a clock, does I/O, logs or draws lots. Locks are
# there because large bodies are read on threads.
CORE_MAY_USE = {
    "array", "base64", "collections", "dataclasses", "difflib", "enum", "functools", "hashlib", "itertools",
    "json", "operator", "re", "sys", "threading", "tomllib", "typing", "zlib",
    "backports", "compression", "msgspec", "orjson",
}  # fmt: skip
# Who asks where Python is: to start one, in the one place that does it safely, or to write it down.
MAY_NAME_PYTHON = {"python", "cli.service.command"}


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
    assert set(imports_of(ast.parse(source))) == names


def test_every_part_has_a_rule_and_every_rule_a_part() -> None:
    assert {part_of(module) for module in MODULES if module} - {"__init__"} == set(MAY_IMPORT) - {"__init__"}


def test_arrows_between_parts_point_down() -> None:
    """No arrow leads to a part that may not be known: not by way of others either, since none leads up."""
    arrows = {
        (module, part_of(imported))
        for module in MODULES
        for imported in own_imports(module)
        if part_of(imported) != part_of(module)
    }
    wrong = {
        (module, part)
        for module, part in arrows
        if part not in MAY_IMPORT[part_of(module)] | EXCEPTIONS.get(module, set())
    }
    allowed = {(part, other) for part, others in MAY_IMPORT.items() for other in others}

    assert wrong == set()
    assert allowed - {(part_of(module), part) for module, part in arrows} == set()  # of no use to anybody


@pytest.mark.parametrize("part", FLOORS)
def test_arrows_inside_a_part_point_down(part: str) -> None:
    floor_of = {room: floor for floor, rooms in enumerate(FLOORS[part]) for room in rooms}
    inside = [module for module in MODULES if part_of(module) == part and room_of(module)]
    arrows = [
        (module, imported)
        for module in inside
        for imported in own_imports(module)
        if part_of(imported) == part and room_of(module) != room_of(imported)
    ]
    wrong = [
        f"{module} -> {imported}"
        for module, imported in arrows
        if floor_of[room_of(module)] >= floor_of[room_of(imported)]
    ]

    assert {room_of(module) for module in inside} == set(floor_of)
    assert wrong == []


def test_endpoints_do_not_know_each_other() -> None:
    shared = {"server.api.endpoint", "server.api.translation"}
    wrong = [
        f"{module} -> {imported}"
        for module in MODULES
        for imported in own_imports(module)
        if module.startswith("server.api.") and imported.startswith("server.api.") and imported not in shared
    ]

    assert wrong == []


def test_imports_are_absolute() -> None:
    assert [m for m in MODULES if any(name.startswith(".") for name in imports_of(tree_of(m)))] == []


def test_a_foreign_library_stays_in_its_part() -> None:
    strays = [
        f"{module} -> {library}"
        for module in MODULES
        for library in libraries_of(module) & set(BELONGS_TO)
        if not any(f"{module}.".startswith(f"{home}.") for home in BELONGS_TO[library])
    ]

    assert strays == []


def test_core_uses_nothing_that_acts() -> None:
    assert {m: found for m in CORE if (found := libraries_of(m) - CORE_MAY_USE)} == {}


def test_core_is_not_async() -> None:
    waits = ast.AsyncFunctionDef | ast.Await | ast.AsyncFor | ast.AsyncWith

    assert [m for m in CORE if any(isinstance(node, waits) for node in ast.walk(tree_of(m)))] == []


def test_a_python_is_started_in_one_way() -> None:
    named = {
        module
        for module in MODULES
        for node in ast.walk(tree_of(module))
        if isinstance(node, ast.Attribute) and ast.unparse(node) == "sys.executable"
    }

    assert named == MAY_NAME_PYTHON


def test_a_module_says_what_it_knows() -> None:
    assert [m for m in MODULES if not ast.get_docstring(tree_of(m))] == []


def test_a_package_says_what_is_in_it() -> None:
    """Its docstring names each of its modules and packages: it is the map of the room."""
    packages = {module: path for module, path in MODULES.items() if path.name == "__init__.py" and module}
    inside = {package: _names_in(path.parent) for package, path in packages.items()}
    missing = {
        f"{package}: {name}"
        for package, names in inside.items()
        for name in names
        if not re.search(rf"\b{name}\b", ast.get_docstring(tree_of(package)) or "")
    }

    assert missing == set()


def _names_in(folder: Path) -> Iterator[str]:
    for path in folder.iterdir():
        if path.suffix == ".py" and not path.name.startswith("__"):
            yield path.stem
        elif (path / "__init__.py").exists():
            yield path.name


def test_a_file_can_be_read_in_one_go() -> None:
    lengths = {module: len(path.read_text("utf-8").splitlines()) for module, path in MODULES.items()}

    assert {module: lines for module, lines in lengths.items() if lines > MAX_FILE_LINES} == {}


def test_a_function_can_be_seen_at_once() -> None:
    lengths = {
        f"{module}.{node.name}": (node.end_lineno or node.lineno) - node.lineno + 1
        for module in MODULES
        for node in ast.walk(tree_of(module))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }

    assert {name: lines for name, lines in lengths.items() if lines > MAX_FUNCTION_LINES} == {}


def test_the_sessions_do_not_load_the_sdk() -> None:
    """It takes 1.5 s, for which their tests would wait in each worker."""
    modules = ", ".join(f"towpath.{name}" for name in MODULES if f"{name}.".startswith("sessions."))
    code = f"import sys, {modules}; sys.exit('claude_agent_sdk' in sys.modules)"
    assert subprocess.run((sys.executable, "-c", code)).returncode == 0


def test_no_test_module_imports_another() -> None:
    """What they share is in tests/support, or in a module beside them that holds no test."""
    files = sorted(Path(__file__).parent.rglob("test_*.py"))
    wrong = [
        f"{file.name} -> {name}"
        for file in files
        for name in imports_of(ast.parse(file.read_text("utf-8")))
        if name.startswith("tests.") and ".test_" in name
    ]

    assert wrong == []


def test_a_fixture_says_what_it_gives() -> None:
    silent = [
        f"{file.name}: {node.name}"
        for file in sorted(Path(__file__).parent.rglob("*.py"))
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        if any("pytest.fixture" in ast.unparse(decorator) for decorator in node.decorator_list)
        if not ast.get_docstring(node)
    ]

    assert silent == []


def test_no_test_replaces_what_is_ours() -> None:
    """It passes in what it needs in another form. What the system does may be replaced."""
    files = sorted(Path(__file__).parent.rglob("*.py"))
    wrong = [
        f"{file.name}: {ast.unparse(call.args[0])}"
        for file in files
        for tree in (ast.parse(file.read_text("utf-8")),)
        for call in ast.walk(tree)
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == "setattr"
        if _is_ours(call.args[0], set(imports_of(tree)))
    ]

    assert wrong == []


def _is_ours(target: ast.expr, imported: set[str]) -> bool:
    name = target.value if isinstance(target, ast.Constant) else ast.unparse(target).partition(".")[0]
    return str(name).startswith("towpath.") or any(
        one.startswith("towpath.") and one.rpartition(".")[2] == name for one in imported
    )
