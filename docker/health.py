#!/usr/bin/env python3
"""Exits with 0 if the server in this container answers. Without a login, too: it is made in there."""

import http.client
import os
import sys

# Not urllib, which would ask the proxy that HTTP_PROXY names.
connection = http.client.HTTPConnection("127.0.0.1", int(os.environ["CLAUDE_PROXY_PORT"]), timeout=5)
try:
    connection.request("GET", "/health")
    response = connection.getresponse()
except OSError as error:
    sys.exit(f"no answer: {error}")
print(response.read().decode())
sys.exit(0 if response.status == http.HTTPStatus.OK else 1)
