"""Anthropic's SDK for Python, which two modules test."""

from tests.clients.listed import Client
from tests.support.pins import pinned

CLIENT = Client(
    name="anthropic, the SDK for Python",
    version=pinned("anthropic"),
    lines="export ANTHROPIC_BASE_URL=http://127.0.0.1:3456 ANTHROPIC_API_KEY=dummy",
)
