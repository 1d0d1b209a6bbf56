"""What every store promises, whatever keeps it: run by `test_store.py` over SQLite and PostgreSQL."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace as replaced
from datetime import timedelta
from functools import partial

import pytest

from bot.errors import Conflict, Fenced, NotFound, StoreError
from bot.model.chat_link import ChatLink
from bot.model.errand import Errand, ErrandKind
from bot.model.evaluation import EvaluationRecord, RuleFinding, Sighting
from bot.model.event import Record
from bot.model.evidence import Attachment
from bot.model.held_group import HeldGroup
from bot.model.ids import EvidenceId, IncidentId, RunId
from bot.model.incident import IncidentKind, IncidentStatus
from bot.model.labels import LabelSet
from bot.model.rule import GroupStatus, RuleState, RuleStatus
from bot.model.run import ApprovalStatus, JournalKind
from bot.ports.store import Session, Store, Tx
from tests.contracts.store_alerts import AlertsSuite
from tests.contracts.store_nouns import (
    DAY,
    LONG,
    MINUTE,
    NOW,
    OVER,
    act,
    alert,
    approval,
    entry,
    errand,
    evidence,
    finished,
    firing,
    incident,
    line,
    memory,
    run,
    status,
    three_facts,
)
from tests.contracts.store_runs import RunsSuite


class Boom(Exception):
    """What a work raises to be undone."""


class TransactionsSuite:
    """One event is one transaction."""

    async def test_a_write_answers_with_what_the_work_returns_and_can_be_read_at_once(self, store: Store) -> None:
        assert await store.write(lambda tx: tx.incidents.put(incident(1)) or "done") == "done"
        assert await store.read(lambda tx: tx.incidents.get(IncidentId("INC-1"))) == incident(1)

    async def test_a_work_that_raises_leaves_nothing(self, store: Store) -> None:
        def work(tx: Tx) -> None:
            three_facts(tx, 1)
            raise Boom

        with pytest.raises(Boom):
            await store.write(work)
        assert await store.read(lambda tx: (tx.incidents.list(), tx.audit.list())) == ([], [])

    async def test_works_that_share_a_commit_fail_alone(self, store: Store) -> None:
        def work(tx: Tx, number: int) -> int:
            three_facts(tx, number)
            if number % 3 == 0:
                raise Boom
            return number

        results = await asyncio.gather(
            *(store.write(lambda tx, number=number: work(tx, number)) for number in range(1, 101)),
            return_exceptions=True,
        )
        kept = {number for number in range(1, 101) if number % 3}
        assert {number for number in results if not isinstance(number, Boom)} == kept
        told = await store.read(lambda tx: {entry.object for entry in tx.audit.list(limit=200)})
        assert told == {f"INC-{number}" for number in kept}
        assert await store.read(lambda tx: tx.audit.broken_at()) is None
        assert len(await store.read(lambda tx: tx.incidents.list(limit=200))) == len(kept)

    async def test_a_row_that_is_refused_costs_the_others_nothing(self, store: Store) -> None:
        """What is only added is written at the end of the shared commit: the row is still its own work's."""
        await store.write(lambda tx: (tx.incidents.put(incident(1)), tx.runs.create(run(1))))

        def work(tx: Tx, number: int) -> int:
            tx.evidence.put(evidence(number % 8, "INC-1"))
            tx.runs.append(line("RUN-1", number=number), epoch=None)
            if number == 5:
                tx.runs.wake(RunId("RUN-1"), NOW)
                assert tx.runs.journal(RunId("RUN-1"))[-1].data == {"number": 5}
                raise Boom
            return number

        results = await asyncio.gather(
            *(store.write(lambda tx, number=number: work(tx, number)) for number in range(11)), return_exceptions=True
        )
        assert [type(one) for one in results] == [*[int] * 5, Boom, int, int, *[Conflict] * 3]
        kept = [one for one in results if isinstance(one, int)]
        journal = await store.read(lambda tx: tx.runs.journal(RunId("RUN-1")))
        assert [entry.data["number"] for entry in journal] == kept
        assert len(await store.read(lambda tx: tx.evidence.of_incident(IncidentId("INC-1")))) == len(kept)

    async def test_a_hundred_tasks_get_a_hundred_ids(self, store: Store) -> None:
        ids = await asyncio.gather(*(store.write(lambda tx: tx.incidents.next_id()) for _ in range(100)))
        assert sorted(ids) == sorted(f"INC-{number}" for number in range(1, 101))

    async def test_ids_of_a_work_that_was_undone_are_not_skipped(self, store: Store) -> None:
        def work(tx: Tx) -> None:
            tx.runs.next_id()
            raise Boom

        with pytest.raises(Boom):
            await store.write(work)
        assert await store.write(lambda tx: (tx.runs.next_id(), tx.approvals.next_id(), tx.evidence.next_id())) == (
            "RUN-1",
            "APR-1",
            "EV-1",
        )

    async def test_a_read_sees_one_moment(self, store: Store) -> None:
        await store.write(lambda tx: three_facts(tx, 1))
        loop = asyncio.get_running_loop()

        def work(tx: Tx) -> tuple[int, int]:
            before = len(tx.incidents.list())
            asyncio.run_coroutine_threadsafe(store.write(lambda tx: three_facts(tx, 2)), loop).result(30)
            return before, len(tx.incidents.list())

        assert await store.read(work) == (1, 1)
        assert len(await store.read(lambda tx: tx.incidents.list())) == 2

    async def test_a_reading_work_cannot_write(self, store: Store) -> None:
        with pytest.raises(Exception) as refused:  # noqa: PT011  how it is refused is each database's affair
            await store.read(lambda tx: tx.incidents.put(incident(1)))
        assert type(refused.value).__module__ == "bot.errors"
        assert await store.read(lambda tx: tx.incidents.list()) == []

    async def test_a_mistake_that_is_met_inside_a_work_undoes_nothing(self, store: Store) -> None:
        def stumbles() -> None:
            raise Boom

        def work(tx: Tx) -> Exception | None:
            three_facts(tx, 1)
            return tx.mistake_in(stumbles)

        assert isinstance(await store.write(work), Boom)
        assert await store.read(lambda tx: tx.incidents.get(IncidentId("INC-1"))) == incident(1)

    async def test_what_the_database_itself_raises_is_no_mistake_of_a_work(self, store: Store) -> None:
        with pytest.raises(StoreError):
            await store.read(lambda tx: tx.mistake_in(lambda: tx.marks.put("nobody may write here", NOW)))

    async def test_what_was_asked_for_and_given_up_in_the_queue_is_not_done(self, store: Store) -> None:
        first = asyncio.create_task(store.write(lambda tx: three_facts(tx, 1)))
        second = asyncio.create_task(store.write(lambda tx: three_facts(tx, 2)))
        await asyncio.sleep(0)
        second.cancel()
        await first
        with pytest.raises(asyncio.CancelledError):
            await second
        await store.write(lambda tx: three_facts(tx, 3))
        assert await store.read(lambda tx: tx.audit.broken_at()) is None
        seen = {found.id for found in await store.read(lambda tx: tx.incidents.list())}
        assert {"INC-1", "INC-3"} <= seen


