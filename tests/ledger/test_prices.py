"""What tokens cost."""

from pathlib import Path

import pytest

from towpath.ledger.prices import PricesError, load_prices, plain_id
from towpath.ledger.row import Tokens

MILLION = 1_000_000
PRICES = load_prices()


@pytest.mark.parametrize(
    ("model", "plain"),
    [
        ("claude-sonnet-4-5", "claude-sonnet-4-5"),
        ("claude-sonnet-4-5-20250929", "claude-sonnet-4-5"),
        ("claude-sonnet-4-5@20250929", "claude-sonnet-4-5"),
        ("us.anthropic.claude-sonnet-4-5-20250929-v1:0", "claude-sonnet-4-5"),
        ("global.anthropic.claude-opus-4-6-v1", "claude-opus-4-6"),
        ("claude-opus-5-5[1m]", "claude-opus-5-5"),
        ("anthropic/claude-haiku-4-5", "claude-haiku-4-5"),
        ("claude-3-5-haiku-latest", "claude-3-5-haiku"),
        ("arn:aws:bedrock:eu-west-1::foundation-model/anthropic.claude-opus-5-v1:0", "claude-opus-5"),
        ("gpt-6", "gpt-6"),
    ],
)  # fmt: skip
def test_a_model_is_known_by_all_its_names(model: str, plain: str) -> None:
    assert plain_id(model) == plain


def test_each_kind_has_its_price() -> None:
    usage = {
        "input_tokens": 10_000,
        "cache_read_input_tokens": 50_000,
        "cache_creation_input_tokens": 20_000,
        "cache_creation": {"ephemeral_1h_input_tokens": 5_000},
        "output_tokens": 1_000,
    }

    cost = PRICES.cost_of("claude-sonnet-4-6", usage)

    assert cost == pytest.approx(0.03 + 0.015 + 15_000 * 3.75e-6 + 5_000 * 6e-6 + 0.015)


@pytest.mark.parametrize(
    ("model", "prompt", "dollars"),
    [
        ("claude-haiku-5-5", 100_000, 0.01),
        ("claude-haiku-5-5", 100_001, 0.05),
        ("claude-haiku-5-5", 300_000, 0.15),
        ("claude-sonnet-4-5", 150_000, 0.45),
        ("claude-sonnet-4-5", 200_001, 1.2),
        ("claude-sonnet-5-5", 900_000, 1.8),
    ],
)
def test_a_long_prompt_may_cost_more(model: str, prompt: int, dollars: float) -> None:
    assert PRICES.cost_of(model, {"input_tokens": prompt}) == pytest.approx(dollars, abs=1e-4)


@pytest.mark.parametrize(
    ("model", "tier"), [("claude-sonnet-9", ""), ("gpt-6", ""), ("sonnet", ""), ("claude-opus-5-5", "fast")]
)
def test_what_is_not_known_has_no_price(model: str, tier: str) -> None:
    assert PRICES.rates(model, tier, 0) is None


def test_a_miss_costs_what_writing_costs_more_than_reading() -> None:
    rates = PRICES.rates("claude-opus-5", "", 0)

    assert rates is not None
    assert rates.cost_of_miss(MILLION, Tokens(cache_write_5m=1)) == pytest.approx(5.75)
    assert rates.cost_of_miss(MILLION, Tokens(cache_write_1h=1)) == pytest.approx(9.5)


def test_writing_and_reading_cost_what_the_list_says_of_all_models() -> None:
    """A hint at typing errors: an hour costs twice the input, five minutes a quarter more than it."""
    for name, price in PRICES.models.items():
        assert price.cache_write_1h == pytest.approx(2 * price.input), name
        assert price.cache_write_5m == pytest.approx(1.25 * price.input, rel=0.05), name
        assert price.cache_read <= price.input / 8, name
        assert price.output in (4 * price.input, 5 * price.input), name


def test_the_user_s_own_prices_count_instead(tmp_path: Path) -> None:
    own = tmp_path / "prices.toml"
    own.write_text(
        "[models.claude-opus-5-5]\n"
        "input = 1\ncache_write_5m = 1\ncache_write_1h = 1\ncache_read = 1\noutput = 1\n"
    )
    prices = load_prices(own)

    assert prices.cost_of("claude-opus-5-5", {"input_tokens": MILLION}) == 1
    assert prices.cost_of("claude-opus-5", {"input_tokens": 1000}) == pytest.approx(0.005)
    assert prices.source == str(own)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[models.a]\ninput = = 1", "line 2"),
        ("[models.a]\ninput = 1\n", "$.models"),
        (
            "[models.a]\ninput = -1\ncache_write_5m = 1\ncache_write_1h = 1\ncache_read = 1\noutput = 1",
            ">= 0",
        ),
        ("[models.a]\ninput = 'x'", "float"),
        ("[model.a]\ninput = 1", "unknown field"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_with_a_reason(tmp_path: Path, text: str, said: str) -> None:
    own = tmp_path / "prices.toml"
    own.write_text(text)

    with pytest.raises(PricesError, match=str(own)) as refused:
        load_prices(own)
    assert said in str(refused.value)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PricesError, match="No such file"):
        load_prices(tmp_path / "none.toml")
