"""A schedule as an iCalendar (RFC 5545), which calendar programs subscribe to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from bot.model.schedule import Duty, Schedule

MEDIA_TYPE = "text/calendar; charset=utf-8"
_LINE = 75
"""Bytes a line may have; what is longer goes on in the next one, after a blank."""


def calendar(schedule: Schedule, duties: Sequence[Duty], now: datetime) -> str:
    """One event a duty, in UTC; gaps have none. An event keeps its identity while its duty begins when it did."""
    title = schedule.title or schedule.name
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Tocsin//On call//EN",
        "CALSCALE:GREGORIAN",
        f"X-WR-CALNAME:{_text(f'On call: {title}')}",
        f"X-WR-TIMEZONE:{_text(schedule.time_zone)}",
        "REFRESH-INTERVAL;VALUE=DURATION:PT1H",
        *(line for duty in duties if duty.people for line in _event(title, duty, now)),
        "END:VCALENDAR",
    ]
    return "".join(f"{_folded(line)}\r\n" for line in lines)


def _event(title: str, duty: Duty, now: datetime) -> Iterator[str]:
    yield "BEGIN:VEVENT"
    yield f"UID:{_text(f'{duty.schedule}-{_utc(duty.starts_at)}@tocsin')}"
    yield f"DTSTAMP:{_utc(now)}"
    yield f"DTSTART:{_utc(duty.starts_at)}"
    yield f"DTEND:{_utc(duty.ends_at)}"
    yield f"SUMMARY:{_text(', '.join(duty.people))}"
    yield f"DESCRIPTION:{_text(f'{title}, {duty.because}')}"
    yield "TRANSP:TRANSPARENT"
    yield "END:VEVENT"


def _utc(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _text(value: str) -> str:
    """With what has a meaning in the format taken out of it."""
    plain = value.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    return "".join(
        letter if letter >= " " and letter != "\x7f" else "\\n" if letter == "\n" else "" for letter in plain
    )


def _folded(line: str) -> str:
    """In pieces of so many bytes, none of them in the middle of a letter."""
    pieces, room = [""], _LINE
    for letter in line:
        size = len(letter.encode())
        if size > room:
            pieces.append("")
            room = _LINE - 1
        pieces[-1] += letter
        room -= size
    return "\r\n ".join(pieces)
