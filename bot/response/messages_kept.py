"""A person wants a message of a chat on the timeline; the chat says that one of those was edited or deleted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import replace

from bot.incidents import remarks
from bot.model.actor import Actor
from bot.model.evidence import Evidence
from bot.model.ids import EvidenceId, IncidentId
from bot.model.remark import Remark
from bot.model.timeline import Told, as_told
from bot.ports.remarks import Fetch
from bot.ports.store import Tx
from bot.response import mirror_told
from bot.response.record import record
from bot.response.world import World
from bot.rights import Act, require


async def keep(
    world: World,
    actor: Actor,
    incident_id: IncidentId,
    remark: Remark,
    *,
    author: str,
    how: str,
    images: Fetch | None = None,
) -> bool:
    """Whether it is there since now; one that was there is left as it is, also where somebody struck it out.

    Its `images` are frozen as evidence with it: they are fetched only for one that is not there yet.
    """
    require(actor, Act.NOTE, incident_id, world.clock.now())
    if await world.store.read(lambda tx: _is_there(tx, incident_id, remark)):
        return False
    shown = [replace(one, name=world.clean(one.name)) for one in (await images() if images else ())]
    said, now = replace(remark, text=world.clean(remark.text)), world.clock.now()

    def write(tx: Tx) -> bool:
        incident = tx.incidents.get(incident_id)
        if _is_there(tx, incident_id, remark):
            return False
        record(tx, actor, Act.NOTE, incident_id, now, message=remark.link)
        entry = remarks.kept(incident_id, said, author, how, actor, now)
        frozen = _freeze(tx, [remarks.picture(entry, said, author, one) for one in shown if not one.missed])
        entry = tx.incidents.tell(replace(entry, evidence=frozen, why=remarks.why(how, shown)))
        mirror_told.note(tx, actor, incident, entry, now)
        return True

    return await world.store.write(write)


def _is_there(tx: Tx, incident: IncidentId, remark: Remark) -> bool:
    return remarks.found(as_told(tx.incidents.timeline(incident)), remark.link) is not None


def _freeze(tx: Tx, pictures: Sequence[Evidence]) -> tuple[EvidenceId, ...]:
    """Each is kept."""
    kept = [replace(one, id=tx.evidence.next_id()) for one in pictures]
    for one in kept:
        tx.evidence.put(one)
    return tuple(one.id for one in kept)


async def seen(world: World, actor: Actor, incident_id: IncidentId) -> Set[str]:
    """The links of the messages that are there, or were; `actor` is the chat."""
    require(actor, Act.FOLLOW_CHAT, incident_id, world.clock.now())
    return await world.store.read(lambda tx: remarks.links(as_told(tx.incidents.timeline(incident_id))))


async def follow(world: World, actor: Actor, incident_id: IncidentId, says: Mapping[str, str]) -> int:
    """How many read otherwise now. `says`: by its link what a message says, empty where it was deleted."""
    now = world.clock.now()
    require(actor, Act.FOLLOW_CHAT, incident_id, now)
    clean = {link: world.clean(text) for link, text in says.items()}

    def write(tx: Tx) -> int:
        story = as_told(tx.incidents.timeline(incident_id))
        return sum(_amended(tx, actor, told, clean[link]) for link in clean if (told := remarks.found(story, link)))

    def _amended(tx: Tx, actor: Actor, told: Told, text: str) -> bool:
        entry = remarks.followed(told, text, actor, now)
        if entry is not None:
            record(tx, actor, Act.FOLLOW_CHAT, incident_id, now, entry=str(told.entry.seq), reason=entry.why)
            tx.incidents.tell(entry)
        return entry is not None

    return await world.store.write(write)