def late(saved: GroupStatus, length: timedelta) -> GroupStatus:
    """The same, evaluated so long after its slot."""
    at = saved.slot + length
    return replaced(saved, evaluated_at=at, rules=tuple(replaced(rule, evaluated_at=at) for rule in saved.rules))


class RulesSuite:
    """What rule groups remember."""

    async def test_a_state_comes_back_as_it_was(self, store: Store) -> None:
        lost = RuleStatus(rule="Other", evaluated_at=NOW - MINUTE, unknown_since=NOW, last_error="timeout")
        saved = status("shop.yml;shop", NOW, firing(NOW), lost, RuleStatus(rule="Calm", evaluated_at=NOW))
        await store.write(lambda tx: tx.rules.save(saved))
        await store.write(lambda tx: tx.rules.save(status("a.yml;a", NOW, RuleStatus(rule="NeverAsked"))))
        assert await store.read(lambda tx: tx.rules.status(saved.key)) == saved
        assert [found.key for found in await store.read(lambda tx: tx.rules.statuses())] == ["a.yml;a", saved.key]
        assert await store.read(lambda tx: tx.rules.status("nobody")) is None

    async def test_what_a_search_remembers_is_kept_with_its_state(self, store: Store) -> None:
        first = replaced(status("alerts.conf;Errors", NOW, firing(NOW)), memory=memory(NOW))
        await store.write(lambda tx: tx.rules.save(first))
        assert await store.read(lambda tx: tx.rules.status(first.key)) == first
        later = replaced(first, slot=NOW + MINUTE, memory=memory(NOW + MINUTE))

        def lost(tx: Tx) -> None:
            tx.rules.save(later)
            raise Conflict("something else went wrong")

        with pytest.raises(Conflict):
            await store.write(lost)
        assert await store.read(lambda tx: tx.rules.status(first.key)) == first, "neither of them alone"
        await store.write(lambda tx: tx.rules.save(later))
        assert await store.read(lambda tx: tx.rules.statuses()) == [later]

    async def test_a_slot_is_saved_once_and_time_does_not_go_back(self, store: Store) -> None:
        await store.write(lambda tx: tx.rules.save(status("g", NOW)))
        later = status("g", NOW + MINUTE, firing(NOW + MINUTE))
        await store.write(lambda tx: tx.rules.save(later))
        for slot in (NOW, NOW + MINUTE):
            with pytest.raises(Conflict):
                await store.write(lambda tx, slot=slot: tx.rules.save(status("g", slot)))
        assert await store.read(lambda tx: tx.rules.status("g")) == later

    async def test_a_conflict_can_be_caught_inside_a_work(self, store: Store) -> None:
        await store.write(lambda tx: tx.rules.save(status("g", NOW)))

        def work(tx: Tx) -> None:
            with pytest.raises(Conflict):
                tx.rules.save(status("g", NOW))
            three_facts(tx, 1)

        await store.write(work)
        assert len(await store.read(lambda tx: tx.incidents.list())) == 1

    async def test_the_record_of_evaluations_is_read_back_the_newest_first(self, store: Store) -> None:
        for minute in range(5):
            slot = NOW + minute * MINUTE
            await store.write(lambda tx, slot=slot: tx.rules.save(status("g", slot)))
            await store.write(lambda tx, slot=slot: tx.rules.save(status("another", slot)))
        found = await store.read(lambda tx: tx.rules.evaluations("g", NOW + MINUTE, 3))
        assert [one.slot for one in found] == [NOW + minute * MINUTE for minute in (4, 3, 2)]
        assert {one.group_key for one in found} == {"g"}
        assert len(await store.read(lambda tx: tx.rules.evaluations("g", NOW + MINUTE, 100))) == 4
        assert await store.read(lambda tx: tx.rules.evaluations("nobody", NOW, 100)) == []

    async def test_of_a_calm_group_nothing_but_the_time_is_kept(self, store: Store) -> None:
        calm = status("g", NOW)
        await store.write(lambda tx: tx.rules.save(calm))
        await store.write(lambda tx: tx.rules.save(late(status("g", NOW + MINUTE), timedelta(seconds=0.9))))
        await store.write(lambda tx: tx.rules.save(late(status("g", NOW + 2 * MINUTE), timedelta(seconds=70))))
        tardy, usual, first = await store.read(lambda tx: tx.rules.evaluations("g", NOW, 10))
        assert first == EvaluationRecord(group_key="g", slot=NOW, took=calm.took)
        assert (usual.late, usual.findings) == (timedelta(0), ())
        assert (tardy.late, tardy.findings) == (timedelta(seconds=70), ())
        assert first.of("ShopSlow", 0).state is RuleState.INACTIVE

    async def test_samples_are_kept_of_alerts_and_labels_where_they_changed(self, store: Store) -> None:
        began = firing(NOW)
        blind = RuleStatus(rule="Other", evaluated_at=NOW, unknown_since=NOW, last_error="timeout")
        for slot in (NOW, NOW + MINUTE):
            await store.write(lambda tx, slot=slot: tx.rules.save(status("g", slot, began, blind)))
        later, first = await store.read(lambda tx: tx.rules.evaluations("g", NOW, 10))
        (alert,) = began.alerts
        told = Sighting(
            fingerprint=alert.labels.fingerprint, state=RuleState.FIRING, value=float("inf"), labels=alert.labels
        )
        slow = RuleFinding(rule="ShopSlow", place=0, state=RuleState.FIRING, alerts={"firing": 1}, sightings=(told,))
        other = RuleFinding(rule="Other", place=1, state=RuleState.UNKNOWN, error="timeout")
        assert first.findings == (slow, other)
        assert later.findings == (replaced(slow, sightings=(replaced(told, labels=None),)), other)
        assert later.of("Other", 1) == other

    async def test_an_alert_that_ended_is_told_once(self, store: Store) -> None:
        (alert,) = firing(NOW).alerts
        over = replaced(alert, state=RuleState.INACTIVE, resolved_at=NOW + MINUTE)
        for slot in (NOW + MINUTE, NOW + 2 * MINUTE):
            rule = RuleStatus(rule="ShopSlow", alerts=(over,), evaluated_at=slot)
            await store.write(lambda tx, slot=slot, rule=rule: tx.rules.save(status("g", slot, rule)))
        after, at_its_end = await store.read(lambda tx: tx.rules.evaluations("g", NOW, 10))
        assert after.findings == ()
        (sighting,) = at_its_end.of("ShopSlow", 0).sightings
        assert (sighting.state, sighting.labels) == (RuleState.INACTIVE, alert.labels)
        assert at_its_end.of("ShopSlow", 0).alerts == {}

    async def test_a_storm_of_alerts_is_counted_and_not_all_kept(self, store: Store) -> None:
        (old,) = firing(NOW).alerts
        alerts = [replaced(old, labels=LabelSet({"n": f"{number:03}"})) for number in range(300)]
        fresh = replaced(old, labels=LabelSet({"n": "fresh"}), active_at=NOW + MINUTE, fired_at=NOW + MINUTE)
        rule = RuleStatus(rule="ShopSlow", alerts=(*alerts, fresh), evaluated_at=NOW + MINUTE)
        await store.write(lambda tx: tx.rules.save(status("g", NOW + MINUTE, rule)))
        (record,) = await store.read(lambda tx: tx.rules.evaluations("g", NOW, 10))
        found = record.of("ShopSlow", 0)
        assert found.alerts == {"firing": 301}
        assert len(found.sightings) == 20
        assert [one.labels for one in found.sightings if one.labels] == [fresh.labels]

    async def test_what_is_forgotten_is_gone(self, store: Store) -> None:
        for key in ("a", "b"):
            await store.write(lambda tx, key=key: tx.rules.save(status(key, NOW)))
        await store.write(lambda tx: tx.rules.forget(["a", "never was"]))
        assert [found.key for found in await store.read(lambda tx: tx.rules.statuses())] == ["b"]
        await store.write(lambda tx: tx.rules.save(status("a", NOW + MINUTE)))


