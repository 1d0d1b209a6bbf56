"""Where the stories of the two differ, in words, and whether what was told is what the scenario is about."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Any

from tests.differential.alertmanager.known import TOLD_OTHERWISE, is_known
from tests.differential.alertmanager.pair import Answer, Played, Story, moment
from tests.differential.alertmanager.scenario import Look, Push, Silence, Told
from tests.differential.alertmanager.webhooks import Heard

APART = 1.2
"""Seconds between the same thing here and there, at most."""
_WRITTEN = re.compile(r'#\d+(?=[/:])|\^\(\?:|\)\$|"')
_TIME = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)")
_ROUNDED = timedelta(milliseconds=1)


def differences(played: Played) -> list[str]:
    """Where the two differ, but for what is known; nothing when they do not."""
    times = _sent(played)
    found = [*_answers(played, times), *_tellings(played, times)]
    return [f"{place}: {words}" for place, words in found if not is_known(f"{played.scenario.name}: {place}")]


def unlike_the_script(played: Played) -> list[str]:
    """Where one of the two does not do what the scenario says; nothing when both do."""
    ours = TOLD_OTHERWISE.get(played.scenario.name, (played.scenario.told,))[0]
    return [
        *(f"in Alertmanager {line}" for line in _unlike(played, played.theirs, played.scenario.told)),
        *(f"in Tocsin {line}" for line in _unlike(played, played.ours, ours)),
    ]


def _unlike(played: Played, story: Story, told: Sequence[Told] | None) -> Iterator[str]:
    yield from _statuses(story)
    if told is not None:
        yield from _unexpected(played, story, told)


def _statuses(story: Story) -> Iterator[str]:
    for answer in story.answers:
        if answer.status != answer.step.status:
            yield f"{_name(answer)}: answered {answer.status}, not {answer.step.status}: {answer.body}"


def _unexpected(played: Played, story: Story, told: Sequence[Told]) -> Iterator[str]:
    left = list(story.heard)
    for one in told:
        first, last = (played.began + timedelta(seconds=second) for second in (one.first, one.last))
        receiver, what = played.scenario.receiver(one.to), sorted(one.what.split())
        fitting = [
            call for call in left if call.receiver == receiver and first <= call.at <= last and _what(call) == what
        ]
        if fitting:
            left.remove(fitting[0])
        else:
            yield f"nobody told {receiver} of {one.what} between {one.first} and {one.last}"
    for call in left:
        yield f"{call.receiver} was told of {_what(call)} at {(call.at - played.began).total_seconds():.2f}"


def _what(call: Heard) -> list[str]:
    return sorted(("" if one["status"] == "firing" else "-") + one["labels"]["alert"] for one in call.body["alerts"])


def _answers(played: Played, times: frozenset[datetime]) -> Iterator[tuple[str, str]]:
    for one, other in zip(played.theirs.answers, played.ours.answers, strict=True):
        name = _name(one)
        if one.status != other.status:
            yield name, f"{one.status} {one.body} and {other.status} {other.body}"
            continue
        theirs, ours = (_plain(answer, story, played) for answer, story in ((one, played.theirs), (other, played.ours)))
        yield from _changed(name, theirs, ours, times)


def _name(answer: Answer) -> str:
    step = answer.step
    if isinstance(step, Look):
        return " ".join([step.path, *(f"{name}={value}" for name, value in step.query), f"at {step.at}"])
    return f"{type(step).__name__.lower()} at {step.at}"


def _plain(answer: Answer, story: Story, played: Played) -> Any:
    """The body, with silences called as the scenario calls them; of silences only its own."""
    names = {identity: name for name, identity in reversed(story.silences.items())}
    if isinstance(answer.step, Look) and answer.step.path == "silences" and answer.status == 200:
        own = {"name": "scenario", "value": played.scenario.name, "isRegex": False, "isEqual": True}
        body = _silences_in_order([one for one in answer.body if own in one["matchers"]])
    elif isinstance(answer.step, Look) and answer.step.path == "alerts/groups" and answer.status == 200:
        body = _in_order(answer.body)
    else:
        body = answer.body
    return _renamed(body, names)


def _in_order(groups: Sequence[Any]) -> list[Any]:
    """Groups with the same labels and receiver, which are those of different branches, come in any order."""
    alike = groupby(groups, key=lambda group: (group["labels"], group["receiver"]))
    return [
        group
        for _, some in alike
        for group in sorted(some, key=lambda one: [each["fingerprint"] for each in one["alerts"]])
    ]


def _silences_in_order(silences: Sequence[Any]) -> list[Any]:
    """Those of one state that end together come in any order; a pending one stands where it begins."""

    def place(one: Any) -> tuple[str, str]:
        state = one["status"]["state"]
        return state, one["startsAt" if state == "pending" else "endsAt"]

    alike = groupby(silences, key=place)
    return [one for _, some in alike for one in sorted(some, key=lambda one: str(one["comment"]))]


def _renamed(value: Any, names: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        renamed = {key: _renamed(item, names) for key, item in value.items()}
        if "silencedBy" in renamed:  # in the order of ids, which nobody knows before
            renamed["silencedBy"] = sorted(renamed["silencedBy"])
        return renamed
    if isinstance(value, list):
        return [_renamed(item, names) for item in value]
    return names.get(value, value) if isinstance(value, str) else value


def _tellings(played: Played, times: frozenset[datetime]) -> Iterator[tuple[str, str]]:
    if played.scenario.name in TOLD_OTHERWISE:
        return
    both = (played.theirs, played.ours)
    for receiver, group in sorted({_group(call) for story in both for call in story.heard}):
        theirs, ours = ([call for call in story.heard if _group(call) == (receiver, group)] for story in both)
        if len(theirs) != len(ours):
            said = [[f"{_second(call, played)} {' '.join(_what(call))}" for call in calls] for calls in (theirs, ours)]
            yield f"told {receiver} of {group}", f"{said[0]} and {said[1]}"
        for one, other in zip(theirs, ours, strict=False):
            place = f"told {receiver} at {_second(one, played)}"
            if abs(one.at - other.at) > timedelta(seconds=APART):
                yield place, f"at {_second(other, played)}"
            yield from _changed(place + ": ", one.body, other.body, times)


def _group(call: Heard) -> tuple[str, str]:
    """What is told one after the other; groups of one moment are told in no order. Without how keys are written."""
    return call.receiver, _WRITTEN.sub("", call.body["groupKey"])


def _second(call: Heard, played: Played) -> str:
    return f"{(call.at - played.began).total_seconds():.1f}"


def _sent(played: Played) -> frozenset[datetime]:
    """The times that the scenario itself said: whoever repeats one repeats it to the millisecond."""
    whens: list[float] = []
    for step in played.scenario.steps:
        if isinstance(step, Push):
            whens += [at for one in step.alerts for at in (one.starts, one.ends) if isinstance(at, float)]
        elif isinstance(step, Silence):
            whens += [step.starts, step.ends]
    return frozenset(_time(moment(played.began, when)) for when in whens)


def _changed(place: str, one: Any, other: Any, times: frozenset[datetime]) -> Iterator[tuple[str, str]]:
    """Each place where two trees differ. Times that nobody sent may be a little apart."""
    if isinstance(one, dict) and isinstance(other, dict):
        for key in sorted(one.keys() | other.keys()):
            dot = "" if place.endswith(" ") else "."
            yield from _changed(f"{place}{dot}{key}", one.get(key, "nothing"), other.get(key, "nothing"), times)
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for number, (left, right) in enumerate(zip(one, other, strict=True)):
            yield from _changed(f"{place}[{number}]", left, right, times)
    elif one != other and not _nearly(one, other, times):
        yield place, f"Alertmanager {one!r}, Tocsin {other!r}"


def _nearly(one: Any, other: Any, times: frozenset[datetime]) -> bool:
    if not all(isinstance(each, str) and _TIME.fullmatch(each) for each in (one, other)):
        return False
    theirs, ours = _time(one), _time(other)
    said = any(abs(each - time) < _ROUNDED for each in (theirs, ours) for time in times)
    return abs(theirs - ours) < (_ROUNDED if said else timedelta(seconds=APART))


def _time(text: str) -> datetime:
    """RFC 3339 with up to nine digits after the point, in whichever zone: what counts is the moment."""
    match = _TIME.fullmatch(text)
    assert match, text
    whole = datetime.fromisoformat(match[1] + match[3].replace("Z", "+00:00"))
    return whole.astimezone(UTC).replace(microsecond=int((match[2] or "")[:6].ljust(6, "0")))
