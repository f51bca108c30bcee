"""Which model a name means, at each kind of access."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from towpath.core.errors import ApiError
from towpath.core.model_names import FAMILIES, named, split_million
from towpath.core.models import CLOUDS, GATEWAY, THE_API, Offer, resolve_model, without_list

# What the CLI lists at each cloud (tests/contract/test_models_of_clouds.py), shortened.
AT_BEDROCK = Offer(
    "bedrock",
    (
        "us.anthropic.claude-opus-5-5",
        "us.anthropic.claude-sonnet-4-6",
        "us.anthropic.claude-sonnet-4-6[1m]",
        "us.anthropic.claude-opus-4-6-v1",
        "us.anthropic.claude-haiku-4-5-20251001-v1:0",
    ),
)
AT_VERTEX = Offer("vertex", ("claude-opus-5-5", "claude-opus-4-1@20250805", "claude-haiku-4-5@20251001"))
AT_FOUNDRY = Offer("foundry", ("claude-opus-5-5", "claude-sonnet-4-5", "claude-haiku-4-5"))
AT_GATEWAY = Offer(GATEWAY)
EVERYWHERE = [THE_API, AT_GATEWAY, AT_BEDROCK, AT_VERTEX, AT_FOUNDRY]


def resolved(name: str) -> list[str]:
    """What a name means at each access; the status of the error where it is one."""
    found = []
    for offer in EVERYWHERE:
        try:
            found.append(resolve_model(name, offer))
        except ApiError as error:
            found.append(str(error.status))
    return found


SONNET = [
    "claude-sonnet-4-5",
    "claude-sonnet-4-5",
    "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
    "claude-sonnet-4-5@20250929",
    "claude-sonnet-4-5",
]
SNAPSHOT = ["claude-sonnet-4-5-20250929", "claude-sonnet-4-5-20250929", *SONNET[2:]]


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("claude-sonnet-4-5", SONNET),
        ("claude-sonnet-4.5", SONNET),
        ("Claude-Sonnet-4-5", SONNET),
        (" claude-sonnet-4-5\n", SONNET),
        ("claude-sonnet-4-5-latest", SONNET),
        ("claude-4.5-sonnet", SONNET),
        ("anthropic/claude-sonnet-4-5", SONNET),
        ("anthropic/claude-sonnet-4.5", SONNET),
        ("anthropic:claude-sonnet-4-5", SONNET),
        ("openrouter/anthropic/claude-4.5-sonnet", SONNET),
        ("claude-sonnet-4-5-20250929", SNAPSHOT),
        ("anthropic/claude-4.5-sonnet-20250929", SNAPSHOT),
        ("vertex_ai/claude-sonnet-4-5@20250929", SNAPSHOT),
        ("bedrock/us.anthropic.claude-sonnet-4-5-20250929-v1:0", SNAPSHOT),
        ("claude-sonnet-4-5[1m]", [f"{one}[1m]" for one in SONNET]),
        ("anthropic/claude-sonnet-4.5[1m]", [f"{one}[1m]" for one in SONNET]),
    ],
)
def test_a_version_is_found_by_any_spelling(name: str, found: list[str]) -> None:
    assert resolved(name) == found


@pytest.mark.parametrize(
    ("name", "found"),
    [
        # A gateway alone knows what it takes.
        ("claude-sonnet-4-5@20250929", [SNAPSHOT[0], "claude-sonnet-4-5@20250929", *SONNET[2:]]),
        (SONNET[2], [SNAPSHOT[0], *[SONNET[2]] * 2, *SONNET[3:]]),
        ("anthropic/claude-sonnet-4", ["claude-sonnet-4-0"] * 2),
        ("claude-sonnet-4-0", ["claude-sonnet-4-0"] * 2),
        ("anthropic/claude-3.5-sonnet", ["claude-3-5-sonnet-latest"] * 2 + ["404"] * 3),
        ("claude-3-7-sonnet-latest", ["claude-3-7-sonnet-latest"] * 2 + ["404"] * 3),
        ("claude-sonnet-123", ["claude-sonnet-123"] * 2 + ["404"] * 3),
        ("claude-opus-4-5é", ["404"] * 5),
        ("claude-x", ["claude-x"] * 2 + ["sonnet"] * 3),
        ("anthropic/claude-2.1", ["claude-2.1"] * 2 + ["404"] * 3),
        ("claude-2.1", ["claude-2.1"] * 2 + ["404"] * 3),
        ("claude-next-9", ["claude-next-9"] * 2 + ["404"] * 3),
        ("claude-opus-9", ["claude-opus-9"] * 2 + ["404"] * 3),
        ("claude-sonnet-4-5-20990101", ["claude-sonnet-4-5-20990101"] * 2 + ["404"] * 2),
        ("claude-opus-4-6", ["claude-opus-4-6"] * 2 + ["us.anthropic.claude-opus-4-6-v1", "404", "404"]),
        ("anthropic/claude-sonnet-4.5:thinking", ["404"] * 5),
        ("claude-opus-4-5[2m]", ["404"] * 5),
        ("arn:aws:bedrock:us-east-1:1234:inference-profile/abc", None),
        ("arn:aws-us-gov:bedrock:us-gov-west-1:1234:application-inference-profile/abc", None),
    ],
)
def test_what_one_access_has_another_may_not(name: str, found: list[str] | None) -> None:
    assert resolved(name)[: len(found or EVERYWHERE)] == (found or [name] * 5)


@pytest.mark.parametrize(
    ("name", "alias"),
    [
        *((family, family) for family in FAMILIES),
        ("Opus", "opus"),
        ("sonnet[1m]", "sonnet[1m]"),
        ("claude-sonnet-latest", "sonnet"),
        ("anthropic/claude-haiku", "haiku"),
        ("my-sonnet", "sonnet"),
        ("not-claude-haiku-4-5", "haiku"),
        ("gpt-5", "sonnet"),
        ("claude", "sonnet"),
        ("claude-", "sonnet"),
        ("default", "sonnet"),
        (" ", "sonnet"),
    ],
)
def test_a_name_without_a_version_is_what_each_access_calls_so(name: str, alias: str) -> None:
    assert resolved(name) == [alias] * 5


def test_a_version_that_is_not_offered_is_named_with_what_is() -> None:
    with pytest.raises(ApiError) as caught:
        resolve_model("claude-opus-9", AT_VERTEX)

    error = caught.value
    assert (error.status, error.type, error.code) == (404, "not_found_error", "model_not_found")
    assert error.message == (
        "model: claude-opus-9: this access (vertex) does not offer it; it offers claude-opus-5-5, "
        "claude-opus-4-1@20250805, claude-haiku-4-5@20251001"
    )


def test_where_the_operator_has_set_the_model_of_a_family_only_listed_ones_are_offered() -> None:
    pinned = Offer("bedrock", ("eu.anthropic.claude-sonnet-4-6",), pinned=frozenset({"sonnet"}))

    with pytest.raises(ApiError, match="404"):
        resolve_model("claude-sonnet-4-5", pinned)
    assert resolve_model("claude-haiku-4-5", pinned) == "eu.anthropic.claude-haiku-4-5-20251001-v1:0"


def test_a_family_is_the_id_that_the_cli_lists_under_its_name() -> None:
    offer = Offer("vertex", ("claude-haiku-4-5@20251001",), {"haiku": "claude-haiku-4-5@20251001"})

    assert resolve_model("haiku", offer) == "claude-haiku-4-5@20251001"
    assert resolve_model("my-haiku[1m]", offer) == "claude-haiku-4-5@20251001[1m]"
    assert resolve_model("gpt-5", offer) == "sonnet"


def test_a_deployment_may_have_any_name() -> None:
    offer = Offer("foundry", ("team-sonnet", "claude-sonnet-4-6"), pinned=frozenset({"sonnet"}))

    assert resolve_model("team-sonnet", offer) == "team-sonnet"


def test_of_several_snapshots_a_name_without_a_date_means_the_newest() -> None:
    offer = Offer("vertex", ("claude-opus-6@20270101", "claude-opus-6@20280101", "claude-opus-6@20270601"))

    assert resolve_model("claude-opus-6", offer) == "claude-opus-6@20280101"
    assert resolve_model("claude-opus-6-20270601", offer) == "claude-opus-6@20270601"


@pytest.mark.parametrize(
    ("provider", "found"),
    [
        ("bedrock", ["anthropic.claude-haiku-4-5-20251001-v1:0", "claude-opus-9"]),
        ("vertex", ["claude-haiku-4-5@20251001", "claude-opus-9"]),
    ],
)
def test_while_the_cli_has_not_said_what_it_offers_the_provider_judges(
    provider: str, found: list[str]
) -> None:
    offer = Offer(provider)

    assert [resolve_model(name, offer) for name in ("claude-haiku-4-5", "claude-opus-9")] == found


@pytest.mark.parametrize(
    ("variables", "offer"),
    [
        ({}, THE_API),
        ({"ANTHROPIC_BASE_URL": "https://gateway"}, AT_GATEWAY),
        ({"CLAUDE_CODE_USE_BEDROCK": "1"}, Offer("bedrock")),
        ({"CLAUDE_CODE_USE_VERTEX": "true", "ANTHROPIC_BASE_URL": ""}, Offer("vertex")),
        ({"CLAUDE_CODE_USE_FOUNDRY": "1"}, Offer("foundry")),
        ({"CLAUDE_CODE_USE_BEDROCK": "0", "CLAUDE_CODE_USE_VERTEX": "false"}, THE_API),
        ({"ANTHROPIC_DEFAULT_OPUS_MODEL": "x"}, Offer(pinned=frozenset({"opus"}))),
    ],
)
def test_an_access_is_known_by_its_variables(variables: dict[str, str], offer: Offer) -> None:
    assert without_list(variables) == offer


offers = st.sampled_from(EVERYWHERE)
lines = st.sampled_from(FAMILIES)
numbers = st.lists(st.integers(4, 12), min_size=1, max_size=2)
routers = st.sampled_from(["", "anthropic/", "openrouter/anthropic/", "bedrock/", "anthropic:"])
decorations = st.sampled_from(["", "[1m]", "-20250929", "@20250929", "-latest"])
orders = st.sampled_from(["{line}-{number}", "{number}-{line}"])


@given(offers, lines, numbers, st.sampled_from("-."), orders, routers, decorations)
def test_no_spelling_of_a_version_becomes_another_version(
    offer: Offer, line: str, number: list[int], dot: str, order: str, router: str, decoration: str
) -> None:
    name = f"{router}claude-{order.format(line=line, number=dot.join(map(str, number)))}{decoration}"
    try:
        found = resolve_model(name, offer)
    except ApiError as error:
        assert (error.status, offer.provider in CLOUDS) == (404, True)
        return

    meant = named(split_million(found)[0])
    assert meant is not None
    assert meant.line == line
    assert list(meant.version) == number
    assert found.endswith("[1m]") == name.endswith("[1m]")


pieces = ["claude", "anthropic", "sonnet", "us", "4", "5", "20250929", "v1", "latest", "[1m]", "é"]
texts = st.lists(st.sampled_from([*pieces, *"-./:@ "])).map("".join) | st.text()


@given(offers, texts)
def test_any_name_means_something_or_is_not_offered_and_its_meaning_may_be_sent_back(
    offer: Offer, name: str
) -> None:
    try:
        found = resolve_model(name, offer)
    except ApiError as error:
        assert error.status == 404
        return

    assert resolve_model(found, offer) == found


@pytest.mark.parametrize("offer", [AT_BEDROCK, AT_VERTEX, AT_FOUNDRY])
def test_what_is_listed_may_be_sent_back(offer: Offer) -> None:
    assert [resolve_model(listed, offer) for listed in offer.ids] == list(offer.ids)
