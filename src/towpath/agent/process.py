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
    ClaudeAgentOptions,
    ClaudeSDKClient,
    ClaudeSDKError,
    CLINotFoundError,
    ResultMessage,
    StreamEvent,
)

from towpath.agent.additions import SessionFileReader, last_failure
from towpath.agent.cli import BUNDLED_VERSION, cli_path
from towpath.agent.failures import ProcessDied, api_error, first_line
from towpath.agent.hearing import Hearing
from towpath.agent.history import Additions, Entry, session_lines
from towpath.agent.options import agent_options
from towpath.agent.tools import ParkedTools
from towpath.agent.transport import KillableTransport
from towpath.core.canonical import unmarked
from towpath.core.errors import ApiError
from towpath.core.events import MESSAGE_STOP, Event, MessageFold
from towpath.core.launch import Launch
from towpath.core.request import Message

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
        self._hearing = Hearing()
        self._writing: asyncio.Future[ClaudeAgentOptions] | None = None
        self._file: SessionFileReader | None = None
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
        self._writing = asyncio.ensure_future(asyncio.to_thread(self._write_files, messages, additions))
        try:
            options = await asyncio.shield(self._writing)
        except OSError as error:
            raise ProcessDied(f"cannot write the files of a process: {error}") from error
        self._file = SessionFileReader(self._session_file)
        self._transport = KillableTransport(options, self._notice)
        self._client = ClaudeSDKClient(options, transport=self._transport)
        try:
            async with asyncio.timeout(self._start_timeout_seconds):
                await self._client.connect()
        except TimeoutError:
            sentence = f"the Claude CLI did not start within {self._start_timeout_seconds:g} s"
            raise ProcessDied(sentence) from None
        except CLINotFoundError as error:
            sentence = f"the Claude CLI is not at {cli_path()}; install towpath anew"
            raise ProcessDied(sentence) from error
        except (ClaudeSDKError, OSError) as error:
            raise ProcessDied(f"the Claude CLI did not start: {first_line(error)}") from error

        def ended() -> None:
            self.has_ended = True
            self._tools.end()
            on_end()

        self._hearing.begin(self._client, ended)

    async def resume(self, blocks: Sequence[dict[str, Any]]) -> None:
        """Hand an idle process the next user message."""
        await self._query(list(blocks))

    async def answer(self, results: Sequence[dict[str, Any]], rest: Sequence[dict[str, Any]]) -> None:
        """Let the parked calls return; what stands behind the results follows as the next message."""
        for position, block in enumerate(results, start=1):
            self._tools.give(block, end_turn=bool(rest))
            if position < len(results):
                # The model sees results in the order in which they complete; an error overtakes others.
                await self._hearing.recording_of(block["tool_use_id"])
        if rest:
            await self._end_turn()
            await self._query(list(rest))

    async def events(self) -> AsyncIterator[Event]:
        """The stream events of the next reply, to its ``message_stop``.

        Raises ApiError if the API or the CLI answered with an error, ProcessDied if the CLI ended.
        ``has_ended`` tells afterwards whether the process can still be used.
        """
        has_begun = False
        while True:
            message = await self._hearing.next_message()
            if isinstance(message, ResultMessage):
                raise await self._failure(message)
            if not isinstance(message, StreamEvent) or message.parent_tool_use_id is not None:
                continue
            event: Event = message.event
            if event["type"] == "message_start" and has_begun:
                raise ApiError(500, "the upstream's answer broke off")  # the CLI tries again by itself
            has_begun = True
            if _closes_what_broke(event, self.reply):
                continue  # what broke it follows as the turn's result
            yield event
            if event["type"] == "message_delta" and self._would_go_on():
                yield MESSAGE_STOP
                return
            if event["type"] == "message_stop":
                return

    def _notice(self, message: dict[str, Any]) -> None:
        """Fold the reply as it is read, and end the CLI if it would go on by itself.

        There are some 10 ms until its next request: too little to wait until somebody takes the event
        (with 8 replies at once, 4 of 24 ends came too late that way).
        """
        if message.get("type") != "stream_event" or message.get("parent_tool_use_id") is not None:
            return
        event: Event = message["event"]
        if event["type"] == "message_start":
            self.reply = MessageFold()
        self.reply.add(event)
        if event["type"] == "message_delta" and self._would_go_on():
            self.kill()

    async def settle(self) -> None:
        """Until the reply is behind the process: all its calls parked, or the turn's result taken off."""
        if self._calls():
            await self._tools.wait_for(self._calls())
        elif not self.has_ended:
            await self._end_turn()

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
        if not await self._hearing.end(_ENDS_WITHIN_SECONDS):
            self.kill()
        self._hearing.stop()
        if self._client and self._transport:
            with contextlib.suppress(ClaudeSDKError, OSError):
                await self._client.disconnect()
                await self._transport.close()  # the client does not, if it gave up while connecting

    async def remove_files(self) -> None:
        """Remove the private folder; what the CLI said in it is gone then."""
        if self._writing:  # a thread is not cancelled with its start
            await asyncio.gather(self._writing, return_exceptions=True)
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
            raise ProcessDied(f"the Claude CLI has ended: {first_line(error)}") from error

    async def _end_turn(self) -> None:
        result = await self._hearing.result()
        if result.is_error:
            raise await self._failure(result)

    async def _failure(self, result: ResultMessage) -> ApiError:
        note = await asyncio.to_thread(last_failure, self._session_file)
        return api_error(result, self._hearing.said, note, self._hearing.limits, now=time.time())

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
