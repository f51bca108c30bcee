"""What the operator can set: one typed table, from which the flags, `towpath settings` and docs are made.

The descriptions are what all of these say; ``scripts/tables.py`` writes them into the documents.

Each setting is an environment variable ``CLAUDE_PROXY_<NAME>`` (as in claude-max-proxy),
and a flag of ``towpath serve``, which wins.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, get_args

import platformdirs
from pydantic import AfterValidator, Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from towpath.core.base_url import checked, without_version
from towpath.core.client_habits.transient import DEFAULT_TRANSIENT_TEXTS
from towpath.core.mode import Mode
from towpath.settings.values import (
    Hosts,
    Lines,
    LogLevel,
    Origins,
    default_accesses,
    keys,
    quarter_of_memory_mb,
)

ENV_PREFIX = "CLAUDE_PROXY_"


class Settings(BaseSettings):
    """The settings of a server. Durations are in seconds, as their names say."""

    model_config = SettingsConfigDict(env_prefix=ENV_PREFIX, frozen=True, extra="ignore")

    port: Annotated[int, Field(ge=0, le=65535, description="Port to listen on. 0 takes a free one.")] = 3456
    host: Annotated[
        str,
        Field(
            description="Address to listen on. One that other machines can reach needs CLAUDE_PROXY_API_KEY."
        ),
    ] = "127.0.0.1"
    api_key: Annotated[
        SecretStr | None,
        Field(
            description="Comma-separated keys. A client must send one of them (x-api-key or bearer). @FILE "
            "reads them from a file, one per line. Without it, any key will do."
        ),
    ] = None
    allowed_hosts: Annotated[
        Hosts,
        Field(
            description="Further names of this server, comma-separated. A request's Host must be one of "
            "these, a loopback name, or the address that the server listens on."
        ),
    ] = ()
    allowed_origins: Annotated[
        Origins,
        Field(
            description="Web pages that may call this server (https://chat.example), comma-separated. They "
            "get CORS headers."
        ),
    ] = ()
    passthrough: Annotated[
        bool, Field(description="1: the client runs the tools. 0: Towpath does (internal mode).")
    ] = True
    allow_internal: Annotated[
        bool,
        Field(description="1: a request may ask for internal mode with the header x-towpath-mode: internal."),
    ] = False
    allow_bash: Annotated[
        bool, Field(description="1: internal mode has bash, which is not confined to the workspace.")
    ] = False
    max_turns: Annotated[
        int, Field(ge=1, description="Model calls that one turn of internal mode may take.")
    ] = 200
    show_tools: Annotated[
        bool, Field(description="1: internal mode adds a line of text for each tool call.")
    ] = False
    file_changes: Annotated[
        bool, Field(description="1: internal mode ends a turn with a list of the files that it wrote.")
    ] = True
    workdir: Annotated[
        Path | None,
        Field(
            description="Folder in which the model works. Without it, the one that the client's system "
            "prompt names, if it can be entered, or else an empty private one. In internal mode it is the "
            "workspace that the file tools cannot leave; there the default is where the server was started."
        ),
    ] = None
    upstream_api_key: Annotated[
        SecretStr | None,
        Field(description="API key for the upstream. Without it, the CLI uses its own login or provider."),
    ] = None
    upstream_base_url: Annotated[
        Annotated[str, AfterValidator(checked)] | None,
        Field(
            description="Address of a gateway, or of a scripted API, without /v1. Without it, requests go "
            "where the login belongs."
        ),
    ] = None
    no_extra_usage: bool = Field(
        default=False,
        description="1: refuse requests that would draw on paid extra usage (usage credits) because the "
        "plan's window is used up.",
    )
    web_search: bool | None = Field(
        default=None,
        description="1: OpenAI's web_search becomes Anthropic's, which costs extra. 0: it is left out.",
        json_schema_extra={"default": "1, but 0 on Bedrock and behind a gateway"},
    )
    max_concurrent: Annotated[
        int,
        Field(
            ge=1,
            description="Requests that run at once. Further ones wait in order, answers to tool calls first.",
        ),
    ] = 20
    max_waiting: Annotated[
        int, Field(ge=0, description="Requests that may wait. Further ones get a 529 with Retry-After.")
    ] = 100
    spares: Annotated[
        int,
        Field(
            ge=0,
            description="Processes kept ready for new conversations of the kinds that came lately. 0: none.",
        ),
    ] = 4
    memory_budget_mb: int = Field(
        default_factory=quarter_of_memory_mb,
        ge=0,
        description="Megabytes that live processes may occupy together; each takes 125 to 270. When they "
        "need more, those end first whose tool results are unlikely to come, then the one that has been idle "
        "longest. A running one is never ended.",
        json_schema_extra={"default": "a quarter of the memory, at most 4096"},
    )
    idle_timeout_seconds: Annotated[
        float,
        Field(gt=0, description="Seconds that an idle process is kept. Ending it costs the next turn 0.4 s."),
    ] = 900
    parked_timeout_seconds: Annotated[
        float,
        Field(
            gt=0,
            description="Seconds that a process waits for tool results, at most; less where none are likely "
            "to come.",
        ),
    ] = 3600
    start_timeout_seconds: Annotated[
        float, Field(gt=0, description="Seconds that a process may take to start.")
    ] = 60
    call_gate: bool = Field(
        default=True,
        description="0: start the Claude CLI without the plugin that keeps it from calling the model on "
        "its own, where managed settings forbid plugins.",
    )
    first_event_timeout_seconds: Annotated[
        float,
        Field(
            gt=0,
            description="Seconds that the model may take to begin an answer. Then the client gets a 504.",
        ),
    ] = 300
    stall_timeout_seconds: Annotated[
        float,
        Field(
            gt=0,
            description="Seconds that an answer may fall silent once it has begun, unless a tool of internal "
            "mode is running. Then it ends with an error event.",
        ),
    ] = 300
    request_timeout_seconds: Annotated[
        float,
        Field(
            gt=0,
            description="Seconds that a client may take to send a request's head, and each 64 KB of its "
            "body. Then it gets a 408.",
        ),
    ] = 60
    stop_timeout_seconds: Annotated[
        float,
        Field(ge=0, description="Seconds that a stopping server waits for the requests that still run."),
    ] = 30
    ping_seconds: float = Field(
        default=15, gt=0, description="Seconds that a stream may be silent before it gets a ping event."
    )
    client_timeout_seconds: Annotated[
        float,
        Field(gt=0, description="Seconds that a client may leave its stream unread before it is cut off."),
    ] = 60
    transient_texts: Annotated[
        Lines,
        Field(
            description="Texts that a client adds to one request and drops from the next, one per line. They "
            "are neither sent nor compared.",
            json_schema_extra={"default": "oh-my-opencode's one line"},
        ),
    ] = DEFAULT_TRANSIENT_TEXTS
    state_dir: Path = Field(
        default=Path(platformdirs.user_state_dir("towpath")),
        description="Private folder for the files of live processes. It is cleaned at start.",
        json_schema_extra={"default": "towpath in your state folder"},
    )
    accesses: Path = Field(
        default_factory=default_accesses,
        description="File with further accesses: a table for each, with its variables. A request chooses "
        "one by /access/NAME before its path, or by the header x-towpath-access. Empty: none.",
        json_schema_extra={"default": "accesses.toml in towpath in your configuration folder"},
    )
    record: Annotated[
        Path | None,
        Field(
            description="Folder that gets a file for each exchange, for bug reports (towpath replay). "
            "Without it, nothing is recorded."
        ),
    ] = None
    record_content: Annotated[
        bool, Field(description="1: these files hold the texts. 0: placeholders of the same length.")
    ] = False
    show_content: Annotated[
        bool,
        Field(
            description="1: the page at /, towpath top and GET /v1/activity show the beginning of what was "
            "asked and answered, of everybody who uses this server, to everybody who may look."
        ),
    ] = False
    ledger: Annotated[
        bool,
        Field(
            description="1: keep figures of each exchange, never what was said, in usage.db in the state "
            "folder (towpath usage). 0: keep none."
        ),
    ] = True
    ledger_days: Annotated[
        int, Field(ge=1, description="Days that single exchanges are kept there. The sums of each day stay.")
    ] = 366
    ledger_mb: Annotated[
        int,
        Field(ge=1, description="Megabytes that the file may have; 330 hold a million exchanges."),
    ] = 500
    prices: Annotated[
        Path | None,
        Field(description="File with prices that count instead of those of this version (docs/usage.md)."),
    ] = None
    log_level: Annotated[LogLevel, Field(description="debug, info, warning or error.")] = "info"

    @field_validator("api_key")
    @classmethod
    def _readable(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not keys(value.get_secret_value()):
            raise ValueError("there is no key in it")
        return value

    @property
    def upstream(self) -> str | None:
        """The address of the upstream, without the /v1 that its clients add."""
        return without_version(self.upstream_base_url) if self.upstream_base_url else None

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys of which clients must send one; none if any will do."""
        return keys(self.api_key.get_secret_value()) if self.api_key else ()

    @property
    def mode(self) -> Mode:
        """The mode of a request that does not say."""
        return Mode.PASSTHROUGH if self.passthrough else Mode.INTERNAL

    @classmethod
    def env_name(cls, field: str) -> str:
        """The environment variable of a setting."""
        return ENV_PREFIX + field.upper()

    @classmethod
    def default_in_words(cls, field: str) -> str:
        """The default as one would write it; empty where there is none."""
        described = cls.model_fields[field]
        if isinstance(described.json_schema_extra, dict):
            return str(described.json_schema_extra["default"])
        default = described.default
        if default is None or default == ():
            return ""
        return str(int(default)) if isinstance(default, bool) else str(default)

    @classmethod
    def is_secret(cls, field: str) -> bool:
        """Whether a setting's value is for nobody's eyes."""
        annotation = cls.model_fields[field].annotation
        return annotation is SecretStr or SecretStr in get_args(annotation)

    @classmethod
    def source_of(cls, field: str, flags: Mapping[str, Any]) -> str:
        """Where a setting's value comes from: flag, environment or default."""
        if flags.get(field) is not None:
            return "flag"
        return "environment" if cls.env_name(field) in os.environ else "default"