class IncidentsSuite:
    """Incidents and their stories."""

    async def test_the_newest_come_first_and_nine_before_ten(self, store: Store) -> None:
        for number in (9, 10, 2):
            await store.write(lambda tx, number=number: tx.incidents.put(replaced(incident(number), opened_at=NOW)))
        await store.write(lambda tx: tx.incidents.put(incident(1, status=IncidentStatus.CLOSED)))
        listed = await store.read(lambda tx: [found.id for found in tx.incidents.list()])
        assert listed == ["INC-1", "INC-10", "INC-9", "INC-2"]
        two = await store.read(lambda tx: tx.incidents.list(statuses=[IncidentStatus.TRIGGERED], limit=2))
        assert [found.id for found in two] == ["INC-10", "INC-9"]

    async def test_incidents_that_opened_lately_are_counted(self, store: Store) -> None:
        for number in (1, 2, 3):
            await store.write(lambda tx, number=number: tx.incidents.put(incident(number)))
        since = [NOW + timedelta(minutes=number) for number in (0, 3, 4)]
        assert await store.read(lambda tx: [tx.incidents.opened_since(at) for at in since]) == [3, 1, 0]

    async def test_only_open_incidents_hold_alerts_and_groups(self, store: Store) -> None:
        one, two = (alert(instance=name).fingerprint for name in "ab")
        held = incident(1, group_key="g", alerts=(one, two), firing=(two,))
        await store.write(lambda tx: tx.incidents.put(held) or tx.incidents.give("g", held.id))
        assert await store.read(lambda tx: tx.incidents.open_for_group("g")) == held
        assert await store.read(lambda tx: tx.incidents.holding(one)) == [held]
        fewer = replaced(held, alerts=(two,))
        await store.write(lambda tx: tx.incidents.put(fewer))
        assert await store.read(lambda tx: (tx.incidents.holding(one), tx.incidents.holding(two))) == ([], [fewer])
        await store.write(lambda tx: tx.incidents.put(replaced(fewer, status=IncidentStatus.RESOLVED)))
        assert await store.read(lambda tx: (tx.incidents.holding(two), tx.incidents.open_for_group("g"))) == ([], None)
        await store.write(lambda tx: tx.incidents.put(fewer))
        assert await store.read(lambda tx: tx.incidents.holding(two)) == [fewer]

    async def test_incidents_that_hold_any_of_many_alerts_are_found_once_the_newest_first(self, store: Store) -> None:
        many = [alert(instance=str(number)).fingerprint for number in range(600)]

        def play(tx: Tx) -> None:
            for number, held in ((9, many[:550]), (10, many[540:]), (2, many[:1]), (3, many[1:2])):
                tx.incidents.put(replaced(incident(number), opened_at=NOW, alerts=tuple(held)))
            tx.incidents.put(replaced(incident(3), opened_at=NOW, status=IncidentStatus.RESOLVED))

        await store.write(play)
        found = await store.read(lambda tx: [one.id for one in tx.incidents.holding(*many)])
        assert found == ["INC-10", "INC-9", "INC-2"]
        assert await store.read(lambda tx: tx.incidents.holding()) == []

    async def test_groups_are_near_when_they_share_something_began_together_and_are_open(self, store: Store) -> None:
        def group(key: str, number: int, minute: int = 0, **has: str) -> HeldGroup:
            return HeldGroup(key=key, incident=incident(number).id, began_at=NOW + minute * MINUTE, **has)

        def play(tx: Tx) -> None:
            for number, stands in ((2, "triggered"), (1, "mitigated"), (3, "resolved")):
                tx.incidents.put(incident(number, status=IncidentStatus(stands)))
            tx.incidents.put(incident(4, kind=IncidentKind.DRILL))
            for held in (
                group("alike", 2, 1, shares="x"), group("later", 2, 9, shares="x"), group("cart", 1, 2, service="cart"),
                group("over", 3, shares="x"), group("apart", 1, shares="x", apart="eu"), group("moved", 2, shares="x"),
                group("bare", 1), group("drill", 4, shares="x"),
            ):  # fmt: skip
                tx.incidents.hold(held)
            tx.incidents.give("moved", incident(1).id)

        def near(tx: Tx, shares: str, services: Sequence[str], apart: str = "") -> list[str]:
            since, until = NOW - 5 * MINUTE, NOW + 5 * MINUTE
            found = tx.incidents.near(shares=shares, services=services, apart=apart, since=since, until=until, limit=9)
            return [one.key for one in found]

        await store.write(play)
        asked = [("x", []), ("x", ["cart", "till"]), ("", ["cart"]), ("", [])]
        found = await store.read(lambda tx: [near(tx, *one) for one in asked])
        assert found == [["moved", "alike"], ["moved", "alike", "cart"], ["cart"], []]
        assert await store.read(lambda tx: near(tx, "x", ["cart"], "eu")) == ["apart"]
        many = await store.read(lambda tx: [tx.incidents.many_groups_of(incident(1).id, most) for most in (2, 9)])
        assert many == [2, 4]

    async def test_a_story_is_told_in_the_order_things_happened(self, store: Store) -> None:
        await store.write(lambda tx: tx.incidents.put(incident(1)))
        told = [
            await store.write(lambda tx, text=text, at=at: tx.incidents.tell(entry("INC-1", text, at)))
            for text, at in (("second", NOW), ("third", NOW), ("first", NOW - MINUTE))
        ]
        assert all(line.seq > 0 for line in told)
        story = await store.read(lambda tx: tx.incidents.timeline(IncidentId("INC-1")))
        assert [line.text for line in story] == ["first", "second", "third"]
        assert set(map(str, story)) == set(map(str, told))

    async def test_what_does_not_exist_is_not_found(self, store: Store) -> None:
        for work in (
            lambda tx: tx.incidents.get(IncidentId("INC-7\x00")),
            lambda tx: tx.runs.get(RunId("RUN-7")),
            lambda tx: tx.approvals.get("APR-7"),
            lambda tx: tx.evidence.attachment(EvidenceId("EV-7"), "x.png"),
        ):
            with pytest.raises(NotFound):
                await store.read(work)


