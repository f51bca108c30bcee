"""One running CLI: takes a conversation, then one message after another; gives the API's stream events.

It knows nothing of HTTP, of other processes or of which request it serves. One task owns it: ``start``
and ``stop`` are called from the same one. How much of a turn is one exchange depends on the mode, that is on
who executes the tools: see ``passthrough`` and ``internal``.
"""

import asyncio
import contextlib
import time
import uuid
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import structlog
from claude_agent_sdk import ClaudeAgentOptions, ClaudeSDKClient, ResultMessage, StreamEvent
from claude_agent_sdk import Message as CliMessage

from towpath.agent.failures import api_error, as_process_died, done_within
from towpath.agent.gate import CallGate
from towpath.agent.history_lines import Additions, Entry
from towpath.agent.leftovers import remove_folder
from towpath.agent.listener import CliListener
from towpath.agent.model_calls import ModelCalls, closes_what_broke, goes_on_after, own_event
from towpath.agent.options import agent_options
from towpath.agent.session_file import SessionFileReader, last_failure, write_session_file
from towpath.agent.transport import KillableTransport, disconnect
from towpath.agent.verdicts import HeardLimits, OnVerdict
from towpath.core.canonical import Block, unmarked
from towpath.core.errors import ApiError, ProcessDied
from towpath.core.events import Event, MessageFold
from towpath.core.launch import Launch
from towpath.core.mode import Mode
from towpath.core.reading.request import Message

log = structlog.get_logger(__name__)

# Measured: 0.04 to 0.07 s.
_ENDS_WITHIN_SECONDS = 5.0
# Messages that show progress by the model or by a tool. While it waits for them the CLI says other things of
# its own; the API's pings it does not forward.
_SIGNS_OF_LIFE = frozenset({"stream_event", "assistant", "user", "result"})
# Removing a folder takes an open file and a thread, and the machine may have none left at the moment.
_REMOVAL_ATTEMPTS = 30
_TRY_AGAIN_SECONDS = 1.0
_SHOWN_CHARS = 200


