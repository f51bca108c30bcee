"""What a session sees of a CLI: it comes up, replies and dies when the test says so.

It keeps the conversation that it was given, as the model would see it.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import Any

from towpath.core.canonical import Block
from towpath.core.errors import ApiError, ProcessDied
from towpath.core.events import MESSAGE_STOP, Event, MessageFold
from towpath.core.launch import Launch
from towpath.core.reading.request import Message
from towpath.core.ways import split_results
from towpath.sessions.process import Entry


class FakeProcess:
    """A ``Process``. ``asked`` holds the conversations that it was to answer."""

    def __init__(self, launch: Launch) -> None:
        self.launch = launch
        self.pid: int | None = None
        self.log_fields: Mapping[str, Any] = {}
        self.reply = MessageFold()
        self.heard = 0
        self.is_working = False
        self.has_ended = False
        self.asked: list[list[Message]] = []
        self.has_replied = True
        self.has_written = True  # what it replied, into its session file
        self.touched_by: set[asyncio.Task[Any] | None] = set()  # the tasks that did something to it
        self.was_started = False
        self.is_starting = False
        self.is_stopped = False
        self.has_files = False
        self.is_stopping = False
        self.may_stop = asyncio.Event()
        self._up = asyncio.Event()
        self._start_error: ProcessDied | None = None
        self._conversation: list[Message] = []
        self._said: asyncio.Queue[Event | Exception] = asyncio.Queue()
        self._on_end: Callable[[], None] | None = None

    # What the test does.

    def come_up(self) -> None:
        self._up.set()

    def fail_to_start(self) -> None:
        self._start_error = ProcessDied("the Claude CLI did not start")
        self._up.set()

    @property
    def is_asked(self) -> bool:
        """Whether its reply is awaited."""
        return not self.has_replied and not self.has_ended

    @property
    def is_alive(self) -> bool:
        """Whether it was started and nobody has cared for its end."""
        return self.was_started and not self.is_stopped

    @property
    def is_held_back(self) -> bool:
        """Whether it has said what nobody has taken."""
        return not self._said.empty()

    def begin_reply(self) -> None:
        """The first event of a reply."""
        self.heard += 1
        self._said.put_nowait({"type": "message_start", "message": {"role": "assistant", "content": []}})

    def finish_reply(self, *blocks: dict[str, Any]) -> None:
        """The other events of a reply."""
        self.heard += 1
        self.has_replied = True
        for index, block in enumerate(blocks):
            self._said.put_nowait({"type": "content_block_start", "index": index, "content_block": block})
        self._said.put_nowait(MESSAGE_STOP)

    def say(self, *blocks: dict[str, Any]) -> None:
        self.begin_reply()
        self.finish_reply(*blocks)

    def refuse(self) -> None:
        """The API answers with an error."""
        self.has_replied = True
        self._said.put_nowait(ApiError(429, "slow down"))

    def fail(self, error: Exception) -> None:
        """Its reply raises what nobody foresaw."""
        self.has_replied = True
        self._said.put_nowait(error)

    def die(self) -> None:
        """It ends on its own; if it has not come up yet, it never does."""
        self.fail_to_start()
        if self._on_end:
            self.has_ended = True
            self._said.put_nowait(ProcessDied("the Claude CLI ended"))
            on_end, self._on_end = self._on_end, None
            on_end()

    # What the session does.

    async def start(
        self,
        messages: Sequence[Message],
        _additions: Mapping[int, Sequence[Entry]],
        *,
        on_end: Callable[[], None],
    ) -> None:
        self.touched_by.add(asyncio.current_task())
        self.was_started = self.is_starting = self.has_files = True
        try:
            await _moment()
            await self._up.wait()
            await _moment()
        finally:
            self.is_starting = False
        if self._start_error:
            raise self._start_error
        self._on_end = on_end
        if messages:
            self._conversation = list(messages)
            self._ask()

    async def send(self, blocks: Sequence[Block]) -> None:
        self.touched_by.add(asyncio.current_task())
        assert not self.has_ended
        assert {block["tool_use_id"] for block in split_results(blocks)[0]} == self.waiting_for
        await _moment()
        if self.has_ended:
            raise ProcessDied("the Claude CLI has ended")
        self._conversation.append({"role": "user", "content": list(blocks)})
        self._ask()

    async def events(self) -> AsyncIterator[Event]:
        self.touched_by.add(asyncio.current_task())
        while True:
            event = await self._said.get()
            await _moment()
            if isinstance(event, Exception):
                raise event
            if event["type"] == "message_start":
                self.reply = MessageFold()
            self.reply.add(event)
            if event["type"] == "message_stop":
                self._conversation.append(self.reply.message)
            yield event
            if event["type"] == "message_stop":
                return

    async def settle(self) -> None:
        self.touched_by.add(asyncio.current_task())
        await _moment()

    def new_additions(self) -> Mapping[int, Sequence[Entry]]:
        return {}

    @property
    def replies_written(self) -> int:
        return len(self.asked) if self.has_written else 0

    @property
    def waiting_for(self) -> frozenset[str]:
        blocks = self.reply.message.get("content", ())
        return frozenset(block["id"] for block in blocks if block["type"] == "tool_use")

    def kill(self) -> None:
        asyncio.get_running_loop().call_soon(self.die)
        self.has_ended = True

    async def stop(self) -> None:
        self.touched_by.add(asyncio.current_task())
        self.has_ended = True
        self.is_stopping = True
        await _moment()
        await self.may_stop.wait()
        self.die()
        self.is_stopped = True

    async def remove_files(self) -> None:
        self.touched_by.add(asyncio.current_task())
        await _moment()
        self.has_files = False

    def _ask(self) -> None:
        self.has_replied = False
        self.asked.append(list(self._conversation))


async def _moment() -> None:
    """Others go on meanwhile: with a real process all takes longer than nothing."""
    for _ in range(2):
        await asyncio.sleep(0)
