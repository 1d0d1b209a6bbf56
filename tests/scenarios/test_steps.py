"""Steps run, fail, take too long, are tried again, are left out, and are followed by a look at the signal."""

import io
import json
import logging
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

import pytest

from bot.errors import Fenced, StoreUnavailable, Temporary
from bot.kit.redaction import Redactor
from bot.kit.telemetry import JsonLines
from bot.model.actor import TOCSIN
from bot.model.plan import ActionResult, Did, Outcome
from bot.model.run import JournalKind, RunStatus
from bot.ports.store import Store, Tx
from bot.response import rule_due, run_ended
from bot.response.carried import Carried
from bot.response.world import RUN_LEASE
from bot.runbooks.moves import ENDING, Wait
from tests.scenarios.runbooks import MEND, SETTLED, with_keys
from tests.scenarios.tocsin import Tocsin, ended, kinds, living

T = TypeVar("T")
FAILED = ActionResult(outcome=Outcome.FAILED, summary="exit status 1 on cart-1")


async def approved(tocsin: Tocsin) -> None:
    """The service fails, the run asks, and somebody says yes."""
    tocsin.fails()
    await tocsin.asked()
    await tocsin.answers()


@pytest.mark.parametrize(
    ("keys", "tried", "status"),
    [
        ("on_failure: stop", 1, RunStatus.FAILED),
        ("on_failure: continue", 1, RunStatus.SUCCEEDED),
        ("retry: {attempts: 3, wait: 10s}", 3, RunStatus.FAILED),
    ],
)
async def test_a_step_that_fails_is_tried_as_often_as_its_runbook_says(
    keys: str, tried: int, status: RunStatus, database: Path
) -> None:
    async with living(database, [with_keys(MEND, "mend", keys)]) as tocsin:
        tocsin.hosts.ends = FAILED
        await approved(tocsin)
        case = await tocsin.until(ended)
    assert tocsin.hosts.ran == ["mend cart"] * tried
    assert case.runs[0][0].status is status


async def test_what_is_logged_while_a_run_is_carried_names_it(database: Path) -> None:
    stream, log = io.StringIO(), logging.getLogger("a.vendor")
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLines(Redactor()))
    log.addHandler(handler)
    try:
        async with living(database, [MEND]) as tocsin:
            tocsin.hosts.effect = lambda: log.warning("the connection was lost, and is there again")
            await approved(tocsin)
            await tocsin.until(lambda _: stream.getvalue())
    finally:
        log.removeHandler(handler)
    said = json.loads(stream.getvalue())
    assert (said["run"], said["incident"]) == ("RUN-1", "INC-1")


async def test_a_change_that_takes_too_long_may_have_happened(database: Path) -> None:
    async with living(database, [MEND]) as tocsin:
        tocsin.hosts.takes = 3600
        await approved(tocsin)
        case = await tocsin.until(lambda case: len(case.approvals) == 2)
    assert [entry.why for entry in case.timeline if entry.text == "unknown: run mend cart on cart-1"] == [
        "no end within 30s"
    ]


async def test_who_is_asked_whether_it_ran_is_asked_when_its_time_is_over(database: Path) -> None:
    async with living(database, [MEND]) as tocsin:
        tocsin.hosts.ends = Temporary("the connection was lost", integration="hosts", reason="connection")
        await approved(tocsin)
        await tocsin.until(lambda case: len(case.approvals) == 2)
        _, journal = await tocsin.run()
    begun, asked = (
        next(entry.at for entry in journal if entry.kind is kind and entry.step == "mend")
        for kind in (JournalKind.INTENDED, JournalKind.ASKED_IF_RAN)
    )
    assert asked - begun >= timedelta(seconds=30) + ENDING


async def test_a_look_that_takes_too_long_has_failed(database: Path) -> None:
    async with living(database, [MEND + SETTLED.replace("2m", "20s")]) as tocsin:
        tocsin.hosts.effect = lambda: None
        await approved(tocsin)
        case = await tocsin.until(ended)
    assert case.runs[0][0].status is RunStatus.FAILED
    assert case.timeline[-1].why.startswith("step settled: it did not become true in time: ")
    assert f"step settled: {case.evidence[-1].unavailable}" == case.timeline[-1].why


