"""The log: Towpath's own lines and those of all libraries (uvicorn, asyncio), alike and in one place."""

import logging
import sys
from typing import Any

import structlog
from structlog.stdlib import ProcessorFormatter
from structlog.typing import EventDict, Processor

from towpath.cli.printable import printable

_PROMPT_TOKENS = ("input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens")


def configure_logging(level: str) -> None:
    """For people on a terminal, JSON lines otherwise; to stderr. ``level`` is debug, info, warning or error.

    A line that cannot be written (a full disk, a pipe that is closed) is lost; nothing else is.
    """
    number = logging.getLevelNamesMapping()[level.upper()]
    person = sys.stderr.isatty()
    common: list[Processor] = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="%H:%M:%S" if person else "iso", utc=not person),
    ]
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            *common,
            ProcessorFormatter.wrap_for_formatter,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.stdlib.LoggerFactory(),
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name, *common],
            processors=[
                ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                *_lines(person=person),
            ],
        )
    )
    logging.basicConfig(level=max(number, logging.WARNING), handlers=[handler], force=True)
    logging.captureWarnings(capture=True)
    logging.getLogger("towpath").setLevel(number)
    # It calls each end of a process a fatal error, also those that the pool decided on; sessions log theirs.
    logging.getLogger("claude_agent_sdk").setLevel(logging.CRITICAL)


def _lines(*, person: bool) -> list[Processor]:
    if person:
        in_one_line = [_exchange_in_one_line, _refusal_in_one_line]
        return [_without("explanation"), _escaped, *in_one_line, structlog.dev.ConsoleRenderer()]
    # Files stay and are sent around, and an error's own sentence may quote the conversation.
    return [_without("sentence"), structlog.processors.JSONRenderer()]


def _without(name: str) -> Processor:
    def without(_logger: object, _method: str, line: EventDict) -> EventDict:
        line.pop(name, None)
        return line

    return without


def _escaped(_logger: object, _method: str, line: EventDict) -> EventDict:
    """Any page in a browser can have its words logged: the path of a request that is kept out, say."""
    return {printable(name): _escaped_value(name, value) for name, value in line.items()}


def _exchange_in_one_line(_logger: object, _method: str, line: EventDict) -> EventDict:
    """How an exchange ended, for a person: way, status, seconds, model, tokens, id, and what went wrong."""
    if line["event"] != "exchange":
        return line
    usage = line["usage"]
    prompt = sum(usage.get(kind, 0) for kind in _PROMPT_TOKENS)
    parts = (
        f"{line['way'] or '-':6}",
        "left" if line["outcome"] == "client left" else line.get("status", 200),
        f"{line['total_ms'] / 1000:.1f} s",
        line["model"],
        f"{prompt} tokens in, {usage.get('output_tokens', 0)} out",
        line["request_id"],
        line.get("sentence"),
    )
    return _one(line, *parts)


def _refusal_in_one_line(_logger: object, _method: str, line: EventDict) -> EventDict:
    """A request that came to no exchange: status, path or kind of error, id, and why."""
    if line["event"] not in ("refused", "kept out"):
        return line
    where, why = line.get("path", line.get("type")), line.get("reason", line.get("sentence"))
    return _one(line, f"{'-':6}", line["status"], line["event"], where, line["request_id"], why)


def _one(line: EventDict, *parts: object) -> EventDict:
    text = "  ".join(str(part) for part in parts if part is not None)
    return {"timestamp": line["timestamp"], "level": line["level"], "event": text}


def _escaped_value(name: str, value: Any) -> Any:
    if name in ("exception", "stack"):
        return "\n".join(printable(line) for line in str(value).split("\n"))
    text = value if isinstance(value, str) else repr(value)
    return value if text.isprintable() else printable(text)
