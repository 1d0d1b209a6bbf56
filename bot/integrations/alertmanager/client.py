"""The queue before one Alertmanager, and who empties it: Prometheus' notifier, for alerts of our rules."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Sequence
from datetime import timedelta

from bot import __version__
from bot.errors import IntegrationError
from bot.integrations.alertmanager.body import body, relabelled
from bot.kit.http_out import HttpOut
from bot.kit.way_in import Access
from bot.model.alert import Alert
from bot.ports.alertmanager import Tally
from bot.rules.relabel import Relabel

_log = logging.getLogger(__name__)

CAPACITY = 10_000
BATCH = 256
LAST_WORDS = timedelta(seconds=5)
"""How long what waits may still be told once the end has come."""

_AGENT = f"tocsin/{__version__}"


class Notifier:
    """An `AlertSink`: tells what waits between `start` and `finish`.

    A batch that fails is not sent again: every alert that still fires is told again within a minute, and one that is
    over for a quarter of an hour.
    """

    def __init__(self, access: Access, http: HttpOut, steps: Sequence[Relabel], *, capacity: int = CAPACITY) -> None:
        self._access = access
        self._http = http
        self._steps = steps
        self._capacity = capacity
        self._waiting: deque[Alert] = deque()
        self._more = asyncio.Event()
        self._is_ending = False
        self._sent = self._failed = self._dropped = 0
        self._is_failing = False
        self._is_full = False

    @property
    def tally(self) -> Tally:
        """See `AlertSink`."""
        return Tally(sent=self._sent, failed=self._failed, dropped=self._dropped, waiting=len(self._waiting))

    def tell(self, alerts: Sequence[Alert]) -> None:
        """See `AlertSink`."""
        self._waiting.extend(relabelled(alerts, self._steps))
        excess = len(self._waiting) - self._capacity
        for _ in range(excess):
            self._waiting.popleft()
        if excess > 0:
            self._dropped += excess
            self._say_that_it_is_full()
        self._more.set()

    def start(self) -> None:
        """Begins to tell, in a task of its own."""
        self._task = asyncio.create_task(self._run(), name=f"telling {self._access.name}")

    async def finish(self, within: timedelta = LAST_WORDS) -> None:
        """Tells what still waits, for as long as it may take; what is left then counts as dropped."""
        self._is_ending = True
        self._more.set()
        await asyncio.wait([self._task], timeout=within.total_seconds())
        self._task.cancel()
        await asyncio.wait([self._task])
        if self._waiting:
            _log.warning("%s was not told of %d alerts before the end", self._access.name, len(self._waiting))
            self._dropped += len(self._waiting)
            self._waiting.clear()

    async def _run(self) -> None:
        while self._waiting or not self._is_ending:
            await self._more.wait()
            self._more.clear()
            while self._waiting:
                await self._send([self._waiting.popleft() for _ in range(min(BATCH, len(self._waiting)))])
            self._is_full = False

    async def _send(self, alerts: Sequence[Alert]) -> None:
        access = self._access
        try:
            await self._http.request(
                "POST",
                f"{access.url}/api/v2/alerts",
                integration=access.name,
                headers={**access.headers, "content-type": "application/json", "user-agent": _AGENT},
                content=body(alerts),
                deadline=access.timeout,
                tls=access.context(),
            )
        except IntegrationError as error:
            self._failed += len(alerts)
            self._say_that_it_fails(error)
        except Exception:
            # one batch that cannot be told must not silence all that come after it
            self._failed += len(alerts)
            _log.exception("%s was not told of %d alerts", access.name, len(alerts))
        else:
            self._sent += len(alerts)
            self._say_that_it_works()

    def _say_that_it_is_full(self) -> None:
        if not self._is_full:
            self._is_full = True
            _log.warning("more than %d alerts wait for %s: the oldest are dropped", self._capacity, self._access.name)

    def _say_that_it_fails(self, error: IntegrationError) -> None:
        if not self._is_failing:
            self._is_failing = True
            _log.warning("%s was not told of alerts: %s; %s", self._access.name, error, error.hint)

    def _say_that_it_works(self) -> None:
        if self._is_failing:
            self._is_failing = False
            _log.info("%s takes alerts again", self._access.name)
