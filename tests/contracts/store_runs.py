"""What every store promises of runs, their journals and who carries them; `store_suite.py` takes it in."""

import asyncio
from dataclasses import replace as replaced

import pytest

from bot.errors import Conflict, Fenced, NotFound
from bot.model.ids import IncidentId, RunId
from bot.model.run import JournalKind, RunStatus, RunVerdict
from bot.ports.store import Store, Tx
from tests.contracts.store_nouns import (
    DAY,
    LONG,
    MINUTE,
    NOW,
    OVER,
    claim_run,
    errand,
    finished,
    incident,
    line,
    run,
)


class RunsSuite:
    """Runs, their journals and who carries them."""

    async def test_a_run_comes_back_with_its_runbook_and_the_newest_first(self, store: Store) -> None:
        await store.write(lambda tx: tx.incidents.put(incident(1)))
        one, two = run(1, incident=IncidentId("INC-1")), run(2, wake_at=None)
        for new in (one, two):
            await store.write(lambda tx, new=new: tx.runs.create(new))
        assert await store.read(lambda tx: tx.runs.get(one.id)) == one
        assert await store.read(lambda tx: tx.runs.list()) == [two, one]
        assert await store.read(lambda tx: tx.runs.list(incident=IncidentId("INC-1"))) == [one]
        assert len(await store.read(lambda tx: tx.runs.list(limit=1))) == 1
        assert await store.read(lambda tx: tx.runs.list(runbook=one.runbook.name)) == [two, one]
        assert await store.read(lambda tx: tx.runs.list(runbook="another")) == []
        with pytest.raises(Conflict):
            await store.write(lambda tx: tx.runs.create(one))

    async def test_a_journal_is_kept_in_order(self, store: Store) -> None:
        await store.write(lambda tx: tx.runs.create(run(1)))
        lines = [line("RUN-1", plan_hash="x"), finished("RUN-1", "it went well"), finished("RUN-1", "")]
        kept = [await store.write(lambda tx, new=new: tx.runs.append(new, epoch=None)) for new in lines]
        assert [found.seq for found in kept] == sorted(found.seq for found in kept)
        assert await store.read(lambda tx: tx.runs.journal(RunId("RUN-1"))) == kept
        assert [replaced(found, seq=0) for found in kept] == lines
        with pytest.raises(NotFound):
            await store.write(lambda tx: tx.runs.append(line("RUN-2"), epoch=None))

    async def test_a_due_run_is_carried_by_one(self, store: Store) -> None:
        await store.write(lambda tx: tx.runs.create(run(1)))
        await store.write(lambda tx: tx.runs.create(run(2, wake_at=NOW + MINUTE)))
        await store.write(lambda tx: tx.runs.create(run(3, wake_at=None)))
        claims = await asyncio.gather(*(store.write(lambda tx: claim_run(tx, "us", NOW, LONG)) for _ in range(5)))
        carried = [claim for claim in claims if claim is not None]
        assert carried == [run(1, epoch=1)]
        assert await store.write(lambda tx: claim_run(tx, "them", NOW + MINUTE, LONG)) == run(
            2, wake_at=NOW + MINUTE, epoch=1
        )

    async def test_several_are_taken_at_once_those_due_for_longest_first(self, store: Store) -> None:
        for number, due in ((1, 3), (2, 1), (3, 2), (4, 0)):
            new = run(number, wake_at=NOW + due * MINUTE)
            await store.write(lambda tx, new=new: tx.runs.create(new))
        taken = await store.write(lambda tx: tx.runs.claim("us", NOW + 2 * MINUTE, LONG, 2).runs)
        assert [one.id for one in taken] == ["RUN-4", "RUN-2"]
        left = await store.write(lambda tx: tx.runs.claim("us", NOW + 2 * MINUTE, LONG, 2).runs)
        assert [one.id for one in left] == ["RUN-3"]

    async def test_what_a_run_says_as_it_is_put_down_is_read_in_that_work_and_by_who_claims_it_next(
        self, store: Store
    ) -> None:
        await store.write(lambda tx: tx.runs.create(run(1, wake_at=NOW)))
        claimed = await store.write(lambda tx: claim_run(tx, "us", NOW, LONG))
        assert claimed is not None

        def put_down(tx: Tx) -> int:
            tx.runs.append(line("RUN-1"), epoch=claimed.epoch)
            tx.runs.release(replaced(claimed, wake_at=NOW), epoch=claimed.epoch)
            return len(tx.runs.journal(claimed.id))

        assert await store.write(put_down) == 1
        assert await store.write(lambda tx: len(tx.runs.journal(claimed.id))) == 1
        assert await store.read(lambda tx: len(tx.runs.journal(claimed.id))) == 1

    @pytest.mark.parametrize("between", ["nothing", "a work that fails", "a claim"])
    async def test_a_journal_is_whole_for_who_shares_the_commit_in_which_its_run_is_put_down(
        self, store: Store, between: str
    ) -> None:
        await store.write(lambda tx: (tx.runs.create(run(1)), tx.runs.create(run(2, wake_at=NOW + MINUTE))))
        mine = await store.write(lambda tx: claim_run(tx, "us", NOW, LONG))

        def put_down(tx: Tx) -> None:
            tx.runs.append(line("RUN-1"), epoch=mine.epoch)
            tx.runs.release(replaced(mine, wake_at=NOW), epoch=mine.epoch)
            tx.runs.append(line("RUN-1", JournalKind.ANSWERED), epoch=None)

        def stand_between(tx: Tx) -> int:
            if between == "a work that fails":
                raise ValueError
            return len(tx.runs.claim("us", NOW + MINUTE, LONG, 2).runs) if between == "a claim" else 0

        works = (put_down, stand_between, lambda tx: [one.kind for one in tx.runs.journal(mine.id)])
        _, claimed, read = await asyncio.gather(*map(store.write, works), return_exceptions=True)
        assert claimed == 2 or between != "a claim"
        assert read == [line("RUN-1").kind, JournalKind.ANSWERED]
        assert await store.read(works[-1]) == read
        assert await store.write(works[-1]) == read

    async def test_a_lease_that_ended_lets_another_take_over_and_fences_the_first(self, store: Store) -> None:
        await store.write(lambda tx: tx.runs.create(run(1)))
        mine = await store.write(lambda tx: claim_run(tx, "us", NOW, OVER))
        theirs = await store.write(lambda tx: claim_run(tx, "them", NOW, LONG))
        assert (mine.epoch, theirs.epoch) == (1, 2)
        for stale in (
            lambda tx: tx.runs.append(line("RUN-1"), epoch=1),
            lambda tx: tx.runs.renew(RunId("RUN-1"), epoch=1, lease=LONG),
            lambda tx: tx.runs.release(mine, epoch=1),
        ):
            with pytest.raises(Fenced):
                await store.write(stale)
        assert await store.read(lambda tx: tx.runs.journal(RunId("RUN-1"))) == []
        await store.write(lambda tx: tx.runs.append(line("RUN-1"), epoch=2))
        await store.write(lambda tx: tx.runs.renew(RunId("RUN-1"), epoch=2, lease=LONG))
        await store.write(lambda tx: tx.runs.append(line("RUN-1", JournalKind.ANSWERED), epoch=None))
        assert len(await store.read(lambda tx: tx.runs.journal(RunId("RUN-1")))) == 2

    async def test_renewing_keeps_others_away(self, store: Store) -> None:
        await store.write(lambda tx: tx.runs.create(run(1)))
        await store.write(lambda tx: claim_run(tx, "us", NOW, OVER))
        await store.write(lambda tx: tx.runs.renew(RunId("RUN-1"), epoch=1, lease=LONG))
        assert await store.write(lambda tx: claim_run(tx, "them", NOW, LONG)) is None

    async def test_a_run_that_was_put_down_waits_for_its_time(self, store: Store) -> None:
        await store.write(lambda tx: tx.runs.create(run(1)))
        mine = await store.write(lambda tx: claim_run(tx, "us", NOW, LONG))
        waiting = replaced(mine, status=RunStatus.WAITING, wake_at=NOW + 2 * MINUTE)
        await store.write(lambda tx: tx.runs.release(waiting, epoch=1))
        assert await store.read(lambda tx: tx.runs.get(mine.id)) == waiting
        assert await store.write(lambda tx: claim_run(tx, "us", NOW + MINUTE, LONG)) is None
        await store.write(lambda tx: tx.runs.wake(mine.id, NOW + MINUTE))
        assert (await store.write(lambda tx: claim_run(tx, "us", NOW + MINUTE, LONG))).epoch == 2

    async def test_it_says_when_the_next_run_is_due_that_nobody_carries(self, store: Store) -> None:
        assert await store.read(lambda tx: tx.runs.next_at()) is None
        await store.write(lambda tx: tx.runs.create(run(1)))
        assert await store.read(lambda tx: tx.runs.next_at()) == NOW
        mine = await store.write(lambda tx: claim_run(tx, "us", NOW, LONG))
        assert await store.read(lambda tx: tx.runs.next_at()) is None
        await store.write(lambda tx: tx.runs.release(replaced(mine, wake_at=NOW + MINUTE), epoch=1))
        assert await store.read(lambda tx: tx.runs.next_at()) == NOW + MINUTE

    async def test_a_run_woken_while_it_is_carried_is_not_put_to_sleep(self, store: Store) -> None:
        await store.write(lambda tx: tx.runs.create(run(1)))
        mine = await store.write(lambda tx: claim_run(tx, "us", NOW, LONG))
        await store.write(lambda tx: tx.runs.wake(mine.id, NOW + MINUTE))
        await store.write(lambda tx: tx.runs.release(replaced(mine, wake_at=None), epoch=1))
        again = await store.write(lambda tx: claim_run(tx, "us", NOW + MINUTE, LONG))
        assert again is not None
        await store.write(lambda tx: tx.runs.release(replaced(again, wake_at=None), epoch=2))
        assert await store.write(lambda tx: claim_run(tx, "us", NOW + DAY, LONG)) is None

    async def test_of_its_own_time_and_the_one_it_was_woken_for_the_earlier_counts(self, store: Store) -> None:
        def carried_and_woken(tx: Tx) -> None:
            for number, rests, woken in ((1, NOW + DAY, NOW + MINUTE), (2, NOW + 2 * MINUTE, NOW + DAY)):
                tx.runs.create(run(number))
                (mine,) = tx.runs.claim("us", NOW, LONG, 1).runs
                tx.runs.wake(mine.id, woken)
                tx.runs.release(replaced(mine, wake_at=rests), epoch=1)

        await store.write(carried_and_woken)
        assert {one.id: one.wake_at for one in await store.read(lambda tx: tx.runs.list())} == {
            "RUN-1": NOW + MINUTE,
            "RUN-2": NOW + 2 * MINUTE,
        }

    async def test_a_run_that_ended_sleeps_for_good(self, store: Store) -> None:
        await store.write(lambda tx: tx.runs.create(run(1)))
        mine = await store.write(lambda tx: claim_run(tx, "us", NOW, LONG))
        await store.write(lambda tx: tx.runs.wake(mine.id, NOW))
        ended = replaced(mine, status=RunStatus.SUCCEEDED, ended_at=NOW + MINUTE, wake_at=None)
        await store.write(lambda tx: tx.runs.release(ended, epoch=1))
        await store.write(lambda tx: tx.runs.wake(mine.id, NOW))
        assert await store.read(lambda tx: tx.runs.get(mine.id)) == ended
        assert await store.write(lambda tx: claim_run(tx, "us", NOW + DAY, LONG)) is None

    async def test_recoveries_count_for_what_a_runbook_does_now_and_not_for_what_it_did(self, store: Store) -> None:
        def recovered(tx: Tx, number: int, does: str) -> None:
            at = NOW + number * MINUTE
            tx.runs.create(replaced(run(number, wake_at=NOW), does=does, changed_at=NOW))
            mine = claim_run(tx, "us", NOW, LONG)
            over = replaced(mine, status=RunStatus.SUCCEEDED, ended_at=at, wake_at=None, verdict=RunVerdict.RECOVERED)
            tx.runs.release(over, epoch=1)

        for number, does in enumerate(("", "this", "that", "this"), 1):
            await store.write(lambda tx, number=number, does=does: recovered(tx, number, does))
        name = run(1).runbook.name
        for does, count in (("this", 2), ("that", 1), ("more", 0), ("", 0)):
            kept = await store.read(lambda tx, does=does: tx.automation.record(name, "", does))
            assert (kept.recovered, kept.in_a_row) == (4, count)
            assert await store.read(lambda tx, does=does: tx.automation.records({name: does})) == [kept]

    async def test_a_recovery_counts_where_the_run_did_all_that_it_was_to_do(self, store: Store) -> None:
        def ended(tx: Tx, number: int, status: RunStatus) -> None:
            tx.runs.create(replaced(run(number, wake_at=NOW), does="this", changed_at=NOW))
            mine = claim_run(tx, "us", NOW, LONG)
            at = NOW + number * MINUTE
            over = replaced(mine, status=status, ended_at=at, wake_at=None, verdict=RunVerdict.RECOVERED)
            tx.runs.release(over, epoch=1)

        for number, status in enumerate((RunStatus.SUCCEEDED, RunStatus.REJECTED, RunStatus.CANCELLED), 1):
            await store.write(lambda tx, number=number, status=status: ended(tx, number, status))
        kept = await store.read(lambda tx: tx.automation.record(run(1).runbook.name, "", "this"))
        assert (kept.recovered, kept.in_a_row) == (3, 1)

    async def test_after_a_crash_all_leases_can_be_ended(self, store: Store) -> None:
        await store.write(lambda tx: tx.runs.create(run(1)))
        await store.write(lambda tx: tx.outbox.add(errand("a")))
        await store.write(lambda tx: (claim_run(tx, "us", NOW, LONG), tx.outbox.claim("us", NOW, LONG)))
        await store.write(lambda tx: (tx.runs.release_all(), tx.outbox.release_all()))
        assert (await store.write(lambda tx: claim_run(tx, "us", NOW, LONG))).epoch == 2
        assert (await store.write(lambda tx: tx.outbox.claim("us", NOW, LONG))).attempts == 2
