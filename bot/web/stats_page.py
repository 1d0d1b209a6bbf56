"""The page of statistics. It does not follow what changes: what it tells is of weeks, and costs more than a glance."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import parse_qs

from starlette.requests import Request

from bot.errors import NotFound
from bot.model.actor import Actor
from bot.model.statistics import Grouping, Statistics
from bot.response import statistics_asked
from bot.response.world import World
from bot.web.pages import Page
from bot.web.stats_views import of_statistics

LONGEST_DAYS = 731
_DAYS = re.compile("[0-9]{1,3}")


@dataclass(frozen=True, slots=True, kw_only=True)
class _StatisticsPage(Page[Statistics]):
    """Asked for by two query parameters."""

    def key(self, request: Request) -> str:
        """Both of them, as they stand in the address."""
        return request.url.query


async def _see(world: World, actor: Actor, query: str) -> Statistics:
    by, days = _asked(query)
    return await statistics_asked.statistics_of(world, actor, length=timedelta(days=days), by=by)


def _asked(query: str) -> tuple[Grouping, int]:
    """By what, and how many days; NotFound when they cannot be read."""
    given = {name: values[-1] for name, values in parse_qs(query, max_num_fields=10).items()}
    by, days = given.get("by", Grouping.SERVICE), given.get("days", "30")
    if by not in set(Grouping) or not _DAYS.fullmatch(days) or not 1 <= int(days) <= LONGEST_DAYS:
        hint = f"write it like /stats?by=team&days=90: by {', '.join(Grouping)}; 1 to {LONGEST_DAYS} days"
        raise NotFound("there are no such statistics", hint=hint)
    return Grouping(by), int(days)


STATISTICS = _StatisticsPage(
    template="stats.html.jinja",
    nav="stats",
    parts={},
    see=_see,
    view=lambda seen, world, actor: of_statistics(seen),
)