class ApprovalsAndEvidenceSuite:
    """Questions to people, and what was seen."""

    async def test_approvals_are_found_by_run_incident_and_openness(self, store: Store) -> None:
        await store.write(lambda tx: tx.incidents.put(incident(1)))
        await store.write(lambda tx: (tx.runs.create(run(1)), tx.runs.create(run(2))))
        first, second = approval(2, "RUN-1", "INC-1"), approval(1, "RUN-2")
        await store.write(lambda tx: (tx.approvals.put(first), tx.approvals.put(second)))
        assert await store.read(lambda tx: tx.approvals.open()) == [second, first]
        given = replaced(first, status=ApprovalStatus.APPROVED, given_by=("ann",), answered_at=NOW, answered_by="ann")
        await store.write(lambda tx: tx.approvals.put(given))
        assert await store.read(lambda tx: tx.approvals.open()) == [second]
        assert await store.read(lambda tx: tx.approvals.get(first.id)) == given
        assert await store.read(lambda tx: tx.approvals.get(first.id).plan.hash) == first.plan.hash
        assert await store.read(lambda tx: tx.approvals.of_run(RunId("RUN-1"))) == [given]
        assert await store.read(lambda tx: tx.approvals.of_incident(IncidentId("INC-1"))) == [given]

    async def test_evidence_is_frozen_and_lists_carry_no_bytes(self, store: Store) -> None:
        chart = Attachment(name="signal.png", media_type="image/png", content=bytes(range(256)) * 9, sha256="abc")
        await store.write(lambda tx: tx.incidents.put(incident(1)))
        seen = evidence(1, "INC-1", chart)
        await store.write(lambda tx: tx.evidence.put(seen))
        await store.write(lambda tx: tx.evidence.put(evidence(2, "INC-1")))
        listed = await store.read(lambda tx: tx.evidence.of_incident(IncidentId("INC-1")))
        assert listed == [replaced(seen, attachments=(), attachment_names=("signal.png",)), evidence(2, "INC-1")]
        assert await store.read(lambda tx: tx.evidence.attachment(seen.id, "signal.png")) == chart
        with pytest.raises(Conflict):
            await store.write(lambda tx: tx.evidence.put(replaced(seen, summary="another story")))
        with pytest.raises(NotFound):
            await store.read(lambda tx: tx.evidence.attachment(seen.id, "other.png"))


