"""A web server on a thread, for as long as a ``with`` block lasts.

It takes any ASGI application and knows nothing of what that does. It must not be used to serve users:
it logs nothing, and on leaving it cuts what is still running.
"""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp

# Streams are cut at once; the rest is for an application that closes things when its lifespan ends.
SHUTDOWN_SECONDS = 30


@contextmanager
def serve_in_thread(app: ASGIApp, *, port: int = 0, host: str = "127.0.0.1") -> Iterator[str]:
    """Serve ``app``, its lifespan included, and yield its base URL; port 0 takes a free one.

    Raises:
        RuntimeError: the application's lifespan refused to start.
        TimeoutError: on leaving, when the server did not stop within 30 s.
    """
    with socket.create_server((host, port)) as listener:
        server = _Server(app)
        thread = threading.Thread(target=server.run_until_stopped, args=(listener,), daemon=True)
        thread.start()
        server.ready.wait()
        if not server.started:
            raise RuntimeError("the application did not start: its lifespan failed")
        try:
            yield f"http://{host}:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(SHUTDOWN_SECONDS)
    if thread.is_alive():
        raise TimeoutError(f"the server was still running after {SHUTDOWN_SECONDS} s")


class _Server(uvicorn.Server):
    """uvicorn, saying when it is ready (or never will be) by an event, so that nobody has to poll."""

    def __init__(self, app: ASGIApp) -> None:
        # log_config=None leaves the logging of the process, which is not ours, as it is.
        config = uvicorn.Config(app, log_config=None, log_level="critical", timeout_graceful_shutdown=0)
        super().__init__(config)
        self.ready = threading.Event()

    def run_until_stopped(self, listener: socket.socket) -> None:
        try:
            self.run(sockets=[listener])
        except SystemExit:
            pass  # uvicorn's way to say that the lifespan failed; the other thread sees started is False
        finally:
            self.ready.set()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()