@pytest.mark.parametrize(
    ("did", "ran", "asks"), [(Did.DID, 1, 1), (Did.DID_NOT, 2, 1), (Did.UNKNOWN, 1, 2)], ids=lambda value: str(value)
)
async def test_a_change_nobody_saw_end_is_probed(did: Did, ran: int, asks: int, database: Path) -> None:
    async with living(database, [MEND]) as tocsin:
        tocsin.hosts.probe = did
        tocsin.hosts.ends = Temporary("the connection was lost", integration="hosts", reason="connection")
        await approved(tocsin)
        await tocsin.passes("10s")
        tocsin.hosts.works()
        tocsin.hosts.effect = tocsin.recovers
        if did is Did.DID:
            tocsin.recovers()
        case = await tocsin.until(lambda case: ended(case) or len(case.approvals) == 2)
        _, journal = await tocsin.run()
    assert kinds(journal, "mend").count(JournalKind.INTENDED) == ran
    assert len(case.approvals) == asks
    probed = next(entry for entry in journal if entry.data.get("probed"))
    begun = next(entry for entry in journal if entry.kind is JournalKind.INTENDED and entry.step == "mend")
    # a no counts only once the change's own time is over: until then it may be under way
    waited = probed.at - begun.at
    assert waited >= timedelta(seconds=30) + ENDING if did is Did.DID_NOT else waited < timedelta(seconds=1)


async def test_a_probe_that_is_no_longer_there_cannot_tell(database: Path) -> None:
    async with living(database, [MEND]) as tocsin:
        tocsin.hosts.probe = Did.DID
        tocsin.hosts.takes = 10
        tocsin.hosts.ends = Temporary("the connection was lost", integration="hosts", reason="connection")
        await approved(tocsin)
        await tocsin.passes("2s")
        tocsin.world.actions = {**tocsin.world.actions, "host.run": {"hosts": tocsin.hosts.action(probe=False)}}
        case = await tocsin.until(lambda case: len(case.approvals) == 2)
    assert "the probe cannot tell whether it ran" in [entry.why for entry in case.timeline]


@pytest.mark.parametrize(
    ("condition", "said"),
    [
        ("steps.look.result.stdout == 'no'", None),
        ("steps.look.result.nothing > 1", "step mend of RUN-1 cannot be prepared"),
    ],
)
async def test_a_condition_that_is_false_leaves_the_step_out_and_one_that_fails_ends_the_run(
    condition: str, said: str | None, database: Path
) -> None:
    async with living(database, [with_keys(MEND, "mend", f'if: "{condition}"')]) as tocsin:
        tocsin.fails()
        case = await tocsin.until(ended)
        _, journal = await tocsin.run()
    assert tocsin.hosts.ran == []
    assert kinds(journal, "mend") == [JournalKind.REFUSED if said else JournalKind.SKIPPED]
    assert case.runs[0][0].status is (RunStatus.FAILED if said else RunStatus.SUCCEEDED)
    assert said is None or said in tocsin.said(case)


@pytest.mark.parametrize(
    ("after", "status", "said"),
    [
        ("recovers", RunStatus.SUCCEEDED, "the original signal has recovered"),
        ("fails", RunStatus.FAILED, "the original signal has not recovered"),
        ("blind", RunStatus.FAILED, "whether the original signal has recovered could not be seen"),
        ("partial", RunStatus.FAILED, "whether the original signal has recovered could not be seen"),
        ("gone", RunStatus.FAILED, "whether the original signal has recovered could not be seen"),
    ],
)
async def test_after_a_change_the_rule_itself_is_asked_whether_it_helped(
    after: str, status: RunStatus, said: str, database: Path
) -> None:
    async with living(database, [MEND]) as tocsin:
        await approved(tocsin)
        match after:
            case "recovers":
                await tocsin.passes("1m")
                tocsin.recovers()
            case "blind":
                tocsin.goes_blind()
            case "partial":
                tocsin.prom.warns("one of two replicas did not answer")
                tocsin.recovers()
            case "gone":
                tocsin.forgets_its_source()
        seen = await tocsin.until(ended, within="10m")
    assert seen.runs[0][0].status is status
    assert said in tocsin.said(seen)


