"""Which access a request names: by the beginning of its path, which any client takes as part of a base URL,
or by a header."""

from collections.abc import Collection

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from towpath.core.accesses import HEADER, chosen, no_such_access, split_path
from towpath.core.errors import ApiError
from towpath.server.errors import error_response, new_request_id, openai_error_response
from towpath.server.exchange.events import Publish, Refused


class AccessInPath:
    """Middleware that takes the access out of the path, so that all after it see the same paths for each.

    It stands before the guard: a path must not mean one thing to the guard and another to the routes.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            name, path = split_path(scope["path"])
            scope = {**scope, "path": path, "state": {**scope.get("state", {}), "access_in_path": name}}
        await self._app(scope, receive, send)


class KnownAccess:
    """Middleware that settles the access of a request, or answers with a 404 that lists those there are.

    It stands after the guard, which is not to tell everybody their names. The name is in the request's state
    as ``access``. ``openai_paths`` are those where errors have that API's shape.
    """

    def __init__(
        self, app: ASGIApp, known: Collection[str], openai_paths: Collection[str], publish: Publish
    ) -> None:
        self._app = app
        self._known = known
        self._openai_paths = openai_paths
        self._publish = publish

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        state = scope["state"]
        try:
            name = chosen(state["access_in_path"], Headers(scope=scope).get(HEADER))
            if name not in self._known:
                raise no_such_access(name, self._known)
        except ApiError as error:
            request_id = new_request_id()
            self._publish(Refused(request_id, error))
            answer = openai_error_response if scope["path"] in self._openai_paths else error_response
            await answer(error, request_id)(scope, receive, send)
            return
        state["access"] = name
        await self._app(scope, receive, send)
