"""Several accesses side by side, each with an API of its own at the far end of the real CLI."""

import stat
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from tests.support.account import WITHIN
from tests.support.fidelity import text, user
from tests.support.figures import figures
from tests.support.isolated_proxy import IsolatedProxy, isolated_proxy
from tests.support.processes import kill, wait_until
from tests.support.proxy import Client
from towpath.settings import Settings
from towpath.testing import Reply, ScriptedApi, serve_in_thread

pytestmark = pytest.mark.cli

FILE = """
[office]
ANTHROPIC_BASE_URL = "{office}/v1"
ANTHROPIC_API_KEY = {{ file = "office-key" }}
ANTHROPIC_CUSTOM_HEADERS = "X-Team: canal"
ANTHROPIC_DEFAULT_SONNET_MODEL = "claude-of-the-team"

[login]
ANTHROPIC_BASE_URL = "{office}"
CLAUDE_CODE_OAUTH_TOKEN = "dummy"
CLAUDE_CONFIG_DIR = "{config}"

[asked]
ANTHROPIC_BASE_URL = "{office}"
api_key_command = "echo from-the-command"
"""


@dataclass(frozen=True)
class SideBySide:
    """A proxy with accesses, and the API of those that have names."""

    proxy: IsolatedProxy
    office: ScriptedApi
    config: Path
    open: ExitStack

    def client(self, access: str) -> Client:
        http = self.proxy.http
        below = f"{self.proxy.url}/access/{access}"
        if not access:
            return Client(http)
        return Client(self.open.enter_context(httpx.Client(base_url=below, timeout=http.timeout)))


@pytest.fixture(scope="module")
def both(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SideBySide]:
    """A proxy with two accesses, each with a scripted API of its own."""
    folder, office = tmp_path_factory.mktemp("accesses"), ScriptedApi()
    with serve_in_thread(office.app) as url:
        file = folder / "accesses.toml"
        file.touch(mode=stat.S_IRUSR | stat.S_IWUSR)
        file.write_text(FILE.format(office=url, config=folder / "config"))
        (folder / "office-key").write_text("key-of-office\n")
        own = settings.model_copy(update={"state_dir": folder / "state", "accesses": file})
        # A file that is named must be there; model_copy notes that it is named.
        with isolated_proxy(own) as proxy, ExitStack() as opened:
            yield SideBySide(proxy, office, folder / "config", opened)


@pytest.fixture(autouse=True)
def nothing_recorded(both: SideBySide, api: ScriptedApi) -> None:
    """The API of the second access, with nothing recorded."""
    both.office.clear()


def test_a_request_is_answered_by_the_access_that_it_names(both: SideBySide, api: ScriptedApi) -> None:
    client = both.client("office")

    client.say(user("SAY one"), model="sonnet")
    client.say(user("SAY two"), model="sonnet")

    assert client.ways == ["start", "resume"]
    assert api.exchanges == []
    for exchange in both.office.exchanges:
        assert exchange.headers["x-api-key"] == "key-of-office"
        assert exchange.headers["x-team"] == "canal"
        assert exchange.body["model"] == "claude-of-the-team"


def test_the_default_gets_nothing_of_another_access(both: SideBySide, api: ScriptedApi) -> None:
    both.client("").say(user("SAY one"))

    assert both.office.exchanges == []
    assert api.exchanges[0].headers["x-api-key"] == "dummy"
    assert "x-team" not in api.exchanges[0].headers


def test_a_conversation_that_goes_on_by_another_access_is_started_there(
    both: SideBySide, api: ScriptedApi
) -> None:
    client, other = both.client("office"), both.client("")
    other.fields = client.fields
    client.say(user("SAY one"))
    other.messages = client.messages

    other.say(user("SAY two"))

    assert other.ways == ["start"]
    assert other.reasons[0].startswith("no session holds this conversation: access changed")
    assert len(api.exchanges) == len(both.office.exchanges) == 1


def test_the_cli_runs_the_command_that_says_the_key(both: SideBySide) -> None:
    both.client("asked").say(user("SAY one"))

    assert both.office.exchanges[0].headers["x-api-key"] == "from-the-command"


def test_limits_are_those_of_one_access(both: SideBySide) -> None:
    both.office.reply(Reply((text("yes"),), headers=WITHIN))

    both.client("login").say(user("hello"))

    http = both.proxy.http
    wait_until(lambda: bool(http.get("/access/login/v1/limits").json()["windows"]))
    assert {one["access"]: bool(one["windows"]) for one in http.get("/v1/limits").json()["others"]} == {
        "office": False,
        "login": True,
        "asked": False,
    }
    assert http.get("/v1/limits").json()["windows"] == []
    found = figures(http)
    assert found["towpath_limit_utilization", "login", "five_hour"] == 0.42
    assert found["towpath_tokens_total", "login", "output"] > 0


def test_each_access_counts_and_lists_for_itself(both: SideBySide, api: ScriptedApi) -> None:
    http = both.proxy.http
    body = {"model": "claude-sonnet-4-5", "messages": [user("hello")]}

    counted = http.post("/access/office/v1/messages/count_tokens", json=body)

    assert counted.headers["x-towpath-count"] == "exact"
    (asked,) = both.office.exchanges
    assert (asked.headers["x-api-key"], asked.headers["x-team"]) == ("key-of-office", "canal")
    assert api.exchanges == []
    listed = {model["id"] for model in http.get("/access/office/v1/models").json()["data"]}
    assert "claude-of-the-team" in listed
    assert "claude-of-the-team" not in {model["id"] for model in http.get("/v1/models").json()["data"]}


def test_the_results_of_a_batch_are_fetched_by_the_same_access(both: SideBySide) -> None:
    http, version = both.proxy.http, {"anthropic-version": "2023-06-01"}
    params = {"model": "m", "max_tokens": 5, "messages": [user("SAY hi")]}
    requests = {"requests": [{"custom_id": "one", "params": params}]}

    batch = http.post("/access/office/v1/messages/batches", json=requests, headers=version).json()
    wait_until(
        lambda: http.get(f"/access/office/v1/messages/batches/{batch['id']}", headers=version).json()[
            "results_url"
        ]
    )
    done = http.get(f"/access/office/v1/messages/batches/{batch['id']}", headers=version).json()

    assert done["results_url"].startswith(f"{both.proxy.url}/access/office/v1/messages/batches/")
    assert http.get(done["results_url"], headers=version).status_code == 200


def test_a_killed_cli_leaves_nothing_in_the_configuration_of_its_access(both: SideBySide) -> None:
    before = {process.pid for process in both.proxy.processes}
    both.client("login").say(user("SAY one"))
    (new,) = [process for process in both.proxy.processes if process.pid not in before]
    assert list(both.config.glob("sessions/*.json"))

    kill(new)

    wait_until(lambda: not list(both.config.glob(f"sessions/{new.pid}*")))


def test_the_page_and_health_name_the_access(both: SideBySide) -> None:
    both.client("office").say(user("SAY one"))

    activity = both.proxy.http.get("/v1/activity").json()

    assert activity["exchanges"][0]["access"] == "office"
    assert "office" in {process["access"] for process in activity["processes"]}
    assert [one["name"] for one in activity["server"]["accesses"]] == ["default", "office", "login", "asked"]
