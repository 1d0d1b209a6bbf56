"""What `tocsin import pagerduty|opsgenie|oncall` makes: people, schedules and escalations of a tocsin.yaml.

A reader a vendor says what it found to a `Making`, which keeps names apart, words times as tocsin.yaml does, and looks
at the whole with the same eyes as `tocsin check`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import combinations
from typing import Any
from zoneinfo import ZoneInfoNotFoundError

import yaml

from bot.cli.importing_routing import Verdict
from bot.config import oncall as checks
from bot.config.schema import Config
from bot.config.times_schema import WEEKDAYS
from bot.documents import format_duration, read, validate
from bot.errors import DocumentError
from bot.incidents import oncall
from bot.model.moments import zone
from bot.model.schedule import Duty, Schedule

Plain = dict[str, Any]
"""Plain JSON. Any: it nests."""
_DAY = 24 * 60
_NO_NAME = re.compile(r"[^A-Za-z0-9_.-]+")
_LOOKS_AHEAD = timedelta(weeks=8)
WAIT = timedelta(minutes=5)
"""How long a last level waits of which nobody says it."""


Shift = tuple[datetime, datetime, str]
"""From when to when somebody is on call, as the vendor says it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """A word on what became of a piece."""

    what: str
    verdict: Verdict
    text: str


