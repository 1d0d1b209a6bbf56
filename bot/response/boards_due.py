"""What chats show is brought up to date: the gravest first, one message at a time in each channel, in their order.

Only whoever holds the lease shows anything, and what is begun is written down before: so a message is written once,
however many processes there are and whenever one of them dies. A card that meets a mistake of ours is put off, and what
stands behind it goes on.
"""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Protocol

from bot.errors import IntegrationError, Permanent
from bot.incidents import boards
from bot.model.actor import Actor
from bot.model.board import Asked, Brief, Card, CardKind, Picture, Shown
from bot.model.incident import Incident
from bot.model.run import ApprovalStatus
from bot.model.timeline import TimelineEntry
from bot.ports.board import Board
from bot.ports.store import Tx
from bot.response import boards_wanted, briefed, one_by_one
from bot.response.world import World
from bot.rights import Act, require

PORTION = 200
"""Cards that are looked at for whose turn it is."""


class _Keep(Protocol):
    def __call__(self, cards: Sequence[Card], say: Sequence[TimelineEntry | None] = ()) -> Awaitable[None]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class _Turn:
    """One card whose turn it is, and what it is to show. `beside`: the other cards of its incident."""

    card: Card
    board: Board
    view: Brief | Asked
    incident: Incident | None
    beside: Sequence[Card]

    @property
    def shared(self) -> bool:
        """Whether its message stands in a channel that others share, and not below another one."""
        if isinstance(self.view, Asked):
            return bool(self.view.place) and not self.view.thread and self.view.place == self.card.place
        return self.card.kind is CardKind.INCIDENT

    def until_put_away(self, card: Card) -> Card:
        """The card after it was shown, with when its channel is put away."""
        return card if self.incident is None else boards.until_put_away(card, self.incident, self.board.rooms)

    def is_early(self) -> bool:
        """Whether it is a question of an incident whose message is not there yet."""
        return isinstance(self.view, Asked) and self.view.is_early and not self.card.ref

    def is_open(self) -> bool:
        """Whether it is a question that somebody may still answer."""
        return isinstance(self.view, Asked) and self.view.approval.status is ApprovalStatus.OPEN

    def is_too_much(self) -> bool:
        """Whether it would be one message more than such a channel bears."""
        if self.card.ref or not self.shared or self.incident is None:
            return False
        phase = self.view.phase if isinstance(self.view, Brief) else ""
        return not boards.may_post(self.card, self.beside, phase)


async def look(world: World, actor: Actor, *, lease: str, epoch: int) -> datetime | None:
    """Shows what is due; when there is more. Fenced when another process shows by now; PutOff."""
    now = world.clock.now()
    require(actor, Act.TELL, "chats", now)
    if not world.boards:
        return None
    each: one_by_one.Look[str] = one_by_one.Look(put_off=_put_off, lease=lease, epoch=epoch)
    more, missed = await world.store.write(partial(_follow, world=world, actor=actor, look=each, now=now))
    turns, met = await world.store.read(partial(_turns, world=world, actor=actor, now=now))
    await one_by_one.do(world, actor, list(turns), lambda key: _take(world, turns[key], each), each, missed | met)
    if more or turns:
        return world.clock.now()
    return await world.store.read(lambda tx: tx.cards.next_at())


def _follow(
    tx: Tx, *, world: World, actor: Actor, look: one_by_one.Look[str], now: datetime
) -> tuple[bool, dict[str, Exception]]:
    look.check(tx)
    more, met = boards_wanted.follow(tx, actor, world.boards, now)
    for card in _due(tx, now)[0]:
        if card.integration not in world.boards:
            tx.cards.put(replace(card, wanted_at=None, due_at=None))
    return more, met


def _due(tx: Tx, now: datetime) -> tuple[Sequence[Card], dict[str, Exception]]:
    """What may be tried; where some of it cannot be read, all is read one by one."""
    found: list[Card] = []
    if not tx.mistake_in(lambda: found.extend(tx.cards.due(now, PORTION))):
        return found, {}
    keys = {_key(*one): one for one in tx.cards.keys_due(now, PORTION)}
    read, met = one_by_one.Look.see(keys, lambda key: tx.cards.get(*keys[key]))
    return [card for card in read.values() if card is not None], met


def _key(integration: str, key: str) -> str:
    return f"{integration}/{key}"


