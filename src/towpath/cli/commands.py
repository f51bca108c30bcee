"""The list of commands, each imported when it is asked for: `towpath env` in a shell's profile should not
wait for what `towpath bench` needs.
"""

from collections import UserDict
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup
from typer.main import get_command, get_group

# In the order of `towpath --help`: where the function is, or the group of commands.
PLACES = {
    "serve": "towpath.cli.serve.entry:serve",
    "settings": "towpath.cli.settings:settings",
    "demo": "towpath.cli.demo:demo",
    "bench": "towpath.cli.bench:bench",
    "doctor": "towpath.cli.doctor.command:doctor",
    "env": "towpath.cli.env:env",
    "replay": "towpath.cli.replay:replay",
    "scripted-api": "towpath.cli.scripted_api:scripted_api",
    "usage": "towpath.cli.usage.command:usage",
    "top": "towpath.cli.top.command:top",
    "setup": "towpath.cli.setup.command:setup",
    "service": "towpath.cli.service.command:service",
}
_WITHOUT_A_COMMAND = "serve"


class Commands(TyperGroup):
    """The commands of `towpath`. Without one it serves: ``towpath --port 4000`` is ``towpath serve …``."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        self.commands = _Imported(PLACES)

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        own = {name for parameter in self.get_params(ctx) for name in parameter.opts}
        first = args[0].partition("=")[0] if args else "-"
        if first.startswith("-") and first not in own and not ctx.resilient_parsing:
            args = [_WITHOUT_A_COMMAND, *args]
        return super().parse_args(ctx, args)


class _Imported(UserDict[str, Any]):
    """Commands by name, made of a table that says where each of them is."""

    def __getitem__(self, name: str) -> Any:
        module, _, attribute = self.data[name].partition(":")
        found = getattr(import_module(module), attribute)
        if isinstance(found, typer.Typer):
            group = get_group(found)
            group.name = name
            return group
        alone = typer.Typer(add_completion=False)
        alone.command(name)(found)
        return get_command(alone)
