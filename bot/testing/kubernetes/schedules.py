"""Schedules of cron jobs: five fields, or one of the words for them, in UTC."""

from __future__ import annotations

from datetime import UTC, datetime

from cronsim import CronSim, CronSimError

_WORDS = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}


def after(schedule: str, moment: datetime) -> datetime:
    """The first time of a schedule after a moment."""
    return next(CronSim(_WORDS.get(schedule, schedule), moment.astimezone(UTC)))


def wrong_with(schedule: str) -> str:
    """What is wrong with a schedule; empty where nothing is."""
    fields = _WORDS.get(schedule, schedule).split()
    if len(fields) != 5:
        return f"expected exactly 5 fields, found {len(fields)}: [{schedule}]"
    try:
        CronSim(" ".join(fields), datetime.now(UTC))
    except CronSimError as error:
        return str(error)
    return ""
