"""One of the keys that the server takes, as a shell reads it where it is. A key is never printed.

The setting may hold a list of keys, or the name of a file with them; a client must send just one.
"""

import shlex
from pathlib import Path

from towpath.settings import Settings

_VARIABLE = Settings.env_name("api_key")
# How each shell reads the whole variable, the first item of its list, the first line of a file.
_WHOLE = {"bash": f'"${_VARIABLE}"', "fish": f'"${_VARIABLE}"'}
_FIRST_ITEM = {"bash": f'"${{{_VARIABLE}%%,*}}"', "fish": f"(string split , -- ${_VARIABLE})[1]"}
_FIRST_LINE = {"bash": '"$(head -n 1 {path})"', "fish": "(head -n 1 {path})"}


def one_key(settings: Settings, shell: str) -> str | None:
    """An expression of a shell (bash, zsh, fish) for one key; None where none of a single key is known.

    ``settings`` are those of the environment, and have keys.
    """
    value = settings.api_key.get_secret_value() if settings.api_key else ""
    family = "fish" if shell == "fish" else "bash"
    if value.startswith("@"):
        path = Path(value[1:]).absolute()
        first_line = _FIRST_LINE[family].format(path=shlex.quote(str(path)))
        ways = {path.read_text("utf-8").partition("\n")[0]: first_line}
    else:
        ways = {value.partition(",")[0]: _FIRST_ITEM[family], value: _WHOLE[family]}
    return next((way for read, way in ways.items() if read in settings.keys), None)


def is_one_key(settings: Settings) -> bool:
    """Whether the variable itself is a key, so that other programs can read it from there."""
    return settings.api_key is not None and settings.keys == (settings.api_key.get_secret_value(),)
