"""Ways of a run that random ones take too seldom; see tests/property/test_run_machine.py for all others."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from bot.model.actor import TOCSIN
from bot.model.ids import RunId
from bot.model.plan import Plan
from bot.model.run import JournalEntry, JournalKind, RunbookRun
from bot.model.runbook import Risk, Runbook, Step
from bot.runbooks import machine, moves
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
