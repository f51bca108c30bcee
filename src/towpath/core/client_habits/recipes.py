"""What each client needs to find this server: for `towpath env`, and for the page.

Each was tried with its client. OpenCode, Vercel's AI SDK, Cline and Continue append /messages to the address
they are given, all others /v1/messages. Pure.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

_BASE_URL, _KEY = "ANTHROPIC_BASE_URL", "ANTHROPIC_API_KEY"
_V1 = "/v1"
DUMMY_KEY = "dummy"


@dataclass(frozen=True)
class Client:
    """A client, or a kind of client, under the name that people know.

    ``variables`` maps the name of a variable that it reads to the path that follows the server's address;
    None is the key. ``program``: how it is run, if it is one. ``text``: what goes into a file, a form or code
    instead, with ``<url>`` and ``<key>`` in it; ``place`` says where.
    """

    title: str
    variables: Mapping[str, str | None] = field(default_factory=dict)
    program: str = ""
    text: str = ""
    place: str = ""

    def recipe(self, *, needs_key: bool) -> tuple[str, str]:
        """Where to put something, and what: still with ``<url>`` in it, and never with anyone's key.

        ``needs_key``: the server asks for a key, which the reader has to put in.
        """
        # Not the variable of the setting: it may hold a list, and it is the server's, not the reader's.
        key = "YOUR-KEY" if needs_key else DUMMY_KEY
        if self.text:
            return self.place, self.text.replace("<key>", key)
        values = [
            f"{name}={key if path is None else f'<url>{path}'}" for name, path in self.variables.items()
        ]
        if self.program:
            return "in a shell", " \\\n".join([*values, self.program])
        return "in a shell", "\n".join(f"export {value}" for value in values)


CLIENTS: Mapping[str, Client] = {
    "opencode": Client("OpenCode", {_BASE_URL: _V1, _KEY: None}, "opencode"),
    "curl": Client(
        "curl",
        place="in a shell",
        text="""curl -N <url>/v1/messages \\
  -H 'content-type: application/json' \\
  -H 'x-api-key: <key>' \\
  -d '{"model": "claude-sonnet-4-5",
       "max_tokens": 1000, "stream": true,
       "messages": [{"role": "user",
                     "content": "Hello"}]}'""",
    ),
    # It asks its user to approve an API key, but not this.
    "claude": Client("Claude Code", {_BASE_URL: "", "ANTHROPIC_AUTH_TOKEN": None}, "claude"),
    "sdk": Client("Anthropic SDKs", {_BASE_URL: "", _KEY: None}),
    "openai": Client("OpenAI SDKs", {"OPENAI_BASE_URL": _V1, "OPENAI_API_KEY": None}),
    "ai-sdk": Client("Vercel AI SDK", {_BASE_URL: _V1, _KEY: None}),
    "aider": Client("aider", {_BASE_URL: "", "ANTHROPIC_API_BASE": "", _KEY: None}, "aider"),
    "litellm": Client("LiteLLM", {_BASE_URL: "", "ANTHROPIC_API_BASE": "", _KEY: None}),
    "llm": Client("llm", {_BASE_URL: "", _KEY: None}, "llm -m claude-sonnet-4.5 'Hello'"),
    "opencode-file": Client(
        "OpenCode Desktop",
        place="~/.config/opencode/opencode.json, or run: towpath setup opencode",
        text="""{
  "provider": {
    "anthropic": {
      "options": {
        "baseURL": "<url>/v1",
        "apiKey": "<key>"
      }
    }
  }
}""",
    ),
    "cline": Client("Cline", place="settings, Anthropic, custom base URL; any key", text="<url>/v1"),
    "continue": Client(
        "Continue",
        place="~/.continue/config.yaml",
        text="""models:
  - name: Claude
    provider: anthropic
    model: claude-sonnet-4-5
    apiBase: <url>/v1/
    apiKey: <key>""",
    ),
    "langchain": Client(
        "LangChain",
        place="Python",
        text="""from langchain_anthropic import ChatAnthropic

model = ChatAnthropic(
    model="claude-sonnet-4-5",
    base_url="<url>",
    api_key="<key>",
)""",
    ),
    "pydantic-ai": Client(
        "Pydantic AI",
        place="Python",
        text="""from pydantic_ai.models.anthropic import AnthropicModel
from pydantic_ai.providers.anthropic import AnthropicProvider

provider = AnthropicProvider(
    base_url="<url>",
    api_key="<key>",
)
model = AnthropicModel("claude-sonnet-4-5", provider=provider)""",
    ),
    "pi": Client(
        "pi",
        place="~/.pi/agent/models.json",
        # Newer ones would put an effort into each conversation, which the CLI cannot carry.
        text="""{
  "providers": {
    "anthropic": {
      "baseUrl": "<url>",
      "compat": { "supportsMidConvoEffort": false }
    }
  }
}""",
    ),
}
