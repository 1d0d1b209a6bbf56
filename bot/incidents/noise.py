"""What alert rules cost people: how often they fire, how often for nothing, and what could be done about it.

A rule is all alerts of one `alertname`. Of incidents that opened in the time asked about, without drills and tests:

Fires       alerts of it that began while they were part of an incident; each time it begins counts
Incidents   those that one of its alerts was part of
Ignored     of these, those that are over although no person ever did anything about them: no entry of their timelines,
            nor of those they were merged into, is by a person
Flaps       of the fires, those of an alert that the incident had held before: it had been over, and began again
Pages       those that were taken, of incidents that opened because of it; at night: from 22:00 until before 8:00 where
            the person is at home (`time_zone` of theirs, else Tocsin's)
Length      of half of the ignored incidents, from opening to resolution

What a rule cost for nothing is the sum of ignored incidents, flaps and pages at night; the worst come first.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

from bot.documents import format_duration
from bot.incidents.nights import Nights
from bot.incidents.statistics import spread
from bot.model.alert import Alert
from bot.model.ids import IncidentId
from bot.model.incident import Incident
from bot.model.statistics import Began, Fired, Noise, Woken
from bot.model.wording import rounded

WORST = 10
_LADDER = tuple(timedelta(minutes=each) for each in (1, 2, 5, 10, 15))
SHORT = _LADDER[-1]
"""What is over by itself within this long need not be told of at once."""
_ENOUGH = 3
"""Of fewer cases nobody can tell anything."""


@dataclass(slots=True)
class _Tally:
    fires: int = 0
    incidents: int = 0
    over: int = 0
    flaps: int = 0
    ignored: list[int] = field(default_factory=list)

    def add(self, one: Fired) -> None:
        self.fires += one.fires
        self.incidents += 1
        self.flaps += one.again
        self.over += one.resolved is not None
        if one.resolved is not None and not one.acted:
            self.ignored.append(max(0, one.resolved - one.opened))


def began(incident: Incident | None, alerts: Iterable[Alert]) -> Mapping[str, Began]:
    """What alerts that began are counted as, by rule. `incident` as it was before; None: it opens with them."""
    fires: Counter[str] = Counter()
    again: Counter[str] = Counter()
    held = frozenset(incident.alerts if incident is not None else ())
    for alert in alerts:
        fires[alert.name] += 1
        again[alert.name] += alert.fingerprint in held
    return {rule: Began(count, again[rule], incident is None) for rule, count in fires.items()}


def noise(fired: Iterable[Fired], woken: Iterable[Woken], nights: Nights) -> Sequence[Noise]:
    """Every rule that fired, the one that cost most for nothing first; the worst ten with a suggestion."""
    tallies: dict[str, _Tally] = {}
    because: dict[IncidentId, str] = {}
    for one in fired:
        tallies.setdefault(one.rule, _Tally()).add(one)
        if one.first:
            because[one.incident] = one.rule
    pages, night_pages = _pages(woken, because, nights)
    found = [_noise(rule, tally, pages[rule], night_pages[rule]) for rule, tally in tallies.items()]
    found.sort(key=lambda each: (-cost(each), -each.fires, each.rule))
    return [_advised(each, tallies[each.rule].over) if place < WORST else each for place, each in enumerate(found)]


def cost(of: Noise) -> int:
    """What it cost for nothing."""
    return of.ignored + of.flaps + of.night_pages


def _pages(
    woken: Iterable[Woken], because: Mapping[IncidentId, str], nights: Nights
) -> tuple[Counter[str], Counter[str]]:
    pages: Counter[str] = Counter()
    at_night: Counter[str] = Counter()
    for page in woken:
        rule = because.get(page.incident)
        if rule is not None:
            pages[rule] += 1
            at_night[rule] += nights.night_of(page) is not None
    return pages, at_night


def _noise(rule: str, tally: _Tally, pages: int, night_pages: int) -> Noise:
    lengths = spread(tally.ignored)
    return Noise(
        rule=rule,
        fires=tally.fires,
        incidents=tally.incidents,
        ignored=len(tally.ignored),
        flaps=tally.flaps,
        pages=pages,
        night_pages=night_pages,
        length=lengths.median if lengths else None,
    )


def _advised(of: Noise, over: int) -> Noise:
    return replace(of, suggestion=suggestion(of, over)) if cost(of) else of


def suggestion(of: Noise, over: int) -> str:
    """What could be done about it; `over`: how many of its incidents are over. One sentence, the strongest reason."""
    for advice in (_ends_by_itself, _flaps, _nobody_acts, _wakes, _some_act):
        if said := advice(of, over):
            return said
    return "too little happened to suggest anything"


def _ends_by_itself(of: Noise, over: int) -> str:
    """Half of its incidents or more, and soon: to wait is easier than to decide."""
    if of.length is None or of.length > SHORT or not _mostly(of.ignored, over):
        return ""
    longer = next(step for step in _LADDER if step >= of.length)
    return (
        f"{of.ignored} of {over} incidents ended without anybody, half of them within {_said(of.length)}: "
        f"`for: {format_duration(longer)}` more would spare that half"
    )


def _flaps(of: Noise, over: int) -> str:
    if of.flaps < _ENOUGH or of.flaps * 3 < of.fires:
        return ""
    return (
        f"{of.flaps} of {of.fires} times it fired again soon after it was over: a longer `keep_firing_for`, "
        "or a threshold that ends lower than it begins, would make one alert of them"
    )


def _nobody_acts(of: Noise, over: int) -> str:
    if not _mostly(of.ignored, over):
        return ""
    woke = f", and it woke somebody {_times(of.night_pages)} at night" if of.night_pages else ""
    what = "delete it" if of.ignored == over else "narrow it to what somebody acted on"
    return (
        f"nobody acted on {of.ignored} of {over} incidents, half of which lasted {_said(of.length)} or more{woke}: "
        f"{what}, or give it a `severity` that pages nobody"
    )


def _wakes(of: Noise, over: int) -> str:
    if not of.night_pages:
        return ""
    if of.ignored * 4 >= over:
        return (
            f"it woke somebody {_times(of.night_pages)} at night, and nobody acted on {of.ignored} of {over} "
            "incidents: an escalation policy with `during` would let it wait until morning"
        )
    return (
        f"it woke somebody {_times(of.night_pages)} at night, and people acted on {over - of.ignored} of {over} "
        "incidents: if they do the same each time, a runbook could do it"
    )


def _some_act(of: Noise, over: int) -> str:
    if of.ignored < _ENOUGH:
        return ""
    return (
        f"nobody acted on {of.ignored} of {over} incidents, half of which were over within {_said(of.length)}: "
        "see what sets them apart from the others, and narrow it"
    )


def _mostly(ignored: int, over: int) -> bool:
    return ignored >= _ENOUGH and ignored * 2 >= over


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def _said(length: timedelta | None) -> str:
    return format_duration(max(timedelta(seconds=1), rounded(length or timedelta(0))))
