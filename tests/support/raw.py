"""Bytes over a connection, for what no HTTP client would send."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from tests.support.isolated_proxy import isolated_proxy
from towpath.settings import Settings


def sent_raw(url: str, data: bytes) -> tuple[int, bytes]:
    """The status and body of what comes back until the server closes, or a whole answer has come."""
    place = urlsplit(url)
    with socket.create_connection((place.hostname, place.port), timeout=60) as connection:
        connection.sendall(data)
        return answer(connection)


def answer(connection: socket.socket) -> tuple[int, bytes]:
    """The status and body of one answer: as long as its head says, else until the connection closes."""
    received = b""
    while not _is_whole(received):
        part = connection.recv(65536)
        if not part:
            break
        received += part
    head, _, body = received.partition(b"\r\n\r\n")
    return int(head.split()[1]), body


def _is_whole(received: bytes) -> bool:
    head, end, body = received.partition(b"\r\n\r\n")
    lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    return bool(end and lengths) and len(body) >= int(lengths[0].partition(b":")[2])


class RawServer:
    """Answers each request with ``answer``, byte for byte, and closes. ``asked`` has the requests' heads."""

    def __init__(self, listener: socket.socket) -> None:
        host, port = listener.getsockname()
        self.url = f"http://{host}:{port}"
        self.answer = b""
        self.asked: list[bytes] = []
        self._listener = listener

    def serve(self) -> None:
        """Until the listener is closed."""
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                threading.Thread(target=self._serve_one, args=(connection,), daemon=True).start()

    def _serve_one(self, connection: socket.socket) -> None:
        received = b""
        with suppress(OSError), connection:
            while not _is_request(received):
                if not (part := connection.recv(65536)):
                    return
                received += part
            self.asked.append(received.partition(b"\r\n\r\n")[0])
            connection.sendall(self.answer)


@contextmanager
def answers_raw() -> Iterator[RawServer]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = RawServer(listener)
        threading.Thread(target=server.serve, daemon=True).start()
        try:
            yield server
        finally:
            listener.shutdown(socket.SHUT_RDWR)


@contextmanager
def proxy_before(upstream: RawServer, folder: Path) -> Iterator[httpx.Client]:
    """A client of a proxy that asks this upstream; its files are in ``folder``."""
    settings = Settings(
        upstream_base_url=upstream.url,
        upstream_api_key="dummy",  # type: ignore[arg-type]
        state_dir=folder / "state",
        workdir=folder,
        spares=0,
    )
    with isolated_proxy(settings) as proxy:
        yield proxy.http


def _is_request(received: bytes) -> bool:
    """Whether all of it has come: one without a body says no length."""
    head = received.partition(b"\r\n\r\n")[0].lower()
    return _is_whole(received) or (b"\r\n\r\n" in received and b"content-length:" not in head)
