"""langchain-openai, which two modules test."""

from tests.clients.listed import Client
from tests.clients.python_clients import Environment

LANGCHAIN_OPENAI = Environment(
    "langchain-openai", ("langchain-openai==1.7.4", "langchain-tests==1.1.9", "langchain==1.5.2")
)
CLIENT = Client(
    name="langchain-openai",
    version=LANGCHAIN_OPENAI.version,
    lines="export OPENAI_BASE_URL=http://127.0.0.1:3456/v1 OPENAI_API_KEY=dummy",
)
APIS = ("responses", "chat_completions")
