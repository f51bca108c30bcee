"""An upstream that answers nothing itself: it sends each request on to the same path elsewhere."""

from collections.abc import Iterator
from contextlib import contextmanager

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from towpath.testing import serve_in_thread


@contextmanager
def redirecting(target: str, status: int = 307) -> Iterator[str]:
    """Its URL. ``target`` is a URL without a path, or empty: then it sends on to a path of its own."""

    async def send_on(request: Request) -> Response:
        path = request.url.path if target else f"/elsewhere{request.url.path}"
        return RedirectResponse(f"{target}{path}", status)

    app = Starlette(routes=[Route("/{path:path}", send_on, methods=["GET", "POST", "HEAD"])])
    with serve_in_thread(app) as url:
        yield url
