"""What a session needs of a process, and of the store of what CLIs add to conversations.

``agent`` has both; ``server.components`` brings them together. So nothing here loads the SDK.
"""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import Any, Protocol

from towpath.core.canonical import Block, Tip
from towpath.core.events import Event, MessageFold
from towpath.core.launch import Launch
from towpath.core.reading.request import Message
from towpath.core.to_json import Json
from towpath.sessions.stalls import Serving

Entry = Json
"""Something that a CLI added to a conversation: passed on here, never looked into."""


class Process(Serving, Protocol):
    """A process that holds a conversation. One task calls ``start``, ``stop`` and all that lies between.

    ``log_fields`` are what its lines in the log say of the exchange that it serves.
    """

    log_fields: Mapping[str, Any]

    @property
    def pid(self) -> int | None:
        """Its number in the system, once it has been started."""
        ...

    @property
    def has_ended(self) -> bool:
        """Whether it can serve nobody any more."""
        ...

    @property
    def reply(self) -> MessageFold:
        """The newest message that it gave out, as far as it has come."""
        ...

    @property
    def waiting_for(self) -> frozenset[str]:
        """The ids of the calls in the newest reply whose results it waits for."""
        ...

    @property
    def replies_written(self) -> int:
        """How many of its replies ``new_additions`` has read past."""
        ...

    async def start(
        self,
        messages: Sequence[Message],
        additions: Mapping[int, Sequence[Entry]],
        *,
        on_end: Callable[[], None],
    ) -> None:
        """Start it with a conversation, which it replies to at once; or with none, as a spare.

        ``additions`` are those of the conversation: the ones at k follow the first k messages. ``on_end`` is
        called when it has ended, whatever the reason. Raises ProcessDied if it does not come up, ApiError if
        it never would with this launch.
        """
        ...

    async def send(self, blocks: Sequence[Block]) -> None:
        """Hand it the user's next message, or the results that it waits for and what follows them.

        Raises ProcessDied, or ApiError if the turn of the results failed.
        """
        ...

    def events(self) -> AsyncIterator[Event]:
        """The stream events of the next reply, to its ``message_stop``.

        Raises ApiError if the API refused, ProcessDied if the process ended. ``has_ended`` says afterwards
        whether it can still be used.
        """
        ...

    async def settle(self) -> None:
        """Wait until the turn of the last reply is over, or all its calls wait. Raises as ``events`` does."""
        ...

    def new_additions(self) -> Mapping[int, Sequence[Entry]]:
        """What it added since the last call, by exchange (0 is its first).

        Reads a file. Raises OSError, or ValueError for a line that is no JSON.
        """
        ...

    def kill(self) -> None:
        """End it now; whatever it was about to do does not happen."""
        ...

    async def stop(self) -> None:
        """End it, bounded; what it has to write down it writes."""
        ...

    async def remove_files(self) -> None:
        """Remove all that it left on the disk, once it has stopped."""
        ...


class KnownAdditions(Protocol):
    """The additions of conversations, by tip. Both methods may read and write files: call them in threads."""

    def of(self, launch: Launch, tips: Sequence[Tip]) -> Mapping[int, Sequence[Entry]]:
        """What to start a conversation with these tips with (see ``Process.start``)."""
        ...

    def remember(self, launch: Launch, tip: Tip, entries: Sequence[Entry]) -> None:
        """``entries`` follow the last message that ``tip`` covers. Raises OSError."""
        ...
