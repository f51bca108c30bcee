"""The routes of the page at /, its files, and the activity that it shows.

The files hold no data and need no key; the activity does. By its policy the page loads nothing from
elsewhere, and no text in the data can become markup.
"""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

import msgspec
import orjson
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from towpath import __version__
from towpath.core.client_habits.recipes import CLIENTS
from towpath.core.errors import ApiError, invalid
from towpath.server.dashboard.activity import Activity
from towpath.server.dashboard.usage import UsageHistory
from towpath.server.errors import error_response, new_request_id
from towpath.server.guard import PAGE_FILES
from towpath.server.http.streaming import EventStream, Items
from towpath.server.reports import StepsReport, report_response

_FOLDER = Path(__file__).parent / "page"
_TYPES = {".css": "text/css", ".html": "text/html", ".js": "text/javascript"}
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"
)
_PAGE_HEADERS = {"content-security-policy": _POLICY, "cache-control": "no-cache"}
_DATA_HEADERS = {"cache-control": "no-store"}
_README = "README.html"
_MOST_DAYS = 3660
_NO_LEDGER = "There is no ledger that can be read: CLAUDE_PROXY_LEDGER is 0, or nothing was asked yet."


class ActivityStream:
    """The ASGI application of GET /v1/activity/stream: a report whenever something has changed."""

    def __init__(self, activity: Activity, *, ping_seconds: float, client_seconds: float) -> None:
        self._activity = activity
        self._ping_seconds = ping_seconds
        self._client_seconds = client_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] == "HEAD":
            await Response(headers=_DATA_HEADERS, media_type="text/event-stream")(scope, receive, send)
            return
        stream = EventStream(
            self._items(),
            new_request_id(),
            ping_seconds=self._ping_seconds,
            client_seconds=self._client_seconds,
        )
        await stream(scope, receive, send)

    async def _items(self) -> Items:
        yield _DATA_HEADERS
        async for report in self._activity.snapshots():
            yield {"type": "activity", **msgspec.to_builtins(report)}


def dashboard_routes(
    activity: Activity, stream: ActivityStream, usage: UsageHistory, *, needs_key: bool
) -> list[Route]:
    """The routes of the page and of what it shows. ``needs_key``: the server asks clients for a key."""
    files = _files(needs_key=needs_key)

    async def show(request: Request) -> Response:
        """The page for a browser; a line of text for a client that does not ask for HTML."""
        if "text/html" not in request.headers.get("accept", ""):
            return PlainTextResponse(_greeting(request), headers={"vary": "accept"})
        return Response(
            files["index.html"], headers={**_PAGE_HEADERS, "vary": "accept"}, media_type="text/html"
        )

    async def show_file(request: Request) -> Response:
        name = request.path_params["name"]
        content = _readme() if name == _README else files.get(name)
        if content is None:
            raise HTTPException(404)
        kind = _TYPES.get(Path(name).suffix, "application/json")
        return Response(content, headers=_PAGE_HEADERS, media_type=kind)

    async def tell(_: Request) -> Response:
        return report_response(activity.snapshot(), _DATA_HEADERS)

    async def tell_usage(request: Request) -> Response:
        """The last days; 404 without a ledger."""
        said = request.query_params.get("days", "30")
        if not said.isdecimal() or not 1 <= int(said) <= _MOST_DAYS:
            return error_response(invalid("days", f"must be a number from 1 to {_MOST_DAYS}"))
        report = await usage.report(int(said))
        if report is None:
            return error_response(ApiError(404, _NO_LEDGER))
        return report_response(report, _DATA_HEADERS)

    async def tell_steps(request: Request) -> Response:
        """The exchanges of a conversation."""
        steps = await usage.conversation(request.path_params["name"])
        return report_response(StepsReport(steps=steps or []), _DATA_HEADERS)

    return [
        Route("/", show),
        Route(f"{PAGE_FILES}{{name}}", show_file),
        Route("/v1/activity", tell),
        Route("/v1/activity/stream", stream, methods=["GET"]),
        Route("/v1/usage", tell_usage),
        Route("/v1/usage/conversations/{name}", tell_steps),
    ]


def _greeting(request: Request) -> str:
    version = f" {__version__}" if request.state.has_key else ""
    return f"Towpath{version} speaks the Anthropic Messages API at /v1/messages.\n"


def _files(*, needs_key: bool) -> Mapping[str, bytes]:
    """The page's files by name, and how to connect clients."""
    files = {path.name: path.read_bytes() for path in _FOLDER.iterdir()}
    recipes = []
    for client in CLIENTS.values():
        place, text = client.recipe(needs_key=needs_key)
        recipes.append({"title": client.title, "place": place, "text": text})
    return {**files, "clients.json": orjson.dumps(recipes)}


@cache
def _readme() -> bytes:
    from towpath.server.dashboard.readme import readme  # its parser takes 40 ms to load, and few ask for it

    return readme()
