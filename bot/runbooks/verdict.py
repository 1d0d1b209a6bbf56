"""What became of the original signal, for whoever reads the timeline and for the runbook's record."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from bot.documents import format_duration
from bot.model.run import (
    Approval,
    ApprovalStatus,
    JournalEntry,
    JournalKind,
    RunbookRun,
    RunVerdict,
    StepStatus,
)
from bot.runbooks.journal import story_of, whole_run
from bot.runbooks.machine import last_change, last_end

_OF_SIGNAL = {"clear": RunVerdict.RECOVERED, "firing": RunVerdict.NOT_RECOVERED}
_WORDS = {
    RunVerdict.RECOVERED: "recovered",
    RunVerdict.NOT_RECOVERED: "not recovered",
    RunVerdict.NOT_SEEN: "nobody could see whether it recovered",
}


def judged(run: RunbookRun, journal: Sequence[JournalEntry]) -> RunbookRun:
    """The run with its verdict, where the signal was looked at, and the time that it took.

    It has not recovered where the runbook itself looked at a change and it was not as it should be: a series that is
    gone with its pod says nothing of the pod that came for it. Where it was over before anything was changed, there is
    none: it was not the run that helped.
    """
    checked, since = whole_run(journal).get(JournalKind.CHECKED), last_change(run, journal) or last_end(journal)
    if checked is None or since is None:
        return run
    found = _OF_SIGNAL.get(str(checked.data.get("signal")), RunVerdict.NOT_SEEN)
    if (found is RunVerdict.RECOVERED or checked.data.get("gone")) and unmet(run, journal):
        found = RunVerdict.NOT_RECOVERED
    elif checked.data.get("before"):
        return run
    return replace(run, verdict=found, verdict_after=max(checked.at - since, timedelta(0)))


def unmet(run: RunbookRun, journal: Sequence[JournalEntry]) -> str:
    """The step that was to see that a change did what it should, and did not see it; empty: there is none."""
    looks = (step.verify for step in run.runbook.steps if step.verify is not None)
    return next((look.id for look in looks if story_of(look, journal).status is StepStatus.FAILED), "")


def met(run: RunbookRun, journal: Sequence[JournalEntry]) -> bool:
    """Whether the runbook itself looked at a change, and each time saw that it was as it should be."""
    looks = [story_of(step.verify, journal).status for step in run.runbook.steps if step.verify is not None]
    return StepStatus.SUCCEEDED in looks and StepStatus.FAILED not in looks


def told(run: RunbookRun, journal: Sequence[JournalEntry], approvals: Sequence[Approval]) -> tuple[str, str]:
    """The verdict in words, and who approved what led to it."""
    after = timedelta(seconds=int((run.verdict_after or timedelta(0)).total_seconds()))
    looked = run.changed_at is None and last_change(run, journal) is None
    since = "its last look" if looked else "its last change"
    text = f"verdict of {run.id}: {_WORDS[run.verdict]}, {format_duration(after)} after {since}"
    given = [name for one in approvals if one.status is ApprovalStatus.APPROVED for name in one.given_by]
    names = ", ".join(dict.fromkeys(given))
    failed = unmet(run, journal)
    why = f"approved by {names}" if names else "nobody had to approve"
    return text, f"{why}; step {failed} did not see that it helped" if failed else why
