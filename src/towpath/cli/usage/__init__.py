"""`towpath usage`: what was used and what it would cost, out of the ledger.

- ``command``: the command and its options.
- ``period``: which days are meant.
- ``table``: the sums as a table for a terminal.
- ``export``: the same as JSON or CSV.
- ``reading_in``: what Claude Code wrote of its own sessions, added to the ledger.
"""
