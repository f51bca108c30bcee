"""The simulated prompt cache, by what the API's documentation says of the real one."""

from typing import Any

import httpx
import pytest

from tests.support.waiting import WAIT_SECONDS
from towpath.testing import Failure, PromptCache, ScriptedApi, serve_in_thread

Json = dict[str, Any]
MARK: Json = {"type": "ephemeral"}
HOUR: Json = {"type": "ephemeral", "ttl": "1h"}
LONG = "word " * 1000  # more than 1,024 tokens


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    """The time, which the test moves."""
    return Clock()


@pytest.fixture
def cache(clock: Clock) -> PromptCache:
    """An empty cache, by that clock."""
    return PromptCache(clock)


def text(value: str, mark: Json | None = None) -> Json:
    block = {"type": "text", "text": value}
    return {**block, "cache_control": mark} if mark else block


def body(*messages: list[Json], **fields: Any) -> Json:
    roles = ["user", "assistant"] * len(messages)
    conversation = [
        {"role": role, "content": content} for role, content in zip(roles, messages, strict=False)
    ]
    return {"model": "m", "system": [text(LONG, MARK)], "messages": conversation, **fields}


def figures(usage: Json) -> tuple[int, int, int]:
    return usage["cache_read_input_tokens"], usage["cache_creation_input_tokens"], usage["input_tokens"]


def test_what_was_marked_is_read_by_the_next_and_the_rest_is_new(cache: PromptCache) -> None:
    read, written, rest = figures(cache.usage(body([text("one", MARK)])))
    assert (read, rest) == (0, 0)
    assert written > 1024

    again = cache.usage(body([text("one")], [text("reply")], [text("two", MARK)], [text("beyond the mark")]))
    assert again["cache_read_input_tokens"] == written
    assert again["cache_creation_input_tokens"] > 0
    assert again["input_tokens"] > 0


@pytest.mark.parametrize(
    ("changed", "reads_system"),
    [
        ({"model": "other"}, False),
        ({"tools": [{"name": "new"}]}, False),
        ({"system": [text("other " + LONG, MARK)]}, False),
        ({"tool_choice": {"type": "any"}}, True),
        ({"thinking": {"type": "adaptive"}}, True),
        ({"messages": [{"role": "user", "content": [text("other", MARK)]}]}, True),
    ],
)
def test_a_change_ends_what_follows_it(cache: PromptCache, changed: Json, reads_system: bool) -> None:
    _, written, _ = figures(cache.usage(body([text(LONG, MARK)])))
    read, _, _ = figures(cache.usage({**body([text(LONG, MARK)]), **changed}))

    assert read < written
    assert (read > 0) is reads_system


@pytest.mark.parametrize("changed", [{"temperature": 0.5}, {"max_tokens": 5}, {"metadata": {"user_id": "x"}}])
def test_sampling_does_not_count(cache: PromptCache, changed: Json) -> None:
    _, written, _ = figures(cache.usage(body([text("one", MARK)])))

    assert figures(cache.usage(body([text("one", MARK)], **changed))) == (written, 0, 0)


@pytest.mark.parametrize(("mark", "life"), [(MARK, 300), (HOUR, 3600)])
def test_a_life_begins_again_with_each_use(cache: PromptCache, clock: Clock, mark: Json, life: int) -> None:
    asked = body([text("one", mark)], system=[text(LONG, mark)])
    _, written, _ = figures(cache.usage(asked))
    for _ in range(2):
        clock.now += life - 1
        assert figures(cache.usage(asked))[0] == written
    clock.now += life
    gone = cache.usage(asked)

    assert figures(gone) == (0, written, 0)
    kind = "1h" if mark is HOUR else "5m"
    assert gone["cache_creation"][f"ephemeral_{kind}_input_tokens"] == written


@pytest.mark.parametrize(("added", "is_found"), [(19, True), (20, False)])
def test_a_mark_looks_back_for_so_many_blocks(cache: PromptCache, added: int, is_found: bool) -> None:
    _, written, _ = figures(cache.usage(body([text("one", MARK)])))
    more = [text("one"), *(text(str(number)) for number in range(added - 1)), text("last", MARK)]
    read, _, _ = figures(cache.usage(body(more)))

    assert (read == written) is is_found
    assert read > 0  # the system prompt has a mark of its own


def test_a_prefix_that_is_too_short_is_not_kept(cache: PromptCache) -> None:
    asked = body([text("one", MARK)], system=[text("short", MARK)])

    assert [figures(cache.usage(asked))[:2] for _ in range(2)] == [(0, 0), (0, 0)]


def test_the_accounting_line_is_no_part_of_a_prompt(cache: PromptCache) -> None:
    def asked(line: str) -> Json:
        return body(
            [text("one", MARK)], system=[text(f"x-anthropic-billing-header: {line}"), text(LONG, MARK)]
        )

    _, written, _ = figures(cache.usage(asked("a")))

    assert figures(cache.usage(asked("b"))) == (written, 0, 0)


def test_the_whole_request_can_be_marked(cache: PromptCache) -> None:
    plain = body([text("one")], system=LONG)
    _, written, _ = figures(cache.usage({**plain, "cache_control": MARK}))

    assert figures(cache.usage({**plain, "cache_control": MARK})) == (written, 0, 0)
    assert figures(cache.usage(plain))[:2] == (0, 0)


def test_the_scripted_api_answers_with_these_figures_and_a_failure_keeps_nothing(cache: PromptCache) -> None:
    api = ScriptedApi(cache)
    api.reply(Failure(529, "overloaded_error", "Overloaded"))
    with serve_in_thread(api.app) as url, httpx.Client(base_url=url, timeout=WAIT_SECONDS) as http:
        http.post("/v1/messages", json=body([text("one", MARK)]))
        first, second = (http.post("/v1/messages", json=body([text("one", MARK)])).json() for _ in range(2))

    assert first["usage"]["cache_read_input_tokens"] == 0
    assert second["usage"]["cache_read_input_tokens"] == first["usage"]["cache_creation_input_tokens"] > 1024
    assert second["usage"]["input_tokens"] == 0
