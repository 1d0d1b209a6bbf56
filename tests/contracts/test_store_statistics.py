"""What statistics are made of, on both databases."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.model.actor import TOCSIN, Actor, ActorKind, Person, person
from bot.model.ids import IncidentId, PageId
from bot.model.incident import Incident, IncidentKind, IncidentStatus
from bot.model.page import Page, PageStatus
from bot.model.statistics import Began, Fired, Lived, Woken
from bot.ports.store import Store, Tx
from bot.store.columns import micros
from bot.store.store import open_store
from tests.contracts.store_nouns import MINUTE, NOW, entry, incident

UNTIL = NOW + timedelta(days=1)
ANN = person(Person(name="ann"), "cli")


@pytest.fixture
async def store(store_url: str) -> AsyncIterator[Store]:
    async with open_store(store_url) as opened:
        yield opened


async def keep(store: Store, *incidents: Incident) -> None:
    for one in incidents:
        await store.write(lambda tx, one=one: tx.incidents.put(one))


async def lives(store: Store) -> list[Lived]:
    return await store.read(lambda tx: list(tx.statistics.lives(NOW, UNTIL)))


async def test_an_incident_is_read_with_its_moments(store: Store) -> None:
    at = [NOW + minutes * MINUTE for minutes in range(8)]
    one = incident(
        2, service="cart", team="shop", status=IncidentStatus.RESOLVED, detected_at=at[1], acknowledged_at=at[4],
        mitigated_at=at[5], resolved_at=at[6], reopened_at=at[3], reopened=1,
    )  # fmt: skip
    await keep(store, one, incident(3))
    moments = [micros(at[number]) for number in (2, 1, 4, 5, 6, 3)]
    assert await lives(store) == [
        Lived("cart", "SEV2", "shop", False, *moments),
        Lived("", "SEV2", "", True, micros(at[3]), None, None, None, None, None),
    ]


async def test_drills_tests_merged_ones_duplicates_and_other_times_are_not_read(store: Store) -> None:
    await keep(store, incident(1, title="counts"))
    await keep(
        store,
        incident(2, kind=IncidentKind.DRILL),
        incident(3, kind=IncidentKind.TEST),
        incident(4, merged_into=IncidentId("INC-1")),
        incident(5, duplicate_of=IncidentId("INC-1")),
        incident(-1),
        incident(24 * 60),
    )
    assert [one.opened for one in await lives(store)] == [micros(NOW + MINUTE)]


async def firings(store: Store) -> dict[tuple[str, str], Fired]:
    found = await store.read(lambda tx: list(tx.statistics.firings(NOW, UNTIL)))
    return {(one.incident, one.rule): one for one in found}


async def count(store: Store, number: int, **began: Began) -> None:
    await store.write(lambda tx: tx.statistics.fired(IncidentId(f"INC-{number}"), began))


async def test_what_fired_is_added_up(store: Store) -> None:
    await keep(store, incident(1), incident(2, kind=IncidentKind.DRILL))
    await count(store, 1, Slow=Began(3, 0, True))
    await count(store, 1, Slow=Began(2, 1), Full=Began(1))
    await count(store, 2, Slow=Began(7))
    opened = micros(NOW + MINUTE)
    assert await firings(store) == {
        ("INC-1", "Slow"): Fired("Slow", IncidentId("INC-1"), 5, 1, True, False, opened, None),
        ("INC-1", "Full"): Fired("Full", IncidentId("INC-1"), 1, 0, False, False, opened, None),
    }


async def acted(store: Store) -> dict[str, bool]:
    return {one.incident: one.acted for one in (await firings(store)).values()}


async def test_who_writes_into_the_story_acted(store: Store) -> None:
    sly = Actor(kind=ActorKind.SOURCE, name='x","kind":"person","name":"ann')
    for number, actor in enumerate((TOCSIN, ANN, sly), start=1):
        await keep(store, incident(number))
        await count(store, number, Slow=Began(1))
        said = replace(entry(f"INC-{number}", "something"), actor=actor)
        await store.write(lambda tx, said=said: tx.incidents.tell(said))
    await keep(store, incident(4, acknowledged_at=NOW))
    await count(store, 4, Slow=Began(1))
    assert await acted(store) == {"INC-1": False, "INC-2": True, "INC-3": False, "INC-4": True}


async def test_a_merged_one_is_as_over_and_as_acted_on_as_that_which_took_it(store: Store) -> None:
    end = NOW + 50 * MINUTE
    into = incident(1, status=IncidentStatus.RESOLVED, resolved_at=end)
    await keep(store, into, incident(2, merged_into=into.id, status=IncidentStatus.CLOSED), incident(3))
    await count(store, 2, Slow=Began(1))
    assert await acted(store) == {"INC-2": False}
    assert (await firings(store))["INC-2", "Slow"].resolved == micros(end)
    await store.write(lambda tx: tx.incidents.tell(replace(entry("INC-1", "mine"), actor=ANN)))
    assert await acted(store) == {"INC-2": True}


async def test_pages_that_were_taken_then_woke_somebody(store: Store) -> None:
    await keep(store, incident(1), incident(2, kind=IncidentKind.TEST))

    def page(number: int, status: PageStatus = PageStatus.TAKEN, minutes: int = 0, incident: int = 1) -> Page:
        return Page(
            id=PageId(f"PAGE-{number}"), incident=IncidentId(f"INC-{incident}"), person="ann", integration="mail",
            address="ann@example.net", created_at=NOW + minutes * MINUTE, status=status,
        )  # fmt: skip

    def put(tx: Tx) -> None:
        for one in (
            page(2, minutes=3), page(1), page(3, PageStatus.FAILED), page(4, PageStatus.WAITING),
            page(5, PageStatus.NOT_NEEDED), page(6, minutes=-1), page(7, minutes=24 * 60), page(8, incident=2),
        ):  # fmt: skip
            tx.pages.put(one)

    await store.write(put)
    assert await store.read(lambda tx: tx.statistics.woken(NOW, UNTIL)) == [
        Woken("ann", IncidentId("INC-1"), micros(NOW)),
        Woken("ann", IncidentId("INC-1"), micros(NOW + 3 * MINUTE)),
    ]
