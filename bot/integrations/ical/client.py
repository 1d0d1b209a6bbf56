"""Fetches a calendar and reads it: in a thread, because years of a team's calendar take a while."""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

from pydantic import SecretStr

from bot.errors import IntegrationError, Permanent
from bot.integrations.ical.config import IcalConfig
from bot.kit.plugin import Tools
from bot.model.schedule import Event
from bot.ports.actions import Health

_MOST_BYTES = 8_000_000
_READS_WITHIN_S = 20.0


class Ical:
    """A `Calendar`."""

    def __init__(self, config: IcalConfig, tools: Tools) -> None:
        self._config = config
        self._tools = tools

    async def events(self, since: datetime, until: datetime, time_zone: str) -> Sequence[Event]:
        """See `Calendar`."""
        content = await self._content()
        # Loads icalendar, which those who have no calendar do not need.
        reading = importlib.import_module("bot.integrations.ical.reading")
        try:
            async with asyncio.timeout(_READS_WITHIN_S):
                found: Sequence[Event] = await asyncio.to_thread(reading.read, content, since, until, time_zone)
        except TimeoutError:
            raise self._wrong("it takes too long to read") from None
        except ValueError as error:
            raise self._wrong(str(error)) from None
        return found

    async def examine(self) -> Sequence[Health]:
        """Whether it can be had and read, and how many events the next four weeks have."""
        now = self._tools.clock.now()
        try:
            found = await self.events(now, now + timedelta(weeks=4), "UTC")
        except IntegrationError as error:
            return [Health(what="reachable", ok=False, detail=error.message, hint=error.hint)]
        return [Health(what="reachable", ok=True, detail=f"{len(found)} events in the next four weeks")]

    async def _content(self) -> bytes:
        if self._config.file is not None:
            return await self._read(self._config.file)
        if self._config.url is not None:
            return await self._fetched(self._config.url)
        raise self._wrong("neither `file` nor `url` is named")

    async def _read(self, file: Path) -> bytes:
        try:
            return await asyncio.to_thread(file.read_bytes)
        except OSError as error:
            raise self._wrong(f"its file cannot be read: {(error.strerror or 'unknown').lower()}") from None

    async def _fetched(self, url: SecretStr) -> bytes:
        answer = await self._tools.http.request(
            "GET", url.get_secret_value(), integration=self._tools.name,
            headers={"accept": "text/calendar"}, deadline=self._config.timeout.total_seconds(), most=_MOST_BYTES,
        )  # fmt: skip
        return answer.body

    def _wrong(self, why: str) -> Permanent:
        name = self._tools.name
        hint = f"see what stands under `integrations: {name}:` in tocsin.yaml"
        return Permanent(f"{name}: {why}", integration=name, reason="client", hint=hint)
