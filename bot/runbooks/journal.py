"""A run's journal, and what it says of the run: what was agreed to, what turned it, what its steps may read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

from bot.model.actor import Actor, ActorKind
from bot.model.automation import Autonomy
from bot.model.plan import ActionResult, Outcome, Plan
from bot.model.run import JournalEntry, JournalKind, RunbookRun, StepStatus
from bot.model.runbook import Runbook, Step
from bot.runbooks.story import BACK, StepStory, folded, takes_back

_ASKED, _LOWERED = frozenset((JournalKind.ASKED,)), frozenset((JournalKind.LOWERED,))
_TURNS = frozenset({JournalKind.ROLLBACK, JournalKind.CANCELLED})


class Journal(tuple[JournalEntry, ...]):
    """A journal with what it says of each step, so that whoever carries the run folds each entry once."""

    @cached_property
    def _stories(self) -> Mapping[str, StepStory]:
        return folded({}, self)

    @cached_property
    def kinds(self) -> frozenset[JournalKind]:
        """The kinds of its lines."""
        return frozenset(entry.kind for entry in self)

    def story(self, step: Step) -> StepStory:
        """Everything it says of this step; to be read, not to be changed."""
        return self._stories.get(step.id) or StepStory()

    def and_then(self, entries: Sequence[JournalEntry]) -> Journal:
        """The same with these entries after it."""
        longer = Journal((*self, *entries))
        longer.__dict__["_stories"] = folded(self._stories, entries)
        longer.__dict__["kinds"] = self.kinds.union(entry.kind for entry in entries)
        return longer

    def as_written(self, lines: Sequence[JournalEntry]) -> Journal:
        """The same, with its last lines as the store wrote them down, which gave them their numbers."""
        same = Journal((*self[: len(self) - len(lines)], *lines))
        same.__dict__["_stories"], same.__dict__["kinds"] = self._stories, self.kinds
        return same


def story_of(step: Step, journal: Sequence[JournalEntry]) -> StepStory:
    """Everything the journal says of this step, in order."""
    if isinstance(journal, Journal):
        return journal.story(step)
    return Journal(entry for entry in journal if entry.step in ("", step.id)).story(step)


def each_step(runbook: Runbook) -> Iterator[Step]:
    """Every step with those that belong to it: what looks at its result, and what takes it back."""
    for step in runbook.steps:
        yield step
        if step.verify is not None:
            yield step.verify
        back = rollback_of(step)
        if back is not None:
            yield back


def begun_steps(runbook: Runbook, journal: Sequence[JournalEntry]) -> Sequence[Step]:
    """The steps to show: all of the runbook's own, and of those that belong to them the ones that have come about."""
    said = {entry.step for entry in journal}
    own = {step.id for step in runbook.steps}
    return [step for step in each_step(runbook) if step.id in own or step.id in said]


def rollback_of(step: Step) -> Step | None:
    """The step that takes this one back; where it does not say who must agree, the same people do."""
    back, terms = step.rollback, step.approval
    if back is None or back.approval is not None or terms is None:
        return back
    return replace(back, approval=replace(terms, count=1, ask=""))


def is_rollback(step: Step) -> bool:
    """Whether it takes another step back."""
    return takes_back(step.id)


def taken_back_by(runbook: Runbook, back: Step) -> Step | None:
    """The step that this one takes back."""
    return step_of(runbook, back.id.removesuffix(BACK)) if is_rollback(back) else None


def step_of(runbook: Runbook, step_id: str) -> Step | None:
    """The step with this id, nested ones too."""
    return next((step for step in each_step(runbook) if step.id == step_id), None)


def covers(journal: Sequence[JournalEntry]) -> Mapping[str, str]:
    """By step, the hash of the plan that people agreed to together with another one, as long as that one holds."""
    if isinstance(journal, Journal) and journal.kinds.isdisjoint(_ASKED):
        return {}
    asked: dict[str, Mapping[str, str]] = {}
    given: dict[str, dict[str, str]] = {}
    for entry in journal:
        if entry.kind is JournalKind.ASKED:
            asked[entry.step] = entry.data.get("covers", {})
        elif entry.kind is JournalKind.ANSWERED and entry.data.get("answer") == "approve":
            given[entry.step] = dict(asked.get(entry.step, {}))
        elif entry.kind is JournalKind.ANSWERED:
            given.pop(entry.step, None)
            for plans in given.values():
                plans.pop(entry.step, None)
    return {step: plan_hash for plans in given.values() for step, plan_hash in plans.items()}


