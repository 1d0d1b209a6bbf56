"""Regular expressions as RE2 reads them: in time that grows with the text alone, whoever wrote the expression."""

from __future__ import annotations

import re2

_QUIET = re2.Options()
_QUIET.log_errors = False  # what is wrong is raised; RE2 would write it to standard error as well


def compiled(pattern: str) -> re2._Regexp:
    """The expression. ValueError, in RE2's own words, for one that it does not read."""
    try:
        return re2.compile(pattern, _QUIET)
    except re2.error as error:
        said = error.args[0]
        raise ValueError(said.decode(errors="replace") if isinstance(said, bytes) else said) from None
