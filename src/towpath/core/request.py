"""One request of the Messages API, parsed and checked. Shape only here; see ``checks`` for the rules."""
