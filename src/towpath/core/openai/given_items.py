"""Output items that were given out, for clients that point at them instead of sending them back.

Vercel's AI SDK and what builds on it (Mastra) send an ``item_reference`` for each message and thought of an
earlier answer unless ``store`` is false, and know no other way: no error makes them send the items.
"""

from collections import OrderedDict
from threading import Lock
from typing import Any, NamedTuple

from towpath.core.errors import ApiError
from towpath.core.to_json import Json, to_json

ITEMS_BYTES = 32 << 20  # a long answer has some 50 KB: the items of more than 600 such
_REFERENCE = "item_reference"


class _Kept(NamedTuple):
    item: Json
    size_bytes: int


class GivenItems:
    """Keeps items up to ``budget`` bytes of JSON; those that nobody pointed at for longest go first.

    An item is known to the caller that got it. Each call is safe from any thread.
    """

    def __init__(self, budget: int = ITEMS_BYTES) -> None:
        self._budget = budget
        self._kept: OrderedDict[tuple[str, str], _Kept] = OrderedDict()
        self._lock = Lock()
        self._size_bytes = 0

    def keep(self, caller: str, item: Json) -> None:
        entry, key = _Kept(dict(item), len(to_json(item))), (caller, item["id"])
        with self._lock:
            before = self._kept.pop(key, None)
            self._kept[key] = entry
            self._size_bytes += entry.size_bytes - (before.size_bytes if before else 0)
            while self._size_bytes > self._budget:
                self._size_bytes -= self._kept.popitem(last=False)[1].size_bytes

    def resolved(self, caller: str, body: Any) -> Any:
        """The body with the items that its input points at. Raises ApiError (404) for an unknown one."""
        given = body.get("input") if isinstance(body, dict) else None
        if not isinstance(given, list) or not any(map(_is_reference, given)):
            return body
        items = [
            self._find(caller, item.get("id"), f"input.{index}") if _is_reference(item) else item
            for index, item in enumerate(given)
        ]
        return {**body, "input": items}

    def _find(self, caller: str, item_id: Any, path: str) -> Json:
        key = (caller, str(item_id))
        with self._lock:
            entry = self._kept.get(key)
            if entry is None:
                problem = f"an item {str(item_id)[:100]!r} is not known, or no longer"
                advice = "set `store` to false, and the client sends the items themselves"
                raise ApiError(404, f"{path}: {problem}; {advice}")
            self._kept.move_to_end(key)
        return entry.item


def _is_reference(item: Any) -> bool:
    # Its type may be left out, as that of a message; nothing else has an id alone.
    return isinstance(item, dict) and (item.get("type") == _REFERENCE or item.keys() == {"id"})
