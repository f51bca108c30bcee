"""How what happened reaches those that want to know."""

from collections import defaultdict
from collections.abc import Callable
from typing import Any, TypeVar

import structlog

from towpath.server.exchange.events import ServerEvent

log = structlog.get_logger(__name__)

E = TypeVar("E", bound=ServerEvent)


class Publisher:
    """Passes each event on to the subscribers of its kind, in the order in which they came.

    Subscribers return at once: what takes longer, they do in the background. One that fails harms neither
    the exchange nor the others. The same error of the same subscriber is logged once: there may be one for
    each event of a stream.
    """

    def __init__(self) -> None:
        self._subscribers: defaultdict[type, list[Callable[[Any], None]]] = defaultdict(list)
        self._reported: set[tuple[str, type, type]] = set()

    def subscribe(self, kind: type[E], *subscribers: Callable[[E], None]) -> None:
        """Tell these of each event of this kind from now on."""
        self._subscribers[kind].extend(subscribers)

    def publish(self, event: ServerEvent) -> None:
        """Tell its subscribers."""
        for hear in self._subscribers.get(type(event), ()):
            try:
                hear(event)
            except Exception as error:
                name = getattr(hear, "__qualname__", repr(hear))
                failure = name, type(event), type(error)
                if failure not in self._reported:
                    self._reported.add(failure)
                    log.exception("a subscriber failed", subscriber=name, heard=type(event).__name__)
