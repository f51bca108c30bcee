"""A process whose tools run here: an exchange is a whole turn, of which the client sees one message."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from claude_agent_sdk import ResultMessage

from towpath.agent.host_tools import HostTools
from towpath.agent.process import AgentProcess
from towpath.agent.verdicts import OnVerdict
from towpath.core.canonical import Block
from towpath.core.events import Event, MessageFold
from towpath.core.launch import Launch
from towpath.core.turn import WholeTurn
from towpath.tools import Toolbox

_ENVIRONMENT = {
    # Else a subagent's result comes in a turn that nobody asks for (docs/engine.md, I2).
    "CLAUDE_CODE_DISABLE_BACKGROUND_TASKS": "1",
    # Else the model is offered a fork of itself beside the client's agents.
    "CLAUDE_CODE_FORK_SUBAGENT": "0",
}
# The sweep in agent/folders.py finds commands of a dead proxy by it.
_FOLDER_VARIABLE = "TOWPATH_PROCESS"
_STOPPED_AT_LIMIT = "error_max_turns"
_SHOWN_CHARS = 100
# Which of a call's inputs says most in one line: the first of these that it has.
_TELLING = ("file_path", "command", "pattern", "subagent_type")


@dataclass(frozen=True)
class InternalLimits:
    """What the operator allows and wants to see. ``environment`` is that of the commands.

    ``max_turns`` is the number of model calls in a turn.
    """

    environment: Mapping[str, str]
    allow_bash: bool
    max_turns: int
    shows_tools: bool
    shows_changes: bool


class InternalProcess(AgentProcess):
    """A CLI that goes on until the turn ends."""

    def __init__(
        self,
        launch: Launch,
        folder: Path,
        environment: Mapping[str, str],
        limits: InternalLimits,
        *,
        start_timeout_seconds: float,
        on_verdict: OnVerdict,
        gated: bool = True,
        cli_settings: Mapping[str, Any] | None = None,
    ) -> None:
        self._limits = limits
        of_commands = {**limits.environment, _FOLDER_VARIABLE: str(folder)}
        self._toolbox = Toolbox(Path(launch.cwd), allow_bash=limits.allow_bash, environment=of_commands)
        self._tools = HostTools(self._toolbox, launch.agents, limits.max_turns, lambda: self.log_fields)
        super().__init__(
            launch,
            folder,
            {**environment, **_ENVIRONMENT},
            self._tools.options,
            start_timeout_seconds=start_timeout_seconds,
            on_verdict=on_verdict,
            gated=gated,
            cli_settings=cli_settings,
        )
        self._turn_so_far = MessageFold()

    @property
    def reply(self) -> MessageFold:
        """The turn as one message, as far as it was given out."""
        return self._turn_so_far

    @property
    def is_working(self) -> bool:
        """Whether a tool runs."""
        return self._tools.running > 0

    async def events(self) -> AsyncIterator[Event]:
        """The stream events of the turn as one message."""
        self._turn_so_far = MessageFold()
        async for event in self._turn():
            self._turn_so_far.add(event)
            yield event

    async def stop(self) -> None:
        """End the CLI and the commands that run for it."""
        await self._toolbox.close()
        await super().stop()

    async def _turn(self) -> AsyncIterator[Event]:
        self._toolbox.take_changes()  # those of a turn that was given up
        turn, result = WholeTurn(), None
        async for event, call in self._calls():
            if isinstance(event, ResultMessage):
                result = event
                continue
            for shown in (*turn.add(event), *self._shown_call(turn, event, call)):
                yield shown
        for last in await self._end(turn, result):
            yield last

    async def _calls(self) -> AsyncIterator[tuple[Event | ResultMessage, MessageFold]]:
        """The events of the turn's own model calls, no subagent's, each with its message so far.

        Last comes the turn's result, unless the CLI was ended after a call.
        """
        call = MessageFold()
        while not isinstance(event := await self._next_event(), ResultMessage):
            if event["type"] == "message_start":
                call = MessageFold()
            call.add(event)
            yield event, call
            if event["type"] == "message_delta" and self._would_go_on(call):
                return
        yield event, call

    async def _end(self, turn: WholeTurn, result: ResultMessage | None) -> Sequence[Event]:
        """The last events of a turn. Raises ApiError if it failed."""
        if result and result.subtype == _STOPPED_AT_LIMIT:
            self.kill()  # it holds calls and results that no reply follows
            said = turn.say(f"Stopped after {self._limits.max_turns} model calls, the limit for one turn.")
            return [
                *said,
                *self._changes(turn),
                *turn.finish(stop_reason="end_turn", stop_sequence=None),
            ]
        if result and (result.is_error or not self.reply.message):
            raise await self._failure(result)
        return [*self._changes(turn), *turn.finish()]

    def _shown_call(self, turn: WholeTurn, event: Event, call: MessageFold) -> Sequence[Event]:
        """A line about a call, once its input has come, if the operator wants such lines."""
        if not self._limits.shows_tools or event["type"] != "content_block_stop":
            return ()
        block = call.message["content"][event["index"]]
        return turn.say(f"[{_in_a_line(block)}]\n") if block["type"] == "tool_use" else ()

    def _changes(self, turn: WholeTurn) -> Sequence[Event]:
        changed = self._toolbox.take_changes()
        if not changed or not self._limits.shows_changes:
            return ()
        return turn.say("\n\nFiles changed:\n" + "".join(f"- {path}\n" for path in changed))


def _in_a_line(call: Block) -> str:
    inputs = call["input"] if isinstance(call["input"], dict) else {}
    telling = next((str(inputs[name]) for name in _TELLING if name in inputs), "")
    return f"{call['name']} {' '.join(telling.split())[:_SHOWN_CHARS]}".strip()
