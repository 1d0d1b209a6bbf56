"""A backtest told on a terminal: what would have fired, when, for how long, and how often at night."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from bot.charts.legend import series_names
from bot.cli.backtesting.result import Result, Tested
from bot.cli.console import Console, Style
from bot.cli.timeline import PLAIN, Lane, Signs, timeline
from bot.documents import format_duration
from bot.evidence.units import unit_of
from bot.model.labels import LabelSet
from bot.model.wording import duration, number, one_line
from bot.rules.backtest import Episode
from bot.rules.tally import Met, Tally, by_labels, tally

_LANES = 12
_FIRINGS = 15
_BLIND = 3


class Moments(Protocol):
    """Writes a time as its reader lives it."""

    def moment(self, text: str | None) -> str:
        """From RFC 3339."""
        ...


class Teller:
    """Writes one result to one console."""

    def __init__(self, result: Result, times: Moments, console: Console) -> None:
        self._result = result
        self._times = times
        self._console = console
        unicode = (getattr(console.out, "encoding", None) or "ascii").lower().replace("-", "").startswith("utf")
        self._signs = Signs() if unicode else PLAIN

    def tell(self) -> None:
        """All of it: one rule in full; of several a table first, then each that fired."""
        window = self._result.window
        say = self._console.say
        say(f"from {self._at(window.start)} to {self._at(window.end)} ({duration(window.length)})", Style.FAINT)
        if self._result.stopped_at is not None:
            say(f"stopped: no rule is known beyond {self._at(self._result.stopped_at)}", Style.CAREFUL)
        tested = self._result.tested
        if len(tested) > 1:
            self._overview(tested)
        for one in tested:
            if len(tested) == 1 or one.unanswered or one.blind or self._tally(one.episodes).fired or len(one.walks) > 1:
                self._rule(one)
        self._incidents()

    def _overview(self, tested: Sequence[Tested]) -> None:
        self._console.say()
        rows = []
        for one in tested:
            counted = self._tally(one.episodes)
            style = Style.BOLD if counted.fired else Style.FAINT
            rows.append(
                (
                    (one.rule.name, style),
                    "-" if one.unanswered else str(counted.fired),
                    str(counted.at_night) if counted.fired else "-",
                    duration(counted.in_all) if counted.fired else "-",
                    duration(counted.longest) if counted.fired else "-",
                    _remark(one, counted),
                )
            )
        self._console.table(("RULE", "FIRED", "AT NIGHT", "IN ALL", "LONGEST", ""), rows)
        fired = [one for one in tested if self._tally(one.episodes).fired]
        if fired:
            self._console.say()
            self._draw([self._lane(one.rule.name, one.episodes, one) for one in fired])

    def _rule(self, one: Tested) -> None:
        console, rule = self._console, one.rule
        console.say(f"\n{rule.name}", Style.BOLD)
        kept = f", kept firing for {format_duration(rule.keep_firing_for)}" if rule.keep_firing_for else ""
        console.fields(
            (
                ("expr", " ".join(rule.expr.split())),
                ("runs", f"at `{search.schedule.cron}` in {search.schedule.time_zone} on {one.source}")
                if (search := one.group.search)
                else (
                    "for",
                    f"{format_duration(rule.hold)}{kept}, every {format_duration(one.group.interval)} on {one.source}",
                ),
                ("from", f"group {one.group.name} of {one.group.file}"),
            )
        )
        if one.unanswered:
            console.say(f"not answered: {one.unanswered}", Style.BAD)
            return
        for note in one.notes:
            console.say(f"note: {note}", Style.CAREFUL)
        self._blind(one)
        for error, count in (one.walks[0].errors if one.walks else {}).items():
            console.say(f"at {count:,} slots the rule itself would have failed: {error}", Style.CAREFUL)
        counted = self._tally(one.episodes)
        console.say(self._sentence(counted))
        if counted.fired:
            self._labels(one)
            self._firings(one)
        if len(one.walks) > 1:
            self._variants(one)

    def _sentence(self, counted: Tally) -> str:
        nearly = ""
        if counted.nearly:
            times = "once" if counted.nearly == 1 else f"{counted.nearly:,} times"
            nearly = f"; pending {times} more, for {duration(counted.longest_pending)} at most"
        if not counted.fired:
            return f"would not have fired{nearly}"
        sets = "1 label set" if counted.label_sets == 1 else f"{counted.label_sets:,} label sets"
        times = "once" if counted.fired == 1 else f"{counted.fired:,} times"
        return (
            f"would have fired {times} for {sets}, {counted.at_night:,} at night ({self._result.night_text});"
            f" {duration(counted.in_all)} in all, {duration(counted.longest)} at the longest{nearly}"
        )

    def _labels(self, one: Tested) -> None:
        found = by_labels(self._known(one.episodes))
        shown = list(found)[:_LANES]
        names = _names(one)
        self._console.say()
        self._draw(
            [self._lane(names[labels], [e for e in one.episodes if e.labels == labels], one) for labels in shown]
        )
        rest = [episode for labels, episodes in list(found.items())[_LANES:] for episode in episodes]
        if rest:
            self._console.say(f"and {len(found) - len(shown):,} more label sets, {len(rest):,} firings", Style.FAINT)

    def _firings(self, one: Tested) -> None:
        known = [episode for episode in self._known(one.episodes) if episode.fired_at is not None]
        known.sort(key=lambda episode: episode.fired_at or episode.active_at)
        unit = unit_of(one.rule.signal.expr, one.rule.signal.threshold)
        names = _names(one)
        rows = [
            (
                self._began(episode),
                self._lasted(episode),
                number(episode.worst, unit),
                "night" if self._at_night(episode) else "",
                names[episode.labels],
            )
            for episode in known[-_FIRINGS:]
        ]
        self._console.say()
        self._console.table(("FIRED", "LASTED", "WORST", "", "LABELS"), rows)
        if len(known) > _FIRINGS:
            self._console.say(f"and {len(known) - _FIRINGS:,} before these: --format json has them all", Style.FAINT)

    def _variants(self, one: Tested) -> None:
        unit = unit_of(one.rule.signal.expr, one.rule.signal.threshold)
        rows = []
        for walk in one.walks:
            counted = self._tally(walk.episodes)
            hold = one.rule.hold if walk.variant.hold is None else walk.variant.hold
            threshold = one.rule.signal.threshold if walk.variant.threshold is None else walk.variant.threshold
            as_written = walk.variant.hold is None and walk.variant.threshold is None
            rows.append(
                (
                    format_duration(hold),
                    "-" if threshold is None else f"{one.rule.signal.op} {number(threshold, unit)}",
                    str(counted.fired),
                    str(counted.at_night),
                    duration(counted.in_all),
                    duration(counted.longest),
                    ("as written", Style.BOLD) if as_written else "",
                )
            )
        self._console.say("\nOther settings", Style.BOLD)
        self._console.table(("FOR", "THRESHOLD", "FIRED", "AT NIGHT", "IN ALL", "LONGEST", ""), rows)

    def _blind(self, one: Tested) -> None:
        for gap in one.blind[:_BLIND]:
            self._console.say(
                f"blind from {self._at(gap.start)} to {self._at(gap.end)}: {one_line(gap.why)}", Style.BAD
            )
        if len(one.blind) > _BLIND:
            self._console.say(f"and blind {len(one.blind) - _BLIND} times more", Style.BAD)

    def _incidents(self) -> None:
        result, console = self._result, self._console
        if result.met is None:
            if result.no_incidents:
                console.say(f"\nnot compared with incidents: {result.no_incidents}", Style.FAINT)
            return
        caught = sum(one.episode is not None for one in result.met)
        if not result.met:
            console.say("\nno incident was opened in this time", Style.FAINT)
            return
        console.say(f"\nIncidents: {caught} caught, {len(result.met) - caught} missed", Style.BOLD)
        console.table(
            ("ID", "OPENED", "", "TITLE"),
            [(one.incident.name, self._at(one.incident.start), _met(one), one.incident.title) for one in result.met],
        )

    def _lane(self, name: str, episodes: Iterable[Episode], one: Tested) -> Lane:
        end = self._result.window.end
        known = list(episodes)
        return Lane(
            name=name,
            firing=[(each.fired_at, each.ended_at or end) for each in known if each.fired_at is not None],
            pending=[(each.active_at, each.fired_at or each.ended_at or end) for each in known],
            blind=[(gap.start, gap.end) for gap in one.blind],
        )

    def _draw(self, lanes: Sequence[Lane]) -> None:
        zone = self._result.night.zone
        for line in timeline(lanes, self._result.window, zone, self._console.width, self._signs):
            self._console.say(line)
        self._console.say(self._signs.legend, Style.FAINT)

    def _known(self, episodes: Iterable[Episode]) -> list[Episode]:
        return [one for one in episodes if one.ended_at is None or one.ended_at > self._result.window.start]

    def _tally(self, episodes: Iterable[Episode]) -> Tally:
        return tally(episodes, self._result.window, self._result.night)

    def _at_night(self, episode: Episode) -> bool:
        at = episode.fired_at
        return at is not None and at >= self._result.window.start and self._result.night.holds(at)

    def _began(self, episode: Episode) -> str:
        at = episode.fired_at or episode.active_at
        return "before this time" if at < self._result.window.start else self._at(at)

    def _lasted(self, episode: Episode) -> str:
        began = max(episode.fired_at or episode.active_at, self._result.window.start)
        if episode.ended_at is None:
            return f"{duration(self._result.window.end - began)}, still on"
        return duration(episode.ended_at - began)

    def _at(self, at: datetime) -> str:
        return self._times.moment(at.isoformat())


def _remark(one: Tested, counted: Tally) -> str:
    if one.unanswered:
        return "not answered"
    if one.blind:
        return "blind at times" if one.replay and len(one.blind) else ""
    return "nearly" if counted.nearly and not counted.fired else ""


def _names(one: Tested) -> Mapping[LabelSet, str]:
    """What each label set is called beside the others: by what tells them apart."""
    known = list(dict.fromkeys(episode.labels for episode in one.episodes))
    own = [LabelSet({name: value for name, value in labels.items() if name != "alertname"}) for labels in known]
    return dict(zip(known, series_names(own), strict=True)) if known else {}


def _met(one: Met) -> str:
    if one.episode is None:
        return "missed"
    if abs(one.after) < timedelta(seconds=1):
        return f"caught by {one.rule}, at once"
    return f"caught by {one.rule}, {duration(abs(one.after))} {'after' if one.after > timedelta(0) else 'before'}"
