"""The note that whoever goes and whoever comes on call reads: who has it until when, what stands open, what was."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.model.escalation import Level, TargetKind
from bot.model.incident import Incident
from bot.model.moments import zone
from bot.model.schedule import Duty, Override, Schedule
from bot.model.setup import Setup

_SHOWN = 20
"""Incidents a note names; how many more there are it counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Handover:
    """One duty ends and another begins; `incidents` are those that stand open or opened during the one that ends."""

    schedule: Schedule
    before: Duty
    after: Duty
    incidents: tuple[Incident, ...] = ()
    covers: tuple[Override, ...] = ()

    @property
    def coming(self) -> Sequence[str]:
        """Who is on call from now on and was not."""
        return [name for name in self.after.people if name not in self.before.people]

    @property
    def going(self) -> Sequence[str]:
        """Who was on call and is not any more."""
        return [name for name in self.before.people if name not in self.after.people]


def concerns(setup: Setup, schedule: Schedule, incident: Incident) -> bool:
    """Whether it is for this schedule: its escalation pages it, or no escalation does and so every incident is."""
    policies = [name for name, policy in setup.escalations.items() if _pages(policy.levels, schedule)]
    service = setup.services.get(incident.service)
    return not policies or ((service.escalation if service else "") or setup.default_escalation) in policies


def _pages(levels: Sequence[Level], schedule: Schedule) -> bool:
    targets = (target for level in levels for target in level.targets)
    return any(target.kind is TargetKind.SCHEDULE and target.name == schedule.name for target in targets)


def subject(handover: Handover, person: str) -> str:
    """The note's first line for this person."""
    what = handover.schedule.title or handover.schedule.name
    return f"you are on call: {what}" if person in handover.coming else f"you are off call: {what}"


def note(handover: Handover, person: str, time_zone: str) -> str:
    """The whole note for this person, with times of their zone; plain text."""
    return "\n".join(_lines(handover, person, time_zone))


def _lines(handover: Handover, person: str, time_zone: str) -> Iterator[str]:
    before, after = handover.before, handover.after
    until = _time(after.ends_at, time_zone)
    if person in handover.coming:
        others = [name for name in after.people if name != person]
        yield f"You are on call until {until}{f', together with {_all(others)}' if others else ''}."
        yield f"Before you it was {_all(before.people)}."
    else:
        yield f"{_all(after.people) or 'Nobody'} is on call from now on, until {until}."
    for cover in handover.covers:
        since, end = _time(cover.starts_at, time_zone), _time(cover.ends_at, time_zone)
        yield f"{cover.person} covers from {since} until {end}{f': {cover.reason}' if cover.reason else ''}."
    standing = [one for one in handover.incidents if one.is_open]
    over = [one for one in handover.incidents if not one.is_open]
    yield from _listed("Open now", standing, time_zone)
    yield from _listed(f"Over, of those since {_time(before.starts_at, time_zone)}", over, time_zone)
    if not handover.incidents:
        yield f"Nothing is open, and there was no incident since {_time(before.starts_at, time_zone)}."


def _listed(title: str, incidents: Sequence[Incident], time_zone: str) -> Iterator[str]:
    if not incidents:
        return
    yield f"\n{title}: {len(incidents)}"
    for one in incidents[:_SHOWN]:
        who = f", {one.acknowledged_by} has it" if one.is_open and one.acknowledged_by else ""
        state = f"{one.status} since {_time(one.opened_at, time_zone)}" if one.is_open else str(one.status)
        yield f"  {one.id} {one.severity} {one.headline} ({state}{who})"
    if len(incidents) > _SHOWN:
        yield f"  and {len(incidents) - _SHOWN} more"


def _all(people: Sequence[str]) -> str:
    return " and ".join(people) if people else "nobody"


def _time(at: datetime, time_zone: str) -> str:
    return f"{at.astimezone(zone(time_zone)):%a %Y-%m-%d %H:%M %Z}"
