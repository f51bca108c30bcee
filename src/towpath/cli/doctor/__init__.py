"""`towpath doctor`: is everything there that a request needs, and if not, what to do."""
