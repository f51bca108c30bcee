"""A client of OpenAI's Responses API searches the web by Anthropic's server tool."""

import openai
import pytest

from tests.support.isolated_proxy import isolated_proxy
from towpath.settings import Settings
from towpath.testing import Reply, ScriptedApi

pytestmark = pytest.mark.cli

URL = "https://example.com"
SEARCHED = (
    {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "canals"}},
    {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": []},
    {
        "type": "text",
        "text": "Found.",
        "citations": [
            {
                "type": "web_search_result_location",
                "url": URL,
                "title": "t",
                "encrypted_index": "aQ==",
                "cited_text": "c",
            }
        ],
    },
)


def test_a_search_and_the_turn_after_it(own_settings: Settings, api: ScriptedApi) -> None:
    api.reply(Reply(SEARCHED))
    settings = own_settings.model_copy(update={"web_search": True})
    with (
        isolated_proxy(settings) as proxy,
        openai.OpenAI(base_url=f"{proxy.url}/v1", api_key="dummy", max_retries=0) as client,
    ):
        model, asked = "claude-sonnet-4-5", {"role": "user", "content": "What of canals?"}
        tools = [{"type": "web_search", "search_context_size": "medium"}]
        with client.responses.stream(model=model, input=[asked], tools=tools) as events:  # type: ignore[arg-type, list-item]
            said = events.get_final_response()
        first = api.last
        after = [asked, *(item.to_dict() for item in said.output), {"role": "user", "content": "SAY more"}]
        raw = client.responses.with_raw_response.create(model=model, input=after, tools=tools)  # type: ignore[arg-type]

    search, text = said.output
    assert first["tools"] == [{"type": "web_search_20250305", "name": "web_search"}]
    assert search.type == "web_search_call"
    assert search.action.query == "canals"  # type: ignore[union-attr]
    assert [note["url"] for note in text.to_dict()["content"][0]["annotations"]] == [URL]  # type: ignore[index]
    assert raw.parse().output_text == "more"
    left_out = raw.headers["x-towpath-left-out"].split(", ")
    assert left_out == ["input.content.annotations", "input.web_search_call"]
