"""What is kept of an exchange."""

from typing import Any

import pytest

from towpath.ledger.row import client_of, figures


def test_each_kind_of_token_is_kept_by_its_price() -> None:
    told = figures(
        {
            "input_tokens": 7,
            "cache_read_input_tokens": 90,
            "cache_creation_input_tokens": 30,
            "cache_creation": {"ephemeral_5m_input_tokens": 10, "ephemeral_1h_input_tokens": 20},
            "output_tokens": 5,
        }
    )

    assert told == {
        "input": 7,
        "cache_read": 90,
        "cache_write_5m": 10,
        "cache_write_1h": 20,
        "output": 5,
        "tier": "",
        "band": 0,
    }


def test_what_was_written_for_no_told_time_was_written_for_five_minutes() -> None:
    assert figures({"cache_creation_input_tokens": 30})["cache_write_5m"] == 30


@pytest.mark.parametrize(
    ("prompt", "band"), [(100_000, 0), (100_001, 1), (200_000, 1), (200_001, 2), (10**6, 2)]
)
def test_the_band_is_that_of_the_whole_prompt(prompt: int, band: int) -> None:
    half = prompt // 2
    assert figures({"input_tokens": half, "cache_read_input_tokens": prompt - half})["band"] == band


@pytest.mark.parametrize(
    ("usage", "tier"),
    [
        ({"service_tier": "standard"}, ""),
        ({"service_tier": "standard", "speed": "fast"}, "fast"),
        ({"service_tier": "priority", "speed": "standard"}, "priority"),
        ({"speed": 7}, ""),
        (None, ""),
    ],
)
def test_what_has_other_prices_is_told_apart(usage: Any, tier: str) -> None:
    assert figures(usage)["tier"] == tier


@pytest.mark.parametrize(
    ("user_agent", "client"),
    [
        ("claude-cli/2.1.332 (external, cli)", "claude-cli/2.1.332"),
        ("  curl/8.5.0 ", "curl/8.5.0"),
        ("", ""),
        ("   ", ""),
        ("x" * 500, "x" * 60),
    ],
)
def test_a_client_is_the_first_word_of_its_user_agent(user_agent: str, client: str) -> None:
    assert client_of(user_agent) == client
