"""What Towpath writes into a configuration of OpenCode, and how that is undone. Pure: text in, text out.

All functions raise JsoncError where a text cannot be read or has something else at the place.
"""

import hashlib
from typing import Any

from pydantic import BaseModel

from towpath.cli.opencode.jsonc import Keys, find, parse
from towpath.cli.opencode.jsonc_edit import append_item, remove, remove_item, set_item, set_value

OPTIONS: Keys = ("provider", "anthropic", "options")
BASE_URL: Keys = (*OPTIONS, "baseURL")
API_KEY: Keys = (*OPTIONS, "apiKey")
PLUGIN: Keys = ("plugin",)
DUMMY_KEY = "dummy"

# What OpenCode itself starts a configuration with.
_NEW_FILE = '{\n  "$schema": "https://opencode.ai/config.json"\n}\n'
_PLUGIN_FILE = "/towpath/cli/opencode/towpath.ts"
_MAY_BE_MADE = (PLUGIN, OPTIONS, OPTIONS[:2], OPTIONS[:1])  # inner before outer


class Change(BaseModel, frozen=True):
    """What is Towpath's in a text: enough to take it out after a person has edited the rest.

    ``base_url`` and ``plugin`` are the values that were written, None where nothing was; ``old_base_url``
    is what stood there before. ``made`` are the objects and lists that were not there before.
    """

    base_url: str | None = None
    old_base_url: Any = None
    api_key: bool = False
    plugin: str | None = None
    made: tuple[Keys, ...] = ()
    digest: str = ""


def written(text: str, base_url: str, plugin: str | None) -> str:
    """The text with Towpath's address; the same text if all is there. An API key that is there stays.

    A person's key may be what the server asks for, and is not Towpath's to throw away.
    """
    text = text if text.strip() else _NEW_FILE
    if value_at(text, BASE_URL) != base_url:
        text = set_value(text, BASE_URL, base_url)
    if not value_at(text, API_KEY):
        text = set_value(text, API_KEY, DUMMY_KEY)
    return text if plugin is None else _with_plugin(text, plugin)


def change(before: str, after: str, earlier: Change | None) -> Change:
    """What ``written`` changed, with what an ``earlier`` run had changed and what is still there."""
    before = before if before.strip() else _NEW_FILE
    earlier = earlier or Change()
    old_url, new_url = value_at(before, BASE_URL), value_at(after, BASE_URL)
    ours = earlier.base_url is not None and old_url == earlier.base_url
    known = [spec for spec in _specs(before) if spec != earlier.plugin]
    added = [spec for spec in _specs(after) if spec is not None and spec not in known]
    return Change(
        base_url=new_url if ours or old_url != new_url else None,
        old_base_url=earlier.old_base_url if ours else old_url,
        api_key=value_at(after, API_KEY) == DUMMY_KEY
        and (earlier.api_key or value_at(before, API_KEY) != DUMMY_KEY),
        plugin=added[0] if added else None,
        made=tuple(keys for keys in _MAY_BE_MADE if keys in earlier.made or _is_new(keys, before, after)),
        digest=digest(after),
    )


def undone(text: str, change: Change) -> str:
    """The text without what is still as Towpath wrote it; all else stays."""
    if change.base_url is not None and value_at(text, BASE_URL) == change.base_url:
        old = change.old_base_url
        text = remove(text, BASE_URL) if old is None else set_value(text, BASE_URL, old)
    if change.api_key and value_at(text, API_KEY) == DUMMY_KEY:
        text = remove(text, API_KEY)
    if change.plugin is not None and change.plugin in (specs := _specs(text)):
        text = remove_item(text, PLUGIN, specs.index(change.plugin))
    for keys in change.made:
        node = find(parse(text), keys)
        # One that holds a comment is a person's by now.
        if node and not node.value and not text[node.start + 1 : node.end - 1].strip():
            text = remove(text, keys)
    return text


def digest(text: str) -> str:
    """Tells whether a text was edited since."""
    return hashlib.sha256(text.encode()).hexdigest()


def value_at(text: str, keys: Keys) -> Any:
    """The value at a path; None if there is none."""
    node = find(parse(text), keys)
    return node.value if node else None


def _with_plugin(text: str, plugin: str) -> str:
    if find(parse(text), PLUGIN) is None:
        return set_value(text, PLUGIN, [plugin])
    specs = _specs(text)
    if plugin in specs:
        return text
    for index, spec in enumerate(specs):
        if spec is not None and spec.endswith(_PLUGIN_FILE):  # of an installation at another place
            return set_item(text, PLUGIN, index, plugin)
    return append_item(text, PLUGIN, plugin)


def _specs(text: str) -> list[str | None]:
    """The plugins of a configuration, in order; None for one that is written with options."""
    plugins = value_at(text, PLUGIN)
    if not isinstance(plugins, list):
        return []
    return [plugin if isinstance(plugin, str) else None for plugin in plugins]


def _is_new(keys: Keys, before: str, after: str) -> bool:
    return find(parse(before), keys) is None and find(parse(after), keys) is not None
