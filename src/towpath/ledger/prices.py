"""What tokens cost at Anthropic's API, by the list in ``prices.toml`` and one of the user's own.

A model that is in neither has no price, rather than that of another.
"""

import re
from datetime import date
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from towpath.ledger.row import Tokens, figures

Dollars = Annotated[float, Meta(ge=0)]
_MILLION = 1_000_000
# The id of a model inside what the providers make of it: us.anthropic.claude-sonnet-4-5-20250929-v1:0,
# claude-sonnet-4-5@20250929, claude-sonnet-4-5[1m], claude-3-5-haiku-latest.
_NAME = re.compile(r"claude-[a-z0-9]+(?:-[a-z0-9]+)*")
_ENDING = re.compile(r"-(?:20\d{6}|latest|v\d)\b.*")


class PricesError(ValueError):
    """A file of prices that cannot be used; the text says where and why."""


class Rates(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Dollars for a million tokens of each kind."""

    input: Dollars
    cache_write_5m: Dollars
    cache_write_1h: Dollars
    cache_read: Dollars
    output: Dollars

    def cost(self, tokens: Tokens) -> float:
        """What these tokens cost, in dollars."""
        return (
            tokens.input * self.input
            + tokens.cache_write_5m * self.cache_write_5m
            + tokens.cache_write_1h * self.cache_write_1h
            + tokens.cache_read * self.cache_read
            + tokens.output * self.output
        ) / _MILLION

    def cost_of_miss(self, missed: int, tokens: Tokens) -> float:
        """What it cost that ``missed`` tokens were written again, to be kept as long as ``tokens``."""
        is_long = tokens.cache_write_1h > tokens.cache_write_5m
        written = self.cache_write_1h if is_long else self.cache_write_5m
        return missed * (written - self.cache_read) / _MILLION


class Price(Rates, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The rates of a model, and those of all tokens of a request whose prompt is longer than a bound."""

    above_100000: Rates | None = None
    above_200000: Rates | None = None


class Prices(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A price list: where its figures come from, as of when, and the prices by the ids of models."""

    source: str
    as_of: date
    models: dict[str, Price]

    def cost_of(self, model: str, usage: Any) -> float | None:
        """What an answer's ``usage`` costs, in dollars. None: not known."""
        told = figures(usage)
        rates = self.rates(model, told["tier"], told["band"])
        tokens = Tokens(**{kind: told[kind] for kind in Tokens.__struct_fields__})
        return rates.cost(tokens) if rates else None

    def rates(self, model: str, tier: str, band: int) -> Rates | None:
        """What a request pays; ``tier`` and ``band`` as in a row. None: not known."""
        price = self.models.get(model) or self.models.get(plain_id(model))
        if price is None or tier:
            return None
        above = (None, price.above_100000, price.above_200000 or price.above_100000)[band]
        return above or price


class _Own(Struct, frozen=True, forbid_unknown_fields=True):
    models: dict[str, Price]


def load_prices(own: Path | None = None) -> Prices:
    """The list of this version; what the user's own file says of a model counts instead.

    Raises PricesError.
    """
    shipped = _shipped()
    if own is None:
        return shipped
    try:
        models = msgspec.toml.decode(own.read_bytes(), type=_Own).models
    except (OSError, ValueError) as error:  # TOMLDecodeError and msgspec's errors are ValueErrors
        raise PricesError(f"{own}: {getattr(error, 'strerror', None) or error}") from error
    return msgspec.structs.replace(shipped, source=str(own), models={**shipped.models, **models})


def plain_id(model: str) -> str:
    """The id of a model without its provider's prefix, its date and its context window."""
    found = _NAME.search(model.lower())
    return _ENDING.sub("", found.group()) if found else model


@cache
def _shipped() -> Prices:
    text = resources.files(__package__).joinpath("prices.toml").read_bytes()
    return msgspec.toml.decode(text, type=Prices)
