"""People make, change and end silences: what is kept of it, what is on record, and who may."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.alerts import silencing
from bot.errors import NotAllowed, NotFound
from bot.model.actor import VIEWER, Actor, Person, person
from bot.model.ids import SilenceId
from bot.model.labels import LabelSet
from bot.model.matchers import parse_matchers
from bot.model.route import Route
from bot.model.silence import Silence, SilenceState
from bot.response import silences_kept
from tests.scenarios.alerting import ANN, SENDER, Alerting, alerting

VERA = person(Person(name="vera", roles=frozenset({VIEWER})), "cli")
DOWN = LabelSet({"alertname": "Down"})
ROUTE = Route(receiver="sre", group_by=("alertname",))
OLD, NEW = SilenceId("old"), SilenceId("new")


def asked(tocsin: Alerting, matchers: str = "alertname=Down", id: str = "") -> Silence:
    now = tocsin.clock.now()
    return Silence(
        id=SilenceId(id), matchers=parse_matchers(matchers), starts_at=now, ends_at=now + timedelta(hours=1),
        updated_at=now, created_by="ann", comment="known",
    )  # fmt: skip


async def recorded(tocsin: Alerting, silence: SilenceId) -> list[tuple[str, str, str]]:
    """What the audit record says of a silence, the oldest first."""
    entries = await tocsin.world.store.read(lambda tx: tx.audit.list(object=silence))
    return [(one.actor.name, one.act, one.details.get("instead", "")) for one in reversed(entries)]


async def test_a_silence_that_becomes_another_one_is_ended_and_both_are_on_record(database: Path) -> None:
    async with alerting(database, ROUTE) as tocsin:
        await silences_kept.place(tocsin.world, ANN, asked(tocsin), OLD)
        await tocsin.passes("1m")
        longer = replace(asked(tocsin, id="old"), starts_at=tocsin.world.alerts.silences.all()[0].starts_at)
        assert (await silences_kept.place(tocsin.world, ANN, longer, NEW)).id == OLD
        await tocsin.passes("1m")
        other = asked(tocsin, "alertname=Other", "old")
        assert (await silences_kept.place(tocsin.world, ANN, other, NEW)).id == NEW
        await tocsin.passes("1s")
        book, now = tocsin.world.alerts.silences, tocsin.clock.now()
        assert book.silencing(DOWN, now) == ()
        assert book.silencing(LabelSet({"alertname": "Other"}), now) == (NEW,)
        assert {one.id: one.state(now) for one in book.all()} == {OLD: SilenceState.EXPIRED, NEW: SilenceState.ACTIVE}
        assert await recorded(tocsin, OLD) == [
            ("ann", "silence alerts", ""),
            ("ann", "silence alerts", ""),
            ("ann", "end a silence", "new"),
        ]
        assert await recorded(tocsin, NEW) == [("ann", "silence alerts", "")]


async def test_what_is_over_stays_over_and_is_not_on_record_twice(database: Path) -> None:
    async with alerting(database, ROUTE) as tocsin:
        await silences_kept.place(tocsin.world, ANN, asked(tocsin), OLD)
        ended = await silences_kept.expire(tocsin.world, ANN, OLD)
        assert ended.ends_at == tocsin.clock.now()
        await tocsin.passes("1m")
        assert await silences_kept.expire(tocsin.world, ANN, OLD) == ended
        assert len(await recorded(tocsin, OLD)) == 2


@pytest.mark.parametrize("who", [VERA, SENDER])
async def test_only_who_may_act_silences(database: Path, who: Actor) -> None:
    async with alerting(database, ROUTE) as tocsin:
        await silences_kept.place(tocsin.world, ANN, asked(tocsin), OLD)
        with pytest.raises(NotAllowed, match="may not silence alerts"):
            await silences_kept.place(tocsin.world, who, asked(tocsin), NEW)
        with pytest.raises(NotAllowed, match="may not end a silence"):
            await silences_kept.expire(tocsin.world, who, OLD)
        assert [one.id for one in tocsin.world.alerts.silences.all()] == [OLD]


async def test_what_is_refused_or_unknown_changes_nothing(database: Path) -> None:
    async with alerting(database, ROUTE) as tocsin:
        with pytest.raises(NotFound, match="there is no silence old"):
            await silences_kept.place(tocsin.world, ANN, asked(tocsin, id="old"), NEW)
        with pytest.raises(NotFound, match="there is no silence old"):
            await silences_kept.expire(tocsin.world, ANN, OLD)
        with pytest.raises(NotAllowed, match="needs a comment"):
            await silences_kept.place(tocsin.world, ANN, replace(asked(tocsin), comment=""), NEW)
        assert not tocsin.world.alerts.silences.all()
        assert not await recorded(tocsin, NEW)


async def test_silences_are_known_after_a_restart(database: Path) -> None:
    async with alerting(database, ROUTE) as tocsin:
        await silences_kept.place(tocsin.world, ANN, asked(tocsin), OLD)
    async with alerting(database, ROUTE) as tocsin:
        await tocsin.passes("1s")
        assert tocsin.world.alerts.silences.silencing(DOWN, tocsin.clock.now()) == (OLD,)


async def test_one_that_is_long_over_is_not_shown_any_more(database: Path) -> None:
    async with alerting(database, ROUTE) as tocsin:
        begun = tocsin.clock.now() - timedelta(days=6)
        over = replace(asked(tocsin, id="old"), starts_at=begun, ends_at=begun + timedelta(hours=1), updated_at=begun)
        await tocsin.world.store.write(lambda tx: tx.silences.put(over))
        await silences_kept.place(tocsin.world, ANN, asked(tocsin), NEW)
        await tocsin.passes("5s")
        assert [one.id for one in tocsin.world.alerts.silences.all()] == [NEW]
        assert tocsin.world.alerts.silence_seq == 2
        assert await tocsin.world.store.read(lambda tx: tx.silences.get(OLD)) == over


async def test_one_until_clear_ends_when_nothing_that_it_silences_fires_any_more(database: Path) -> None:
    async with alerting(database, ROUTE) as tocsin:
        await tocsin.fires(host="web1")
        await tocsin.fires(host="web2")
        await tocsin.fires("Other")
        await silences_kept.place(tocsin.world, ANN, silencing.until_clear(asked(tocsin)), OLD)
        await silences_kept.place(tocsin.world, ANN, asked(tocsin), NEW)
        await tocsin.ends(host="web1")
        await tocsin.passes("1m")
        book = tocsin.world.alerts.silences
        assert book.silencing(DOWN, tocsin.clock.now()) == (NEW, OLD)
        before = book.get(OLD)
        assert before is not None
        await tocsin.ends(host="web2")
        await tocsin.passes("5s")
        assert book.silencing(DOWN, tocsin.clock.now()) == (NEW,)
        ended = await tocsin.world.store.read(lambda tx: tx.silences.get(OLD))
        assert (ended.created_by, ended.comment) == ("ann", "known")
        assert ended.ends_at < before.ends_at
        assert await recorded(tocsin, OLD) == [("ann", "silence alerts", ""), ("tocsin", "end a silence", "")]


async def test_one_until_clear_waits_over_a_restart(database: Path) -> None:
    async with alerting(database, ROUTE) as tocsin:
        await tocsin.fires()
        await silences_kept.place(tocsin.world, ANN, silencing.until_clear(asked(tocsin)), OLD)
        await tocsin.passes("1s")
    async with alerting(database, ROUTE) as tocsin:
        await tocsin.passes("1m")
        assert tocsin.world.alerts.silences.silencing(DOWN, tocsin.clock.now()) == (OLD,)
        await tocsin.ends()
        await tocsin.passes("5s")
        assert tocsin.world.alerts.silences.silencing(DOWN, tocsin.clock.now()) == ()
