"""A process whose tools the client executes: an exchange is one model call, and a call of a tool parks it."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from claude_agent_sdk import ResultMessage

from towpath.agent.parked_tools import ParkedTools
from towpath.agent.process import AgentProcess
from towpath.agent.verdicts import OnVerdict
from towpath.core.canonical import Block
from towpath.core.events import MESSAGE_STOP, Event, MessageFold
from towpath.core.launch import Launch
from towpath.core.ways import split_results


class PassthroughProcess(AgentProcess):
    """A CLI that makes one model call for each exchange."""

    def __init__(
        self,
        launch: Launch,
        folder: Path,
        environment: Mapping[str, str],
        *,
        start_timeout_seconds: float,
        on_verdict: OnVerdict,
        gated: bool = True,
        cli_settings: Mapping[str, Any] | None = None,
    ) -> None:
        self._tools = ParkedTools(launch.tool_names)
        super().__init__(
            launch,
            folder,
            environment,
            self._tools.options,
            start_timeout_seconds=start_timeout_seconds,
            on_verdict=on_verdict,
            gated=gated,
            cli_settings=cli_settings,
        )

    @property
    def reply(self) -> MessageFold:
        """The newest message of the model, as far as it has been read."""
        return self._model_calls.newest

    @property
    def waiting_for(self) -> frozenset[str]:
        """The ids of the calls in the newest reply."""
        if self.has_ended:
            return frozenset()
        blocks = self.reply.message.get("content", ())
        return frozenset(block["id"] for block in blocks if block["type"] == "tool_use")

    async def send(self, blocks: Sequence[Block]) -> None:
        """Hand it the user's next message: the results let its parked calls return, the rest follows."""
        results, rest = split_results(blocks)
        if results:
            self._gate.let_pass(len(results))
        if results and not rest:
            self._model_calls.expect()
            self._tools.give_in_order(results, end_turn=False)
            return
        if results:
            self._tools.give_in_order(results, end_turn=True)
            await self._end_turn()
        await super().send(rest)

    async def events(self) -> AsyncIterator[Event]:
        """The stream events of one model call."""
        while True:
            event = await self._next_event()
            if isinstance(event, ResultMessage):
                raise await self._failure(event)
            yield event
            if event["type"] == "message_delta" and self._would_go_on(self.reply):
                yield MESSAGE_STOP
                return
            if event["type"] == "message_stop":
                return

    def _hear(self, message: dict[str, Any]) -> bool:
        self._tools.hear(message)
        return super()._hear(message)

    async def settle(self) -> None:
        """Wait until all calls of the reply are parked, or the turn is over."""
        if self.waiting_for:
            await self._tools.wait_for(self.waiting_for)
        else:
            await super().settle()

    def _note_end(self, on_end: Callable[[], None]) -> None:
        self._tools.end()
        super()._note_end(on_end)

    def _would_go_on(self, call: MessageFold) -> bool:
        """Also after a call that cannot wait here: the CLI itself answers one of an unknown tool."""
        blocks = call.message["content"]
        calls_here = all(self._tools.knows(b.get("name")) for b in blocks if b["type"] == "tool_use")
        return super()._would_go_on(call) or not calls_here or call.has_broken_input