async def test_parameters_that_the_action_does_not_take_end_the_run_with_what_is_wrong(database: Path) -> None:
    async with living(database, [MEND.replace('argv: [look, "{{ inputs.service }}"]', "argv: 3")]) as tocsin:
        tocsin.fails()
        case = await tocsin.until(ended)
    refused = next(entry for entry in case.timeline if "cannot be prepared" in entry.text)
    assert "host.run cannot take these parameters: argv: " in refused.why


async def test_who_runs_a_step_is_said_by_the_step_or_is_the_only_one(database: Path) -> None:
    async with living(database, [MEND]) as tocsin:
        action = tocsin.hosts.action()
        tocsin.world.actions = {**tocsin.world.actions, "host.run": {"one": action, "two": action}}
        tocsin.fails()
        torn = await tocsin.until(ended)
    assert next(entry.why for entry in torn.timeline if "cannot be prepared" in entry.text) == (
        "cannot tell which integration runs host.run: one, two offer it"
    )


class Awkward:
    """A `Store` that writes nothing as long as `refuses` says so; `after` is awaited after every commit."""

    def __init__(self, inner: Store) -> None:
        self._inner = inner
        self.refuses: Callable[[], bool] = lambda: False
        self.after: Callable[[], Awaitable[None]] | None = None

    async def write(self, work: Callable[[Tx], T], *, first: bool = False) -> T:
        if self.refuses():
            raise StoreUnavailable("the disk is full")
        done = await self._inner.write(work, first=first)
        if self.after is not None:
            await self.after()
        return done

    async def read(self, work: Callable[[Tx], T]) -> T:
        return await self._inner.read(work)


async def test_the_end_of_a_change_is_written_down_as_soon_as_the_store_is_back(database: Path) -> None:
    async with living(database, [MEND]) as tocsin:
        store = tocsin.world.store = Awkward(tocsin.world.store)
        tocsin.hosts.effect = lambda: setattr(store, "refuses", lambda: tocsin.clock.now() < back)
        await tocsin.passes("1s")
        tocsin.fails()
        await tocsin.asked()
        back = tocsin.clock.now() + timedelta(minutes=2)
        await tocsin.answers()
        await tocsin.passes("1m")
        assert tocsin.hosts.ran == ["mend cart"]
        tocsin.recovers()
        case = await tocsin.until(ended)
    assert tocsin.hosts.ran == ["mend cart"]
    assert case.runs[0][0].status is RunStatus.SUCCEEDED


async def test_who_slept_past_their_lease_does_not_act_on_what_they_meant_to_do(database: Path) -> None:
    async with living(database, [MEND]) as tocsin:
        store = tocsin.world.store = Awkward(tocsin.world.store)
        tocsin.fails()
        await tocsin.asked()

        async def sleeps() -> None:
            _, journal = await tocsin.run()
            if journal[-1].kind is JournalKind.INTENDED and journal[-1].step == "mend":
                store.after = None
                await store.write(lambda tx: tx.runs.release_all())
                await store.write(lambda tx: tx.runs.claim("another", tocsin.clock.now(), RUN_LEASE, 1))
                tocsin.clock.jumps(RUN_LEASE)

        store.after = sleeps
        await tocsin.answers()
        await tocsin.passes("1m")
        _, journal = await tocsin.run()
    assert tocsin.hosts.ran == []
    assert journal[-1].kind is JournalKind.INTENDED


async def test_before_anything_happens_it_is_in_the_journal_and_on_the_audit_record(database: Path) -> None:
    seen = []

    async def look() -> None:
        _, journal = await tocsin.run()
        audit = await tocsin.world.store.read(lambda tx: tx.audit.list(object="RUN-1/mend"))
        seen.append((journal[-1].kind, journal[-1].data["plan_hash"], [entry.details["plan"] for entry in audit]))

    async with living(database, [MEND]) as tocsin:
        tocsin.hosts.witness = look
        tocsin.hosts.effect = tocsin.recovers
        await approved(tocsin)
        case = await tocsin.until(ended)
        assert await tocsin.world.store.read(lambda tx: tx.audit.broken_at()) is None
    plan = case.approvals[0].plan.hash
    assert seen == [(JournalKind.INTENDED, plan, [plan])]


