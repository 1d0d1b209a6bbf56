"""What a page says to whoever is woken, and what the timeline says of pages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from bot.incidents.escalation import BY_HAND, Step
from bot.model.actor import TOCSIN, Actor
from bot.model.escalation import Escalation
from bot.model.ids import IncidentId
from bot.model.incident import Incident, IncidentStatus
from bot.model.page import Call, Known, Page
from bot.model.timeline import EntryKind, TimelineEntry
from bot.model.wording import one_line

_NAMED, _LISTED = 5, 50
"""Incidents of a page for several that its title names, and that its text lists."""


def is_needed(page: Page, incident: Incident) -> bool:
    """Whether the page still has to leave: somebody asked for it by hand, or nobody has the incident."""
    return page.level == BY_HAND or incident.status is IncidentStatus.TRIGGERED


def call(page: Page, incident: Incident, *, public_url: str, text: str, at: datetime, again: bool = False) -> Call:
    """What is handed over. `text`: what whoever asks for this person by hand wants them to know.

    `again`: it was tried before, and may have got there.
    """
    link = f"{public_url}/incidents/{incident.id}"
    facts = (
        f"{incident.id} {incident.severity}: {one_line(incident.headline)}",
        f"service: {one_line(incident.service)}" if incident.service else "",
        f"team: {one_line(incident.team)}" if incident.team else "",
        text,
        f"Say that you have it: {link} or `tocsin incident ack {incident.id}`",
    )
    return Call(
        page=page.id,
        incident=incident.id,
        key=key_of(incident),
        title=one_line(incident.headline),
        severity=incident.severity,
        service=incident.service,
        text="\n".join(fact for fact in facts if fact),
        link=link,
        person=page.person,
        address=page.address,
        at=at,
        again=again,
    )


def leaves_with_others_at(page: Page, incident: Incident, known: Known | None, within: timedelta) -> datetime | None:
    """Until when the page is held back; None: it leaves by itself.

    `known` is what the person was paged of `within` this time and has not answered. What is graver than that leaves at
    once, and so does what a person asks for by hand.
    """
    if known is None or page.level == BY_HAND or incident.severity < known.gravest:
        return None
    return known.left_at + within


def call_for_all(found: Sequence[tuple[Page, Incident]], *, public_url: str, at: datetime, again: bool = False) -> Call:
    """What is handed over for several incidents, the gravest first; for one what is always handed over.

    Of one incident there may be several pages: each level that this person is on has one.
    """
    page, gravest = found[0]
    alone = call(page, gravest, public_url=public_url, text="", at=at, again=again)
    incidents = list({incident.id: incident for _, incident in found}.values())
    if len(incidents) == 1:
        return alone
    named = ", ".join(incident.id for incident in incidents[:_NAMED]) + _and_more(incidents, _NAMED)
    lines = [f"{one.id} {one.severity}: {one_line(one.headline)}" for one in incidents[:_LISTED]]
    text = "\n".join((*lines, *([_and_more(incidents, _LISTED).strip()] if len(incidents) > _LISTED else ())))
    link = f"{public_url}/incidents"
    return replace(
        alone, title=f"{len(incidents)} more incidents: {named}", service="", link=link,
        text=f"{text}\nSay that you have them: {link} or `tocsin incident ack {gravest.id}`",
    )  # fmt: skip


def _and_more(incidents: Sequence[Incident], shown: int) -> str:
    return f" and {len(incidents) - shown} more" if len(incidents) > shown else ""


def key_of(incident: Incident) -> str:
    """By this others know the incident: also one of the same number in another store is another one.

    It holds nothing that has a meaning in an address: some know incidents by a part of theirs.
    """
    return f"tocsin-{incident.id}-{int(incident.opened_at.timestamp())}"


def step_of(page: Page) -> str:
    """Which step of the escalation a page belongs to, as people count."""
    if page.level == BY_HAND:
        return "asked for by hand"
    return f"level {page.level + 1}" + (f", round {page.round + 1}" if page.round else "")


def asked(incident: IncidentId, whom: str, text: str, actor: Actor, now: datetime) -> TimelineEntry:
    """Somebody pages somebody by hand."""
    return _entry(incident, now, f"asks for {whom}", why=text, actor=actor)


def taken(page: Page, now: datetime, others: int = 0) -> TimelineEntry:
    """The other side has it; so many others left with it."""
    together = f", together with {others} other incident{'s' if others > 1 else ''}" if others else ""
    return _entry(page.incident, now, f"paged {page.person} through {page.integration}{together}", why=step_of(page))


def held(page: Page, known: Known, until: datetime, now: datetime) -> TimelineEntry:
    """It leaves with others."""
    why = f"they were paged of another incident at {known.left_at:%H:%M:%S} and have not answered; {step_of(page)}"
    text = f"{page.person} is paged of this together with other incidents, by {until:%H:%M:%S} UTC"
    return _entry(page.incident, now, text, why=why)


def failed(page: Page, following: Page | None, now: datetime) -> TimelineEntry:
    """This way to the person does not work; `following` is the attempt to take another."""
    after = f"{following.integration} is tried" if following is not None else "there is no other way to them"
    text = f"could not page {page.person} through {page.integration}; {after}"
    return _entry(page.incident, now, text, why=f"{step_of(page)}: {page.error}")


def not_needed(page: Page, why: str, now: datetime) -> TimelineEntry:
    """Before it left, somebody had the incident."""
    return _entry(page.incident, now, f"{page.person} is not paged any more", why=why)


def stepped(incident: IncidentId, step: Step, now: datetime) -> Iterator[TimelineEntry]:
    """What a step of the escalation came to, beside its pages."""
    for missed in step.missed:
        yield _entry(incident, now, missed, why=f"level {step.level + 1} of the escalation")
    if step.said:
        yield _entry(incident, now, step.said, why="")


def not_followed(standing: Escalation, why: str, wider: str, now: datetime) -> TimelineEntry:
    """Its policy is of no use: who is woken instead, and what people can do about it."""
    text = f"escalation {standing.policy} cannot be followed: {why}; {wider} is followed instead"
    advice = "look at it, its schedules and hours with `tocsin check` and `tocsin oncall`; the log says more"
    return _entry(standing.incident, now, text, why=advice)


def _entry(incident: IncidentId, now: datetime, text: str, *, why: str, actor: Actor = TOCSIN) -> TimelineEntry:
    return TimelineEntry(
        incident=incident, at=now, recorded_at=now, actor=actor, kind=EntryKind.PAGE, text=text, why=why
    )
