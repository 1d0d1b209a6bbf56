"""Incidents that are reopened, merged and taken apart while their alerts go on living."""

from pathlib import Path

import pytest

from bot.errors import NotAllowed
from bot.incidents.edits import Edit
from bot.model.ids import IncidentId
from bot.model.incident import IncidentKind, IncidentStatus, Severity, SignalState
from bot.model.link import Link, Relation
from bot.response import (
    incident_changed,
    incident_declared,
    incident_edited,
    incidents_linked,
    incidents_merged,
    looked_up,
)
from tests.scenarios.tocsin import Tocsin, actor, living

ANN = actor("ann")
ONE, TWO = IncidentId("INC-1"), IncidentId("INC-2")


async def declared(tocsin: Tocsin, title: str = "It smells", severity: Severity = Severity.SEV4) -> IncidentId:
    return (await incident_declared.declare(tocsin.world, ANN, title=title, severity=severity)).id


async def test_what_is_reopened_by_hand_knows_what_of_it_still_fires(database: Path) -> None:
    async with living(database) as tocsin:
        tocsin.fails("cart")
        tocsin.fails("till")
        await tocsin.until(lambda case: len(case.incident.firing) == 2)
        await incident_changed.resolve(tocsin.world, ANN, ONE, "known")
        tocsin.recovers("cart")
        await tocsin.passes("1m")
        assert len((await tocsin.case()).incident.firing) == 2, "nobody follows what is resolved"
        await incident_changed.reopen(tocsin.world, ANN, ONE, "it is not")
        case = await tocsin.case()
        assert (case.incident.status, len(case.incident.firing)) == (IncidentStatus.TRIGGERED, 1)
        assert case.incident.signal is SignalState.FIRING
        tocsin.recovers("till")
        await tocsin.until(lambda case: case.incident.status is IncidentStatus.RESOLVED)
        await incident_changed.close(tocsin.world, ANN, ONE)
        assert tocsin.said(await tocsin.case())[-1] == "closed"


async def test_what_is_merged_holds_the_alerts_and_tells_both_stories(database: Path) -> None:
    async with living(database) as tocsin:
        tocsin.fails("cart")
        await tocsin.until(lambda case: case.incident.is_open)
        other = await declared(tocsin)
        part, whole = await incidents_merged.merge(tocsin.world, ANN, ONE, other, "the same smoke")
        assert (part.status, part.merged_into) == (IncidentStatus.CLOSED, other)
        assert (whole.firing, whole.severity, whole.signal) == (part.firing, Severity.SEV2, SignalState.FIRING)
        tocsin.fails("till")
        await tocsin.until_of(other, lambda case: len(case.incident.firing) == 2)
        assert await tocsin.incidents() == [ONE, other], "its group is the other's now"
        case = await tocsin.case(other)
        assert [(one.relation, one.incident.id) for one in case.related] == [(Relation.PART, ONE)]
        assert {entry.incident for entry in case.timeline} == {ONE, other}
        assert "alert Fails fires, value 0.5" in tocsin.said(case)
        with pytest.raises(NotAllowed, match=f"cannot resolve incident INC-1: it was merged into {other}"):
            await incident_changed.resolve(tocsin.world, ANN, ONE)
        tocsin.recovers("cart")
        tocsin.recovers("till")
        await tocsin.until_of(other, lambda case: not case.incident.firing)
        case = await tocsin.case(other)
        assert case.incident.is_open, "ann declared it, and says when it is over"
        assert "every alert it held is over, and it stays open" in tocsin.said(case)
        await incident_changed.resolve(tocsin.world, ANN, other)
        with pytest.raises(NotAllowed, match=f"that one is {IncidentStatus.RESOLVED}"):
            await incidents_merged.undo(tocsin.world, ANN, ONE)


async def test_what_is_taken_apart_again_goes_on_by_itself(database: Path) -> None:
    async with living(database) as tocsin:
        tocsin.fails("cart")
        before = (await tocsin.until(lambda case: case.incident.is_open)).incident
        other = await declared(tocsin)
        standing = (await tocsin.case(other)).incident
        await incidents_merged.merge(tocsin.world, ANN, ONE, other)
        await tocsin.passes("5m")
        assert await incidents_merged.undo(tocsin.world, ANN, ONE) == (before, standing)
        tocsin.fails("till")
        await tocsin.until(lambda case: len(case.incident.firing) == 2)
        tocsin.recovers("cart")
        tocsin.recovers("till")
        await tocsin.until(lambda case: case.incident.status is IncidentStatus.RESOLVED)
        assert (await tocsin.case(other)).incident.is_open


async def test_what_ended_while_it_was_merged_is_over_once_it_is_taken_out(database: Path) -> None:
    async with living(database) as tocsin:
        tocsin.fails("cart")
        await tocsin.until(lambda case: case.incident.is_open)
        other = await declared(tocsin)
        await incidents_merged.merge(tocsin.world, ANN, ONE, other)
        await incident_changed.acknowledge(tocsin.world, ANN, other)
        tocsin.recovers("cart")
        await tocsin.until_of(other, lambda case: not case.incident.firing)
        own, rest = await incidents_merged.undo(tocsin.world, ANN, ONE)
        assert (own.status, rest.status) == (IncidentStatus.RESOLVED, IncidentStatus.ACKNOWLEDGED)
        assert "its alerts ended while it was merged" in {entry.why for entry in (await tocsin.case()).timeline}


