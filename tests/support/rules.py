"""Who may import whom: the rules that tests/test_architecture.py keeps and ARCHITECTURE.md shows."""

import ast
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "towpath"
MODULES = {
    path.relative_to(SOURCE).with_suffix("").as_posix().replace("/", ".").removesuffix(".__init__"): path
    for path in sorted(SOURCE.rglob("*.py"))
}

# Each part of the program and the other parts that it may import: arrows point down only.
MAY_IMPORT: dict[str, set[str]] = {
    "core": set(),
    "tools": {"python"},
    "agent": {"core", "tools", "python"},
    "sessions": {"core"},
    "ledger": {"core"},
    "server": {"sessions", "agent", "ledger", "core", "settings"},
    "cli": {"python", "bench", "server", "sessions", "agent", "ledger", "core", "settings"},
    "settings": {"core"},
    "testing": set(),
    "bench": {"testing", "python"},
    "python": set(),
    "__init__": set(),
    "__main__": {"cli"},
}
# Single modules that may import more than their part may.
EXCEPTIONS = {"cli.demo": {"testing"}, "cli.replay": {"testing"}, "cli.scripted_api": {"testing"}}

# The rooms inside a part, from the top down. A module imports its own room and those of lower floors; rooms
# on one floor do not know each other.
FLOORS: dict[str, Sequence[set[str]]] = {
    "core": [
        {"why_start"},
        {"gone_on", "prompt_cache"},
        {"launch"},
        {"mode", "ways"},
        {"reading"},
        {"client_habits"},
        {"openai", "turn", "catalog", "accesses"},
        {"events", "explanations", "models"},
        {"base_url", "callers", "canonical", "errors", "life", "account_limits", "redact", "usage"},
        {"cli_variables", "figures", "model_names", "statuses", "to_json"},
    ],
    "server": [
        {"app"},
        {"access_choice", "middleware", "routes"},
        {"components"},
        {"accesses"},
        {"api", "dashboard", "openapi", "processes"},
        {"catalog", "guard", "observe", "upstream"},
        {"exchange"},
        {"cors", "headers", "http", "loopback", "own_memory", "via"},
        {"errors", "reports"},
    ],
}
# Foreign libraries that stay in the parts that were made for them.
BELONGS_TO = {
    "claude_agent_sdk": {"agent"},
    "httpx": {"bench", "cli", "server.api.batches", "server.upstream"},
    "markdown_it": {"server.dashboard.readme"},
    "mcp": {"agent"},
    "opentelemetry": {"server.observe"},
    "platformdirs": {"cli.service", "settings"},
    "prometheus_client": {"server.observe"},
    "pydantic_settings": {"settings"},
    "regex": {"tools"},
    "starlette": {"server", "testing"},
    "typer": {"cli"},
    "uvicorn": {"cli", "server.http.arrival", "testing"},
    "wcmatch": {"tools"},
}


@cache
def tree_of(module: str) -> ast.Module:
    return ast.parse(MODULES[module].read_text("utf-8"))


def imports_of(tree: ast.AST) -> Iterator[str]:
    """The dotted names of all that is imported, wherever in the module that is done."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{'.' * node.level}{node.module}.{alias.name}" for alias in node.names)


def own_imports(module: str) -> Iterator[str]:
    """The modules of the program that a module imports. ``towpath.__version__`` is about the whole of it."""
    for name in imports_of(tree_of(module)):
        package, _, rest = name.partition(".")
        if package == "towpath" and not rest.startswith("__"):
            yield rest if rest in MODULES else rest.rpartition(".")[0]


def libraries_of(module: str) -> set[str]:
    return {name.partition(".")[0] for name in imports_of(tree_of(module))} - {"towpath"}


def part_of(module: str) -> str:
    return module.partition(".")[0]


def room_of(module: str) -> str:
    """The room inside its part: a package, or a module beside them."""
    return module.split(".")[1] if "." in module else ""
