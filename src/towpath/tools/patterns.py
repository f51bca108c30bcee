"""File name patterns, matched against relative paths: nothing is looked up in the file system."""

import regex
from wcmatch import glob as wcmatch
from wcmatch._wcparse import PatternLimitException  # in its documentation, but not in its public modules

from towpath.tools.deadline import Deadline
from towpath.tools.values import RefusedError

# What a pattern with braces stands for is made before anything is matched: 1000 of 3000 characters took 9 s.
_MAX_CHARS = 1000
_MAX_ALTERNATIVES = 100
_FLAGS = wcmatch.GLOBSTAR | wcmatch.BRACE | wcmatch.DOTGLOB | wcmatch.FORCEUNIX


class NamePattern:
    """A pattern as ``src/**/*.{ts,tsx}``. With ``match_base`` one without a slash applies in every folder.

    Raises RefusedError if no file could ever match. ``parameter`` is the argument that held it.
    """

    def __init__(self, parameter: str, pattern: str, *, match_base: bool = False) -> None:
        if pattern.startswith(("/", "~/")) or ".." in pattern.split("/"):
            raise RefusedError(f"{parameter}: must be relative and only go down; to look elsewhere, set path")
        if len(pattern) > _MAX_CHARS:
            raise RefusedError(f"{parameter}: is longer than {_MAX_CHARS} characters")
        flags = _FLAGS | (wcmatch.MATCHBASE if match_base else 0)
        try:
            wanted, _ = wcmatch.translate(pattern.removeprefix("./"), flags=flags, limit=_MAX_ALTERNATIVES)
            # Not wcmatch's own matching: that is `re`, see Deadline.finds.
            self._patterns = [regex.compile(one) for one in wanted]
        except PatternLimitException:
            raise RefusedError(f"{parameter}: expands to more than {_MAX_ALTERNATIVES} patterns") from None
        except (ValueError, regex.error) as error:
            raise RefusedError(f"{parameter}: {error}") from None

    def matches(self, path: str, deadline: Deadline) -> bool:
        """Whether the pattern stands for this relative path. Raises RefusedError at the deadline."""
        return any(deadline.finds(pattern, path) for pattern in self._patterns)
