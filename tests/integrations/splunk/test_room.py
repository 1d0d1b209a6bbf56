"""Who searches next."""

import asyncio

from hypothesis import given
from hypothesis import strategies as st

from bot.integrations.splunk.room import Line, Room
from bot.model.search_job import Urgency

ALERT, EVIDENCE, BACKTEST = Urgency.ALERT, Urgency.EVIDENCE, Urgency.BACKTEST


def test_alerts_go_before_evidence_before_backtests_and_else_who_came_first() -> None:
    line = Line(1, 1)
    first, backtest, evidence, alert, later = map(line.come, (BACKTEST, BACKTEST, EVIDENCE, ALERT, ALERT))
    order = []
    while called := line.call():
        order += called
        line.leave(called[0])
    assert order == [alert, later, evidence, first, backtest]


def test_what_is_no_alert_leaves_places_for_alerts() -> None:
    line = Line(4, 2)
    others = [line.come(urgency) for urgency in (BACKTEST, EVIDENCE, EVIDENCE)]
    assert line.call() == [others[1], others[2]]
    alerts = [line.come(ALERT) for _ in range(3)]
    assert line.call() == alerts[:2]
    line.leave(others[1])
    assert line.call() == [alerts[2]]
    line.leave(others[2])
    assert line.call() == [others[0]]


def test_who_gives_up_is_not_called() -> None:
    line = Line(1, 1)
    inside, gone, next_one = (line.come(ALERT) for _ in range(3))
    assert line.call() == [inside]
    line.leave(gone)
    assert line.waiting == 1
    line.leave(inside)
    assert line.call() == [next_one]
    assert (line.inside, line.waiting) == (1, 0)


@given(st.integers(1, 4), st.integers(1, 4), st.lists(st.sampled_from([*Urgency, None]), max_size=40))
def test_a_place_is_never_given_twice_nor_kept_from_an_alert(
    most: int, others: int, steps: list[Urgency | None]
) -> None:
    """None: whoever came first among those inside leaves."""
    line, inside, gone, urgencies = Line(most, others), list[int](), set[int](), dict[int, Urgency]()
    for step in steps:
        if step is not None:
            urgencies[line.come(step)] = step
        elif inside:
            gone.add(inside[0])
            line.leave(inside.pop(0))
        inside += line.call()
        assert line.inside == len(inside) == len(set(inside)) <= most
        assert sum(urgencies[number] is not ALERT for number in inside) <= others
        came = [number for number in urgencies if number not in gone]
        waiting = [number for number in came if number not in inside]
        if len(inside) < most:
            assert not any(urgencies[number] is ALERT for number in waiting)
        for urgency in Urgency:
            called = [number for number in urgencies if number not in waiting and urgencies[number] is urgency]
            assert all(number > max(called, default=-1) for number in waiting if urgencies[number] is urgency)


async def test_who_is_cancelled_leaves_the_line() -> None:
    room, order = Room(1, 1), list[str]()

    async def search(name: str, urgency: Urgency) -> None:
        async with room.place(urgency):
            order.append(name)

    async with room.place(ALERT):
        cancelled = asyncio.create_task(search("cancelled", ALERT))
        others = [asyncio.create_task(search(name, urgency)) for name, urgency in (("b", BACKTEST), ("a", ALERT))]
        await asyncio.sleep(0)
        cancelled.cancel()
        await asyncio.gather(cancelled, return_exceptions=True)
        assert (room.line.inside, room.line.waiting) == (1, 2)
    await asyncio.gather(*others)
    assert order == ["a", "b"]
    assert (room.line.inside, room.line.waiting) == (0, 0)


async def test_who_is_cancelled_while_being_called_gives_the_place_on() -> None:
    room = Room(1, 1)
    entered = asyncio.Event()

    async def search() -> None:
        async with room.place(ALERT):
            entered.set()

    async with room.place(ALERT):
        called, after = asyncio.create_task(search()), asyncio.create_task(search())
        await asyncio.sleep(0)
    called.cancel()  # its door is open, and it has not gone through
    async with asyncio.timeout(1):
        await after
    assert entered.is_set()
    assert room.line.inside == 0


async def test_it_is_quiet_when_nobody_waits_though_some_are_inside() -> None:
    room, inside = Room(1, 1), asyncio.Event()

    async def search() -> None:
        async with room.place(ALERT):
            inside.set()
            await asyncio.Event().wait()

    async with asyncio.timeout(1):
        await room.quiet()
    async with room.place(EVIDENCE):
        waiting = asyncio.create_task(search())
        await asyncio.sleep(0)
        quiet = asyncio.create_task(room.quiet())
        await asyncio.sleep(0)
        assert not quiet.done()
    async with asyncio.timeout(1):
        await quiet
        await inside.wait()
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    assert room.line.inside == 0
