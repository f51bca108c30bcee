"""docs/clients.md says what the tests of the clients show."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from tests.clients.listed import (
    DOCUMENT,
    IN_EACH_RUN,
    NIGHTLY,
    Client,
    Outcomes,
    expected,
    later_ways,
    listing,
    modules,
    render,
)
from towpath.core.client_habits.recipes import CLIENTS

BARGE = Client("Barge", "1.2", "export BARGE_URL=http://127.0.0.1:3456", starts="It turns round.")


def test_the_document_is_what_the_modules_say(pytestconfig: pytest.Config) -> None:
    if pytestconfig.getoption("write_clients", False):
        pytest.skip("this run writes it")
    assert DOCUMENT.read_text() == render(listing(modules()), later_ways(modules())), (
        "see docs/clients.md for the command"
    )


@pytest.mark.parametrize("module", modules(), ids=lambda module: module.CLIENT.name)
def test_each_client_is_tested_with(module: Any) -> None:
    modules_of_it = [other for other in modules() if module.CLIENT == other.CLIENT]
    (shown,) = listing(modules_of_it).values()

    assert expected(module.CLIENT) <= set(shown)
    assert "127.0.0.1:3456" in module.CLIENT.lines


def test_a_client_whose_later_steps_need_a_new_process_says_why() -> None:
    ways = later_ways(modules())

    assert {client.name for client in ways if client.starts} == {
        client.name for client, taken in ways.items() if "start" in taken
    }


def test_clients_are_connected_here_as_towpath_env_connects_them() -> None:
    known = {recipe.title.lower(): set(recipe.variables) for recipe in CLIENTS.values() if recipe.variables}
    here = {
        module.CLIENT.name.lower(): set(module.CLIENT.variables(""))
        for module in modules()
        if module.CLIENT.name.lower() in known
    }

    assert here
    assert {name: read - known[name] for name, read in here.items() if read - known[name]} == {}


def module_of_tests(*marked: pytest.MarkDecorator, **fields: Any) -> Any:
    def test() -> None: ...

    for mark in marked:
        test = mark(test)
    return SimpleNamespace(CLIENT=BARGE, test_something=test, **fields)


def test_what_a_nightly_test_shows_is_listed_as_such_unless_another_shows_it_too() -> None:
    nightly = module_of_tests(pytest.mark.nightly, pytest.mark.shows("error", "async"))
    each_run = module_of_tests(pytest.mark.shows("error"))
    wholly = module_of_tests(pytest.mark.shows("text turn"), pytestmark=pytest.mark.nightly)

    assert listing([nightly, each_run]) == {BARGE: {"error": IN_EACH_RUN, "async": NIGHTLY}}
    assert listing([wholly]) == {BARGE: {"text turn": NIGHTLY}}


def test_the_ways_of_later_steps_are_those_of_all_tests() -> None:
    resumed = module_of_tests(pytest.mark.later_steps("start", "resume"))
    answered = module_of_tests(pytest.mark.later_steps("answer"))

    assert later_ways([resumed, answered]) == {BARGE: ["answer", "resume", "start"]}


def test_the_document_has_a_row_and_the_lines() -> None:
    shown = {"error": IN_EACH_RUN, "text turn": NIGHTLY, "async": NIGHTLY, "thinking": "✓"}
    text = render({BARGE: shown}, {BARGE: ["answer", "start"]})

    assert "| Barge | 1.2 | nightly |  | ✓ | answer, start | async (nightly), thinking |\n" in text
    assert "\n**Barge**: It turns round.\n" in text
    assert "### Barge\n\n```sh\nexport BARGE_URL=http://127.0.0.1:3456\n```\n" in text


@pytest.mark.parametrize(
    ("outcomes", "missing"),
    [
        (["passed", "passed"], []),
        (["passed", "failed"], ["Barge: error"]),
        (["passed", "skipped"], ["Barge: error"]),
        (["passed"], ["Barge: error", "Barge: text turn"]),  # a test of each was not run
    ],
)
def test_only_what_was_shown_may_be_written(outcomes: list[str], missing: list[str]) -> None:
    run = Outcomes()
    shown = [("text turn",), ("error",)] if len(outcomes) == 2 else [("tool round trip",)]
    for number, (outcome, words) in enumerate(zip(outcomes, shown, strict=True)):
        module = SimpleNamespace(CLIENT=BARGE)
        marks = [pytest.mark.shows(*words).mark]
        item = SimpleNamespace(module=module, nodeid=str(number), iter_markers=lambda _, marks=marks: marks)
        run.pytest_collection_modifyitems([cast(pytest.Function, item)])
        report = {"nodeid": str(number), "when": "call", "passed": outcome == "passed"}
        run.pytest_runtest_logreport(cast(pytest.TestReport, SimpleNamespace(**report)))

    assert run.missing({BARGE: {"text turn": IN_EACH_RUN, "error": IN_EACH_RUN}}) == missing
