"""The tables of the ledger, and the steps from one version of them to the next.

``exchanges`` has each row. ``days`` has their sums by what people ask for, so that a year of a million rows
is added up in some 50 ms instead of 1.6 s; both change in one transaction. ``windows`` has how full the
plan's windows were.
"""

import sqlite3

from towpath.ledger.row import Row, Tokens

TOKENS = Tokens.__struct_fields__
COLUMNS = Row.__struct_fields__
GROUPS = (
    *("day", "source", "access", "model", "tier", "band"),
    *("client", "mode", "way", "reason", "outcome", "cause"),
)
SUMS = ("exchanges", "failed", "seconds", "missed", *TOKENS)

# Steps are only ever added: the file of an older version takes those that it has not taken.
_STEPS = (
    """
    CREATE TABLE exchanges (
        id INTEGER PRIMARY KEY, at REAL, day TEXT, source TEXT, access TEXT, model TEXT, tier TEXT,
        band INTEGER, client TEXT, label TEXT, conversation TEXT, mode TEXT, way TEXT, reason TEXT,
        outcome TEXT, status INTEGER, stop_reason TEXT, cause TEXT, missed INTEGER, messages INTEGER,
        queue_ms REAL, first_event_ms REAL, seconds REAL, key TEXT,
        input INTEGER, cache_write_5m INTEGER, cache_write_1h INTEGER, cache_read INTEGER, output INTEGER
    );
    CREATE INDEX exchanges_at ON exchanges (at);
    CREATE INDEX exchanges_key ON exchanges (key);
    CREATE INDEX exchanges_conversation ON exchanges (conversation);
    CREATE TABLE days (
        day TEXT, source TEXT, access TEXT, model TEXT, tier TEXT, band INTEGER,
        client TEXT, mode TEXT, way TEXT, reason TEXT, outcome TEXT, cause TEXT,
        exchanges INTEGER, failed INTEGER, seconds REAL, missed INTEGER,
        input INTEGER, cache_write_5m INTEGER, cache_write_1h INTEGER, cache_read INTEGER, output INTEGER,
        PRIMARY KEY (day, source, access, model, tier, band, client, mode, way, reason, outcome, cause)
    ) WITHOUT ROWID;
    CREATE TABLE windows (at REAL, access TEXT, window TEXT, used REAL, resets_at INTEGER);
    CREATE INDEX windows_at ON windows (at);
    """,
)
VERSION = len(_STEPS)


class NewerLedgerError(RuntimeError):
    """The file was written by a newer version of Towpath."""


def migrate(connection: sqlite3.Connection) -> None:
    """Take the steps that a file has not taken, each as a whole. Raises NewerLedgerError."""
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version > VERSION:
        raise NewerLedgerError(f"it is of version {version}, and this Towpath knows {VERSION}")
    for number, step in enumerate(_STEPS[version:], version + 1):
        connection.executescript(f"BEGIN IMMEDIATE; {step}; PRAGMA user_version = {number}; COMMIT")
