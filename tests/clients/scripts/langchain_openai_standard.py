"""LangChain's standard tests of a chat model, for langchain-openai as it is. Run by tests/clients."""

import os

from langchain_openai import ChatOpenAI
from langchain_samples import samples  # noqa: F401 - a fixture
from langchain_tests.integration_tests import ChatModelIntegrationTests


class TestStandard(ChatModelIntegrationTests):
    """What the model can, as langchain-openai's own tests declare it."""

    chat_model_class = ChatOpenAI
    chat_model_params = {  # noqa: RUF012
        "model": "claude-sonnet-4-6",
        "use_responses_api": os.environ["LANGCHAIN_API"] == "responses",
        "stream_usage": True,
    }
    supports_image_inputs = True
    supports_image_urls = True
    supports_image_tool_message = True
    supports_pdf_inputs = True
    supports_json_mode = True
