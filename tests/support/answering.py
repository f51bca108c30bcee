"""The real application with processes that answer at once, so that thousands of requests take seconds."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.sessions.fake_process import FakeProcess
from tests.support.isolated_proxy import a_key
from towpath.core.launch import Launch
from towpath.server.app import create_app
from towpath.sessions.process import Process
from towpath.settings import Settings
from towpath.testing import Reply, serve_in_thread
from towpath.testing.stream import events

ANSWER = {"type": "text", "text": "yes"}


class AnsweringProcess(FakeProcess):
    """Comes up at once and answers each message with a whole reply."""

    def __init__(self, launch: Launch) -> None:
        super().__init__(launch)
        self.may_stop.set()
        self.come_up()

    def _ask(self) -> None:
        super()._ask()
        self.has_replied = True
        for event in events(Reply((ANSWER,)), message_id="msg_1", model=self.launch.model, body={}):
            self._said.put_nowait(event)


class AnsweringMaker:
    """Makes these, whatever the settings; none of them asks an API."""

    def __init__(self, *_: Any, mark: str) -> None: ...

    def __call__(self, launch: Launch) -> Process:
        return AnsweringProcess(launch)

    def has_made(self, _session_id: str) -> bool:
        return False


@contextmanager
def answering_proxy(settings: Settings) -> Iterator[str]:
    """The URL of a proxy that starts no CLI."""
    application = create_app(settings, ask_login=a_key, process_maker=AnsweringMaker)
    with serve_in_thread(application) as url:
        yield url