@dataclass(slots=True)
class Making:
    """The keys of a tocsin.yaml as they come together. `now` is when gaps and overlaps are looked for from."""

    vendor: str
    now: datetime
    remarks: list[Remark] = field(default_factory=list)
    _people: dict[str, Plain] = field(default_factory=dict)
    _called: dict[str, str] = field(default_factory=dict)
    _schedules: list[Plain] = field(default_factory=list)
    _escalations: list[Plain] = field(default_factory=list)
    _names: dict[str, list[str]] = field(default_factory=dict)
    _theirs: dict[str, Sequence[Shift]] = field(default_factory=dict)

    def say(self, what: str, verdict: Verdict, text: str) -> None:
        """A word on this piece."""
        self.remarks.append(Remark(what=what, verdict=verdict, text=text))

    @contextmanager
    def piece(self, what: str) -> Iterator[None]:
        """While this piece is read: what is not as the vendor's API has it is left out, and said."""
        try:
            yield
        except ZoneInfoNotFoundError as error:
            self.say(what, Verdict.WRONG, f"{error.args[0]}; name one that this machine has, such as Europe/Berlin")
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
            why = f"there is no {error}" if isinstance(error, KeyError) else str(error)
            self.say(what, Verdict.WRONG, f"it is not as the API has it: {why}")

    def person(self, id: str, name: str, email: str = "") -> str:
        """Somebody, listed once; what they are called here, where no two people have the same name."""
        called = self._called.get(id) or _other(name, self._people)
        if id not in self._called and called != name:
            self.say(f"person {name!r}", Verdict.CHANGED, f"two are called that: the other one is {called!r} here")
        self._called[id] = called
        known = self._people.setdefault(called, {"name": called})
        if email:
            known["email"] = email
        return called

    def schedule(
        self, id: str, name: str, time_zone: str, layers: Sequence[Plain], overrides: Sequence[Plain] = ()
    ) -> None:
        """One schedule; where its layers are all on call at once it becomes one for each of them."""
        if not layers:
            self.say(f"schedule {name!r}", Verdict.LEFT, "nobody takes turns in it")
            return
        made = {"name": self._free(name), "title": name, "time_zone": time_zone, "layers": list(layers)}
        if overrides:
            made["overrides"] = list(overrides)
        self._names[id] = [str(made["name"])]
        self._schedules.append(made)
        self.say(f"schedule {name!r}", Verdict.TAKEN, f"{len(layers)} {'layer' if len(layers) == 1 else 'layers'}")

    def apart(self, id: str, name: str, time_zone: str, layers: Sequence[Plain], overrides: Sequence[Plain]) -> None:
        """The same of a vendor where all that are on call at once count: overlapping layers become schedules."""
        if not self.overlap(layers, time_zone):
            self.schedule(id, name, time_zone, layers, overrides)
            return
        for layer in layers:
            self.schedule(f"{id}/{layer['name']}", f"{name} {layer['name']}", time_zone, [layer], overrides)
        self._names[id] = [one for layer in layers for one in self._names[f"{id}/{layer['name']}"]]
        text = "several are on call at once in it: it became a schedule for each, and escalations page all of them"
        self.say(f"schedule {name!r}", Verdict.CHANGED, text)

    def compare(self, id: str, shifts: Sequence[Shift]) -> None:
        """Who is on call in the end, as the vendor has worked it out: whoever is here is looked up beside it."""
        if shifts and len(self._names.get(id, ())) == 1:
            self._theirs[self._names[id][0]] = sorted(shifts)

    def schedules_of(self, id: str) -> Sequence[str]:
        """What a schedule of theirs is called here; (): it was left out."""
        return self._names.get(id, ())

    def escalation(self, name: str, levels: Sequence[Plain], repeat: int = 0) -> None:
        """One policy; levels that page nobody are left out."""
        what = f"escalation {name!r}"
        kept = [level for level in levels if level.get("people") or level.get("schedules")]
        if not kept:
            self.say(what, Verdict.LEFT, "it pages nobody that Tocsin would know")
            return
        if len(kept) < len(levels):
            self.say(what, Verdict.CHANGED, f"{len(levels) - len(kept)} of its levels page nobody, and are left out")
        if repeat > 20:
            self.say(what, Verdict.CHANGED, f"it repeats 20 times, not {repeat}")
        called = _other(name, {one["name"] for one in self._escalations})
        if called != name:
            self.say(what, Verdict.CHANGED, f"there are two of this name: the other one is {called!r} here")
        made: Plain = {"name": called, "levels": kept}
        if repeat:
            made["repeat"] = min(repeat, 20)
        self._escalations.append(made)
        self.say(what, Verdict.TAKEN, f"{len(kept)} {'level' if len(kept) == 1 else 'levels'}")

    @property
    def is_empty(self) -> bool:
        """Whether nothing of it was taken."""
        return not self._schedules and not self._escalations

    def done(self) -> str:
        """All of it as YAML; what is wrong in it, and what is unwise, is among the remarks then."""
        keys = {"people": list(self._people.values()), "schedules": self._schedules, "escalations": self._escalations}
        head = f"# Made by `tocsin import {self.vendor}`.\n"
        text = head + yaml.safe_dump(
            {key: item for key, item in keys.items() if item},
            sort_keys=False, allow_unicode=True, default_flow_style=None, width=110,
        )  # fmt: skip
        if self._people:
            self.say("people", Verdict.CHANGED, "say with `contacts` how each of them is reached")
        try:
            config = validate(read(text, self.vendor), Config)
        except DocumentError as error:
            for one in error.complaints:
                self.say(one.path, Verdict.WRONG, one.message)
            return text
        for path, message in checks.mistakes(config):
            self.say(".".join(map(str, path)), Verdict.WRONG, message)
        for path, message in checks.unwise(config, self.now):
            self.say(f"schedule {config.schedules[int(path[1])].name!r}", Verdict.CHANGED, message)
        made = checks.schedules(config)
        for name, shifts in self._theirs.items():
            self.say(f"schedule {name!r}", *_compared(made[name], shifts))
        return text

    def _free(self, name: str) -> str:
        plain = _NO_NAME.sub("-", name).strip("-_.")[:90] or "schedule"
        return _other(plain, {one["name"] for one in self._schedules})

    def overlap(self, layers: Sequence[Plain], time_zone: str) -> bool:
        """Whether two of them are on call at once in the weeks after the last has begun."""
        people = sorted({name for layer in layers for turn in layer["people"] for name in _names(turn)})
        entries = [{"name": f"s{n}", "time_zone": time_zone, "layers": [layer]} for n, layer in enumerate(layers)]
        text = yaml.safe_dump({"people": [{"name": name} for name in people], "schedules": entries})
        try:
            made = checks.schedules(validate(read(text, self.vendor), Config)).values()
        except DocumentError:
            return False  # what is wrong in them is said of the whole
        begins = [oncall.handover(one.layers[0], one.time_zone, 0) for one in made]
        since = max([self.now, *begins])
        each = [oncall.duties(one, (), since, since + _LOOKS_AHEAD) for one in made]
        return any(_at_once(one, other) for one, other in combinations(each, 2))


