"""Listening on a port of this machine, and who does so already."""

import contextlib
import socket

import psutil


def listener_at(host: str, port: int) -> socket.socket:
    """A socket that listens there; from here on a request waits instead of failing. Raises OSError."""
    listener = socket.socket(family_of(host), socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen()  # two sockets may share an address until one of them listens
    except BaseException:
        listener.close()
        raise
    return listener


def family_of(host: str) -> socket.AddressFamily:
    """Of an address or a name; names are those of IPv4."""
    return socket.AF_INET6 if ":" in host else socket.AF_INET


def holder_of(port: int) -> str | None:
    """Who listens on a port, "nginx (process 123)"; None if the system does not say."""
    try:
        listening = psutil.net_connections("tcp")
    except psutil.AccessDenied:  # macOS, unless root: only one's own processes can be asked
        return next((_named(one) for one in psutil.process_iter() if _listens(one, port)), None)
    pids = [one.pid for one in listening if one.status == psutil.CONN_LISTEN and one.laddr[1:2] == (port,)]
    with contextlib.suppress(psutil.Error):
        return _named(psutil.Process(pids[0])) if pids and pids[0] else None
    return None


def _listens(process: psutil.Process, port: int) -> bool:
    try:
        listening = process.net_connections("tcp")
    except psutil.Error:
        return False
    return any(one.status == psutil.CONN_LISTEN and one.laddr[1:2] == (port,) for one in listening)


def _named(process: psutil.Process) -> str:
    return f"{process.name()} (process {process.pid})"