async def test_what_cannot_be_put_on_the_audit_record_does_not_happen(database: Path) -> None:
    async with living(database, [MEND]) as tocsin:
        tocsin.fails()
        await tocsin.asked()
        with closing(sqlite3.connect(database)) as file:
            file.execute(
                "CREATE TRIGGER refuse BEFORE INSERT ON audit WHEN new.act = 'run a step' "
                "BEGIN SELECT RAISE(ABORT, 'no'); END"
            )
        await tocsin.answers()
        await tocsin.passes("1m")
        _, journal = await tocsin.run()
    assert tocsin.hosts.ran == []
    assert kinds(journal, "mend")[-1] is JournalKind.ANSWERED


async def test_who_no_longer_holds_the_lease_to_evaluate_writes_nothing(database: Path) -> None:
    async with living(database) as tocsin:
        world = tocsin.world
        (group,) = world.setup.groups
        await tocsin.passes("30s")
        before = await world.store.read(lambda tx: tx.rules.statuses())
        tocsin.fails()
        with pytest.raises(Fenced):
            await rule_due.rule_due(world, TOCSIN, group, None, slot=tocsin.clock.now(), epoch=0)
        assert await world.store.read(lambda tx: tx.rules.statuses()) == before


async def test_a_run_does_not_rest_while_there_is_something_to_do(database: Path) -> None:
    async with living(database, [MEND]) as tocsin:
        tocsin.hosts.takes = 20
        tocsin.hosts.probe = Did.DID
        await approved(tocsin)
        await tocsin.passes("2s")
        run, journal = await tocsin.run()
        carried = Carried(tocsin.world, TOCSIN, run, journal[:-1])
        move = Wait(until=None, why="it waits, as far as it knows")
        assert await run_ended.rest(tocsin.world, TOCSIN, carried, move) is None
        assert list(carried.journal) == list(journal)


@pytest.mark.parametrize(
    ("meanwhile", "said"), [("it waits", "step mend of RUN-1 cannot be prepared"), ("it runs", "APR-2 asks")]
)
async def test_an_action_that_nobody_offers_any_more_ends_the_run_or_asks_a_person(
    meanwhile: str, said: str, database: Path
) -> None:
    async with living(database, [with_keys(MEND, "mend", "retry: {attempts: 3}")]) as tocsin:
        tocsin.hosts.probe = Did.DID
        tocsin.hosts.takes = 10
        tocsin.hosts.ends = Temporary("the connection was lost", integration="hosts", reason="connection")
        tocsin.fails()
        await tocsin.asked()
        if meanwhile == "it runs":
            await tocsin.answers()
            await tocsin.passes("2s")
        tocsin.world.actions = {}
        if meanwhile == "it waits":
            await tocsin.answers()
        case = await tocsin.until(lambda case: any(text.startswith(said) for text in tocsin.said(case)))
    assert tocsin.hosts.ran == []
    assert ended(case) == (meanwhile == "it waits")


async def test_an_end_that_was_written_though_nobody_could_say_so_is_not_written_again(database: Path) -> None:
    async with living(database, [MEND]) as tocsin:
        store = tocsin.world.store = Awkward(tocsin.world.store)
        lost: list[str] = []

        async def is_lost() -> None:
            _, journal = await tocsin.run()
            word = f"{journal[-1].kind} {journal[-1].step}"
            if word in ("finished mend", "ended ") and word not in lost:
                lost.append(word)
                raise StoreUnavailable("went away during a commit, and whether it happened is not known")

        tocsin.hosts.effect = tocsin.recovers
        tocsin.fails()
        await tocsin.asked()
        store.after = is_lost
        await tocsin.answers()
        case = await tocsin.until(ended)
        await tocsin.passes("1m")
        run, journal = await tocsin.run()
    assert lost == ["finished mend", "ended "]
    assert [kinds(journal, "mend").count(kind) for kind in (JournalKind.INTENDED, JournalKind.FINISHED)] == [1, 1]
    assert kinds(journal, "").count(JournalKind.ENDED) == 1
    assert run.status is RunStatus.SUCCEEDED
    assert tocsin.said(case).count("succeeded: run mend cart on cart-1") == 1
