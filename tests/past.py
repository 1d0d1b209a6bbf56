"""A past to look back on: incidents of some weeks with their stories, pages and rules that fired, always the same.

Written past the responses, because a hundred thousand incidents would take those an hour.
"""

import random
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import datetime, timedelta

from sqlalchemy import Connection

from bot.model.actor import TOCSIN, Actor, Person, person
from bot.model.ids import IncidentId, PageId
from bot.model.incident import Incident, IncidentKind, IncidentStatus, Severity
from bot.model.page import Page, PageStatus
from bot.model.timeline import EntryKind, TimelineEntry
from bot.store.address import backend_for
from bot.store.repositories.incidents import entry_row, incident_row
from bot.store.repositories.paging import page_row
from bot.store.schema import open_prepared
from bot.store.tables import CounterRow, FiringRow, IncidentRow, PageRow, TimelineRow, table

PEOPLE = ("ann", "ben", "cem", "dora")
TEAMS = {"cart": "shop", "checkout": "shop", "payments": "money", "search": "find", "": ""}
RULES = {
    "CheckoutSlow": 0.9, "PaymentsFail": 1.0, "DiskFillsUp": 0.5, "PodRestarts": 0.1, "QueueGrows": 0.3,
    "CertificateExpires": 0.7, "ReplicaLags": 0.15, "NodeNotReady": 0.6, "SearchIndexOld": 0.4, "CacheCold": 0.05,
    "LoginsFail": 0.95, "BackupLate": 0.2,
}  # fmt: skip
"""How often somebody acts on an incident that the rule opens."""
_AT_ONCE = 2_000


def lived_through(url: str, until: datetime, *, incidents: int, days: int) -> None:
    """Fills the database at this address with so many incidents, over so many days up to `until`."""
    dice = random.Random(6)
    backend = backend_for(url)
    with backend.hold(), closing(open_prepared(backend)) as channel:
        channel.say("BEGIN")
        for portion in _portions(_past(dice, until, incidents, days)):
            _write(channel.connection, portion)
        channel.connection.execute(table(CounterRow).insert(), [{"name": "incidents", "last": incidents}])
        channel.say("COMMIT")


_Life = tuple[Incident, Sequence[TimelineEntry], Sequence[Page], dict[str, object]]


def _past(dice: random.Random, until: datetime, incidents: int, days: int) -> Iterator[_Life]:
    seconds = days * 86400
    moments = sorted(until - timedelta(seconds=dice.uniform(60, seconds)) for _ in range(incidents))
    pages = 0
    for number, at in enumerate(moments, start=1):
        life = _life(dice, number, at, until, pages)
        pages += len(life[2])
        yield life


def _life(dice: random.Random, number: int, at: datetime, until: datetime, pages: int) -> _Life:
    rule, likely = dice.choice(list(RULES.items()))
    service = dice.choice(list(TEAMS))
    severity = dice.choices(list(Severity), (1, 6, 10, 5, 1))[0]
    acts = dice.random() < likely
    acknowledged = at + timedelta(minutes=dice.lognormvariate(1.2, 0.9)) if acts else None
    mitigated = acknowledged + timedelta(minutes=dice.lognormvariate(2.5, 0.8)) if acknowledged else None
    resolved = (mitigated or at) + timedelta(minutes=dice.lognormvariate(2.0, 1.0))
    over = resolved < until
    who = dice.choice(PEOPLE)
    incident = Incident(
        id=IncidentId(f"INC-{number}"),
        title=f"{rule} on {service or 'a host'}",
        severity=severity,
        status=IncidentStatus.CLOSED if over else IncidentStatus.ACKNOWLEDGED if acts else IncidentStatus.TRIGGERED,
        kind=IncidentKind.DRILL if number % 50 == 0 else IncidentKind.NORMAL,
        opened_at=at,
        service=service,
        team=TEAMS[service],
        detected_at=at - timedelta(seconds=dice.uniform(5, 90)),
        acknowledged_at=acknowledged,
        acknowledged_by=who if acts else "",
        mitigated_at=mitigated,
        resolved_at=resolved if over else None,
        closed_at=resolved + timedelta(days=1) if over else None,
    )
    actors = [TOCSIN, TOCSIN, TOCSIN, person(Person(name=who), "cli") if acts else TOCSIN, TOCSIN]
    story = [_entry(incident, actor, step) for step, actor in enumerate(actors)]
    again = dice.randrange(4) if rule == "QueueGrows" else 0
    firing = {"incident": incident.id, "rule": rule, "fires": 1 + again, "again": again, "first": True}
    paged = [_page(incident, who, pages + 1)] if severity <= Severity.SEV2 else []
    return incident, story, paged, firing


def _entry(incident: Incident, actor: Actor, step: int) -> TimelineEntry:
    at = incident.opened_at + timedelta(seconds=step)
    text = f"step {step} of what happened to {incident.title}"
    return TimelineEntry(incident=incident.id, at=at, recorded_at=at, actor=actor, kind=EntryKind.NOTE, text=text)


def _page(incident: Incident, who: str, number: int) -> Page:
    return Page(
        id=PageId(f"PAGE-{number}"),
        incident=incident.id,
        person=who,
        integration="mail",
        address=f"{who}@example.net",
        created_at=incident.opened_at,
        status=PageStatus.TAKEN,
        ended_at=incident.opened_at,
    )


def _portions(past: Iterator[_Life]) -> Iterator[list[_Life]]:
    portion: list[_Life] = []
    for life in past:
        portion.append(life)
        if len(portion) == _AT_ONCE:
            yield portion
            portion = []
    if portion:
        yield portion


def _write(connection: Connection, lives: Sequence[_Life]) -> None:
    rows = {
        IncidentRow: [incident_row(life[0]) for life in lives],
        TimelineRow: [entry_row(entry) for life in lives for entry in life[1]],
        FiringRow: [life[3] for life in lives],
        PageRow: [page_row(page) for life in lives for page in life[2]],
    }
    for row, values in rows.items():
        if values:
            connection.execute(table(row).insert(), values)