class AuditSuite:
    """The record and its chain."""

    async def test_entries_are_chained_without_gaps_and_listed_newest_first(self, store: Store) -> None:
        for name in ("INC-1", "INC-2", "INC-1"):
            await store.write(lambda tx, name=name: tx.audit.append(act(object=name)))
        listed = await store.read(lambda tx: tx.audit.list())
        assert [found.seq for found in listed] == [3, 2, 1]
        assert [found.previous for found in listed[:2]] == [found.hash for found in listed[1:]]
        assert [found.seq for found in await store.read(lambda tx: tx.audit.list(object="INC-1"))] == [3, 1]
        assert len(await store.read(lambda tx: tx.audit.list(limit=1))) == 1
        assert await store.read(lambda tx: tx.audit.broken_at()) is None

    async def test_hostile_text_does_not_break_the_chain(self, store: Store) -> None:
        await store.write(lambda tx: tx.audit.append(act("n\x00ul", "\ud800 surrogate")))
        assert await store.read(lambda tx: tx.audit.broken_at()) is None
        assert [found.object for found in await store.read(lambda tx: tx.audit.list())] == ["\ufffd surrogate"]


class OutboxSuite:
    """Errands."""

    async def test_an_errand_is_added_once_for_ever(self, store: Store) -> None:
        assert await store.write(lambda tx: (tx.outbox.add(errand("a")), tx.outbox.add(errand("a")))) == (True, False)
        mine = await store.write(lambda tx: tx.outbox.claim("us", NOW, LONG))
        await store.write(lambda tx: tx.outbox.done(mine))
        assert not await store.write(lambda tx: tx.outbox.add(errand("a")))
        assert await store.write(lambda tx: tx.outbox.claim("us", NOW + DAY, LONG)) is None

    async def test_the_one_due_longest_is_claimed_first_and_by_one(self, store: Store) -> None:
        for key, minutes in (("late", 2), ("early", 1), ("tomorrow", 60 * 24)):
            await store.write(lambda tx, key=key, at=NOW + minutes * MINUTE: tx.outbox.add(errand(key, at)))
        later = NOW + 5 * MINUTE
        claims = await asyncio.gather(*(store.write(lambda tx: tx.outbox.claim("us", later, LONG)) for _ in range(4)))
        assert [claim and (claim.dedup_key, claim.attempts) for claim in claims] == [
            ("early", 1),
            ("late", 1),
            None,
            None,
        ]
        assert claims[0].payload == {"group": "early"}

    async def test_what_failed_is_tried_again_when_it_is_due(self, store: Store) -> None:
        await store.write(lambda tx: tx.outbox.add(errand("a")))
        mine = await store.write(lambda tx: tx.outbox.claim("us", NOW, LONG))
        await store.write(lambda tx: tx.outbox.put_off(mine, NOW + MINUTE, "it was away"))
        assert await store.read(lambda tx: (tx.outbox.oldest_due(NOW), tx.outbox.oldest_due(NOW + DAY))) == (
            None,
            NOW + MINUTE,
        )
        assert await store.write(lambda tx: tx.outbox.claim("us", NOW, LONG)) is None
        assert (await store.write(lambda tx: tx.outbox.claim("us", NOW + MINUTE, LONG))).attempts == 2

    async def test_it_says_when_the_next_is_due_that_can_be_taken(self, store: Store) -> None:
        assert await store.read(lambda tx: tx.outbox.next_at()) is None
        for key, due_at, lane in (("a1", NOW + MINUTE, "a"), ("a2", NOW, "a"), ("held", NOW - MINUTE, "")):
            await store.write(
                lambda tx, key=key, due_at=due_at, lane=lane: tx.outbox.add(
                    replaced(errand(key), due_at=due_at, lane=lane)
                )
            )
        assert await store.read(lambda tx: tx.outbox.next_at()) == NOW - MINUTE
        await store.write(lambda tx: tx.outbox.claim("us", NOW, LONG))
        assert await store.read(lambda tx: tx.outbox.next_at()) == NOW + MINUTE, "a2 waits for a1, and one is held"

    async def test_an_attempt_that_was_overtaken_changes_nothing(self, store: Store) -> None:
        await store.write(lambda tx: tx.outbox.add(errand("a")))
        mine = await store.write(lambda tx: tx.outbox.claim("us", NOW, OVER))
        theirs = await store.write(lambda tx: tx.outbox.claim("them", NOW, LONG))
        for stale in (lambda tx: tx.outbox.done(mine), lambda tx: tx.outbox.put_off(mine, NOW, "no")):
            with pytest.raises(Fenced):
                await store.write(stale)
        await store.write(lambda tx: tx.outbox.done(theirs))
        assert await store.read(lambda tx: tx.outbox.oldest_due(NOW + DAY)) is None

    async def test_only_the_first_of_a_lane_is_taken_until_it_is_done(self, store: Store) -> None:
        for key, lane in (("a1", "a"), ("a2", "a"), ("b1", "b"), ("free", ""), ("as free", "")):
            await store.write(lambda tx, key=key, lane=lane: tx.outbox.add(replaced(errand(key), lane=lane)))
        claims = [await store.write(lambda tx: tx.outbox.claim("us", NOW, LONG)) for _ in range(5)]
        assert [claim and claim.dedup_key for claim in claims] == ["a1", "b1", "free", "as free", None]
        await store.write(lambda tx: tx.outbox.put_off(claims[0], NOW + MINUTE, "it was away"))
        assert await store.write(lambda tx: tx.outbox.claim("us", NOW, LONG)) is None
        first = await store.write(lambda tx: tx.outbox.claim("us", NOW + MINUTE, LONG))
        await store.write(lambda tx: tx.outbox.done(first))
        second = await store.write(lambda tx: tx.outbox.claim("us", NOW, LONG))
        assert second.dedup_key == "a2"
        await store.write(lambda tx: tx.outbox.done(second))
        with pytest.raises(Fenced):
            await store.write(lambda tx: tx.outbox.done(second))
        assert await store.read(lambda tx: tx.outbox.oldest_due(NOW)) == NOW, "only those that are under way are left"

    async def test_whoever_does_one_kind_is_given_no_other(self, store: Store) -> None:
        await store.write(lambda tx: tx.outbox.add(errand("a")))
        claim = partial(_claim_of, ErrandKind.TELL_GROUP)
        assert await store.write(claim) is None
        await store.write(lambda tx: tx.outbox.add(replaced(errand("b"), kind=ErrandKind.TELL_GROUP)))
        assert (await store.write(claim)).dedup_key == "b"