def _put_off(tx: Tx, key: str, until: datetime) -> None:
    integration, _, its = key.rpartition("/")
    tx.cards.put_off(integration, its, until)


def _turns(tx: Tx, *, world: World, actor: Actor, now: datetime) -> tuple[dict[str, _Turn], dict[str, Exception]]:
    """One for each channel, and one for what has none yet; and what mistakes others met."""
    first: dict[tuple[str, str], _Turn] = {}
    cards, met = _due(tx, now)
    for card in (one for one in cards if one.integration in world.boards and boards.line(one) not in first):
        if mistake := tx.mistake_in(partial(_line_up, first, tx, world, actor, card)):
            met[_key(card.integration, card.key)] = mistake
    return {_key(turn.card.integration, turn.card.key): turn for turn in first.values()}, met


def _line_up(first: dict[tuple[str, str], _Turn], tx: Tx, world: World, actor: Actor, card: Card) -> None:
    first[boards.line(card)] = _turn(tx, world, actor, card)


def _turn(tx: Tx, world: World, actor: Actor, card: Card) -> _Turn:
    board = world.boards[card.integration]
    view: Brief | Asked
    if card.kind is CardKind.APPROVAL:
        view = briefed.asked(tx, world.setup, actor, card)
    else:
        view = briefed.brief(tx, world.setup, actor, card, threads=board.threads and card.kind is CardKind.INCIDENT)
    incident = tx.incidents.get(card.incident) if card.incident is not None else None
    beside = tx.cards.of_incident(card.incident) if card.incident is not None else ()
    return _Turn(card=card, board=board, view=view, incident=incident, beside=beside)


async def _take(world: World, turn: _Turn, look: one_by_one.Look[str]) -> None:
    """One card's turn, whatever comes of it."""
    keep = partial(_keep, world, look)
    card, now = turn.card, world.clock.now()
    if card.ref and not card.error and card.shows == boards.digest(turn.view):
        await keep([replace(card, wanted_at=None, due_at=None)])
    elif turn.is_too_much():
        await keep([boards.held_back(card)])
    elif turn.is_early():
        await keep([boards.early(card, now) if turn.is_open() else replace(card, wanted_at=None, due_at=None)])
    else:
        await _try(world, turn, keep, now)


async def _try(world: World, turn: _Turn, keep: _Keep, now: datetime) -> None:
    card, begun = turn.card, replace(turn.card, begun_at=turn.card.begun_at or now)
    if not card.ref and card.begun_at is None:
        await keep([begun])
    try:
        shown = await _shown(world, turn, now)
    except IntegrationError as error:
        await _was_not(world, replace(turn, card=begun), keep, error)
        return
    now = world.clock.now()
    said = [boards.shown_again(card, now), *boards.troubles(card, shown, now)]
    after = boards.as_shown(card, shown, turn.view, now, shared=turn.shared)
    await keep([turn.until_put_away(after)], said)


async def _shown(world: World, turn: _Turn, now: datetime) -> Shown:
    if boards.is_to_be_put_away(turn.card, turn.incident, turn.board.rooms, now):
        return await turn.board.put_away(turn.card)
    return await turn.board.show(turn.card, turn.view, partial(_load, world))


async def _was_not(world: World, turn: _Turn, keep: _Keep, error: IntegrationError) -> None:
    """It is tried again. What stands behind it in the channel waits as long, so that the order is kept."""
    now, card = world.clock.now(), turn.card
    if boards.given_up(card, turn.incident, now):
        await keep([replace(card, wanted_at=None, due_at=None)])
        return
    off = boards.put_off(card, error, now)
    said = boards.not_shown(card, error, now)
    line: Sequence[Card] = ()
    if not isinstance(error, Permanent):
        line, _ = await world.store.read(lambda tx: _due(tx, off.due_at or now))
    await keep([off, *boards.behind(off, line)], [said])


async def _keep(
    world: World, look: one_by_one.Look[str], cards: Sequence[Card], say: Sequence[TimelineEntry | None] = ()
) -> None:
    def work(tx: Tx) -> None:
        look.check(tx)
        for card in cards:
            tx.cards.put(card)
        for entry in filter(None, say):
            tx.incidents.tell(entry)

    await world.store.write(work)


async def _load(world: World, picture: Picture) -> bytes:
    return (await world.store.read(lambda tx: tx.evidence.attachment(picture.evidence, picture.name))).content
