"""The store, with every transaction counted that could not be committed, whoever wanted it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TypeVar

from bot.errors import Fenced, StoreError, StoreUnavailable
from bot.kit.telemetry import Telemetry
from bot.model.retention import Retention
from bot.ports.store import Store, Tx

T = TypeVar("T")


class CountedStore:
    """A `Store` that tells the telemetry of what it could not write, and is the one it is given in all else."""

    def __init__(self, store: Store, telemetry: Telemetry) -> None:
        self._store = store
        self._telemetry = telemetry

    async def write(self, work: Callable[[Tx], T], *, first: bool = False) -> T:
        """See `Store`."""
        try:
            return await self._store.write(work, first=first)
        except Fenced:
            self._telemetry.store_write_failed("fenced")
            raise
        except StoreError as error:
            self._telemetry.store_write_failed("unavailable" if isinstance(error, StoreUnavailable) else "other")
            raise

    async def read(self, work: Callable[[Tx], T]) -> T:
        """See `Store`."""
        return await self._store.read(work)

    def watch(self, changed: Callable[[], None]) -> bool:
        """See `Store`."""
        return self._store.watch(changed)

    async def prune(self, now: datetime, retention: Retention) -> Mapping[str, int]:
        """See `Store`."""
        return await self._store.prune(now, retention)