def _claim_of(kind: ErrandKind, tx: Tx) -> Errand | None:
    return tx.outbox.claim("us", NOW, LONG, [kind])


class RecordsSuite:
    """What is told to others, in the order it was written."""

    async def test_entries_come_in_order_from_where_a_sink_is(self, store: Store) -> None:
        for number in range(5):
            await store.write(lambda tx, number=number: tx.audit.append(act(object=f"INC-{number}")))
        first = await store.read(lambda tx: tx.records.audit_after(0, 3))
        rest = await store.read(lambda tx: tx.records.audit_after(first[-1].seq, 10))
        assert [one.object for one in (*first, *rest)] == [f"INC-{number}" for number in range(5)]
        assert await store.read(lambda tx: tx.records.audit_after(rest[-1].seq, 10)) == []

    async def test_the_stories_of_incidents_and_runs_are_records_too(self, store: Store) -> None:
        await store.write(lambda tx: tx.incidents.put(incident(1)))
        for text in ("first", "second"):
            await store.write(lambda tx, text=text: tx.incidents.tell(entry("INC-1", text)))
        await store.write(lambda tx: tx.runs.create(run(1)))
        written = await store.write(lambda tx: tx.runs.append(finished("RUN-1", "secret"), epoch=None))
        (line_of_it,) = await store.read(lambda tx: tx.records.journal_after(written.seq - 1, 10))
        assert (line_of_it.run, line_of_it.kind, line_of_it.seq) == (written.run, JournalKind.FINISHED, written.seq)
        assert (line_of_it.data["summary"], line_of_it.data["text"]) == ("done", "")
        told = await store.read(lambda tx: tx.records.timeline_after(0, 10))
        assert [one.text for one in told] == ["first", "second"]

    async def test_a_sink_is_where_it_was_told_to_be(self, store: Store) -> None:
        assert await store.read(lambda tx: tx.records.told("splunk", Record.AUDIT)) == 0
        for seq in (3, 7):
            await store.write(lambda tx, seq=seq: tx.records.tell("splunk", Record.AUDIT, seq))
        assert await store.read(lambda tx: tx.records.told("splunk", Record.AUDIT)) == 7
        assert await store.read(lambda tx: tx.records.told("splunk", Record.RUN)) == 0
        assert await store.read(lambda tx: tx.records.told("other", Record.AUDIT)) == 0


