"""What was said in an exchange, shortened: kept only where CLAUDE_PROXY_SHOW_CONTENT asks for it."""

from collections.abc import Mapping
from typing import Any

from towpath.core.reading.request import Message

_QUESTION_CHARS = 200
_ANSWER_CHARS = 600


class ContentPreview:
    """The user's newest text, and the model's so far."""

    def __init__(self, newest: Message) -> None:
        texts = [block["text"] for block in newest["content"] if block["type"] == "text"]
        self.question = _shortened("\n".join(texts), _QUESTION_CHARS)
        self._answer = ""

    def add(self, event: Mapping[str, Any]) -> None:
        """One more event of the answer."""
        if event["type"] == "content_block_delta" and len(self._answer) <= _ANSWER_CHARS:
            text = event["delta"].get("text")
            self._answer += text if isinstance(text, str) else ""

    @property
    def answer(self) -> str:
        """The model's text, without thinking and calls."""
        return _shortened(self._answer, _ANSWER_CHARS)


def _shortened(text: str, chars: int) -> str:
    return text if len(text) <= chars else f"{text[: chars - 1]}…"
