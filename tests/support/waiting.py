"""How long tests wait for what must happen."""

# Long enough for a machine that is busy with something else, and below pytest's own limit for a test, so that
# the line that waited is named. A test that fails sooner would say more about the machine than about us.
WAIT_SECONDS = 100.0