def _compared(schedule: Schedule, shifts: Sequence[Shift]) -> tuple[Verdict, str]:
    """Whether the same people are on call here in the time that the vendor's shifts span; else from when on not."""
    since, until = shifts[0][0].astimezone(UTC), max(end for _, end, _ in shifts).astimezone(UTC)
    ours = oncall.duties(schedule, (), since, until)
    moments = sorted(
        {since, *(at for start, end, _ in shifts for at in (start, end)), *(one.starts_at for one in ours)}
    )
    for at in (one for one in moments if since <= one < until):
        theirs = {who for start, end, who in shifts if start <= at < end}
        here = set(oncall.people(schedule, (), at.astimezone(UTC)))
        if theirs != here:
            there, mine = (", ".join(sorted(names)) or "nobody" for names in (theirs, here))
            when = f"{at.astimezone(zone(schedule.time_zone)):%Y-%m-%d %H:%M}"
            return Verdict.WRONG, f"from {when} on {there} is on call there, and {mine} here; see why"
    return Verdict.TAKEN, f"the same people are on call, from {since:%Y-%m-%d %H:%M} to {until:%Y-%m-%d %H:%M} UTC"


def layer(
    name: str, people: Sequence[Sequence[str]], starts: str, every: str, only: Sequence[Plain] = (), until: str = ""
) -> Plain:
    """A layer as tocsin.yaml has it."""
    made: Plain = {"name": name, "people": [turn[0] if len(turn) == 1 else list(turn) for turn in people]}
    made |= {"starts": starts, "every": every}
    return made | ({"only": list(only)} if only else {}) | ({"until": until} if until else {})


def every(seconds: int) -> str:
    """The length of a turn in the largest unit that fits; ValueError where none does."""
    for unit, length in (("w", 604_800), ("d", 86_400), ("h", 3_600)):
        if seconds > 0 and seconds % length == 0:
            return f"{seconds // length}{unit}"
    raise ValueError("its turns are no whole number of hours")


def local(text: str, time_zone: str) -> str:
    """A time of theirs, with or without a zone, as clocks show it in the schedule's."""
    at = datetime.fromisoformat(text)
    return f"{at.astimezone(zone(time_zone)) if at.tzinfo else at:%Y-%m-%d %H:%M}"


def is_past(at: datetime, time_zone: str, now: datetime) -> bool:
    """Whether a time of theirs, with or without a zone, has come."""
    return (at if at.tzinfo else at.replace(tzinfo=zone(time_zone))) <= now


def daily(start: int, minutes: int) -> Sequence[Plain]:
    """Every day from this minute on for so many: in `only` of a layer. All day: nothing has to be said."""
    if minutes >= _DAY:
        return ()
    return [{"times": [_times(first, last) for _, first, last in _pieces(0, start, minutes)]}]


def weekly(windows: Sequence[tuple[int, int, int]]) -> Sequence[Plain]:
    """Of each: the weekday (0 is Monday), the minute of it, and for how many minutes. All week: nothing to be said."""
    if any(minutes >= 7 * _DAY for _, _, minutes in windows):
        return ()
    days: dict[tuple[int, int], list[int]] = {}
    for day, start, minutes in windows:
        for on, first, last in _pieces(day, start, minutes):
            days.setdefault((first, last), []).append(on)
    return [
        {"weekdays": [WEEKDAYS[(day + 1) % 7] for day in sorted(set(on))], "times": [_times(*times)]}
        for times, on in days.items()
    ]


def wait(length: timedelta) -> str:
    """How long a level waits, as tocsin.yaml has it; nothing is a minute."""
    return format_duration(max(length, timedelta(minutes=1)))


def _other(name: str, taken: Collection[str]) -> str:
    """The name, or one like it that is not taken."""
    numbered = (f"{name}-{number}" for number in range(2, len(taken) + 3))
    return next(one for one in (name, *numbered) if one not in taken)


def _pieces(day: int, start: int, minutes: int) -> Iterator[tuple[int, int, int]]:
    """A stretch cut at each midnight: weekday, first minute, last."""
    while minutes > 0:
        last = min(_DAY, start + minutes)
        yield day % 7, start, last
        minutes -= last - start
        day, start = day + 1, 0


def _times(first: int, last: int) -> Mapping[str, str]:
    return {"start_time": f"{first // 60:02}:{first % 60:02}", "end_time": f"{last // 60:02}:{last % 60:02}"}


def _names(turn: str | Sequence[str]) -> Sequence[str]:
    return [turn] if isinstance(turn, str) else turn


def _at_once(one: Sequence[Duty], other: Sequence[Duty]) -> bool:
    return any(
        mine.people and theirs.people and mine.starts_at < theirs.ends_at and theirs.starts_at < mine.ends_at
        for mine in one
        for theirs in other
    )
