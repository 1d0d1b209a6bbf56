"""Log sources."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Protocol

from bot.model.sample import Window
from bot.model.search_job import LogAnswer, LogLine


class LogSource(Protocol):
    """A server that finds log lines.

    `variables` fill `$name` inside the query's string literals; the adapter escapes them, so that a label value never
    becomes syntax, and refuses what cannot be a literal. Raises Temporary and Permanent; a mistake in the query is
    Permanent with reason `client`.
    """

    async def search(self, query: str, variables: Mapping[str, str], window: Window, limit: int) -> LogAnswer:
        """The newest lines of the window, at most `limit`."""
        ...

    def link(self, query: str, variables: Mapping[str, str], window: Window) -> str:
        """Where a person sees the same; empty where nobody said where people reach the server."""
        ...


class LogStream(Protocol):
    """A log source that gives every line of a window, however many, in bounded memory. Variables as in `LogSource`."""

    def lines(self, query: str, variables: Mapping[str, str], window: Window) -> AsyncIterator[LogLine]:
        """The lines in the order in which they are found; whoever closes the iterator early ends the search.

        Raises Temporary and Permanent, also after lines: those that came are some, and nobody knows how many are not.
        """
        ...
