"""What is wrong with the value of a setting, in words for a person."""

from collections.abc import Callable, Mapping

from pydantic_core import ErrorDetails

from towpath.cli.doctor.addresses import shown
from towpath.settings import Settings

# By pydantic's names for what can be wrong; the values are what an error has as its context.
_SENTENCES: Mapping[str, Callable[[Mapping[str, object]], str]] = {
    "int_parsing": lambda _: "must be a whole number",
    "int_from_float": lambda _: "must be a whole number",
    "float_parsing": lambda _: "must be a number",
    "finite_number": lambda _: "must be a number",
    "bool_parsing": lambda _: "must be 1 or 0",
    "greater_than_equal": lambda limit: f"must be at least {limit['ge']}",
    "greater_than": lambda limit: f"must be more than {limit['gt']}",
    "less_than_equal": lambda limit: f"must be at most {limit['le']}",
    "literal_error": lambda choice: f"must be {str(choice['expected']).replace(chr(39), '')}",
    "value_error": lambda context: str(context["error"]),
}


def in_words(problem: ErrorDetails) -> str:
    """The sentence for one of pydantic's errors, and the value that was given, unless that is secret."""
    words = _SENTENCES.get(problem["type"])
    sentence = words(problem.get("ctx", {})) if words else problem["msg"]
    if Settings.is_secret(str(problem["loc"][0])):
        return sentence
    given = problem["input"]
    is_address = isinstance(given, str) and ("://" in given or "@" in given)
    return f"{sentence} (given: {shown(given) if is_address else repr(given)})"
