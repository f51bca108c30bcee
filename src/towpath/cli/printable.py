"""Text of somebody else's (a client, an upstream, a recording) on a terminal."""


def printable(text: object) -> str:
    """One line without what a terminal would obey or show in another order, each such character written as in
    Python: control characters, marks of direction, separators of lines."""
    line = str(text)
    if line.isprintable():
        return line
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in line)
