"""The next move of a run, from its journal alone.

Pure: the carrier asks, writes the intent down, acts, writes the result down, and asks again. So a process may die at
any moment and another one may go on. What must always hold, and is tested over random runs: no step starts without
its approvals, no unrepeatable step starts twice unless it is known not to have run, what is taken back was done before
and is taken back in reverse order, every run ends.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from bot.model.actor import ActorKind
from bot.model.automation import Autonomy
from bot.model.plan import Outcome, Plan
from bot.model.run import JournalEntry, JournalKind, RunbookRun, RunStatus, StepStatus
from bot.model.runbook import OnFailure, Risk, Step
from bot.runbooks import one_step
from bot.runbooks.journal import autonomy_of, covers, each_step, rollback_of, story_of, turned_by, whole_run
from bot.runbooks.moves import Check, Done, Move, TakeBack, Wait, Watch
from bot.runbooks.one_step import Leave
from bot.runbooks.policy import risk_of
from bot.runbooks.signal import has_signal
from bot.runbooks.story import StepStory


def next_move(run: RunbookRun, journal: Sequence[JournalEntry], now: datetime) -> Move:
    """What to do next. Called only while nothing of this run is being done."""
    move = _on_its_way(run, journal, now)
    return _looked_before(run, journal, move, now) if isinstance(move, Done) else move


def _on_its_way(run: RunbookRun, journal: Sequence[JournalEntry], now: datetime) -> Move:
    turned = turned_by(journal)
    if turned is not None:
        turn = _taking_back if turned.kind is JournalKind.ROLLBACK else _cancelled
        return turn(run, journal, turned, now)
    leave = Leave(
        until=run.started_at + run.runbook.timeout, autonomy=autonomy_of(run, journal), covers=covers(journal)
    )
    for step in run.runbook.steps:
        move = _of_step(step, journal, leave, now)
        if isinstance(move, Done) and move.status is RunStatus.FAILED and can_take_back(run, journal):
            return TakeBack(reason=move.reason)
        if move is not None:
            return _ended(run, journal, move)
    return Done(status=RunStatus.SUCCEEDED, reason="every step is done")


def can_take_back(run: RunbookRun, journal: Sequence[JournalEntry]) -> tuple[Step, ...]:
    """The steps that may have changed something and say how to take it back, in reverse order."""
    return tuple(
        step
        for step in reversed(run.runbook.steps)
        if step.rollback is not None and is_change(step, story := story_of(step, journal)) and story.may_have_acted
    )


def is_change(step: Step, story: StepStory) -> bool:
    """Whether what it planned is more than a look."""
    return story.plan is not None and risk_of(step, story.plan) is not Risk.READ


def unseen(run: RunbookRun, journal: Sequence[JournalEntry], now: datetime) -> Iterator[tuple[Step, Plan, datetime]]:
    """The changes whose end nobody saw and that may still be under way: by what plan, and since when."""
    for step in each_step(run.runbook):
        story = story_of(step, journal)
        if story.status is not StepStatus.UNKNOWN or story.begun is None or story.began_at is None:
            continue
        if is_change(step, story) and now < one_step.over_at(step, story.began_at):
            yield step, story.begun, story.began_at


def last_change(run: RunbookRun, journal: Sequence[JournalEntry]) -> datetime | None:
    """When the last step ended that changed something; None: nothing was changed."""
    stories = [(step, story_of(step, journal)) for step in run.runbook.steps]
    return max(
        (
            story.last_finished.at
            for step, story in stories
            if story.last_finished is not None
            and story.last_finished.data.get("outcome") == Outcome.SUCCEEDED
            and is_change(step, story)
        ),
        default=None,
    )


def first_change(run: RunbookRun, journal: Sequence[JournalEntry]) -> datetime | None:
    """When the first step began that may have changed something; None: none did."""
    stories = [(step, story_of(step, journal)) for step in run.runbook.steps]
    began = [story.began_at for step, story in stories if story.may_have_acted and is_change(step, story)]
    return min((at for at in began if at is not None), default=None)


def last_end(journal: Sequence[JournalEntry]) -> datetime | None:
    """When the last step ended, whatever it did."""
    return max((entry.at for entry in journal if entry.kind is JournalKind.FINISHED), default=None)


def _of_step(step: Step, journal: Sequence[JournalEntry], leave: Leave, now: datetime) -> Move | None:
    """The step's own move; once it has run, that of the look at what came of it."""
    story = story_of(step, journal)
    move = one_step.move(step, story, leave, now)
    if move is not None or step.verify is None or story.status is not StepStatus.SUCCEEDED:
        return move
    looked = one_step.move(step.verify, story_of(step.verify, journal), leave, now)
    goes_on = step.on_failure is OnFailure.CONTINUE
    return None if goes_on and isinstance(looked, Done) and looked.status is RunStatus.FAILED else looked


