"""A server whose upstream leads back to itself: the first request that comes round is the last."""

import re
import socket
import uuid
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from tests.support.fidelity import request, user
from tests.support.isolated_proxy import IsolatedProxy, a_key, isolated_proxy, proxy_at
from towpath.agent.accesses import accesses
from towpath.agent.environment import Upstream
from towpath.core.accesses import DEFAULT
from towpath.core.launch import Launch
from towpath.server.app import create_app
from towpath.server.processes import ProcessMaker
from towpath.server.via import new_mark
from towpath.settings import Settings
from towpath.testing import ScriptedApi, serve_in_thread

pytestmark = pytest.mark.cli


@pytest.fixture
def circle(own_settings: Settings) -> Iterator[IsolatedProxy]:
    """A server that is its own upstream, which a start cannot see where it has another name."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    settings = own_settings.model_copy(update={"upstream_base_url": f"http://127.0.0.1:{port}"})
    app = create_app(settings, ask_login=a_key)
    with serve_in_thread(app, port=port) as url, proxy_at(url, settings) as proxy:
        yield proxy


def test_an_answer_that_would_come_from_itself_is_refused_by_one_process(circle: IsolatedProxy) -> None:
    answer = circle.http.post("/v1/messages", json=request([user("a")]))
    error = answer.json()["error"]
    metrics = circle.http.get("/metrics").text

    assert (answer.status_code, error["type"]) == (508, "api_error")
    assert error["message"].startswith("this request has come through this server already")
    assert 'towpath_process_starts_total{kind="conversation"} 1.0' in metrics


@pytest.fixture
def wide_circle(own_settings: Settings, tmp_path: Path) -> Iterator[tuple[IsolatedProxy, IsolatedProxy]]:
    """Two servers, each the other's upstream. One request may run in each, so that no circle can grow."""
    with socket.create_server(("127.0.0.1", 0)) as free, socket.create_server(("127.0.0.1", 0)) as other:
        ports = [free.getsockname()[1], other.getsockname()[1]]
    with ExitStack() as both:
        proxies = []
        for port, upstream in (ports, ports[::-1]):
            settings = own_settings.model_copy(
                update={
                    "upstream_base_url": f"http://127.0.0.1:{upstream}",
                    "state_dir": tmp_path / str(port),
                    "max_concurrent": 1,
                    "max_waiting": 0,
                }
            )
            app = create_app(settings, ask_login=a_key)
            url = both.enter_context(serve_in_thread(app, port=port))
            proxies.append(both.enter_context(proxy_at(url, settings)))
        yield proxies[0], proxies[1]


def test_an_answer_that_would_come_back_by_way_of_another_server_is_refused(
    wide_circle: tuple[IsolatedProxy, IsolatedProxy],
) -> None:
    first, second = wide_circle
    answer = first.http.post("/v1/messages", json=request([user("a")]))
    started = 'towpath_process_starts_total{kind="conversation"} 1.0'

    assert (answer.status_code, answer.json()["error"]["type"]) == (508, "api_error")
    assert started in first.http.get("/metrics").text
    assert started in second.http.get("/metrics").text


@pytest.mark.parametrize(
    ("method", "path"), [("POST", "/v1/messages/count_tokens"), ("GET", "/v1/messages/batches")]
)
def test_what_the_server_itself_asks_does_not_go_round(circle: IsolatedProxy, method: str, path: str) -> None:
    body = {"model": "claude-sonnet-4-5", "messages": [user("a")]} if method == "POST" else None
    answer = circle.http.request(method, path, json=body)

    assert (answer.status_code, answer.json()["error"]["type"]) == (508, "api_error")


def test_n9_the_cli_names_its_session_in_each_request(api: ScriptedApi, own_settings: Settings) -> None:
    with isolated_proxy(own_settings) as proxy:
        proxy.client().say(user("a"))
        resumed = [one for one in proxy.processes[0].cmdline() if one.startswith("--resume=")]

    assert api.exchanges[-1].headers["x-claude-code-session-id"] == Path(resumed[0]).stem


def test_n10_the_upstream_hears_through_which_servers_a_request_came(
    api: ScriptedApi, own_settings: Settings
) -> None:
    before = "1.1 towpath-0123456789ab"
    with isolated_proxy(own_settings) as proxy:
        headers = {"via": f"1.0 gateway, {before}"}
        proxy.http.post("/v1/messages", json=request([user("a")]), headers=headers)
        again = proxy.http.post("/v1/messages", json=request([user("a")]))

    through, own = (exchange.headers["via"] for exchange in api.exchanges[-2:])
    assert re.fullmatch(r"1\.1 towpath-[0-9a-f]{12}", own)
    assert through == f"{before}, {own}"
    assert again.status_code == 200


def test_nothing_is_added_where_the_login_belongs(own_settings: Settings, tmp_path: Path) -> None:
    access = accesses({}, Upstream(), {})[DEFAULT]
    launch = Launch(model="claude-sonnet-4-5", system="", body={}, cwd=str(tmp_path))
    settings = own_settings.model_copy(update={"upstream_base_url": None})
    maker = ProcessMaker(settings, tmp_path, {DEFAULT: (access, lambda _: None)}, mark=new_mark())

    assert maker.environment_of(launch) == access.environment


def test_another_session_of_claude_code_is_a_client_like_others(http: httpx.Client) -> None:
    headers = {"x-claude-code-session-id": str(uuid.uuid4()), "via": "1.1 towpath-of-somebody-else"}

    assert http.post("/v1/messages", json=request([user("a")]), headers=headers).status_code == 200
