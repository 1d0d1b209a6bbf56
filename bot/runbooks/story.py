"""What a journal says of one step: folded once, so that the machine and the pages read the same story."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bot.model.plan import Outcome, Plan
from bot.model.run import JournalEntry, JournalKind, StepStatus
from bot.runbooks.planned import plan_from_json

BACK = ".rollback"
"""How the id ends of a step that takes another one back."""


@dataclass(slots=True, kw_only=True)
class StepStory:
    """One step so far. `attempts` counts starts, `failures` the ends that count against `retry`."""

    status: StepStatus = StepStatus.WAITING
    reason: str = ""
    plan: Plan | None = None
    asked: JournalEntry | None = None
    """The question that is still open."""
    approved_hash: str = ""
    attempts: int = 0
    began_at: datetime | None = None
    """The last of these starts."""
    unseen_at: datetime | None = None
    """The last of these that was followed by another one before its end was seen."""
    lost: int = 0
    """How many of these were followed by another one, or by a look whether they ran, before their end was seen."""
    failures: int = 0
    unsettled: bool = False
    """An attempt began, and nobody saw how it ended."""
    probed: bool = False
    asked_if_ran: JournalEntry | None = None
    last_finished: JournalEntry | None = None
    is_final: bool = False
    """It had its effect, and not the one that was expected: only what may be repeated is tried again."""
    acted: bool = False
    """An attempt ended that is not known to have left everything as it was."""
    begun: Plan | None = None
    """By what plan the last attempt began."""
    done: Plan | None = None
    """By what plan it acted, as far as attempts have ended: the last that can be taken back, if one can."""
    held: JournalEntry | None = None
    """What keeps it from beginning, until it begins."""

    @property
    def may_have_acted(self) -> bool:
        """Whether it may have had an effect."""
        return self.acted or self.unsettled

    @property
    def to_take_back(self) -> Plan | None:
        """By what plan it acted, or may have.

        Tried again, a step finds half of its work done: by its newest plan there may be nothing left to take back.
        """
        return _undoable(self.done, self.begun) if self.unsettled else self.done


def folded(stories: Mapping[str, StepStory], entries: Sequence[JournalEntry]) -> Mapping[str, StepStory]:
    """What is known of each step, in new stories where these entries say more of one."""
    more = dict(stories)
    for entry in entries:
        if entry.step:
            before = more.get(entry.step)
            story = more[entry.step] = StepStory() if before is None else replace(before)
            _FOLD[entry.kind](story, entry)
        elif entry.kind is JournalKind.ROLLBACK:
            for step in filter(takes_back, tuple(more)):
                more[step] = replace(more[step])
                _asked_for_again(more[step])
    return more


def takes_back(step_id: str) -> bool:
    """Whether a step that is called like this takes another one back."""
    return step_id.endswith(BACK)


def _undoable(before: Plan | None, now: Plan | None) -> Plan | None:
    keeps = before is not None and before.can_undo and now is not None and not now.can_undo
    return before if keeps else now or before


def _planned(story: StepStory, entry: JournalEntry) -> None:
    story.plan = plan_from_json(entry.data["plan"])
    story.status = StepStatus.WAITING


def _skipped(story: StepStory, entry: JournalEntry) -> None:
    story.status, story.reason = StepStatus.SKIPPED, str(entry.data.get("reason", ""))


def _refused(story: StepStory, entry: JournalEntry) -> None:
    story.status, story.reason = StepStatus.FAILED, str(entry.data.get("error", ""))
    story.done, story.acted = story.to_take_back, story.may_have_acted
    story.unsettled, story.last_finished = False, None  # what cannot be had is not tried again


def _asked(story: StepStory, entry: JournalEntry) -> None:
    story.asked, story.status = entry, StepStatus.ASKING


def _answered(story: StepStory, entry: JournalEntry) -> None:
    answer = entry.data.get("answer")
    story.asked = None
    if answer == "approve":
        story.approved_hash, story.status = str(entry.data["plan_hash"]), StepStatus.WAITING
    elif answer == "void":
        story.approved_hash, story.status = "", StepStatus.WAITING
    else:
        story.status = StepStatus.REJECTED
        story.reason = str(
            entry.data.get("reason") or ("nobody answered in time" if answer == "expired" else "rejected")
        )


def _intended(story: StepStory, entry: JournalEntry) -> None:
    story.done, story.acted, story.held = story.to_take_back, story.may_have_acted, None
    story.begun = story.plan
    story.unseen_at = story.began_at if story.unsettled else story.unseen_at
    story.lost += story.unsettled
    story.attempts, story.began_at = max(story.attempts, entry.attempt), entry.at
    story.status, story.unsettled, story.probed, story.asked_if_ran = StepStatus.RUNNING, True, False, None


def _finished(story: StepStory, entry: JournalEntry) -> None:
    story.last_finished, story.reason = entry, str(entry.data.get("summary", ""))
    outcome = entry.data.get("outcome")
    story.unsettled = outcome == Outcome.UNKNOWN
    story.asked = None  # the answer to a question of the runbook's own is its end
    left_alone = entry.data.get("did_not_run") or entry.data.get("untouched")
    if story.attempts and not (story.unsettled or left_alone):  # people who answer begin nothing
        story.done, story.acted = _undoable(story.done, story.begun), True
    story.status = {
        str(Outcome.SUCCEEDED): StepStatus.SUCCEEDED,
        str(Outcome.UNKNOWN): StepStatus.UNKNOWN,
    }.get(str(outcome), StepStatus.FAILED)
    if story.unsettled and entry.data.get("probed"):
        story.probed = True
    if outcome == Outcome.FAILED:
        if entry.data.get("did_not_run"):
            # known not to have happened: it may start again under the same approval, and costs no retry
            story.status, story.last_finished = StepStatus.WAITING, None
            story.lost += bool(entry.data.get("probed"))
        else:
            story.failures += 1
            story.is_final = bool(entry.data.get("unmet"))


def _asked_if_ran(story: StepStory, entry: JournalEntry) -> None:
    story.asked_if_ran, story.status = entry, StepStatus.UNKNOWN


def _held(story: StepStory, entry: JournalEntry) -> None:
    story.held, story.reason = entry, str(entry.data.get("reason", ""))


def _observed(story: StepStory, entry: JournalEntry) -> None:
    story.status, story.reason = StepStatus.SKIPPED, f"only observed: it would {entry.data.get('summary', '')}"


def _asked_for_again(story: StepStory) -> None:
    """A rollback that failed, or that was refused, may be asked for once more."""
    if story.status in (StepStatus.FAILED, StepStatus.REJECTED):
        story.status, story.reason, story.plan, story.failures = StepStatus.WAITING, "", None, 0
        story.approved_hash, story.asked, story.last_finished = "", None, None


def _ignored(story: StepStory, entry: JournalEntry) -> None:
    """What is about the whole run, or is said again by the entry that follows it."""


_FOLD = {
    JournalKind.PLANNED: _planned,
    JournalKind.SKIPPED: _skipped,
    JournalKind.REFUSED: _refused,
    JournalKind.ASKED: _asked,
    JournalKind.ANSWERED: _answered,
    JournalKind.INTENDED: _intended,
    JournalKind.FINISHED: _finished,
    JournalKind.ASKED_IF_RAN: _asked_if_ran,
    JournalKind.ANSWERED_IF_RAN: _ignored,
    JournalKind.CHECKED: _ignored,
    JournalKind.CANCELLED: _ignored,
    JournalKind.HELD: _held,
    JournalKind.OBSERVED: _observed,
    JournalKind.LOWERED: _ignored,
    JournalKind.ROLLBACK: _ignored,
    JournalKind.ENDED: _ignored,
}
