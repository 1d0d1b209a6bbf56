"""What being on call costs each person.

Pages         those that left in the time asked about and were taken: one that failed, or that nobody needed any more,
              woke nobody; not those of drills and tests
At night      from 22:00 until before 8:00 where the person is at home
Nights        those with one page or more
Incidents     those that the person was paged for
On duty       of the time asked about, the hours in which a schedule, as it is now, has the person on call; hours on two
              schedules at once are counted once. None where there are no schedules
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from bot.incidents.nights import Nights
from bot.model.ids import IncidentId
from bot.model.schedule import Duty
from bot.model.statistics import Load, Woken


@dataclass(slots=True)
class _Tally:
    pages: int = 0
    night_pages: int = 0
    nights: set[date] = field(default_factory=set)
    incidents: set[IncidentId] = field(default_factory=set)


def load(
    woken: Iterable[Woken], duties: Sequence[Duty] | None, since: datetime, until: datetime, nights: Nights
) -> Sequence[Load]:
    """Everybody who was paged or on call, who was paged most first. `duties` None: there are no schedules."""
    tallies: dict[str, _Tally] = {}
    for page in woken:
        tally = tallies.setdefault(page.person, _Tally())
        night = nights.night_of(page)
        tally.pages += 1
        tally.incidents.add(page.incident)
        if night is not None:
            tally.night_pages += 1
            tally.nights.add(night)
    hours = on_duty(duties or (), since, until)
    found = [
        Load(
            person=person,
            pages=tally.pages,
            night_pages=tally.night_pages,
            nights=len(tally.nights),
            incidents=len(tally.incidents),
            on_duty=None if duties is None else hours.get(person, timedelta(0)),
        )
        for person, tally in tallies.items()
    ]
    found += [Load(person=person, on_duty=length) for person, length in hours.items() if person not in tallies]
    return sorted(found, key=lambda each: (-each.pages, -(each.on_duty or timedelta(0)), each.person))


def on_duty(duties: Iterable[Duty], since: datetime, until: datetime) -> dict[str, timedelta]:
    """How long each person was on call within this time, whatever the number of schedules at once."""
    spans: dict[str, list[tuple[datetime, datetime]]] = {}
    for duty in duties:
        start, end = max(duty.starts_at, since), min(duty.ends_at, until)
        if start < end:
            for person in duty.people:
                spans.setdefault(person, []).append((start, end))
    return {person: _covered(sorted(each)) for person, each in spans.items()}


def _covered(spans: Sequence[tuple[datetime, datetime]]) -> timedelta:
    """The length of all of them together, sorted, what they share counted once."""
    length, reached = timedelta(0), spans[0][0]
    for start, end in spans:
        begin = max(start, reached)
        if begin < end:
            length += end - begin
            reached = end
    return length
