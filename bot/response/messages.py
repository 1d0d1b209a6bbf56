"""Somebody is to read something: it is sent by the first of their contacts that takes messages, and wakes nobody.

`send` and `post` are part of the transaction of what the message speaks of; `message_due` delivers it afterwards.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.errors import IntegrationError, Permanent, Temporary
from bot.model.actor import Actor, Contact
from bot.model.answer import Press
from bot.model.errand import Errand, ErrandKind
from bot.model.ids import IncidentId
from bot.model.page import Message
from bot.model.setup import Setup
from bot.model.timeline import EntryKind, TimelineEntry
from bot.ports.store import Tx
from bot.response.world import World
from bot.rights import Act, require

PATIENCE = timedelta(minutes=5)
"""For so long a contact that does not answer is asked again before the next one is."""
GIVE_UP = timedelta(hours=24)
"""A message older than this is of no use to anybody: it is not tried again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Letter:
    to: str
    contacts: Sequence[Contact]
    message: Message
    about: IncidentId | None


def send(
    tx: Tx,
    setup: Setup,
    actor: Actor,
    person: str,
    *,
    subject: str,
    text: str,
    link: str,
    id: str,
    now: datetime,
    about: IncidentId | None = None,
    presses: tuple[Press, ...] = (),
) -> bool:
    """To one person; False when nobody knows how to reach them. The same `id` reaches each person once.

    `about`: the incident on whose timeline is said that it did not arrive. `presses`: see `Message`.
    """
    known = setup.people.get(person)
    if known is None or not known.contacts:
        return False
    message = Message(id=id, address="", subject=subject, text=text, link=link, at=now, presses=presses)
    letter = _Letter(to=person, contacts=known.contacts, message=message, about=about)
    return _add(tx, actor, letter, lane="")


def post(
    tx: Tx,
    actor: Actor,
    contact: Contact,
    *,
    subject: str,
    text: str,
    link: str,
    id: str,
    now: datetime,
    about: IncidentId | None = None,
) -> bool:
    """To an address that is nobody's own, such as a room or a list; what is posted to one arrives in order."""
    to = f"{contact.integration} {contact.address}".strip()
    message = Message(id=id, address="", subject=subject, text=text, link=link, at=now)
    letter = _Letter(to=to, contacts=(contact,), message=message, about=about)
    return _add(tx, actor, letter, lane=f"message {to}")


async def message_due(world: World, actor: Actor, errand: Errand) -> None:
    """Delivers it. Temporary: it is to be tried again. Permanent: nobody took it, and the timeline says so."""
    now = world.clock.now()
    letter = _read(errand)
    require(actor, Act.TELL, letter.to, now)
    trouble: IntegrationError = _no_way(letter)
    again = errand.attempts > 1
    for contact in [one for one in letter.contacts if one.integration in world.messengers]:
        message = replace(letter.message, address=contact.address, again=again)
        try:
            await world.messengers[contact.integration].send(message)
            return
        except IntegrationError as error:
            trouble = _unless_it_waits(error, now - letter.message.at, PATIENCE)
    lost = _unless_it_waits(trouble, now - letter.message.at, GIVE_UP)
    await _was_not(world, actor, letter, lost, now)
    raise Permanent(lost.message, integration=lost.integration, reason=lost.reason)


def _unless_it_waits(error: IntegrationError, age: timedelta, patience: timedelta) -> IntegrationError:
    """The error, unless it may pass and the message is young enough to wait for that: then it is raised."""
    if isinstance(error, Temporary) and age < patience:
        raise error
    return error


def _no_way(letter: _Letter) -> IntegrationError:
    names = ", ".join(contact.integration for contact in letter.contacts)
    message = f"no contact of {letter.to} takes messages (there is {names})"
    return Permanent(message, integration=letter.contacts[0].integration, reason="client")


async def _was_not(world: World, actor: Actor, letter: _Letter, error: IntegrationError, now: datetime) -> None:
    about = letter.about
    if about is None:
        return
    entry = TimelineEntry(
        incident=about,
        at=now,
        recorded_at=now,
        actor=actor,
        kind=EntryKind.PAGE,
        text=f"{letter.to} was not told: {letter.message.subject}",
        why=error.message,
    )
    await world.store.write(lambda tx: tx.incidents.tell(entry))


def _add(tx: Tx, actor: Actor, letter: _Letter, lane: str) -> bool:
    message, now = letter.message, letter.message.at
    require(actor, Act.LOOK, letter.to, now)
    key = f"{message.id} to {letter.to}"
    tx.outbox.add(
        Errand(
            kind=ErrandKind.MESSAGE,
            dedup_key=f"message {key}",
            due_at=now,
            payload={
                "to": letter.to,
                "contacts": json.dumps([[contact.integration, contact.address] for contact in letter.contacts]),
                "about": letter.about or "",
                "id": key,
                "subject": message.subject,
                "text": message.text,
                "link": message.link,
                "at": now.isoformat(),
                "presses": json.dumps([[one.label, one.says, one.confirm] for one in message.presses]),
            },
            lane=lane,
        )
    )
    return True


def _read(errand: Errand) -> _Letter:
    """What `_add` wrote."""
    written = errand.payload
    presses = json.loads(written.get("presses", "[]"))  # an errand of an older Tocsin has none
    return _Letter(
        to=written["to"],
        contacts=[Contact(integration=name, address=address) for name, address in json.loads(written["contacts"])],
        message=Message(
            id=written["id"],
            address="",
            subject=written["subject"],
            text=written["text"],
            link=written["link"],
            at=datetime.fromisoformat(written["at"]),
            presses=tuple(Press(label=label, says=says, confirm=confirm) for label, says, confirm in presses),
        ),
        about=IncidentId(written["about"]) if written["about"] else None,
    )
