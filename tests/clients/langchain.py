"""LangChain, which two modules test."""

from tests.clients.listed import Client
from tests.clients.python_clients import Environment

LANGCHAIN = Environment("langchain", ("langchain-anthropic==1.7.7", "langchain-tests==1.1.9"))
CLIENT = Client(
    name="langchain-anthropic",
    version=LANGCHAIN.version,
    lines="export ANTHROPIC_BASE_URL=http://127.0.0.1:3456 ANTHROPIC_API_KEY=dummy",
)
