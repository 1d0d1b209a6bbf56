"""What is looked up in the logs of an incident."""

from __future__ import annotations

from dataclasses import dataclass

from bot.model.labels import Matcher


@dataclass(frozen=True, slots=True, kw_only=True)
class LogLook:
    """One search for incidents whose alerts fit all `matchers`; `$name` in its string literals is an alert's label.

    Its lines are counted for each value of the field `by`, where one is named.
    """

    title: str
    source: str
    query: str
    matchers: tuple[Matcher, ...] = ()
    by: str = ""
