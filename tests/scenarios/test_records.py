"""What Tocsin records is told to whoever wants it: all of it, in order, over failures and restarts."""

import asyncio
from pathlib import Path

from bot.engine.telling import Telling
from bot.errors import Temporary
from bot.kit.telemetry import Telemetry
from bot.model.actor import TOCSIN
from bot.model.sent_event import SentEvent
from bot.response import records_told
from bot.testing.events import FakeEventSink
from tests.scenarios.runbooks import MEND, SETTLED
from tests.scenarios.tocsin import Tocsin, ended, living

AWAY = Temporary("the collector is busy", integration="splunk", reason="server")


async def mended(tocsin: Tocsin) -> None:
    """One incident from its alert to its end."""
    tocsin.hosts.effect = tocsin.recovers
    tocsin.fails()
    approval = await tocsin.asked()
    await tocsin.answers(plan_hash=approval.plan.hash)
    await tocsin.until(ended)
    await tocsin.passes("1m")


def of(taken: list[SentEvent], kind: str) -> list[SentEvent]:
    return [event for event in taken if event.kind == kind]


async def test_incidents_runs_and_the_audit_record_are_told_once_and_in_order(database: Path) -> None:
    sink = FakeEventSink()
    async with living(database, [MEND + SETTLED]) as tocsin:
        tocsin.world.events = {"splunk": sink}
        await mended(tocsin)
        assert not await records_told.tell(tocsin.world, TOCSIN, "splunk")
        assert not await records_told.tell(tocsin.world, TOCSIN, "splunk")
        case = await tocsin.case()
        _, journal = await tocsin.run()
        audit = await tocsin.world.store.read(lambda tx: tx.audit.list(limit=1000))
    by_seq = sorted(case.timeline, key=lambda entry: entry.seq)
    assert [event.fields["text"] for event in of(sink.taken, "incident")] == [entry.text for entry in by_seq]
    assert [event.fields["kind"] for event in of(sink.taken, "run")] == [str(entry.kind) for entry in journal]
    assert [event.fields["hash"] for event in of(sink.taken, "audit")] == [entry.hash for entry in reversed(audit)]
    assert len({event.key for event in sink.taken}) == len(sink.taken)
    assert {event.fields["status"] for event in of(sink.taken, "incident")} == {"resolved"}
    assert not any("inputs" in event.fields or "plan" in event.fields for event in sink.taken)


async def test_a_sink_that_fails_has_everything_later_and_begins_where_it_stopped(database: Path) -> None:
    sink = FakeEventSink()
    async with living(database, [MEND + SETTLED]) as tocsin:
        tocsin.world.events = {"splunk": sink}
        sink.breaks(AWAY)
        working = asyncio.get_running_loop().create_task(Telling(tocsin.world, "here", Telemetry()).run())
        await mended(tocsin)
        assert sink.taken
        sink.breaks(None)
        await tocsin.passes("6m")
        case = await tocsin.case()
        working.cancel()
        told = dict.fromkeys(event.key for event in of(sink.taken, "incident"))
        assert list(told) == [f"incident-{entry.seq}" for entry in sorted(case.timeline, key=lambda one: one.seq)]
        count = len(sink.taken)
        again = asyncio.get_running_loop().create_task(Telling(tocsin.world, "another", Telemetry()).run())
        await tocsin.passes("2m")
        again.cancel()
    assert len(sink.taken) == count, "what was told is not told again after a restart"


async def test_one_process_tells_and_another_takes_over(database: Path) -> None:
    first, second = FakeEventSink(), FakeEventSink()
    async with living(database) as tocsin:
        tocsin.world.events = {"splunk": first}
        working = asyncio.get_running_loop().create_task(Telling(tocsin.world, "here", Telemetry()).run())
        await tocsin.passes("10s")
        tocsin.world.events = {"splunk": second}
        standby = asyncio.get_running_loop().create_task(Telling(tocsin.world, "there", Telemetry()).run())
        tocsin.fails()
        await tocsin.until(lambda case: case.evidence)
        await tocsin.passes("10s")
        working.cancel()
        standby.cancel()
        keys = [event.key for event in second.taken]
    assert keys
    assert len(keys) == len(set(keys))
