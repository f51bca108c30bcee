"""One running CLI: takes the conversation, a next message or tool results; gives the API's stream events.

It knows nothing of HTTP, of other processes or of which request it serves. One task owns it: ``start``
and ``stop`` are called from the same one.
"""

import asyncio
import contextlib
import shutil
import time
import uuid
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from claude_agent_sdk import (
    AssistantMessage,
    ClaudeAgentOptions,
    ClaudeSDKClient,
    ClaudeSDKError,
    RateLimitEvent,
    RateLimitInfo,
    ResultMessage,
    StreamEvent,
    ToolResultBlock,
    UserMessage,
)
from claude_agent_sdk import Message as SdkMessage

from towpath.agent.additions import SessionFileReader, last_failure
from towpath.agent.cli import BUNDLED_VERSION
from towpath.agent.failures import ProcessDied, api_error
from towpath.agent.history import Additions, Entry, session_lines
from towpath.agent.options import agent_options
from towpath.agent.tools import ParkedTools
from towpath.agent.transport import KillableTransport
from towpath.core.canonical import unmarked
from towpath.core.errors import ApiError
from towpath.core.events import MESSAGE_STOP, Event, MessageFold
from towpath.core.launch import Launch
from towpath.core.request import Message

# A stream that nobody reads holds the CLI back; a parked or idle CLI says a line now and then.
_RECEIVED_MESSAGES = 1000
# Measured: 0.04 to 0.07 s.
_ENDS_WITHIN_SECONDS = 5.0
# The CLI answers these with a request of its own (docs/engine.md, E1).
_CLI_GOES_ON_AFTER = frozenset({"max_tokens", "refusal", "model_context_window_exceeded"})


