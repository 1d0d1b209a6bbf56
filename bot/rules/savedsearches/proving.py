"""Plays a saved search's test: its runs on its schedule over given rows, and what came beside what was expected."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from bot.documents import format_duration, suggest
from bot.model.labels import LabelSet
from bot.model.rule import GroupStatus, RuleAlert, RuleGroup, RuleState
from bot.model.search_job import SearchAnswer
from bot.rules import cron
from bot.rules.evaluator import Failure
from bot.rules.proving.compare import Mismatch, compare_alerts
from bot.rules.proving.prove import Proof, Trouble
from bot.rules.savedsearches.evaluator import Asked, decide, job_of
from bot.rules.savedsearches.quiet import is_news
from bot.rules.savedsearches.stories import Found, SearchStory, Then


def prove_search(story: SearchStory, groups: Sequence[RuleGroup]) -> Proof:
    """Every run of the search from the story's start to its end, decided as when it is evaluated."""
    group = next((one for one in groups if one.name == story.search), None)
    if group is None or group.search is None:
        near = suggest(story.search, [one.name for one in groups])
        message = f"none of its files has a search that is evaluated and called {story.search!r}{near}"
        return Proof(troubles=(Trouble(place=story.place, message=message),))
    runs: list[GroupStatus] = []
    for slot in cron.runs_between(group.search.schedule, story.start, story.start + story.length):
        asked = _asked(group, _found(story, slot - story.start), slot)
        runs.append(decide(group, runs[-1] if runs else None, asked, slot, slot).status)
    compared = [(then, _until(runs, story.start + then.alerts.at)) for then in story.then]
    mismatches = (_alerts(then, seen, group, story.start) for then, seen in compared)
    return Proof(
        mismatches=tuple(one for one in mismatches if one is not None),
        troubles=tuple(trouble for then, seen in compared for trouble in _troubles(then, seen)),
    )


def _found(story: SearchStory, at: timedelta) -> Found:
    """What a run so long after the start finds: what the story said last."""
    return next((one for one in reversed(story.found) if one.at <= at), Found(at=at))


def _asked(group: RuleGroup, found: Found, slot: datetime) -> Asked:
    if found.error:
        failure = Failure(rule=group.name, reason="test", message=found.error)
        return Asked(job=job_of(group, slot), failure=failure)
    hosts, sources = ({row[name] for row in found.rows if name in row} for name in ("host", "source"))
    answer = SearchAnswer(
        sid=f"test_{int(slot.timestamp())}",
        count=len(found.rows) if found.count is None else found.count,
        rows=found.rows,
        warnings=(found.warning,) if found.warning else (),
        met=found.met,
        hosts=len(hosts),
        sources=len(sources),
    )
    return Asked(job=job_of(group, slot), answer=answer)


def _until(runs: Sequence[GroupStatus], at: datetime) -> tuple[GroupStatus | None, GroupStatus | None]:
    """The last run until then, and the one before it."""
    past = [run for run in runs if run.slot <= at]
    return (past[-1] if past else None, past[-2] if len(past) > 1 else None)


def _alerts(
    then: Then, seen: tuple[GroupStatus | None, GroupStatus | None], group: RuleGroup, start: datetime
) -> Mismatch | None:
    """The alerts beside those expected. What the search gives all alerts, and annotations, count where asked for."""
    wanted = then.alerts.alerts
    labels = {name for one in wanted for name in one.labels}
    annotations = {name for one in wanted for name in one.annotations}
    own = group.rules[0].labels.keys() - labels
    alerts = [
        replace(
            alert,
            labels=LabelSet({name: text for name, text in alert.labels.items() if name not in own}),
            annotations={name: text for name, text in alert.annotations.items() if name in annotations},
        )
        for alert in _all(seen[0])
    ]
    return compare_alerts(then.alerts, alerts, start, [group.name])


def _all(status: GroupStatus | None) -> tuple[RuleAlert, ...]:
    return status.rules[0].alerts if status else ()


def _troubles(then: Then, seen: tuple[GroupStatus | None, GroupStatus | None]) -> Iterator[Trouble]:
    after, before = seen
    at = format_duration(then.alerts.at)
    state = after.rules[0].state if after else RuleState.UNKNOWN
    if then.state is not None and state is not then.state:
        why = f": {after.memory.runs[0].why}" if after and after.memory else ": it had no run until then"
        yield Trouble(place=then.alerts.place, message=f"at {at} it is {state}, not {then.state}{why}")
    told = sum(is_news(alert, _all(before)) for alert in _all(after))
    if then.told is not None and told != then.told:
        yield Trouble(place=then.alerts.place, message=f"at {at} somebody is told of {told} alerts, not of {then.told}")