def whole_run(journal: Sequence[JournalEntry]) -> Mapping[JournalKind, JournalEntry]:
    """The last entry of each kind that is about the run and not about a step."""
    return {entry.kind: entry for entry in journal if not entry.step}


def turned_by(journal: Sequence[JournalEntry]) -> JournalEntry | None:
    """What last turned the whole run off its way: it is taken back, or it was cancelled; None: it goes on."""
    return _last_of(_TURNS, journal)


def _last_of(kinds: frozenset[JournalKind], journal: Sequence[JournalEntry]) -> JournalEntry | None:
    if isinstance(journal, Journal) and journal.kinds.isdisjoint(kinds):
        return None
    return next((entry for entry in reversed(journal) if entry.kind in kinds), None)


def autonomy_of(run: RunbookRun, journal: Sequence[JournalEntry]) -> Autonomy:
    """How far the run may go by itself: as far as when it began, unless that was taken from it since."""
    lowered = _last_of(_LOWERED, journal)
    return Autonomy(lowered.data["autonomy"]) if lowered is not None else run.autonomy


def wanted_by(run: RunbookRun, step: Step, journal: Sequence[JournalEntry]) -> Actor:
    """Who wants this step: whoever began the run, or asked for it to be taken back."""
    asked = [entry.actor for entry in journal if entry.kind is JournalKind.ROLLBACK]
    by_hand = is_rollback(step) and asked and asked[-1].kind is ActorKind.PERSON
    return asked[-1] if by_hand else run.started_by


def finished(runbook: Runbook, back: Step, journal: Sequence[JournalEntry]) -> tuple[Plan, ActionResult] | None:
    """What the step did that `back` takes back: by which plan, and how its last attempt ended; None: it did nothing."""
    done = taken_back_by(runbook, back)
    story = story_of(done, journal) if done is not None else StepStory()
    plan = story.to_take_back
    if plan is None or not story.may_have_acted:
        return None
    data = story.last_finished.data if story.last_finished is not None else {}
    result = ActionResult(
        outcome=Outcome(data.get("outcome", Outcome.UNKNOWN)),
        summary=str(data.get("summary", "its end was not seen")),
        value=data.get("value", {}),
        text=str(data.get("text", "")),
        link=str(data.get("link", "")),
    )
    return plan, result


def template_data(run: RunbookRun, journal: Sequence[JournalEntry]) -> dict[str, Any]:
    """What `{{ ... }}` may read: inputs, the incident's id, and each step's status, summary and result.

    Any: results are plain JSON of any shape. A step that has not ended is absent, so that reading it is an error.
    """
    steps: dict[str, dict[str, Any]] = {}
    for step in run.runbook.steps:
        story = story_of(step, journal)
        ended = story.last_finished.data if story.last_finished else {}
        if story.status in (StepStatus.SUCCEEDED, StepStatus.FAILED, StepStatus.SKIPPED):
            verified = step.verify is None or story_of(step.verify, journal).status is not StepStatus.FAILED
            steps[step.id] = {
                "status": str(story.status if verified else StepStatus.FAILED),
                "summary": ended.get("summary", story.reason),
                "result": ended.get("value", {}),
            }
    return {
        "inputs": dict(run.inputs),
        "incident": {"id": str(run.incident or "")},
        "run": {"id": str(run.id)},
        "steps": steps,
    }


def data_for(step: Step, run: RunbookRun, journal: Sequence[JournalEntry]) -> dict[str, Any]:
    """The same, for this step: what belongs to another one also reads the `result` of that one."""
    data = template_data(run, journal)
    above = step.id.rpartition(".")[0]
    of = step_of(run.runbook, above) if above else None
    if of is None:
        return data
    ended = story_of(of, journal).last_finished
    return {**data, "result": ended.data.get("value", {}) if ended is not None else {}}
