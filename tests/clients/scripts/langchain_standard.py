"""LangChain's standard tests of a chat model, for langchain-anthropic as it is. Run by tests/clients."""

import zlib

import httpx
import pytest
from langchain_anthropic import ChatAnthropic
from langchain_tests.integration_tests import ChatModelIntegrationTests


def _chunk(kind: bytes, data: bytes) -> bytes:
    return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")


# One grey dot, and a page with nothing on it. The suite would fetch its samples from the web.
PNG = b"\x89PNG\r\n\x1a\n" + b"".join(
    (
        _chunk(b"IHDR", b"\0\0\0\1\0\0\0\1\x08\0\0\0\0"),
        _chunk(b"IDAT", zlib.compress(b"\0\x80")),
        _chunk(b"IEND", b""),
    )
)
PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\n"


@pytest.fixture(autouse=True)
def samples(monkeypatch: pytest.MonkeyPatch) -> None:
    def get(url: str, **_: object) -> httpx.Response:
        return httpx.Response(200, content=PDF if url.endswith(".pdf") else PNG)

    monkeypatch.setattr(httpx, "get", get)


class TestStandard(ChatModelIntegrationTests):
    """What the model can, as langchain-anthropic's own tests declare it."""

    chat_model_class = ChatAnthropic
    chat_model_params = {"model": "claude-sonnet-4-6", "max_tokens": 2000}  # noqa: RUF012
    supports_image_inputs = True
    supports_image_tool_message = True
    supports_pdf_inputs = True
    supports_pdf_tool_message = True
    supports_anthropic_inputs = True
    supports_image_urls = True
