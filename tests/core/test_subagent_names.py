"""Which agent a slightly wrong name means."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from towpath.core.client_habits.subagent_names import closest

OPENCODE = ("explore", "general")
OMO = (
    *("build", "explore", "general", "librarian", "Metis - Plan Consultant", "Momus - Plan Critic"),
    *("multimodal-looker", "oracle", "plan", "Sisyphus-Junior"),
)
CLAUDE_CODE = ("claude", "Explore", "general-purpose", "Plan", "statusline-setup")


@pytest.mark.parametrize(
    ("asked", "known", "meant"),
    [
        pytest.param("explore", OPENCODE, "explore", id="exact"),
        pytest.param("Plan", ("plan", "Plan"), "Plan", id="exact-before-case"),
        pytest.param("Explore", OPENCODE, "explore", id="case"),
        pytest.param("SISYPHUS-junior", OMO, "Sisyphus-Junior", id="case-of-the-known"),
        pytest.param("bash", ("general", "BASH"), "BASH", id="case-before-alias"),
        pytest.param("general-purpose", OPENCODE, "general", id="alias"),
        pytest.param("General-Purpose", OPENCODE, "general", id="alias-in-any-case"),
        pytest.param("code-reviewer", OMO, "oracle", id="alias-of-another-word"),
        pytest.param("architect", OMO, "oracle", id="best-alias"),
        pytest.param("architect", CLAUDE_CODE, "Plan", id="next-alias"),
        pytest.param("plan-reviewer", OMO, "Momus - Plan Critic", id="alias-before-prefix"),
        pytest.param("Metis", OMO, "Metis - Plan Consultant", id="prefix"),
        pytest.param("explore-deep", OPENCODE, "explore", id="prefix-the-other-way"),
        pytest.param("log", ("catalog", "logs"), "logs", id="prefix-before-substring"),
        pytest.param("log-book", ("og-book", "log"), "log", id="prefix-the-other-way-before-substring"),
        pytest.param("looker", OMO, "multimodal-looker", id="substring"),
        pytest.param("the oracle agent", OMO, "oracle", id="substring-the-other-way"),
        pytest.param("libarian", OMO, "librarian", id="letter-left-out"),
        pytest.param("Exploer", OPENCODE, "explore", id="letters-swapped"),
        pytest.param("sisyphus_junior", OMO, "Sisyphus-Junior", id="another-sign"),
    ],
)
def test_the_levels_in_their_order(asked: str, known: tuple[str, ...], meant: str) -> None:
    assert closest(asked, known) == meant


@pytest.mark.parametrize(
    ("asked", "known", "meant"),
    [
        pytest.param("PLAN", ("Plan", "plan"), "Plan", id="case"),
        pytest.param("gen", ("gen-b", "gen-a"), "gen-b", id="prefix-first"),
        pytest.param("gen", ("gen-long", "gen-a"), "gen-a", id="prefix-closest-in-length"),
        pytest.param("gen-a-b", ("gen", "gen-a"), "gen-a", id="longest-common-prefix"),
        pytest.param("mid", ("a-mid-b", "b-mid-a"), "a-mid-b", id="substring-first"),
        pytest.param("my lock keeper", ("lock", "lock keeper"), "lock keeper", id="longest-common-part"),
        pytest.param("abcdef", ("abcdex", "abcdey"), "abcdex", id="slip-first"),
        pytest.param("abcdefg", ("abcxyfg", "abcdxfg"), "abcdxfg", id="slip-closest"),
    ],
)
def test_of_several_the_closest_then_the_first_is_taken(
    asked: str, known: tuple[str, ...], meant: str
) -> None:
    assert closest(asked, known) == meant


@pytest.mark.parametrize(
    ("asked", "known"),
    [
        pytest.param("explore", (), id="none-known"),
        pytest.param("", OMO, id="empty-asked"),
        pytest.param("x", ("",), id="empty-known"),
        pytest.param("code-reviewer", OPENCODE, id="alias-of-nobody-known"),
        pytest.param("translator", OMO, id="another-word"),
        pytest.param("oxxcle", ("oracle",), id="too-many-slips"),
    ],
)
def test_nothing_close_is_nobody(asked: str, known: tuple[str, ...]) -> None:
    assert closest(asked, known) is None


names = st.text("abc-ABC", max_size=6) | st.sampled_from(OMO) | st.text()


@given(names, st.lists(names))
def test_only_known_names_are_meant_and_the_exact_one_wins(asked: str, known: list[str]) -> None:
    meant = closest(asked, known)

    assert meant is None or meant in known
    if asked in known:
        assert meant == asked


@given(st.sampled_from(OMO), st.sampled_from([str.upper, str.lower, str.title]))
def test_case_never_matters(name: str, written: object) -> None:
    assert callable(written)
    assert closest(written(name), OMO) == name
