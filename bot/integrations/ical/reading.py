"""The text of a calendar -> its events. The one home of icalendar."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time
from typing import Any

import icalendar
import recurring_ical_events

from bot.model.moments import moment
from bot.model.schedule import Event

MOST = 5_000
_TOO_OFTEN = re.compile(
    rb"^RRULE[^\r\n]*(?:FREQ=(?:SECONDLY|MINUTELY)|BYSECOND=|BYMINUTE=\d*,)", re.IGNORECASE | re.MULTILINE
)
"""Nobody is on call by the minute, and to work out what it comes to takes for ever."""


def read(content: bytes, since: datetime, until: datetime, time_zone: str) -> Sequence[Event]:
    """Those that touch this time, by their start, 5,000 at most. ValueError says why it is no calendar to go by."""
    if _TOO_OFTEN.search(content):
        raise ValueError("an event in it comes again every minute or second")
    try:
        calendar = icalendar.Calendar.from_ical(content)
        found = recurring_ical_events.of(calendar).between(since, until)
        events = [made for event in found for made in _events(event, time_zone)]
    except (ValueError, KeyError, IndexError, TypeError, AttributeError, icalendar.error.InvalidCalendar) as error:
        raise ValueError(f"it cannot be read as an iCalendar: {type(error).__name__}") from None
    there = (one for one in events if one.ends_at > since and one.starts_at < until)
    return sorted(there, key=lambda one: (one.starts_at, one.ends_at))[:MOST]


def _events(event: Any, time_zone: str) -> Iterator[Event]:  # Any: icalendar's events have no types of their own
    if str(event.get("STATUS", "")).upper() == "CANCELLED":
        return
    start, end = _moment(event.start, time_zone), _moment(event.end, time_zone)
    if start < end:
        yield Event(
            title=str(event.get("SUMMARY", "")).strip(),
            starts_at=start,
            ends_at=end,
            attendees=tuple(_attendees(event)),
        )


def _attendees(event: Any) -> Iterator[str]:  # Any: as above
    """The addresses of those who have not declined."""
    given = event.get("ATTENDEE") or []
    for one in given if isinstance(given, list) else [given]:
        declined = str(getattr(one, "params", {}).get("PARTSTAT", "")).upper() == "DECLINED"
        address = str(one).strip().lower().removeprefix("mailto:")
        if "@" in address and not declined:
            yield address


def _moment(at: date | datetime, time_zone: str) -> datetime:
    """Days begin at midnight there."""
    if not isinstance(at, datetime):
        return moment(datetime.combine(at, time()), time_zone)
    return at.astimezone(UTC) if at.tzinfo else moment(at, time_zone)