class LeasesSuite:
    """Which process is the active one."""

    async def test_a_lease_has_one_owner_until_it_ends(self, store: Store) -> None:
        assert await store.write(lambda tx: tx.leases.acquire("active", "us", LONG)) == 1
        assert await store.write(lambda tx: tx.leases.acquire("active", "us", LONG)) == 1
        assert await store.write(lambda tx: tx.leases.acquire("active", "them", LONG)) is None
        assert await store.write(lambda tx: tx.leases.acquire("other", "them", LONG)) == 1
        await store.read(lambda tx: tx.leases.check("active", 1))
        assert await store.write(lambda tx: tx.leases.acquire("active", "us", OVER)) == 1
        assert await store.write(lambda tx: tx.leases.acquire("active", "them", LONG)) == 2
        with pytest.raises(Fenced):
            await store.read(lambda tx: tx.leases.check("active", 1))
        with pytest.raises(Fenced):
            await store.read(lambda tx: tx.leases.check("never", 0))

    async def test_a_lease_given_back_is_free_at_once(self, store: Store) -> None:
        await store.write(lambda tx: tx.leases.acquire("active", "us", LONG))
        await store.write(lambda tx: tx.leases.release("active", "them"))
        assert await store.write(lambda tx: tx.leases.acquire("active", "them", LONG)) is None
        await store.write(lambda tx: tx.leases.release("active", "us"))
        assert await store.write(lambda tx: tx.leases.acquire("active", "them", LONG)) == 2


