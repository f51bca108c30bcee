"""What operators collect.

- ``log``: the lines on what happened.
- ``metrics``: figures for Prometheus, at GET /metrics.
- ``bookkeeper``: rows for the ledger (``towpath.ledger``), of which `towpath usage` tells.
- ``today``: the sums of this day, which the page and `towpath top` show.
- ``telemetry``: traces and figures by OpenTelemetry.
- ``recorder``: exchanges as files that can be played again. It alone uses what was said.
- ``health``: how the server is, at GET /health.

``components`` lists which events each of them hears.
"""