class AgentProcess(ABC):
    """A CLI with the conversation that it holds. ``folder`` is private to it.

    ``environment`` and ``cli_settings`` are those of all CLIs of its access, ``tool_options`` makes those
    options that say which tools there are.
    ``heard`` counts what came from the model and from tools, subagents included. ``log_fields`` are what the
    log says of the exchange that it serves. ``on_verdict`` is told what its answers say of the account's
    limits. ``gated``: the CLI ends a turn before it would ask the model on its own.
    """

    def __init__(
        self,
        launch: Launch,
        folder: Path,
        environment: Mapping[str, str],
        tool_options: Callable[[], Mapping[str, Any]],
        *,
        start_timeout_seconds: float,
        on_verdict: OnVerdict,
        gated: bool,
        cli_settings: Mapping[str, Any] | None = None,
    ) -> None:
        self._launch = launch
        self._folder = folder
        self._environment = environment
        self._cli_settings = cli_settings
        self._start_timeout_seconds = start_timeout_seconds
        self._tool_options = tool_options
        passes_through = launch.mode is Mode.PASSTHROUGH
        self._gate = CallGate(folder, closed=gated, awaits_results=passes_through)
        self._session_file = folder / f"{uuid.uuid4()}.jsonl"
        self._client: ClaudeSDKClient | None = None
        self._transport: KillableTransport | None = None
        self._listener = CliListener()
        self._heard_limits = HeardLimits(launch.model, on_verdict)
        self._model_calls = ModelCalls(one_each=passes_through)
        self._stopped_by: ApiError | None = None
        self._is_turn_over = True
        self._writing: asyncio.Future[ClaudeAgentOptions] | None = None
        self._file: SessionFileReader | None = None
        self.log_fields: Mapping[str, Any] = {}
        self.heard = 0
        self.has_ended = False

    @property
    def pid(self) -> int | None:
        """The CLI's process id, once it has been started."""
        return self._transport.pid if self._transport else None

    @property
    def session_id(self) -> str:
        """The name of the CLI's own session, which its requests to the API have in a header."""
        return self._session_file.stem

    @property
    def is_working(self) -> bool:
        """Whether a tool runs, so that the model has nothing to say."""
        return False

    @property
    @abstractmethod
    def reply(self) -> MessageFold:
        """The newest message that was given out, as far as it has come."""

    @property
    def waiting_for(self) -> frozenset[str]:
        """The ids of the calls in the newest reply whose results it waits for: none, if tools run here."""
        return frozenset()

    async def start(
        self, messages: Sequence[Message], additions: Additions, *, on_end: Callable[[], None]
    ) -> None:
        """Start the CLI with a conversation, whose answer it asks for at once.

        ``on_end`` is called when the CLI has ended, whatever the reason. Raises ProcessDied if it does
        not come up, ApiError if it never would with this launch.
        """
        self._writing = asyncio.ensure_future(asyncio.to_thread(self._write_files, messages, additions))
        try:
            options = await asyncio.shield(self._writing)
        except (OSError, RuntimeError) as error:  # the latter: no thread can be started
            raise ProcessDied(f"cannot write the files of a process: {error}") from error
        if messages:
            self._model_calls.remember(messages)
            self._model_calls.expect()
            self._is_turn_over = False
        results_count = self._launch.mode is Mode.PASSTHROUGH
        self._file = SessionFileReader(self._session_file, results_count=results_count)
        self._transport = KillableTransport(options, self._hear, self._cannot_read)
        self._client = ClaudeSDKClient(options, transport=self._transport)
        async with done_within(self._start_timeout_seconds, "the Claude CLI did not start"):
            await self._client.connect()
        self._listener.begin(self._client, partial(self._note_end, on_end))

    async def send(self, blocks: Sequence[Block]) -> None:
        """Hand it the user's next message. Raises ProcessDied."""

        async def prompt() -> AsyncIterator[dict[str, Any]]:
            message = {"role": "user", "content": [unmarked(block) for block in blocks]}
            yield {"type": "user", "message": message, "parent_tool_use_id": None}

        assert self._client
        self._model_calls.expect()
        self._is_turn_over = False
        with as_process_died("the Claude CLI has ended"):
            await self._client.query(prompt())

    @abstractmethod
    def events(self) -> AsyncIterator[Event]:
        """The stream events of the next reply, to its ``message_stop``.

        Raises ApiError if the API or the CLI answered with an error, ProcessDied if the CLI ended.
        ``has_ended`` tells afterwards whether the process can still be used.
        """

    async def settle(self) -> None:
        """Wait until the next exchange can come."""
        if not self._is_turn_over and not self.has_ended:
            await self._end_turn()

    def _would_go_on(self, call: MessageFold) -> bool:
        """Whether the CLI would follow this answer with a request that its client has not asked for."""
        return goes_on_after(call.message)

    def _note_end(self, on_end: Callable[[], None]) -> None:
        self.has_ended = True
        on_end()

    def _hear(self, message: dict[str, Any]) -> bool:
        """Take note of a message as soon as it is read; whether it is passed on.

        A CLI that would go on unasked has to be ended here: its next request leaves some 10 ms later, and
        somebody who has to be woken up first may be too late (with 8 replies at once, 4 of 24 ends were).
        """
        if self._stopped_by:
            return False
        self.heard += message.get("type") in _SIGNS_OF_LIFE
        if problem := self._model_calls.hear(message):
            log.warning("the CLI is ended", **self.log_fields, error=problem.message)
            self._stop_by(problem)
            return False
        event = own_event(message)
        if event and event["type"] == "message_delta" and self._would_go_on(self._model_calls.newest):
            self.kill()
        error = self._heard_limits.hear(message)
        if error and self._model_calls.another_follows:
            self._stop_by(error)  # while the tools run, before the CLI gives their results to the model
        # What broke a message follows as the turn's result.
        return not (event and closes_what_broke(event, self._model_calls.newest.message))

    def _cannot_read(self, error: Exception) -> None:
        """What it said was an answer: another process would ask the model for it again."""
        self._stop_by(ApiError(502, f"the upstream's answer cannot be read: {error}"))

    def _stop_by(self, error: ApiError) -> None:
        """End the CLI; after what it has said so far, this is what its client is told."""
        self._stopped_by = error
        self.kill()

    async def _next_message(self) -> CliMessage:
        try:
            return await self._listener.next_message()
        except ProcessDied as error:
            raise self._stopped_by or error from None

    async def _next_event(self) -> Event | ResultMessage:
        """The next event of a model call, no subagent's; or the turn's result. Raises ProcessDied."""
        while True:
            message = await self._next_message()
            if isinstance(message, ResultMessage):
                self._is_turn_over = True
                return message
            if isinstance(message, StreamEvent) and message.parent_tool_use_id is None:
                return message.event

    def new_additions(self) -> Mapping[int, Sequence[Entry]]:
        """What the CLI added to the conversation since the last call, by the number of the exchange."""
        return self._file.new_additions() if self._file else {}

    @property
    def replies_written(self) -> int:
        """How many of its replies ``new_additions`` has read past."""
        return self._file.replies if self._file else 0

    def kill(self) -> None:
        """End the CLI now; whatever it was about to do does not happen."""
        self.has_ended = True
        if self._transport:
            self._transport.kill()

    async def stop(self) -> None:
        """End the CLI, bounded; it writes its session file to the end.

        It must be gone before the SDK disconnects, which ends parked calls: a CLI that still runs takes their
        end for results and asks the model once more (seen in 1 of 6 ends).
        """
        self.has_ended = True
        if self._transport:
            self._transport.terminate()
        if not await self._listener.end(_ENDS_WITHIN_SECONDS):
            self.kill()
        self._listener.stop()
        if self._client and self._transport:
            await disconnect(self._client, self._transport)

    async def remove_files(self) -> None:
        """Remove the private folder, and what the CLI left elsewhere. Tries for 30 s if need be."""
        if self._writing:  # a thread is not cancelled with its start
            await asyncio.gather(self._writing, return_exceptions=True)
        self._gate.close_file()
        for _ in range(_REMOVAL_ATTEMPTS):
            with contextlib.suppress(OSError, RuntimeError):  # no file can be opened, no thread be started
                await asyncio.to_thread(remove_folder, self._folder)
            if not self._folder.exists():
                return
            await asyncio.sleep(_TRY_AGAIN_SECONDS)

    def _write_files(self, messages: Sequence[Message], additions: Additions) -> ClaudeAgentOptions:
        write_session_file(self._session_file, self._launch, messages, additions)
        self._gate.open_file()
        return agent_options(
            self._launch,
            self._folder,
            self._session_file,
            {**self._tool_options(), **self._gate.options()},
            {**self._environment, **self._gate.environment()},
            continues=bool(messages),
            cli_settings=self._cli_settings,
        )

    async def _end_turn(self) -> None:
        result = await self._listener.result()
        self._is_turn_over = True
        if result.is_error:
            raise await self._failure(result)

    async def _failure(self, result: ResultMessage) -> ApiError:
        note: Mapping[str, Any] = {}
        with contextlib.suppress(OSError, RuntimeError):
            note = await asyncio.to_thread(last_failure, self._session_file)
        error = api_error(result, self._listener.said, note, self._heard_limits.newest, now=time.time())
        # Nobody but the CLI knows why, unless it is that nobody is logged in: the error itself says that.
        if result.api_error_status is None and error.status != 401:
            sentence = ("; ".join(result.errors or ()) or error.message)[:_SHOWN_CHARS]
            log.warning("the CLI gave up its turn", **self.log_fields, kind=result.subtype, error=sentence)
        return error
