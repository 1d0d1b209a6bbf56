"""What a chat shows of an incident, or of a question to people, is read together from what is kept."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bot.incidents import boards
from bot.model.actor import Actor, Person
from bot.model.alert import Alert
from bot.model.board import GONE_ROOM, Asked, Brief, Card, CardKind
from bot.model.ids import ApprovalId, IncidentId
from bot.model.incident import Incident
from bot.model.run import Approval, ApprovalStatus
from bot.model.setup import Setup
from bot.model.status_update import Audience
from bot.ports.store import Tx
from bot.rights import Act, require
from bot.runbooks import matching, policy

_MOST_ALERTS = 5
_MOST_CALLED = 8
_MOST_BOOKS = 3


def brief(tx: Tx, setup: Setup, actor: Actor, card: Card, *, threads: bool) -> Brief:
    """How the incident stands. `threads`: what happened since is told below it."""
    incident = tx.incidents.get(IncidentId(card.about))
    require(actor, Act.LOOK, incident.id, incident.opened_at)
    alerts = _alerts(tx, incident)
    open_ones = [one for one in tx.approvals.of_incident(incident.id) if one.status is ApprovalStatus.OPEN]
    room = tx.cards.get(card.integration, f"{CardKind.ROOM} {incident.id}")
    books = _runbooks(setup, incident, alerts)
    return Brief(
        incident=incident,
        link=f"{setup.public_url}/incidents/{incident.id}",
        alerts=tuple(alerts[:_MOST_ALERTS]),
        firing=len(incident.firing),
        ended=len(incident.alerts) - len(incident.firing),
        update=_update(tx, incident.id),
        asks=boards.asks(open_ones),
        runs=tuple(run.runbook.title for run in tx.runs.list(incident=incident.id) if run.ended_at is None),
        runbooks=books,
        room=room.place if room is not None and "closed" not in room.parts else "",
        dashboard=_dashboard(setup, incident),
        picture=boards.picture(tx.evidence.of_incident(incident.id)),
        story=boards.story(tx.incidents.timeline(incident.id), card.story) if threads else (),
        invited=_at_work(tx, setup, card.integration, incident),
        pages=tuple(_pages(setup, incident, books)),
    )


def asked(tx: Tx, setup: Setup, actor: Actor, card: Card) -> Asked:
    """The question, with all that somebody needs who has to answer it."""
    approval = tx.approvals.get(ApprovalId(card.about))
    require(actor, Act.LOOK, approval.id, approval.asked_at)
    run = tx.runs.get(approval.run)
    step = next((one.title for one in run.runbook.steps if one.id == approval.step), approval.step)
    may = [setup.people[name] for name in policy.could_answer(approval, setup.people)]
    room = _room(tx, card, approval)
    place, thread = (room, "") if room else _place(tx, card, approval)
    return Asked(
        approval=approval,
        title=tx.incidents.get(approval.incident).title if approval.incident is not None else "",
        runbook=run.runbook.title,
        step=step,
        link=f"{setup.public_url}/runs/{approval.run}",
        may=tuple(one.name for one in may if one.name not in approval.given_by),
        calls=_known_as(tx, card.integration, may)[:_MOST_CALLED],
        place=place,
        thread=thread,
        in_room=bool(room),
    )


def _room(tx: Tx, card: Card, approval: Approval) -> str:
    """The incident's own channel, if it can be asked there; else nothing."""
    room = tx.cards.get(card.integration, f"{CardKind.ROOM} {approval.incident}")
    if room is None or not room.ref or "closed" in room.parts or card.parts.get(GONE_ROOM) == room.place:
        return ""
    return room.place


def _place(tx: Tx, card: Card, approval: Approval) -> tuple[str, str]:
    """The channel and the message below which it is asked: that of its incident."""
    if approval.incident is None:
        return card.place, ""
    message = tx.cards.get(card.integration, f"{CardKind.INCIDENT} {approval.incident}")
    return (message.place, message.ref) if message is not None and message.ref else ("", "")


def _alerts(tx: Tx, incident: Incident) -> Sequence[Alert]:
    """Some of them: those that fire first."""
    wanted = list(dict.fromkeys((*incident.firing, *incident.alerts)))[: 2 * _MOST_ALERTS]
    known = tx.alerts.known(wanted)
    return [known[one] for one in wanted if one in known]


def _update(tx: Tx, incident: IncidentId) -> str:
    """What the responders were told last."""
    told = [one.text for one in tx.updates.of_incident(incident) if one.audience is Audience.RESPONDERS]
    return told[-1] if told else ""


def _runbooks(setup: Setup, incident: Incident, alerts: Sequence[Alert]) -> tuple[str, ...]:
    """Those that fit one of its alerts, and then those that its service has for whatever happens to it."""
    fits = [fit.runbook.name for alert in alerts for fit in matching.fitting(setup.runbooks.values(), alert)]
    service = setup.services.get(incident.service)
    return tuple(dict.fromkeys([*fits, *(service.runbooks if service is not None else ())]))


def _pages(setup: Setup, incident: Incident, books: Sequence[str]) -> Iterator[tuple[str, str]]:
    for book in books[:_MOST_BOOKS]:
        yield f"Runbook {book}", f"{setup.public_url}/runbooks/{book}/rehearsal?incident={incident.id}"
    yield "Report", f"{setup.public_url}/incidents/{incident.id}/report.html"


def _dashboard(setup: Setup, incident: Incident) -> str:
    service = setup.services.get(incident.service)
    return next(iter(service.dashboards.values()), "") if service is not None else ""


def _at_work(tx: Tx, setup: Setup, integration: str, incident: Incident) -> tuple[str, ...]:
    """Ids of whoever was paged for it, has it, or has a role in it."""
    names = [page.person for page in tx.pages.of_incident(incident.id)]
    names += [incident.acknowledged_by, incident.declared_by, *incident.roles.values()]
    people = [setup.people[name] for name in dict.fromkeys(names) if name in setup.people]
    return _known_as(tx, integration, people)


def _known_as(tx: Tx, integration: str, people: Sequence[Person]) -> tuple[str, ...]:
    links = tx.chat_links.of(integration)
    return tuple(filter(None, (boards.known_as(one, integration, links) for one in people)))
