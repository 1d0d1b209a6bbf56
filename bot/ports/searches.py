"""Sources that run saved searches."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from bot.model.kept_search import KeptSearch
from bot.model.sample import Window
from bot.model.search_job import SearchAnswer, SearchJob


class SearchSource(Protocol):
    """A server that runs searches as jobs, each in the app and as the owner it belongs to."""

    async def run(self, job: SearchJob) -> SearchAnswer:
        """Runs it to its end, or takes up the run with the same key that is under way, and ends it when cancelled.

        Raises Temporary and Permanent: a server that is away or has no room for another search, a search that failed or
        took too long, a mistake in the search (reason `client`). An answer that lacks data is returned with warnings.
        """
        ...

    def link(self, search: str, app: str, window: Window | None = None) -> str:
        """Where a person sees this search over this window; empty where nobody said where people reach the server."""
        ...


class SavedSearches(Protocol):
    """A server that keeps saved searches."""

    async def saved(self, app: str = "", owner: str = "") -> Sequence[KeptSearch]:
        """All that may be seen, of every app and owner where none is named. Raises Temporary and Permanent."""
        ...
