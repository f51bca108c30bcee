"""The log: Towpath's own lines and those of all libraries (uvicorn, asyncio), alike and in one place."""

import logging
import sys
from typing import Any

import structlog
from structlog.stdlib import ProcessorFormatter
from structlog.typing import EventDict, Processor

from towpath.cli.console import give_up
from towpath.cli.printable import printable

_NO_LEVEL = "CLAUDE_PROXY_LOG_LEVEL: {level!r} is not one of: debug, info, warning, error"


def configure_logging(level: str) -> None:
    """For people on a terminal, JSON lines otherwise; to stderr. Exits with a sentence for an unknown level.

    A line that cannot be written (a full disk, a pipe that is closed) is lost; nothing else is.
    """
    number = logging.getLevelNamesMapping().get(level.upper())
    if number is None:
        give_up(_NO_LEVEL.format(level=level))
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
    return [_escaped, structlog.dev.ConsoleRenderer()] if person else [structlog.processors.JSONRenderer()]


def _escaped(_logger: object, _method: str, line: EventDict) -> EventDict:
    """Any page in a browser can have its words logged: the path of a request that is kept out, say."""
    return {printable(name): _escaped_value(name, value) for name, value in line.items()}


def _escaped_value(name: str, value: Any) -> Any:
    if name in ("exception", "stack"):
        return "\n".join(printable(line) for line in str(value).split("\n"))
    text = value if isinstance(value, str) else repr(value)
    return value if text.isprintable() else printable(text)
