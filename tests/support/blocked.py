"""Every address but loopback, blocked and listed: a forward proxy that refuses."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest


@contextmanager
def others_blocked(patch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Programs that are started meanwhile reach loopback only; the first line of each other request."""
    asked: list[str] = []

    def refuse() -> None:
        with suppress(OSError):  # closed: the end
            while True:
                connection, _ = listener.accept()
                with connection:
                    asked.append(connection.makefile("rb").readline().decode().strip())
                    connection.sendall(b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = f"http://127.0.0.1:{listener.getsockname()[1]}"
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
            patch.setenv(name, address)
        for name in ("NO_PROXY", "no_proxy"):
            patch.setenv(name, "127.0.0.1")
        thread = threading.Thread(target=refuse)
        thread.start()
        try:
            yield asked
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()
