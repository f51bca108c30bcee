"""What the CLI does where its API sends it elsewhere (docs/engine.md, N8)."""

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tests.support.fidelity import user
from tests.support.isolated_proxy import isolated_proxy
from tests.support.redirecting import redirecting
from towpath.settings import Settings
from towpath.testing import serve_in_thread

pytestmark = pytest.mark.cli


@pytest.mark.parametrize(
    ("status", "method", "has_content"), [(302, "GET", False), (307, "POST", True), (308, "POST", True)]
)
def test_n8_it_follows_to_another_origin_with_the_key(
    own_settings: Settings, status: int, method: str, has_content: bool
) -> None:
    heard: list[tuple[str, str | None, bool]] = []

    async def hear(asked: Request) -> Response:
        heard.append((asked.method, asked.headers.get("x-api-key"), b"the question" in await asked.body()))
        return Response(status_code=400)

    elsewhere = Starlette(routes=[Route("/{path:path}", hear, methods=["GET", "POST"])])
    with serve_in_thread(elsewhere) as target, redirecting(target, status) as upstream:
        own = own_settings.model_copy(update={"upstream_base_url": upstream})
        with isolated_proxy(own) as proxy:
            proxy.client().post([user("the question")])

    # Before it has anything to ask, it opens a connection with a HEAD that has no key.
    assert next(one for one in heard if one[0] != "HEAD") == (method, "dummy", has_content)