class AgentProcess:
    """A CLI with the conversation that it holds. ``folder`` is private to it.

    ``upstream`` is set in its environment (``options.Upstream``).
    """

    def __init__(
        self, launch: Launch, folder: Path, upstream: Mapping[str, str], *, start_timeout_seconds: float
    ) -> None:
        self._launch = launch
        self._folder = folder
        self._upstream = upstream
        self._start_timeout_seconds = start_timeout_seconds
        self._tools = ParkedTools(launch.tool_names)
        self._session_file = folder / f"{uuid.uuid4()}.jsonl"
        self._client: ClaudeSDKClient | None = None
        self._transport: KillableTransport | None = None
        self._received: asyncio.Queue[SdkMessage | ProcessDied] = asyncio.Queue(_RECEIVED_MESSAGES)
        self._reader: asyncio.Task[None] | None = None
        self._file: SessionFileReader | None = None
        self._said: AssistantMessage | None = None
        self._limits: RateLimitInfo | None = None
        self.reply = MessageFold()
        self.has_ended = False

    @property
    def pid(self) -> int | None:
        """The CLI's process id, once it has been started."""
        return self._transport.pid if self._transport else None

    @property
    def waiting_for(self) -> frozenset[str]:
        """The ids of the calls in the newest reply."""
        return frozenset(self._calls())

    async def start(
        self, messages: Sequence[Message], additions: Additions, *, on_end: Callable[[], None]
    ) -> None:
        """Start the CLI with a conversation, whose answer it asks for at once.

        ``on_end`` is called when the CLI has ended, whatever the reason. Raises ProcessDied if it does
        not come up.
        """
        try:
            options = await asyncio.to_thread(self._write_files, messages, additions)
        except OSError as error:
            raise ProcessDied(f"cannot write the files of a process: {error}") from error
        self._file = SessionFileReader(self._session_file)
        self._transport = KillableTransport(options)
        self._client = ClaudeSDKClient(options, transport=self._transport)
        try:
            async with asyncio.timeout(self._start_timeout_seconds):
                await self._client.connect()
        except TimeoutError:
            sentence = f"the Claude CLI did not start within {self._start_timeout_seconds:g} s"
            raise ProcessDied(sentence) from None
        except (ClaudeSDKError, OSError) as error:
            raise ProcessDied(f"the Claude CLI did not start: {_first_line(error)}") from error
        self._reader = asyncio.create_task(self._read(self._client, on_end))

    async def resume(self, blocks: Sequence[dict[str, Any]]) -> None:
        """Hand an idle process the next user message."""
        await self._query(list(blocks))

    async def answer(self, results: Sequence[dict[str, Any]], rest: Sequence[dict[str, Any]]) -> None:
        """Let the parked calls return; what stands behind the results follows as the next message."""
        for position, block in enumerate(results, start=1):
            self._tools.give(block, end_turn=bool(rest))
            if position < len(results):
                # The model sees results in the order in which they complete; an error overtakes others.
                await self._until_recorded(block["tool_use_id"])
        if rest:
            await self._until_result()
            await self._query(list(rest))

    async def events(self) -> AsyncIterator[Event]:
        """The stream events of the next reply, to its ``message_stop``.

        Raises ApiError if the API or the CLI answered with an error, ProcessDied if the CLI ended.
        ``has_ended`` tells afterwards whether the process can still be used.
        """
        self.reply = MessageFold()
        while True:
            message = await self._next_message()
            if isinstance(message, ResultMessage):
                raise await self._failure(message)
            if not isinstance(message, StreamEvent) or message.parent_tool_use_id is not None:
                continue
            event: Event = message.event
            if event["type"] == "message_start" and self.reply.message:
                raise ApiError(500, "the upstream's answer broke off")  # the CLI tries again by itself
            self.reply.add(event)
            if _closes_what_broke(event, self.reply):
                continue  # what broke it follows as the turn's result
            if event["type"] == "message_delta" and self._would_go_on():
                self.kill()
                yield event
                yield MESSAGE_STOP
                return
            yield event
            if event["type"] == "message_stop":
                return

    async def settle(self) -> None:
        """Until the reply is behind the process: all its calls parked, or the turn's result taken off."""
        if self._calls():
            await self._tools.wait_for(self._calls())
        elif not self.has_ended:
            await self._until_result()

    def new_additions(self) -> Mapping[int, Sequence[Entry]]:
        """What the CLI added to the conversation since the last call, by the number of the exchange."""
        return self._file.new_additions() if self._file else {}

    @property
    def replies_written(self) -> int:
        """How many of its replies ``new_additions`` has come past."""
        return self._file.replies if self._file else 0

    def kill(self) -> None:
        """End the CLI now; whatever it was about to do does not happen."""
        self.has_ended = True
        if self._transport:
            self._transport.kill()

    async def stop(self) -> None:
        """End the CLI, bounded; it writes its session file to the end.

        It must be gone before the SDK disconnects: that ends parked calls, and a CLI that still runs takes
        their end for results and asks the model once more (seen in 1 of 6 ends).
        """
        self.has_ended = True
        if self._transport:
            self._transport.terminate()
        if self._reader:
            await asyncio.wait({self._reader}, timeout=_ENDS_WITHIN_SECONDS)
            self.kill()
            self._reader.cancel()
        if self._client and self._transport:
            with contextlib.suppress(ClaudeSDKError, OSError):
                await self._client.disconnect()
                await self._transport.close()  # the client does not, if it gave up while connecting

    async def remove_files(self) -> None:
        """Remove the private folder; what the CLI said in it is gone then."""
        await asyncio.to_thread(shutil.rmtree, self._folder, ignore_errors=True)

    def _write_files(self, messages: Sequence[Message], additions: Additions) -> ClaudeAgentOptions:
        self._folder.mkdir(mode=0o700, parents=True)
        lines = session_lines(
            self._session_file.stem,
            messages,
            additions,
            cwd=self._launch.cwd,
            model=self._launch.model,
            version=BUNDLED_VERSION,
            timestamp=datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        )
        self._session_file.touch(mode=0o600)
        self._session_file.write_bytes(lines)
        return agent_options(
            self._launch,
            self._folder,
            self._session_file,
            self._tools,
            self._upstream,
            continues=bool(messages),
        )

    async def _query(self, content: list[dict[str, Any]]) -> None:
        async def prompt() -> AsyncIterator[dict[str, Any]]:
            message = {"role": "user", "content": [unmarked(block) for block in content]}
            yield {"type": "user", "message": message, "parent_tool_use_id": None}

        assert self._client
        try:
            await self._client.query(prompt())
        except ClaudeSDKError as error:
            raise ProcessDied(f"the Claude CLI has ended: {_first_line(error)}") from error

    async def _read(self, client: ClaudeSDKClient, on_end: Callable[[], None]) -> None:
        """Everything that the CLI says, into a queue: so its end is noticed while nobody listens."""
        died = ProcessDied("the Claude CLI ended")
        try:
            async for message in client.receive_messages():
                await self._received.put(message)
        except ClaudeSDKError as error:
            died = ProcessDied(f"the Claude CLI ended: {_first_line(error)}")
        self.has_ended = True
        self._tools.end()
        on_end()
        await self._received.put(died)

    async def _next_message(self) -> SdkMessage:
        message = await self._received.get()
        if isinstance(message, ProcessDied):
            raise message
        if isinstance(message, AssistantMessage) and message.error:
            self._said = message
        elif isinstance(message, RateLimitEvent):
            self._limits = message.rate_limit_info
        return message

    async def _until_recorded(self, tool_use_id: str) -> None:
        while not _is_result_of(tool_use_id, await self._next_message()):
            pass

    async def _until_result(self) -> None:
        while not isinstance(message := await self._next_message(), ResultMessage):
            pass
        if message.is_error:
            raise await self._failure(message)

    async def _failure(self, result: ResultMessage) -> ApiError:
        note = await asyncio.to_thread(last_failure, self._session_file)
        return api_error(result, self._said, note, self._limits, now=time.time())

    def _calls(self) -> list[str]:
        if self.has_ended:
            return []
        return [b["id"] for b in self.reply.message.get("content", ()) if b["type"] == "tool_use"]

    def _would_go_on(self) -> bool:
        """Whether the CLI would follow this reply with a request of its own."""
        blocks = self.reply.message["content"]
        calls_here = all(self._tools.knows(b["name"]) for b in blocks if b["type"] == "tool_use")
        ends = self.reply.message["stop_reason"] in _CLI_GOES_ON_AFTER
        return ends or not calls_here or self.reply.has_broken_input


def _closes_what_broke(event: Event, reply: MessageFold) -> bool:
    """Whether the CLI itself ends a message whose stream broke off: it does so without a stop reason."""
    return event["type"] in ("message_delta", "message_stop") and reply.message.get("stop_reason") is None


def _first_line(error: Exception) -> str:
    """What the SDK says, without its advice on the lines below."""
    return str(error).partition("\n")[0]


def _is_result_of(tool_use_id: str, message: SdkMessage) -> bool:
    return isinstance(message, UserMessage) and any(
        isinstance(block, ToolResultBlock) and block.tool_use_id == tool_use_id for block in message.content
    )
