"""What a person is told to put where, for each client."""

import pytest

from towpath.core.client_habits.recipes import CLIENTS, Client


@pytest.mark.parametrize("client", CLIENTS.values(), ids=CLIENTS)
@pytest.mark.parametrize("needs_key", [False, True])
def test_a_recipe_has_a_place_and_the_address(client: Client, *, needs_key: bool) -> None:
    place, text = client.recipe(needs_key=needs_key)

    assert place
    assert "<url>" in text
    assert "<key>" not in text


def test_variables_are_set_for_the_program_or_for_the_shell() -> None:
    variables = {"BASE": "/v1", "KEY": None}

    assert Client("A program", variables, "run it").recipe(needs_key=False) == (
        "in a shell",
        "BASE=<url>/v1 \\\nKEY=dummy \\\nrun it",
    )
    assert Client("A library", variables).recipe(needs_key=True) == (
        "in a shell",
        "export BASE=<url>/v1\nexport KEY=YOUR-KEY",
    )


def test_a_file_says_where_the_key_of_the_server_goes() -> None:
    client = Client("A file", place="here", text="<url> <key>")

    assert client.recipe(needs_key=True) == ("here", "<url> YOUR-KEY")
    assert client.recipe(needs_key=False) == ("here", "<url> dummy")
