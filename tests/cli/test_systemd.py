"""What systemd hears, on a real socket, while a real server runs."""

import asyncio
import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import uvicorn

from tests.support.waiting import WAIT_SECONDS
from towpath.cli.serve.systemd import Asgi, Message, Notifier, Receive, Send, beat_seconds, watched

BEAT_USEC = "200000"


class Systemd:
    """The receiving end of NOTIFY_SOCKET."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(f"\0{address[1:]}" if address.startswith("@") else address)

    def hears(self, timeout_seconds: float = WAIT_SECONDS) -> str | None:
        """The next state; None if none comes in that time."""
        self._socket.settimeout(timeout_seconds)
        try:
            return self._socket.recv(1000).decode()
        except TimeoutError:
            return None

    def rest(self) -> list[str]:
        """What it was told and has not heard yet."""
        states: list[str] = []
        self._socket.setblocking(False)
        try:
            while True:
                states.append(self._socket.recv(1000).decode())
        except BlockingIOError:
            return states

    def close(self) -> None:
        self._socket.close()


@pytest.fixture(params=["path", "abstract"])
def systemd(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Systemd]:
    """What listens where systemd would, at both kinds of address."""
    name = f"@towpath-test-{os.getpid()}" if request.param == "abstract" else str(tmp_path / "notify")
    made = Systemd(name)
    yield made
    made.close()


class App:
    """An application that answers the lifespan, and stops as soon as it ``may_stop``."""

    def __init__(self, *, fails: bool = False) -> None:
        self.fails = fails
        self.requests = 0
        self.may_stop = asyncio.Event()
        self.may_stop.set()

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "lifespan":
            self.requests += 1
            return
        await receive()
        if self.fails:
            await send({"type": "lifespan.startup.failed", "message": "no"})
            return
        await send({"type": "lifespan.startup.complete"})
        assert (await receive())["type"] == "lifespan.shutdown"
        await self.may_stop.wait()
        await send({"type": "lifespan.shutdown.complete"})


class Server(uvicorn.Server):
    """In a thread: signals stay with the tests."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@dataclass
class Running:
    """A server, and its event loop."""

    server: uvicorn.Server
    loop: asyncio.AbstractEventLoop


@contextmanager
def serving(app: Asgi) -> Iterator[Running]:
    """The application in a real uvicorn, which is stopped after the block."""
    server = Server(uvicorn.Config(app, port=0, log_config=None, lifespan="on"))
    loops: list[asyncio.AbstractEventLoop] = []

    async def serve() -> None:
        loops.append(asyncio.get_running_loop())
        await server.serve()

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    try:
        while not server.started and thread.is_alive():
            time.sleep(0.01)
        yield Running(server, loops[0])
    finally:
        server.should_exit = True
        thread.join(WAIT_SECONDS)
        assert not thread.is_alive()


async def _run(app: Asgi, receive: Receive, send: Send, *, scope: str = "lifespan") -> None:
    await app({"type": scope}, receive, send)


def environment(systemd: Systemd, **more: str) -> dict[str, str]:
    return {"NOTIFY_SOCKET": systemd.address, "HOME": "/home", **more}


def test_ready_then_beats_then_stopping(systemd: Systemd) -> None:
    app = App()
    app.may_stop.clear()
    with serving(watched(app, environment(systemd, WATCHDOG_USEC=BEAT_USEC))) as running:
        states = [systemd.hears() for _ in range(4)]
        running.server.should_exit = True
        while (state := systemd.hears()) == "WATCHDOG=1":
            pass
        while_it_stops = systemd.hears()
        running.loop.call_soon_threadsafe(app.may_stop.set)

    assert states == ["READY=1", "WATCHDOG=1", "WATCHDOG=1", "WATCHDOG=1"]
    assert (state, while_it_stops) == ("STOPPING=1", "WATCHDOG=1")


def test_a_loop_that_hangs_is_silent_and_one_that_goes_on_beats_again(systemd: Systemd) -> None:
    with serving(watched(App(), environment(systemd, WATCHDOG_USEC=BEAT_USEC))) as running:
        assert systemd.hears() == "READY=1"
        assert systemd.hears() == "WATCHDOG=1"
        hanging, let_go = threading.Event(), threading.Event()

        def hang() -> None:
            hanging.set()
            let_go.wait(WAIT_SECONDS)

        running.loop.call_soon_threadsafe(hang)
        hanging.wait(WAIT_SECONDS)
        systemd.rest()
        silence = systemd.hears(0.5)
        let_go.set()
        again = systemd.hears()

    assert silence is None
    assert again == "WATCHDOG=1"


def test_without_a_watchdog_there_is_no_beat(systemd: Systemd) -> None:
    with serving(watched(App(), environment(systemd))):
        assert systemd.hears() == "READY=1"
        assert systemd.hears(0.3) is None

    assert systemd.rest() == ["STOPPING=1"]


async def test_a_server_that_does_not_start_is_never_ready(systemd: Systemd) -> None:
    said: list[str] = []

    async def startup() -> Message:
        return {"type": "lifespan.startup"}

    async def send(message: Message) -> None:
        said.append(message["type"])

    app = watched(App(fails=True), environment(systemd, WATCHDOG_USEC=BEAT_USEC))
    await _run(app, startup, send)

    assert said == ["lifespan.startup.failed"]

    assert systemd.rest() == []


async def test_the_beat_ends_with_the_application(systemd: Systemd) -> None:
    """Also where the event loop goes on."""
    messages = [{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}]

    async def received() -> Message:
        return messages.pop(0)

    async def sent(_: Message) -> None:
        beats.append(len(asyncio.all_tasks() - before))

    before, beats = asyncio.all_tasks(), list[int]()
    await _run(watched(App(), environment(systemd, WATCHDOG_USEC=BEAT_USEC)), received, sent)
    await asyncio.sleep(0)

    assert beats == [0, 1]  # it begins when the application has started
    assert asyncio.all_tasks() == before


def test_the_servers_children_cannot_speak_for_it(systemd: Systemd) -> None:
    variables = environment(systemd, WATCHDOG_USEC=BEAT_USEC, WATCHDOG_PID=str(os.getpid()))

    watched(App(), variables)

    assert variables == {"HOME": "/home"}


async def test_requests_pass_through(systemd: Systemd) -> None:
    app = App()

    async def received() -> Message:
        return {}

    async def sent(_: Message) -> None:
        return

    await _run(watched(app, environment(systemd)), received, sent, scope="http")

    assert app.requests == 1


@pytest.mark.parametrize("address", ["", "vsock:2:1", "relative"])
def test_where_no_systemd_listens_the_application_stays_as_it_is(address: str) -> None:
    app = App()

    assert watched(app, {"NOTIFY_SOCKET": address}) is app
    assert watched(app, {}) is app


@pytest.mark.parametrize(
    ("usec", "pid", "seconds"),
    [
        ("30000000", "", 15.0),
        pytest.param("30000000", str(os.getpid()), 15.0, id="own"),
        ("30000000", "1", None),
        ("", "", None),
        ("0", "", None),
        ("-5", "", None),
        ("soon", "", None),
    ],
)
def test_a_beat_is_half_of_what_is_allowed(usec: str, pid: str, seconds: float | None) -> None:
    assert beat_seconds(usec, pid) == seconds


def test_a_socket_that_is_gone_or_full_stops_nobody(tmp_path: Path) -> None:
    Notifier(str(tmp_path / "gone")).send("READY=1")
    full = Systemd(str(tmp_path / "full"))
    for _ in range(2000):
        Notifier(full.address).send("WATCHDOG=1")
    full.close()
