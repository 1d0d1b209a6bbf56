"""When the clock begins a run: five cron fields in a time zone, as Debian's cron takes them over changes of clocks.

A slot at a fixed time that a change of clocks leaves out comes as soon as the clocks go on; one that would come twice
comes once. Where the minute or the hour begins with `*`, slots follow the time that passes.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import takewhile

from cronsim import CronSim, CronSimError

from bot.model.moments import zone
from bot.model.runbook import ScheduleTrigger

LATE = timedelta(hours=1)
"""A slot that passed longer ago, because nobody was there, is left out."""
_FIELDS = 5
_FIRST_DAY = datetime(2024, 1, 1, tzinfo=UTC)


def validate(cron: str) -> None:
    """ValueError when this is no schedule of five fields, or one that never comes."""
    if len(cron.split()) != _FIELDS:
        raise ValueError(
            f"{cron!r} is no schedule: that is five fields, minute, hour, day of the month, month and day of the week"
        )
    try:
        CronSim(cron, _FIRST_DAY)
    except CronSimError as error:
        raise ValueError(f"{cron!r} is no schedule: {str(error).lower()}") from None


def validate_zone(name: str) -> None:
    """ValueError when no time zone is called so."""
    try:
        zone(name)
    except (OSError, ValueError, KeyError):
        raise ValueError(f"no such time zone: {name!r}; write it like Europe/Berlin") from None


def next_slot(trigger: ScheduleTrigger, after: datetime) -> datetime:
    """The first slot after this moment, never the moment itself; in UTC."""
    return next(_slots(trigger, after))


def due_slot(trigger: ScheduleTrigger, last: datetime, now: datetime) -> datetime | None:
    """The slot to be begun now, when all up to `last` are done: of several that passed only the latest."""
    since = max(last, now - LATE)
    passed = list(takewhile(lambda slot: slot <= now, _slots(trigger, since)))
    return passed[-1] if passed else None


def _slots(trigger: ScheduleTrigger, after: datetime) -> Iterator[datetime]:
    last = after
    for slot in CronSim(trigger.cron, after.astimezone(zone(trigger.time_zone))):
        moment = slot.astimezone(UTC)
        if moment > last:  # in the hour that clocks show twice the library begins at the first of the two
            yield moment
            last = moment
