"""LangChain's standard tests of a chat model, for langchain-anthropic as it is. Run by tests/clients."""

from langchain_anthropic import ChatAnthropic
from langchain_samples import samples  # noqa: F401 - a fixture
from langchain_tests.integration_tests import ChatModelIntegrationTests


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
