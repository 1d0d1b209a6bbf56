"""Ways of a run that random ones take too seldom; see tests/property/test_run_machine.py for all others."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from bot.model.actor import TOCSIN
from bot.model.ids import RunId
from bot.model.plan import Plan
from bot.model.run import JournalEntry, JournalKind, RunbookRun
from bot.model.runbook import Risk, Runbook, Step
from bot.runbooks import machine, moves
from bot.runbooks.journal import finished
from bot.runbooks.planned import plan_to_json

START = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
PLAN = Plan(
    action="host.run", integration="hosts", params={"argv": ["mend"]}, targets=("here",), summary="mends",
    risk=Risk.WRITE, repeatable=True,
)  # fmt: skip
BACK = Step(id="mend.rollback", title="takes it back", uses="undo")
MEND = Step(id="mend", title="mends", uses="host.run", rollback=BACK, timeout=timedelta(minutes=5))
RUNBOOK = Runbook(name="r", title="r", file="r.yaml", hash="0", steps=(MEND,))
RUN = RunbookRun(
    id=RunId("RUN-1"), runbook=RUNBOOK, incident=None, inputs={}, started_at=START, started_by=TOCSIN
)  # fmt: skip


def line(seconds: int, kind: JournalKind, step: str = "mend", attempt: int = 0, **data: object) -> JournalEntry:
    at = START + timedelta(seconds=seconds)
    return JournalEntry(run=RUN.id, at=at, kind=kind, actor=TOCSIN, step=step, attempt=attempt, data=data)


def test_what_was_begun_twice_and_seen_to_end_once_is_taken_back_when_the_first_must_be_over() -> None:
    """Its first attempt outlived a crash, perhaps: it could have its effect after it was taken back."""
    journal = [
        line(0, JournalKind.PLANNED, plan=plan_to_json(PLAN)),
        line(1, JournalKind.INTENDED, attempt=1),
        line(20, JournalKind.INTENDED, attempt=2),
        line(21, JournalKind.FINISHED, attempt=2, outcome="succeeded", summary="", value={}),
        line(22, JournalKind.ROLLBACK, "", reason="a person asks"),
    ]
    over = START + timedelta(seconds=1) + MEND.timeout + moves.ENDING
    early = machine.next_move(RUN, journal, START + timedelta(seconds=30))
    assert early == moves.Wait(until=over, why="step mend may still be under way")
    assert machine.next_move(RUN, journal, over) == moves.Prepare(step=BACK)


LOOK = line(0, JournalKind.PLANNED, plan=plan_to_json(replace(PLAN, risk=Risk.READ)))
LOST = [line(second, JournalKind.INTENDED, attempt=second) for second in range(1, 6)]


def test_a_step_that_five_starts_did_not_survive_is_given_up() -> None:
    """It may be what kills us: each life of ours began it, and none saw it end."""
    later = START + timedelta(seconds=30)
    again = machine.next_move(RUN, [LOOK, *LOST[:4]], later)
    assert isinstance(again, moves.Start)
    over = machine.next_move(RUN, [LOOK, *LOST], later)
    assert isinstance(over, moves.Done)
    assert over.given_up
    assert "step mend was begun 5 times, and nobody saw it end" in over.reason


def test_ends_that_were_seen_do_not_count_towards_giving_up() -> None:
    failed = [
        line(second, JournalKind.FINISHED, attempt=second, outcome="failed", summary="no", value={})
        for second in range(1, 6)
    ]
    seen = [entry for pair in zip(LOST, failed, strict=True) for entry in pair]
    journal = [LOOK, *seen, line(6, JournalKind.INTENDED, attempt=6)]
    assert isinstance(machine.next_move(RUN, journal, START + timedelta(seconds=30)), moves.Start)


FIRST, ANEW = replace(PLAN, can_undo=True, summary="mends, the first time"), replace(PLAN, summary="mends what is left")


def acted_by(*journal: JournalEntry) -> Plan | None:
    """The plan that is taken back."""
    found = finished(RUNBOOK, BACK, journal)
    return found[0] if found is not None else None


def planned(seconds: int, plan: Plan) -> JournalEntry:
    return line(seconds, JournalKind.PLANNED, plan=plan_to_json(plan))


def ends(seconds: int, attempt: int, **data: object) -> JournalEntry:
    kept = {"outcome": "failed", "summary": "half of it", "value": {}} | data
    return line(seconds, JournalKind.FINISHED, attempt=attempt, **kept)


def test_what_was_tried_again_is_taken_back_by_the_plan_that_says_how() -> None:
    """Planned anew when half is done, nothing may be left to take back: the node of a drain is cordoned already."""
    half = [planned(0, FIRST), line(1, JournalKind.INTENDED, attempt=1), ends(2, 1)]
    assert acted_by(*half) == FIRST
    assert acted_by(*half, planned(3, ANEW)) == FIRST, "planned, and never begun"
    again = [*half, planned(3, ANEW), line(4, JournalKind.INTENDED, attempt=2)]
    assert acted_by(*again) == FIRST
    assert acted_by(*again, ends(5, 2, outcome="succeeded")) == FIRST
    other = replace(FIRST, summary="mends, from another start")
    assert acted_by(*half, planned(3, other), line(4, JournalKind.INTENDED, attempt=2), ends(5, 2)) == other


def test_an_attempt_that_left_everything_as_it_was_is_not_taken_back() -> None:
    """Somebody else may have done since what it was to do."""
    begun = [planned(0, FIRST), line(1, JournalKind.INTENDED, attempt=1)]
    assert acted_by(*begun) == FIRST, "it may have been done"
    alone = [*begun, ends(2, 1, untouched=True)]
    assert acted_by(*alone) is None
    again = [*alone, planned(3, ANEW), line(4, JournalKind.INTENDED, attempt=2), ends(5, 2)]
    assert acted_by(*again) == ANEW
