"""What operators collect: ``log`` lines, Prometheus ``metrics``, OpenTelemetry ``telemetry``, ``health``.

All but ``health`` are told of each exchange when it is over, and use no content.
"""
