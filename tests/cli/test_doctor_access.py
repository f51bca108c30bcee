"""What `towpath doctor` says of each access."""

from pathlib import Path

import pytest

from tests.support.clouds import CLOUDS
from towpath.agent.bundled_cli import AuthStatus
from towpath.cli.doctor.access import Seen, access_checks, judge_access
from towpath.settings import Settings
from towpath.testing import ScriptedApi

OPUS, SONNET, HAIKU = (f"ANTHROPIC_DEFAULT_{family}_MODEL" for family in ("OPUS", "SONNET", "HAIKU"))
LOGGED_IN = AuthStatus(logged_in=True, method="third_party", provider="bedrock")
AT_BEDROCK = {"CLAUDE_CODE_USE_BEDROCK": "1", "AWS_REGION": "eu-central-1", "AWS_PROFILE": "work"}
PINNED = {
    OPUS: "eu.anthropic.claude-opus-4-5-20251101-v1:0",
    SONNET: "arn:aws:bedrock:eu-central-1:1234:inference-profile/abc",
    HAIKU: "eu.anthropic.claude-haiku-4-5-20251001-v1:0",
}


def found(
    variables: dict[str, str], name: str = "default", auth: AuthStatus | None = LOGGED_IN
) -> tuple[str, str]:
    finding = judge_access(Seen(name, variables, auth, "log in so"))
    return finding.status.value, f"{finding.detail} | {finding.remedy}"


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({}, "Anthropic's API"),
        ({"CLAUDE_CONFIG_DIR": "/home/ann/.claude-two"}, "Anthropic's API (/home/ann/.claude-two)"),
        (
            {"ANTHROPIC_BASE_URL": "https://me:secret@gateway.example/x"},
            "the gateway (https://gateway.example/x)",
        ),
    ],
)
def test_it_says_where_an_access_leads(variables: dict[str, str], words: str) -> None:
    assert found(variables) == ("ok", f"{words} | ")
    assert found(variables, "own") == ("ok", f"{words}, logged in by third_party | ")


def test_an_access_without_a_login_says_what_to_do() -> None:
    nobody = AuthStatus(logged_in=False, method="none", provider="firstParty")

    assert found({}, "own", nobody) == (
        "problem",
        "Anthropic's API; the Claude CLI is not logged in | log in so",
    )
    assert found({}, "own", None)[0] == "problem"
    assert found({}, "default", None)[0] == "ok"  # that login has a check of its own


def test_pinned_models_are_well() -> None:
    status, words = found({**AT_BEDROCK, **PINNED})

    assert status == "ok"
    assert (
        words
        == "Amazon Bedrock (eu-central-1, work) by AWS's own login; opus, sonnet and haiku are pinned | "
    )


def test_the_variable_that_has_the_credentials_is_named_and_not_its_value() -> None:
    _, words = found({**AT_BEDROCK, **PINNED, "AWS_ACCESS_KEY_ID": "AKIA-secret"})

    assert "by AWS_ACCESS_KEY_ID;" in words
    assert "AKIA" not in words


def test_models_that_are_not_pinned_are_named() -> None:
    status, words = found({**AT_BEDROCK, HAIKU: PINNED[HAIKU]})

    assert status == "warning"
    assert f"{OPUS}, {SONNET} are not pinned" in words
    assert f"set {OPUS} and {SONNET} to models" in words


@pytest.mark.parametrize(
    ("cloud", "place", "model"),
    [
        ("BEDROCK", {"AWS_REGION": "x"}, "claude-sonnet-4-5"),
        ("VERTEX", {"CLOUD_ML_REGION": "x", "ANTHROPIC_VERTEX_PROJECT_ID": "y"}, "claude-sonnet-4-5"),
        ("FOUNDRY", {"ANTHROPIC_FOUNDRY_RESOURCE": "x"}, "claude-sonnet-4-5-20250929"),
    ],
)
def test_a_model_that_is_called_otherwise_there_is_named(
    cloud: str, place: dict[str, str], model: str
) -> None:
    own = {OPUS: "claude-opus-5-5", SONNET: model, HAIKU: "claude-haiku-5-5"}
    status, words = found({f"CLAUDE_CODE_USE_{cloud}": "1", **place, **own})

    assert status == "warning"
    assert f"not called so there, or not offered: {SONNET}={model}" in words


def test_a_model_that_the_cli_does_not_list_is_named() -> None:
    listed = [PINNED[OPUS], PINNED[HAIKU]]
    finding = judge_access(Seen("default", {**AT_BEDROCK, **PINNED}, listed=listed))

    assert finding.status == "warning"
    assert f"not offered: {SONNET}=arn:" in finding.detail
    everything = judge_access(Seen("default", {**AT_BEDROCK, **PINNED}, listed=list(PINNED.values())))
    assert everything.detail.endswith("pinned and offered")


@pytest.mark.parametrize(
    ("variables", "missing"),
    [
        ({"CLAUDE_CODE_USE_BEDROCK": "1"}, "AWS_REGION"),
        ({"CLAUDE_CODE_USE_VERTEX": "1", "CLOUD_ML_REGION": "x"}, "ANTHROPIC_VERTEX_PROJECT_ID"),
        ({"CLAUDE_CODE_USE_FOUNDRY": "1"}, "ANTHROPIC_FOUNDRY_RESOURCE"),
    ],
)
def test_what_a_cloud_needs_and_lacks_is_a_problem(variables: dict[str, str], missing: str) -> None:
    status, words = found(variables)

    assert status == "problem"
    assert words.endswith(f"| set {missing}")


def test_a_file_that_cannot_be_read_is_one_problem(tmp_path: Path) -> None:
    file = written(tmp_path, "[Work]\n[Other]")
    (check,) = access_checks(Settings(accesses=file), {}, live=False)

    assert check.name == "accesses"
    assert check.find().detail.startswith("line 1, Work: must have")
    assert "line 2, Other" in check.find().detail


@pytest.mark.cli
def test_each_access_has_its_checks(tmp_path: Path, scripted_api: tuple[ScriptedApi, str]) -> None:
    """With the real CLI: a cloud, a login that is not there, and the token of ``--live``."""
    variables = {**CLOUDS["vertex"].environment(scripted_api[1]), HAIKU: "claude-haiku-4-5@20251001"}
    lines = "\n".join(f'{name} = "{value}"' for name, value in variables.items())
    file = written(tmp_path, f'[cloud]\n{lines}\n[login]\nCLAUDE_CONFIG_DIR = "{tmp_path}/two"')
    settings = Settings(accesses=file, state_dir=tmp_path / "state")

    checks = {check.name: check for check in access_checks(settings, {}, live=True)}

    assert list(checks) == [
        "access",
        "access cloud",
        "upstream of cloud",
        "access login",
        "upstream of login",
    ]
    cloud = checks["access cloud"].find()
    assert cloud.detail.startswith("Google Vertex AI (us-east5, scripted) by gcloud's own login; ")
    assert f"{OPUS}, {SONNET} are not pinned" in cloud.detail
    assert checks["upstream of cloud"].find().status == "ok"
    login = checks["access login"].find()
    assert login.status == "problem"
    assert login.remedy.startswith(f"CLAUDE_CONFIG_DIR={tmp_path}/two ")
    assert login.remedy.endswith(" auth login")


def written(folder: Path, text: str) -> Path:
    path = folder / "accesses.toml"
    path.touch(mode=0o600)
    path.write_text(text)
    return path