async def test_after_ten_minutes_a_merge_stays(database: Path) -> None:
    async with living(database) as tocsin:
        one, two = await declared(tocsin), await declared(tocsin, "It smokes")
        await incidents_merged.merge(tocsin.world, ANN, one, two)
        await tocsin.passes("10m1s7ms")
        with pytest.raises(NotAllowed, match="it was merged 10m1s ago") as caught:
            await incidents_merged.undo(tocsin.world, ANN, one)
        assert "10m" in (caught.value.hint or "")


async def test_what_cannot_be_one_incident_is_not_merged(database: Path) -> None:
    async with living(database) as tocsin:
        one, two, three = [await declared(tocsin) for _ in range(3)]
        with pytest.raises(NotAllowed, match="into itself"):
            await incidents_merged.merge(tocsin.world, ANN, one, one)
        await incident_edited.edit(tocsin.world, ANN, two, Edit(kind=IncidentKind.DRILL))
        with pytest.raises(NotAllowed, match="one is normal, the other drill"):
            await incidents_merged.merge(tocsin.world, ANN, one, two)
        await incidents_merged.merge(tocsin.world, ANN, one, three)
        with pytest.raises(NotAllowed, match=f"it was merged into {three}"):
            await incidents_merged.merge(tocsin.world, ANN, one, two)
        await incident_changed.resolve(tocsin.world, ANN, three)
        four = await declared(tocsin)
        with pytest.raises(NotAllowed, match="it is resolved"):
            await incidents_merged.merge(tocsin.world, ANN, four, three)
        await incident_changed.close(tocsin.world, ANN, three)
        with pytest.raises(NotAllowed, match=f"cannot merge incident {three}: it is closed"):
            await incidents_merged.merge(tocsin.world, ANN, three, four)


async def test_links_are_told_on_both_sides_and_never_lead_round(database: Path) -> None:
    async with living(database) as tocsin:
        one, two, three = [await declared(tocsin, title) for title in ("one", "two", "three")]
        await incidents_linked.link(tocsin.world, ANN, two, Link.CHILD, one)
        await incidents_linked.link(tocsin.world, ANN, three, Link.CHILD, two)
        await incidents_linked.link(tocsin.world, ANN, three, Link.DUPLICATE, one)
        with pytest.raises(NotAllowed, match=f"that leads back to {one}"):
            await incidents_linked.link(tocsin.world, ANN, one, Link.CHILD, three)
        case = await looked_up.case(tocsin.world, ANN, one)
        assert [(one.relation, one.incident.title) for one in case.related] == [
            (Relation.DUPLICATE, "three"), (Relation.CHILD, "two"),
        ]  # fmt: skip
        assert tocsin.said(case)[1:] == [f"{two} is a child of this: two", f"{three} is a duplicate of this: three"]
        await incidents_linked.unlink(tocsin.world, ANN, three, Link.DUPLICATE)
        case = await tocsin.case(three)
        assert [one.relation for one in case.related] == [Relation.PARENT]
        assert tocsin.said(case)[-1] == f"is no duplicate of {one} after all"
        with pytest.raises(NotAllowed, match="is no duplicate of another"):
            await incidents_linked.unlink(tocsin.world, ANN, three, Link.DUPLICATE)


async def test_what_is_corrected_is_told_once_with_its_reason(database: Path) -> None:
    async with living(database) as tocsin:
        one = await declared(tocsin)
        wanted = Edit(severity=Severity.SEV1, team="kitchen")
        for _ in range(2):
            await incident_edited.edit(tocsin.world, ANN, one, wanted, "it burns")
        case = await tocsin.case(one)
        assert [(entry.text, entry.why) for entry in case.timeline][1:] == [
            ("severity changed from SEV4 to SEV1; team is kitchen", "it burns")
        ]


async def test_what_began_while_two_were_one_goes_with_its_group_when_they_are_two_again(database: Path) -> None:
    async with living(database) as tocsin:
        tocsin.fails("cart")
        await tocsin.until(lambda case: case.incident.is_open)
        other = await declared(tocsin)
        await incidents_merged.merge(tocsin.world, ANN, ONE, other)
        tocsin.fails("till")
        await tocsin.until_of(other, lambda case: len(case.incident.firing) == 2)
        own, rest = await incidents_merged.undo(tocsin.world, ANN, ONE)
        assert (len(own.firing), len(own.alerts), own.signal) == (2, 2, SignalState.FIRING)
        assert (rest.firing, rest.alerts, rest.signal) == ((), (), SignalState.NONE)
        tocsin.recovers("cart")
        tocsin.recovers("till")
        await tocsin.until(lambda case: case.incident.status is IncidentStatus.RESOLVED)
        assert (await tocsin.case(other)).incident.is_open
