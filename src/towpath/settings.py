"""What the operator can set: one typed table, from which the flags, `towpath settings` and docs are made.

Each setting is an environment variable ``CLAUDE_PROXY_<NAME>`` (the names that users of the seed have),
and a flag of ``towpath serve``, which wins.
"""

import difflib
import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any

import platformdirs
import psutil
from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from towpath.core.client_habits.transient import DEFAULT_TRANSIENT_TEXTS
from towpath.core.mode import Mode

ENV_PREFIX = "CLAUDE_PROXY_"


def _quarter_of_memory_mb() -> int:
    return min(psutil.virtual_memory().total // 4, 4 * 1024**3) // 1024**2


def _keys(value: str) -> tuple[str, ...]:
    """The keys that a value of api_key stands for. Raises ValueError for a file that cannot be read."""
    if value.startswith("@"):
        try:
            value = Path(value[1:]).read_text("utf-8")
        except OSError as error:
            raise ValueError(f"{value[1:]}: {error.strerror}") from error
    return tuple(key.strip() for key in re.split(r"[,\n]", value) if key.strip())


class Settings(BaseSettings):
    """The settings of a server. Durations are in seconds, as their names say."""

    model_config = SettingsConfigDict(env_prefix=ENV_PREFIX, frozen=True, extra="ignore")

    passthrough: Annotated[
        bool, Field(description="1: the client executes the tools; 0: the proxy does (internal mode).")
    ] = True
    allow_internal: Annotated[
        bool, Field(description="1: a request may ask for internal mode (x-towpath-mode: internal).")
    ] = False
    allow_bash: Annotated[
        bool, Field(description="1: internal mode has the tool bash, which is not confined to the workspace.")
    ] = False
    max_turns: Annotated[
        int, Field(ge=1, description="Model calls that a turn of internal mode may take.")
    ] = 200
    show_tools: Annotated[
        bool, Field(description="1: a line of text for each call of a tool in internal mode.")
    ] = False
    file_changes: Annotated[
        bool, Field(description="1: internal mode ends a turn with a list of the files that it wrote.")
    ] = True
    port: Annotated[int, Field(ge=0, le=65535, description="Port to listen on; 0 takes a free one.")] = 3456
    host: Annotated[str, Field(description="Address to listen on; others than loopback need api_key.")] = (
        "127.0.0.1"
    )
    api_key: Annotated[
        SecretStr | None,
        Field(
            description="Keys of which clients must send one (x-api-key or bearer), with commas between, or "
            "@ and a file with one a line; default: any."
        ),
    ] = None
    allowed_hosts: Annotated[
        tuple[str, ...],
        NoDecode,
        Field(description="Further names of this server (Host), with commas between."),
    ] = ()
    allowed_origins: Annotated[
        tuple[str, ...],
        NoDecode,
        Field(
            description="Web pages that may call (https://chat.example), with commas between; they get CORS."
        ),
    ] = ()
    workdir: Annotated[
        Path | None,
        Field(
            description="Working directory of the model; default: the one that the client names in its "
            "system prompt if it can be entered, else an empty private one. In internal mode the workspace: "
            "its tools stay in it; default: where the proxy was started."
        ),
    ] = None
    upstream_base_url: Annotated[
        str | None, Field(description="API or gateway to send requests to; default: where the login belongs.")
    ] = None
    upstream_api_key: Annotated[
        SecretStr | None, Field(description="API key for the upstream; default: the CLI's own login.")
    ] = None
    no_extra_usage: Annotated[
        bool,
        Field(
            description="1: refuse what would draw on paid extra usage because the plan's window is used up."
        ),
    ] = False
    max_concurrent: Annotated[
        int,
        Field(
            ge=1, description="Requests that run at once; more wait in order, answers to tool calls first."
        ),
    ] = 20
    max_waiting: Annotated[
        int, Field(ge=0, description="Requests that may wait; more are refused with 529 and Retry-After.")
    ] = 100
    spares: Annotated[
        int,
        Field(
            ge=0,
            description="Processes kept ready for new conversations of the kinds that came lately; 0: none.",
        ),
    ] = 4
    memory_budget_mb: int = Field(
        default_factory=_quarter_of_memory_mb,
        ge=0,
        description="What live processes may occupy (125 to 270 MB each); over it those end first whose tool "
        "results are not likely to come, then the one that idled longest; a running one never. Default: a "
        "quarter of the machine's memory, at most 4096.",
    )
    idle_timeout_seconds: Annotated[
        float,
        Field(gt=0, description="How long an idle process is kept: ending it costs the next turn 0.4 s."),
    ] = 900
    parked_timeout_seconds: Annotated[
        float,
        Field(
            gt=0, description="How long a process waits for tool results at most; less where none are likely."
        ),
    ] = 3600
    start_timeout_seconds: Annotated[
        float, Field(gt=0, description="How long a process may take to start.")
    ] = 60
    first_event_timeout_seconds: Annotated[
        float,
        Field(
            gt=0, description="How long the model may take to begin an answer; then the client gets a 504."
        ),
    ] = 300
    stall_timeout_seconds: Annotated[
        float,
        Field(
            gt=0,
            description="How long an answer that has begun may be silent, unless a tool of internal mode "
            "runs; then it ends with an error event.",
        ),
    ] = 300
    request_timeout_seconds: Annotated[
        float,
        Field(
            gt=0,
            description="How long a client may take to send a request's head, and each 64 KB of its body; "
            "then it gets a 408.",
        ),
    ] = 60
    stop_timeout_seconds: Annotated[
        float,
        Field(ge=0, description="How long a server that stops waits for the requests that still run."),
    ] = 30
    ping_seconds: Annotated[
        float, Field(gt=0, description="How long a stream may be silent before a ping event is sent.")
    ] = 15
    client_timeout_seconds: Annotated[
        float, Field(gt=0, description="How long a client may not read its stream before it is cut off.")
    ] = 60
    transient_texts: Annotated[
        tuple[str, ...],
        NoDecode,
        Field(
            description="Texts that clients add to one request and take out of the next; neither sent nor "
            "compared. One per line.",
        ),
    ] = DEFAULT_TRANSIENT_TEXTS
    state_dir: Annotated[
        Path, Field(description="Private folder for the files of live processes; cleaned at start.")
    ] = Path(platformdirs.user_state_dir("towpath"))
    record: Annotated[
        Path | None,
        Field(description="Folder for a file of each exchange that can be replayed; default: none."),
    ] = None
    record_content: Annotated[
        bool, Field(description="1: such files have the texts, too; else stand-ins of the same length.")
    ] = False
    show_content: Annotated[
        bool,
        Field(description="1: the page at / and /v1/activity show what was asked and answered, shortened."),
    ] = False
    log_level: Annotated[str, Field(description="debug, info, warning or error.")] = "info"

    @field_validator("transient_texts", mode="before")
    @classmethod
    def _lines(cls, value: Any) -> Any:
        return tuple(line for line in value.splitlines() if line) if isinstance(value, str) else value

    @field_validator("allowed_hosts", "allowed_origins", mode="before")
    @classmethod
    def _names(cls, value: Any) -> Any:
        if isinstance(value, str):
            return tuple(name.strip().lower().rstrip("/") for name in value.split(",") if name.strip())
        return value

    @field_validator("api_key")
    @classmethod
    def _readable(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not _keys(value.get_secret_value()):
            raise ValueError("there is no key in it")
        return value

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys of which clients must send one; none if any will do."""
        return _keys(self.api_key.get_secret_value()) if self.api_key else ()

    @property
    def mode(self) -> Mode:
        """The mode of a request that does not say."""
        return Mode.PASSTHROUGH if self.passthrough else Mode.INTERNAL

    @classmethod
    def env_name(cls, field: str) -> str:
        """The environment variable of a setting."""
        return ENV_PREFIX + field.upper()

    @classmethod
    def source_of(cls, field: str, flags: Mapping[str, Any]) -> str:
        """Where a setting's value comes from: flag, environment or default."""
        if flags.get(field) is not None:
            return "flag"
        return "environment" if cls.env_name(field) in os.environ else "default"


def unknown_settings(names: Iterable[str]) -> list[str]:
    """A sentence for each of these variables that has the prefix of the settings and is none of them."""
    known = [Settings.env_name(field) for field in Settings.model_fields]
    unknown = sorted(
        name for name in names if name.upper().startswith(ENV_PREFIX) and name.upper() not in known
    )
    return [f"{name} is not a setting{_meant(name, known)}; it is ignored" for name in unknown]


def _meant(name: str, known: Iterable[str]) -> str:
    # Without the prefix, which would make all names look alike.
    words = {other.removeprefix(ENV_PREFIX): other for other in known}
    near = difflib.get_close_matches(name.upper().removeprefix(ENV_PREFIX), words, n=1)
    return f" (did you mean {words[near[0]]}?)" if near else ""
