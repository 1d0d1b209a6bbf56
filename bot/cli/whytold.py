"""The story of one rule in plain words, from what the API knows of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta

from bot.cli.client import Answer
from bot.cli.console import Console, Style
from bot.cli.times import Times
from bot.documents import format_duration
from bot.evidence.units import unit_of
from bot.model.wording import duration, number, one_line

_ALERTS = 10
_SPELLS = 6
_NEAREST = 5
_WAITS = Style.CAREFUL
_STYLES = {"firing": Style.BAD, "pending": Style.CAREFUL, "unknown": Style.CAREFUL, "inactive": Style.GOOD}


class Story:
    """Writes it to a console."""

    def __init__(self, rule: Answer, zone: str, env: Mapping[str, str], console: Console) -> None:
        self._rule = rule
        self._times = Times(env, zone)
        self._console = console
        self._unit = unit_of(rule["signal"], rule["threshold"])
        self._now = datetime.fromisoformat(rule["now"]["asked_at"])

    def tell(self) -> None:
        """First what is, then what was, then what the signal is now."""
        console, rule = self._console, self._rule
        console.say(self._headline(), _STYLES.get(rule["state"], Style.BOLD))
        often = f"{self._often()} on {rule['source']}"
        console.fields(
            (
                ("expr", " ".join(rule["expr"].split())),
                ("from", f"group {rule['group']} of {rule['file']}, {often}"),
            )
        )
        for text, style in self._troubles():
            console.say(text, style)
        active = [one for one in rule["alerts"] if one["state"] != "inactive"]
        over = [one for one in rule["alerts"] if one["state"] == "inactive"]
        for one in active[:_ALERTS]:
            console.say(f"- {self._alert(one)}")
        hidden = rule["count"] - len(rule["alerts"]) + max(0, len(active) - _ALERTS)
        if hidden > 0:
            console.say(f"and {hidden:,} more: --json has up to 50 of them", Style.FAINT)
        for one in over[:_ALERTS]:
            console.say(f"- {self._resolved(one)}")
        self._record()
        if rule.get("search"):
            self._runs(rule["search"])
        else:
            self._signal()

    def _often(self) -> str:
        search = self._rule.get("search")
        if not search:
            return f"every {self._length(self._rule['interval'])}"
        how = "making up for every time it missed" if search["continuous"] else "skipping times that have passed"
        return f"at `{search['cron']}` in {search['time_zone']}, {how},"

    def _runs(self, search: Answer) -> None:
        """What the last runs of a saved search came to; it is not asked now, but when it is due."""
        say = self._console.say
        say(f"\nits last runs, the newest first; the next is due at {self._at(search['next_at'])}:")
        if not search["runs"]:
            say("  none yet")
        for one in search["runs"]:
            came = "triggered" if one["triggered"] else "did not trigger" if one["complete"] else "unknown"
            style = Style.BAD if one["triggered"] else Style.CAREFUL if not one["complete"] else Style.GOOD
            say(f"  {self._at(one['slot'])}: {came}: {one_line(one['why'])}", style)
            if one["link"]:
                say(f"    {one['link']}", Style.FAINT)
        for one in search["quiet"]:
            what = one["key"] or "the search"
            say(
                f"quiet until {self._at(one['until'])}: nobody hears if {one_line(what)} fires anew before",
                Style.CAREFUL,
            )
        if search["remembered"]:
            keys = "1 key" if search["remembered"] == 1 else f"{search['remembered']:,} keys"
            say(f"it remembers {keys} of earlier runs", Style.FAINT)

    def _headline(self) -> str:
        rule = self._rule
        name, since = rule["rule"], rule["since"]
        if rule["evaluated_at"] is None:
            return f"{name} was never evaluated yet"
        ago = f" since {self._at(since)} ({self._ago(since)})" if since else ""
        if rule["state"] == "unknown":
            return f"{name} is unknown: blind to {rule['source']}{ago}"
        if rule["state"] == "inactive":
            return f"{name} does not fire"
        return f"{name} is {rule['state']}{ago}"

    def _troubles(self) -> Iterator[tuple[str, Style]]:
        """Source errors, lateness and missing evaluations are states of their own."""
        rule = self._rule
        if rule["evaluated_at"] is None:
            interval = timedelta(seconds=rule["interval"])
            first = f"its group waits for its first slot, {duration(interval)} after the start at the latest"
            yield (
                f"its first run is due at {self._at(rule['search']['next_at'])}" if rule.get("search") else first,
                _WAITS,
            )
            return
        if rule["last_error"]:
            yield f"the last evaluation failed: {one_line(rule['last_error'])}", Style.BAD
        if rule["unknown_since"]:
            yield "what it had found stays as it was: being blind resolves nothing", Style.CAREFUL
        asked = timedelta(seconds=rule["interval"] * 2 + 5)
        if self._now - datetime.fromisoformat(rule["last_slot"]) > asked:
            yield (
                f"late: the last evaluation was for {self._at(rule['last_slot'])} ({self._ago(rule['last_slot'])} ago)",
                Style.BAD,
            )

    def _alert(self, one: Answer) -> str:
        rule = self._rule
        value = number(float(one["value"]), self._unit)
        compared = (
            f"value {value} {rule['op']} {self._threshold()}" if rule["threshold"] is not None else f"value {value}"
        )
        told = f"{_labels(one)}: {compared}; pending from {self._at(one['active_at'])}"
        if one["state"] == "pending":
            left = datetime.fromisoformat(one["active_at"]) + timedelta(seconds=rule["hold"]) - self._now
            when = f"fires in {duration(left)} if it lasts" if left > timedelta(0) else "fires with its next evaluation"
            return f"{told}; `for: {self._length(rule['hold'])}` holds it back: {when}"
        held = f"held for {self._length(rule['hold'])}, then" if rule["hold"] else "at once"
        told += f"; {held} firing from {self._at(one['fired_at'])} ({self._ago(one['fired_at'])})"
        if one["keep_firing_since"]:
            keep = self._length(rule["keep_firing_for"])
            told += f"; not seen since {self._at(one['keep_firing_since'])}, kept firing for {keep}"
        return told

    def _resolved(self, one: Answer) -> str:
        lasted = datetime.fromisoformat(one["resolved_at"]) - datetime.fromisoformat(
            one["fired_at"] or one["active_at"]
        )
        return f"{_labels(one)}: resolved at {self._at(one['resolved_at'])} after {duration(lasted)} of firing"

    def _record(self) -> None:
        known = self._rule["history"]
        if not known["evaluations"]:
            if self._rule["evaluated_at"]:
                self._console.say("no evaluation is on record for this time", Style.FAINT)
            return
        counts = "1 evaluation" if known["evaluations"] == 1 else f"{known['evaluations']:,} evaluations"
        counts += f" since {self._at(known['spells'][0]['start'])}"
        counts += "".join(f", {known[what]:,} {what}" for what in ("failed", "late") if known[what])
        missed = f", {known['missed']:,} slots missed" if known["missed"] else ""
        took = self._rule["last"][0]["took"]
        self._console.say(f"\n{counts}{missed}; the last took {duration(timedelta(seconds=took))}")
        spells = known["spells"][-_SPELLS:]
        if len(known["spells"]) > len(spells):
            self._console.say(f"  ... {len(known['spells']) - len(spells):,} changes before", Style.FAINT)
        for one in spells:
            self._console.say(f"  {self._spell(one)}")
        for gap in known["gaps"][-_SPELLS:]:
            slots = "1 slot" if gap["slots"] == 1 else f"{gap['slots']:,} slots"
            self._console.say(f"  {self._span(gap)}: {slots} missed: Tocsin was down, or too slow", Style.CAREFUL)

    def _spell(self, one: Answer) -> str:
        times = "1 evaluation" if one["evaluations"] == 1 else f"{one['evaluations']:,} evaluations"
        if one["error"]:
            blind = f"blind to {self._rule['source']}" if one["state"] == "unknown" else one["state"]
            return f"{self._span(one)}: {blind} ({one_line(one['error'])}), {times}"
        return f"{self._span(one)}: {one['state']}, {times}"

    def _signal(self) -> None:
        rule, now = self._rule, self._rule["now"]
        console = self._console
        if now["error"]:
            console.say(f"\nits signal cannot be seen now: {one_line(now['error'])}", Style.BAD)
            return
        if not now["series"]:
            if rule["threshold"] is None:
                console.say("\nits expression answers nothing now: nothing to fire for")
            else:
                console.say("\nno data: its signal has no series at all now, so it cannot fire", Style.BAD)
                console.say(f"  {' '.join(rule['signal'].split())}", Style.FAINT)
            return
        if not now["samples"]:
            console.say("\nno series of its signal has these labels now", Style.CAREFUL)
            return
        threshold = f", to be {rule['op']} {self._threshold()}" if rule["threshold"] is not None else ""
        series = "1 series" if now["series"] == 1 else f"{now['series']:,} series"
        console.say(f"\nits signal now{threshold}; nearest first, of {series}:")
        for one in now["samples"][:_NEAREST]:
            console.say(f"  {number(float(one['value']), self._unit)}  {_labels(one)}")

    def _threshold(self) -> str:
        return number(self._rule["threshold"], self._unit)

    def _span(self, one: Answer) -> str:
        if one["start"] == one["end"]:
            return self._at(one["start"])
        return f"{self._at(one['start'])} to {self._at(one['end'])}"

    def _at(self, text: str) -> str:
        return self._times.moment(text)

    def _ago(self, text: str) -> str:
        return duration(max(self._now.astimezone(UTC) - datetime.fromisoformat(text), timedelta(0)))

    def _length(self, seconds: float) -> str:
        return format_duration(timedelta(seconds=seconds))


def _labels(one: Answer) -> str:
    pairs = ", ".join(
        f"{name}={value}" for name, value in one["labels"].items() if name not in ("alertname", "__name__")
    )
    return one_line(pairs, 160) or "no labels"
