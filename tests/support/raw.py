"""Bytes over a connection, for what no HTTP client would send."""

import socket
from urllib.parse import urlsplit


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
