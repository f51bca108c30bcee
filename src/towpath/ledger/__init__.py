"""The ledger: one row an exchange, kept in SQLite, and what can be asked of it.

Figures and names only. Nothing that was said is in a row, so nothing that was said can leave with it.

- ``row``: what is kept of an exchange.
- ``prices``: what Anthropic's API charges for tokens, from ``prices.toml`` and the user's own file.
- ``schema``: the tables, and the steps from one version of them to the next.
- ``file``: the SQLite file: opened, written, kept small.
- ``writer``: the thread that writes; it never makes an answer wait.
- ``questions``: totals, groups, conversations and the slowest steps, out of the file.
- ``pace``: when a plan's window is used up, if it goes on like this.
- ``claude_code``: rows out of what Claude Code wrote of its own sessions.
"""
