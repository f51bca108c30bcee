"""A request or an event without its content: what a bug report can show.

Everything keeps its place, its kind and its length; only words that the API defines are kept.
Equal texts of one recording are replaced by equal texts, so that repetitions can still be seen.
"""

from hashlib import blake2b
from typing import Any

# Names whose value the API defines, or that say nothing of what was said.
_KEPT = frozenset(
    {
        *("type", "role", "model", "id", "name", "tool_use_id", "stop_reason", "media_type", "status"),
        *("request_id", "ttl", "service_tier", "subtype", "effort", "format", "display", "inference_geo"),
    }
)
_SCHEMAS = frozenset({"input_schema", "schema"})
_DIGEST_CHARS = 12


class Redactor:
    """Takes the content out of JSON values. Another ``salt`` gives other replacements."""

    def __init__(self, salt: bytes) -> None:
        self._salt = salt

    def redacted(self, value: Any) -> Any:
        """The value with all content replaced; numbers, truth values and structure stay."""
        match value:
            case dict():
                return {name: self._field(name, field) for name, field in value.items()}
            case list():
                return [self.redacted(item) for item in value]
            case str():
                return self.stand_in(value)
            case _:
                return value

    def stand_in(self, text: str) -> str:
        """Meaningless text of the same length, but never shorter than a digest has to be."""
        if not text:
            return ""
        digest = blake2b(
            text.encode("utf-8", "surrogatepass"), key=self._salt, digest_size=_DIGEST_CHARS // 2
        )
        return digest.hexdigest().ljust(len(text), ".")

    def _field(self, name: str, value: Any) -> Any:
        if name in _SCHEMAS and isinstance(value, dict):
            return {"type": "object"}  # it describes what belongs to the client
        if name == "input":
            return self._own(value)
        return value if name in _KEPT and isinstance(value, str) else self.redacted(value)

    def _own(self, value: Any) -> Any:
        """Where not even the names are the API's: the input of a tool."""
        match value:
            case dict():
                return {self.stand_in(name): self._own(field) for name, field in value.items()}
            case list():
                return [self._own(item) for item in value]
            case _:
                return self.redacted(value)
