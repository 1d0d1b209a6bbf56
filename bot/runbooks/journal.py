"""What a journal says of one step: folded once, so that the machine and the pages read the same story."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.model.plan import Outcome, Plan
from bot.model.run import JournalEntry, JournalKind, RunbookRun, StepStatus
from bot.model.runbook import Risk, Step


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
    failures: int = 0
    unsettled: bool = False
    """An attempt began, and nobody saw how it ended."""
    probed: bool = False
    asked_if_ran: JournalEntry | None = None
    last_finished: JournalEntry | None = None


def story_of(step: Step, journal: Sequence[JournalEntry]) -> StepStory:
    """Everything the journal says of this step, in order."""
    story = StepStory()
    for entry in journal:
        if entry.step == step.id:
            _FOLD[entry.kind](story, entry)
    return story


def whole_run(journal: Sequence[JournalEntry]) -> Mapping[JournalKind, JournalEntry]:
    """The last entry of each kind that is about the run and not about a step."""
    return {entry.kind: entry for entry in journal if not entry.step}


def template_data(run: RunbookRun, journal: Sequence[JournalEntry]) -> dict[str, Any]:
    """What `{{ ... }}` may read: inputs, the incident's id, and each step's status, summary and result.

    Any: results are plain JSON of any shape. A step that has not ended is absent, so that reading it is an error.
    """
    steps: dict[str, dict[str, Any]] = {}
    for step in run.runbook.steps:
        story = story_of(step, journal)
        ended = story.last_finished.data if story.last_finished else {}
        if story.status in (StepStatus.SUCCEEDED, StepStatus.FAILED, StepStatus.SKIPPED):
            steps[step.id] = {
                "status": str(story.status),
                "summary": ended.get("summary", story.reason),
                "result": ended.get("value", {}),
            }
    return {
        "inputs": dict(run.inputs),
        "incident": {"id": str(run.incident or "")},
        "run": {"id": str(run.id)},
        "steps": steps,
    }


def plan_to_json(plan: Plan) -> dict[str, Any]:
    """A plan as a journal keeps it. Any: parameters are plain JSON of any shape."""
    return {
        "action": plan.action,
        "integration": plan.integration,
        "params": dict(plan.params),
        "targets": list(plan.targets),
        "summary": plan.summary,
        "risk": str(plan.risk),
        "repeatable": plan.repeatable,
        "can_probe": plan.can_probe,
        "diff": plan.diff,
        "undo": plan.undo,
        "preconditions": dict(plan.preconditions),
        "hash": plan.hash,
    }


def plan_from_json(data: Mapping[str, Any]) -> Plan:
    """The plan a journal kept."""
    return Plan(
        action=data["action"],
        integration=data["integration"],
        params=data["params"],
        targets=tuple(data["targets"]),
        summary=data["summary"],
        risk=Risk(data["risk"]),
        repeatable=data["repeatable"],
        can_probe=data["can_probe"],
        diff=data["diff"],
        undo=data["undo"],
        preconditions=data["preconditions"],
    )


def _planned(story: StepStory, entry: JournalEntry) -> None:
    story.plan = plan_from_json(entry.data["plan"])
    story.status = StepStatus.WAITING


def _skipped(story: StepStory, entry: JournalEntry) -> None:
    story.status, story.reason = StepStatus.SKIPPED, str(entry.data.get("reason", ""))


def _refused(story: StepStory, entry: JournalEntry) -> None:
    story.status, story.reason = StepStatus.FAILED, str(entry.data.get("error", ""))
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
    story.attempts, story.began_at = max(story.attempts, entry.attempt), entry.at
    story.status, story.unsettled, story.probed, story.asked_if_ran = StepStatus.RUNNING, True, False, None


def _finished(story: StepStory, entry: JournalEntry) -> None:
    story.last_finished, story.reason = entry, str(entry.data.get("summary", ""))
    outcome = entry.data.get("outcome")
    story.unsettled = outcome == Outcome.UNKNOWN
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
        else:
            story.failures += 1


def _asked_if_ran(story: StepStory, entry: JournalEntry) -> None:
    story.asked_if_ran, story.status = entry, StepStatus.UNKNOWN


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
    JournalKind.ENDED: _ignored,
}
