"""An iCalendar, in a file or at an address: whoever has an event in it is on call."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bot.integrations.ical.client import Ical
from bot.integrations.ical.config import IcalConfig
from bot.kit.plugin import Capabilities, Integration, Tools


@asynccontextmanager
async def _open(config: IcalConfig, tools: Tools) -> AsyncIterator[Capabilities]:
    ical = Ical(config, tools)
    yield Capabilities(examine=ical.examine, calendar=ical)


integration = Integration(
    name="ical",
    help="Reads an iCalendar whose events say who is on call.",
    config=IcalConfig,
    provides=frozenset({"calendar"}),
    open=_open,
)
