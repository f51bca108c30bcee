"""Stands between the CLI and the scripted API, and does to single requests what networks do."""

import socket
import struct
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit

from tests.support.waiting import WAIT_SECONDS

Fault = Callable[[socket.socket], None]


class Relay:
    """Passes connections on to ``target`` (a URL). ``url`` is its own."""

    def __init__(self, listener: socket.socket, target: str) -> None:
        host, port = listener.getsockname()
        self.url = f"http://{host}:{port}"
        self._listener = listener
        self._target = (urlsplit(target).hostname, urlsplit(target).port)
        self._faults: deque[Fault] = deque()

    def spoil(self, *faults: Fault) -> None:
        """What happens to the next requests for an answer, one each: they do not reach the target."""
        self._faults.extend(faults)

    @property
    def has_spoiled_all(self) -> bool:
        """Whether all that was to happen has happened."""
        return not self._faults

    def serve(self) -> None:
        """Until the listener is closed."""
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                threading.Thread(target=self._serve_one, args=(connection,), daemon=True).start()

    def _serve_one(self, connection: socket.socket) -> None:
        with suppress(OSError), connection, socket.create_connection(self._target) as api:
            threading.Thread(target=_pump, args=(api, connection), daemon=True).start()
            while data := connection.recv(65536):
                # The CLI sends nothing while it waits for an answer: so a request begins a piece.
                if data.startswith(b"POST /v1/messages") and self._faults:
                    _read_to_end(connection, data)
                    self._faults.popleft()(connection)
                    return
                api.sendall(data)


def reset(connection: socket.socket) -> None:
    """The peer's next read fails with ECONNRESET."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def answer(data: bytes) -> Fault:
    """Exactly these bytes, then the end of the connection."""
    return lambda connection: connection.sendall(data)


def reset_after(data: bytes, go: threading.Event) -> Fault:
    """These bytes, and a reset when the test says so."""

    def fault(connection: socket.socket) -> None:
        connection.sendall(data)
        go.wait(WAIT_SECONDS)
        reset(connection)

    return fault


@contextmanager
def relay_to(target: str) -> Iterator[Relay]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        relay = Relay(listener, target)
        threading.Thread(target=relay.serve, daemon=True).start()
        try:
            yield relay
        finally:
            listener.shutdown(socket.SHUT_RDWR)


def _read_to_end(connection: socket.socket, data: bytes) -> None:
    head, _, body = data.partition(b"\r\n\r\n")
    lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    missing = int(lengths[0].partition(b":")[2]) - len(body)
    while missing > 0:
        missing -= len(connection.recv(missing))


def _pump(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
