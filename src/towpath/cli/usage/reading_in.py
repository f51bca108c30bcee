"""What Claude Code wrote of its own sessions, added to the ledger: only when the user asks for it."""

import os
from collections.abc import Mapping
from pathlib import Path

from rich.console import Console
from rich.progress import track

from towpath.ledger.claude_code import rows_in, session_files
from towpath.ledger.file import insert, open_to_write


def read_in(file: Path, config: Path, console: Console) -> str:
    """Add what is not there yet; a sentence on what was found. A session is added as a whole or not at all.

    Raises OSError, sqlite3.Error or NewerLedgerError.
    """
    sessions, answers, new, unread = session_files(config), 0, 0, 0
    connection = open_to_write(file)
    try:
        for session in track(sessions, "Reading sessions", console=console, transient=True):
            try:
                rows = rows_in(session)
            except OSError:
                unread += 1
                continue
            answers += len(rows)
            with connection:
                new += sum(insert(connection, row) for row in rows)
    finally:
        connection.close()
    told = f"{len(sessions):,} sessions of Claude Code in {config}: {answers:,} answers, {new:,} of them new."
    return told + (f" {unread:,} sessions could not be read." if unread else "")


def claude_config(environment: Mapping[str, str] = os.environ) -> Path:
    """Where Claude Code keeps its sessions."""
    told = environment.get("CLAUDE_CONFIG_DIR")
    return Path(told) if told else Path.home() / ".claude"