class SessionsSuite:
    """Links and the sessions they open."""

    async def test_a_link_opens_once_and_not_too_late(self, store: Store) -> None:
        for name in ("a", "b"):
            await store.write(lambda tx, name=name: tx.sessions.add_link(name, "ann", NOW + MINUTE))
        uses = await asyncio.gather(*(store.write(lambda tx: tx.sessions.use_link("a", NOW)) for _ in range(5)))
        assert sorted(map(str, uses)) == ["None"] * 4 + ["ann"]
        assert await store.write(lambda tx: tx.sessions.use_link("b", NOW + MINUTE)) is None
        assert await store.write(lambda tx: tx.sessions.use_link("c", NOW)) is None

    async def test_a_code_links_once_and_not_too_late(self, store: Store) -> None:
        for name in ("a", "b"):
            await store.write(lambda tx, name=name: tx.chat_links.add_code(name, "ann", NOW, NOW + MINUTE))
        uses = await asyncio.gather(*(store.write(lambda tx: tx.chat_links.use_code("a", NOW)) for _ in range(5)))
        assert sorted(map(str, uses)) == ["None"] * 4 + ["ann"]
        assert await store.write(lambda tx: tx.chat_links.use_code("b", NOW + MINUTE)) is None
        later = NOW + MINUTE
        await store.write(lambda tx: tx.chat_links.add_code("c", "ben", later, later + MINUTE))
        assert await store.write(lambda tx: tx.chat_links.use_code("b", NOW)) is None, "forgotten"
        assert await store.write(lambda tx: tx.chat_links.use_code("c", later)) == "ben"

    async def test_a_link_to_a_chat_is_kept_until_it_is_dropped(self, store: Store) -> None:
        made = ChatLink(integration="slack", user="U1", person="ann", at=NOW, by="ben")
        other = replaced(made, integration="other")
        for link in (made, other, replaced(made, person="ben")):
            await store.write(lambda tx, link=link: tx.chat_links.put(link))
        assert await store.read(lambda tx: tx.chat_links.of("slack")) == [replaced(made, person="ben")]
        assert await store.read(lambda tx: tx.chat_links.all()) == [other, replaced(made, person="ben")]
        await store.write(lambda tx: tx.chat_links.drop("slack", "U1"))
        assert await store.read(lambda tx: tx.chat_links.all()) == [other]

    async def test_a_session_is_kept_until_it_is_dropped(self, store: Store) -> None:
        opened = Session(secret_hash="h", person="ann", csrf="c", created_at=NOW, seen_at=NOW, expires_at=NOW + MINUTE)
        await store.write(lambda tx: tx.sessions.put(opened))
        seen = replaced(opened, seen_at=NOW + MINUTE)
        await store.write(lambda tx: tx.sessions.put(seen))
        assert await store.read(lambda tx: tx.sessions.get("h")) == seen
        await store.write(lambda tx: tx.sessions.drop("h"))
        assert await store.read(lambda tx: tx.sessions.get("h")) is None


class StoreSuite(
    TransactionsSuite,
    AlertsSuite,
    RulesSuite,
    IncidentsSuite,
    RunsSuite,
    ApprovalsAndEvidenceSuite,
    AuditSuite,
    OutboxSuite,
    RecordsSuite,
    LeasesSuite,
    SessionsSuite,
):
    """All of it. A test module subclasses this and gives a `store` fixture."""