def _looked_before(run: RunbookRun, journal: Sequence[JournalEntry], done: Done, now: datetime) -> Move:
    """However a run ends that changed something, its signal is looked at before; one that only looked may watch it."""
    checked, changed_at = whole_run(journal).get(JournalKind.CHECKED), last_change(run, journal)
    if checked is None:
        return _look(run, journal, done, changed_at, now)
    if done.status is not RunStatus.SUCCEEDED:
        return done
    if checked.data.get("signal") == "clear":
        return Done(status=RunStatus.SUCCEEDED, reason="every step is done and the original signal has recovered")
    text = str(checked.data.get("text", "the original signal has not recovered"))
    if changed_at is None:
        return Done(status=RunStatus.SUCCEEDED, reason=f"every step is done, and changed nothing; {text}")
    return _ended(run, journal, Done(status=RunStatus.FAILED, reason=text))


def _look(
    run: RunbookRun, journal: Sequence[JournalEntry], done: Done, changed_at: datetime | None, now: datetime
) -> Move:
    went_well, looked_at = done.status is RunStatus.SUCCEEDED, last_end(journal)
    if not has_signal(run):
        return done
    if changed_at is not None:
        return Check(until=changed_at + run.runbook.verify_within if went_well else now)
    if not went_well and _tried(run, journal):
        return Check(until=now)
    if went_well and run.runbook.watch and looked_at is not None:
        return Watch(until=looked_at + run.runbook.watch)
    return done


def _tried(run: RunbookRun, journal: Sequence[JournalEntry]) -> bool:
    """Whether it began a change, and nobody knows that it left everything as it was."""
    stories = ((step, story_of(step, journal)) for step in run.runbook.steps)
    return any(is_change(step, story) and story.may_have_acted for step, story in stories)


def _ended(run: RunbookRun, journal: Sequence[JournalEntry], move: Move) -> Move:
    """An end that leaves changes in place says so."""
    if not isinstance(move, Done) or move.status is RunStatus.SUCCEEDED or not can_take_back(run, journal):
        return move
    stays = f"what it changed stays, until `tocsin runbook rollback {run.id}` takes it back"
    return replace(move, reason=f"{move.reason}; {stays}")


def _cancelled(run: RunbookRun, journal: Sequence[JournalEntry], wanted: JournalEntry, now: datetime) -> Move:
    """Nothing begins any more; what has begun is over, or known to have been done, before the run is."""
    leave = Leave(until=wanted.at + run.runbook.timeout, autonomy=autonomy_of(run, journal))
    settling = _unsettled(each_step(run.runbook), journal, leave, now)
    if settling is not None:
        return settling
    return _ended(run, journal, Done(status=RunStatus.CANCELLED, reason=str(wanted.data.get("reason", ""))))


def _taking_back(run: RunbookRun, journal: Sequence[JournalEntry], asked: JournalEntry, now: datetime) -> Move:
    # what went unasked because an alert wanted it is asked for when a person, any person, wants it back
    by_hand = asked.actor.kind is ActorKind.PERSON
    autonomy = Autonomy.SUGGEST if by_hand else autonomy_of(run, journal)
    leave = Leave(until=asked.at + run.runbook.timeout, autonomy=autonomy)
    settling = _unsettled(run.runbook.steps, journal, leave, now)
    if settling is not None:
        return settling
    return _in_reverse(run, journal, str(asked.data.get("reason", "")), leave, now)


def _unsettled(steps: Iterable[Step], journal: Sequence[JournalEntry], leave: Leave, now: datetime) -> Move | None:
    moves = (_settled(step, story_of(step, journal), leave, now) for step in steps)
    return next((move for move in moves if move is not None), None)


def _settled(step: Step, story: StepStory, leave: Leave, now: datetime) -> Move | None:
    """Nothing is taken back, or given up, while it may be under way, or while nobody knows whether it was done.

    What may be repeated is never begun again here: it counts as done.
    """
    if not is_change(step, story):
        return None
    may_repeat = story.plan is None or story.plan.repeatable or one_step.is_lost(story)
    if story.unsettled and not may_repeat:
        return one_step.find_out(step, story, leave, now)
    unseen_at = story.began_at if story.unsettled else story.unseen_at
    if unseen_at is None or now >= (over := one_step.over_at(step, unseen_at)):
        return None
    return Wait(until=over, why=f"step {step.id} may still be under way")


def _in_reverse(run: RunbookRun, journal: Sequence[JournalEntry], reason: str, leave: Leave, now: datetime) -> Move:
    failed = ""
    for step in can_take_back(run, journal):
        back = rollback_of(step)
        if back is None:
            continue
        story = story_of(back, journal)
        move = one_step.move(back, story, leave, now)
        if isinstance(move, Done):
            why = f"{reason}; taking it back failed at {move.reason}"
            return replace(move, status=RunStatus.FAILED, reason=why)
        if move is not None:
            return move
        if story.status is StepStatus.FAILED:
            failed = failed or f"{back.id}: {story.reason}"
    if failed:
        return Done(status=RunStatus.FAILED, reason=f"{reason}; taking it back failed at step {failed}")
    return Done(status=RunStatus.ROLLED_BACK, reason=f"{reason}; what it changed was taken back")
