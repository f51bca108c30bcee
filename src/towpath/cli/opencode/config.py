"""What Towpath writes into a configuration of OpenCode, and how that is undone. Pure: text in, text out.

All functions raise JsoncError where a text cannot be read or has something else at the place.
"""

import hashlib
from typing import Any

from pydantic import BaseModel

from towpath.cli.opencode.jsonc import Keys, find, parse
from towpath.cli.opencode.jsonc_edit import append_item, remove, remove_item, set_item, set_value

ENTRY: Keys = ("provider", "anthropic")
OPTIONS: Keys = (*ENTRY, "options")
# OpenCode 2 has other names for these. It reads the older ones as well, but not where a file has both.
NATIVE_ENTRY: Keys = ("providers", "anthropic")
SETTINGS: Keys = (*NATIVE_ENTRY, "settings")
_BASE_URL, _API_KEY = "baseURL", "apiKey"
API_KEY: Keys = (*OPTIONS, _API_KEY)
PLUGIN: Keys = ("plugin",)  # both majors read it
DUMMY_KEY = "dummy"

# What OpenCode itself starts a configuration with.
_NEW_FILE = '{\n  "$schema": "https://opencode.ai/config.json"\n}\n'
_PLUGIN_FILE = "/towpath/cli/opencode/towpath.ts"
# Inner before outer.
_MAY_BE_MADE = (PLUGIN, OPTIONS, ENTRY, ENTRY[:1], SETTINGS, NATIVE_ENTRY, NATIVE_ENTRY[:1])


class Address(BaseModel, frozen=True):
    """What is Towpath's at one place: ``base_url`` is the value that was written, None where nothing was;
    ``old_base_url`` is what stood there before; ``api_key`` is true if the key is Towpath's."""

    base_url: str | None = None
    old_base_url: Any = None
    api_key: bool = False


class Change(Address, frozen=True):
    """What is Towpath's in a text: enough to take it out after a person has edited the rest.

    ``native`` is the place of OpenCode 2. ``plugin`` is the value that was written, None where nothing was.
    ``made`` are the objects and lists that were not there before.
    """

    native: Address = Address()
    plugin: str | None = None
    made: tuple[Keys, ...] = ()
    digest: str = ""


def written(text: str, base_url: str, plugin: str | None) -> str:
    """The text with Towpath's address; the same text if all is there. An API key that is there stays.

    A person's key may be what the server asks for, and is not Towpath's to throw away.
    """
    text = text if text.strip() else _NEW_FILE
    places = (OPTIONS,) if _would_be_hidden(text) else (OPTIONS, SETTINGS)
    for place in places:
        if value_at(text, (*place, _BASE_URL)) != base_url:
            text = set_value(text, (*place, _BASE_URL), base_url)
        if not value_at(text, (*place, _API_KEY)):
            text = set_value(text, (*place, _API_KEY), DUMMY_KEY)
    return text if plugin is None else _with_plugin(text, plugin)


def change(before: str, after: str, earlier: Change | None) -> Change:
    """What ``written`` changed, with what an ``earlier`` run had changed and what is still there."""
    before = before if before.strip() else _NEW_FILE
    earlier = earlier or Change()
    known = [spec for spec in _specs(before) if spec != earlier.plugin]
    added = [spec for spec in _specs(after) if spec is not None and spec not in known]
    return Change(
        **_address(OPTIONS, before, after, earlier).model_dump(),
        native=_address(SETTINGS, before, after, earlier.native),
        plugin=added[0] if added else None,
        made=tuple(keys for keys in _MAY_BE_MADE if keys in earlier.made or _is_new(keys, before, after)),
        digest=digest(after),
    )


def _address(place: Keys, before: str, after: str, earlier: Address) -> Address:
    url, key = (*place, _BASE_URL), (*place, _API_KEY)
    old_url, new_url = value_at(before, url), value_at(after, url)
    ours = earlier.base_url is not None and old_url == earlier.base_url
    return Address(
        base_url=new_url if ours or old_url != new_url else None,
        old_base_url=earlier.old_base_url if ours else old_url,
        api_key=value_at(after, key) == DUMMY_KEY and (earlier.api_key or value_at(before, key) != DUMMY_KEY),
    )


def _would_be_hidden(text: str) -> bool:
    """Whether an entry for OpenCode 2 would hide something of a person's.

    It translates the older entry, unless there is one of its own: then that is all it sees. But of an older
    one with ``api`` it takes that for the address.
    """
    entry = value_at(text, ENTRY)
    if value_at(text, NATIVE_ENTRY) is not None or not isinstance(entry, dict) or "api" in entry:
        return False
    options = entry.get("options")
    options = options if isinstance(options, dict) else {}
    others = options.keys() - {_BASE_URL, *([_API_KEY] if options.get(_API_KEY) == DUMMY_KEY else [])}
    return bool(entry.keys() - {"options"} or others)


def undone(text: str, change: Change) -> str:
    """The text without what is still as Towpath wrote it; all else stays."""
    text = _without(text, OPTIONS, change)
    text = _without(text, SETTINGS, change.native)
    if change.plugin is not None and change.plugin in (specs := _specs(text)):
        text = remove_item(text, PLUGIN, specs.index(change.plugin))
    for keys in change.made:
        node = find(parse(text), keys)
        # One that holds a comment is a person's by now.
        if node and not node.value and not text[node.start + 1 : node.end - 1].strip():
            text = remove(text, keys)
    return text


def _without(text: str, place: Keys, address: Address) -> str:
    url, key = (*place, _BASE_URL), (*place, _API_KEY)
    if address.base_url is not None and value_at(text, url) == address.base_url:
        old = address.old_base_url
        text = remove(text, url) if old is None else set_value(text, url, old)
    if address.api_key and value_at(text, key) == DUMMY_KEY:
        text = remove(text, key)
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
