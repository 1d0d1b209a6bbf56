"""The commands that make tables out of rows: stats, eventstats, streamstats, chart, timechart, top, rare."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from itertools import product

from bot.testing.splunk.moments import BadMoment, floored, following, span
from bot.testing.splunk.spl import aggregates
from bot.testing.splunk.spl.aggregates import Aggregate
from bot.testing.splunk.spl.pipeline import Run, Stage, flag, options, unquoted, whole, words
from bot.testing.splunk.spl.values import Row, Rows, SplError, Value, number, order, text, texts

Key = tuple[str, ...]
_SPANS = ("1s", "5s", "10s", "30s", "1m", "5m", "10m", "30m", "1h", "1d", "1mon")


def _by(argument: str) -> tuple[str, list[str]]:
    """Splits `... BY a, b` into what is before and the fields."""
    found = re.search(r"(?:^|\s)[bB][yY]\s+(?!.*\s[bB][yY]\s)(.+)$", argument, re.DOTALL)
    if found is None:
        return argument, []
    return argument[: found.start()], [unquoted(word) for word in words(found[1])]


def grouped(rows: Iterable[Row], fields: Sequence[str]) -> dict[Key, list[Row]]:
    """Rows by their values of fields; a row without one is left out, one with several values counts for each."""
    groups: dict[Key, list[Row]] = {}
    for row in rows:
        for key in product(*(texts(row.get(field)) for field in fields)):
            groups.setdefault(key, []).append(row)
    return groups


def _in_order(groups: Iterable[Key]) -> list[Key]:
    return sorted(groups, key=lambda key: [order(part) for part in key])


def _filled(made: Sequence[Aggregate], rows: Sequence[Row]) -> Row:
    return {one.name: value for one in made if (value := one.make(rows)) is not None}


def stats(argument: str) -> Stage:
    """`stats count, avg(x) BY host`."""
    given, fields = _by(argument)
    made = aggregates.read("stats", given)

    def apply(rows: Rows, run: Run) -> Rows:
        if not fields:
            kept = list(rows)
            if kept or any(one.counts for one in made):
                yield _filled(made, kept)
            return
        groups = grouped(rows, fields)
        for key in _in_order(groups):
            yield {**dict(zip(fields, key, strict=True)), **_filled(made, groups[key])}

    return Stage(name="stats", apply=apply, transforms=True, fields=(*fields, *(one.name for one in made)))


def eventstats(argument: str) -> Stage:
    """`eventstats avg(x) AS usual BY host`: each row with its group's values beside its own."""
    given, fields = _by(argument)
    made = aggregates.read("eventstats", given)

    def apply(rows: Rows, run: Run) -> Rows:
        kept = list(rows)
        values = {key: _filled(made, group) for key, group in grouped(kept, fields).items()}
        for row in kept:
            keys = list(product(*(texts(row.get(field)) for field in fields)))
            yield {**row, **values[keys[0]]} if keys else row

    return Stage(name="eventstats", apply=apply)


def streamstats(argument: str) -> Stage:
    """`streamstats current=f window=1 last(x) AS before BY host`: over the rows up to each one."""
    given, fields = _by(argument)
    leading = re.match(r"(?:\s*(?:current|window|global)=\S+)*", given)
    taken = leading[0] if leading else ""
    chosen, _ = options("streamstats", words(taken), {"current": "t", "window": "0", "global": "f"})
    current, window = (
        flag("streamstats", "current", chosen["current"]),
        whole("streamstats", "window", chosen["window"]),
    )
    if flag("streamstats", "global", chosen["global"]):
        raise SplError("Error in 'streamstats' command: Invalid argument: 'global=t'")
    made = aggregates.read("streamstats", given[len(taken) :])

    def apply(rows: Rows, run: Run) -> Rows:
        seen: dict[Key, deque[Row]] = {}
        for row in rows:
            keys = list(product(*(texts(row.get(field)) for field in fields)))
            if not keys:
                yield row
                continue
            before = seen.setdefault(keys[0], deque(maxlen=window or None))
            if current:
                before.append(row)
            yield {**row, **_filled(made, list(before))} if before or any(one.counts for one in made) else row
            if not current:
                before.append(row)

    return Stage(name="streamstats", apply=apply)


def bins(argument: str) -> Stage:
    """`bin _time span=5m`, `bin x span=10 AS y`."""
    given, rest = options("bin", words(argument), {"span": ""})
    alias = unquoted(rest[2]) if len(rest) == 3 and rest[1].lower() == "as" else ""
    if not given["span"] or len(rest) not in {1, 3} or (len(rest) == 3 and not alias):
        raise SplError("Error in 'bin' command: A field and a span are required.")
    field = unquoted(rest[0])
    cut = cutter("bin", given["span"]) if field == "_time" else _numeric_cut(given["span"])

    def apply(rows: Rows, run: Run) -> Rows:
        for row in rows:
            value = number(row.get(field))
            yield row if value is None else {**row, alias or field: cut(float(value))}

    return Stage(name="bin", apply=apply)


def cutter(command: str, written: str) -> Callable[[float], float]:
    """A span of time as the function that floors to it."""
    try:
        count, unit = (int(written), "s") if written.isdigit() and int(written) else span(written)
    except BadMoment as error:
        raise SplError(f"Error in '{command}' command: The value for option span ({written}) is invalid.") from error
    return lambda at: floored(at, count, unit)


def _numeric_cut(written: str) -> Callable[[float], Value]:
    size = number(written)
    if size is None or size <= 0:
        raise SplError(f"Error in 'bin' command: The value for option span ({written}) is invalid.")

    def cut(value: float) -> Value:
        low = value // size * size
        return f"{text(float(low))}-{text(float(low + size))}"

    return cut


def chart(argument: str) -> Stage:
    """`chart count OVER host BY status`: a row for each host, a column for each status."""
    chosen, rest = _chosen("chart", argument)
    given, by = _by(rest)
    over = re.search(r"\s[oO][vV][eE][rR]\s+(\"[^\"]*\"|\S+)\s*$", given)
    rows_by = [unquoted(over[1]), *by] if over else by
    made = aggregates.read("chart", given[: over.start()] if over else given)
    if not 1 <= len(rows_by) <= 2:
        raise SplError("Error in 'chart' command: One or two fields are required after BY.")

    def apply(rows: Rows, run: Run) -> Rows:
        kept = list(rows)
        columns = _columns(kept, rows_by[1:], made, chosen)
        groups = grouped(kept, rows_by[:1])
        for key in _in_order(groups):
            yield {rows_by[0]: key[0], **columns(groups[key])}

    return Stage(name="chart", apply=apply, transforms=True)


def timechart(argument: str) -> Stage:
    """`timechart span=5m count BY host`: a row for each span of the window, those without events too."""
    chosen, rest = _chosen("timechart", argument)
    given, by = _by(rest)
    made = aggregates.read("timechart", given)
    if len(by) > 1:
        raise SplError("Error in 'timechart' command: Only one field can follow BY.")
    if chosen["span"]:
        cutter("timechart", chosen["span"])

    def apply(rows: Rows, run: Run) -> Rows:
        kept = list(rows)
        times = [float(at) for row in kept if (at := number(row.get("_time"))) is not None]
        if not times:
            return
        first = run.earliest if run.earliest > 0 else min(times)
        written = chosen["span"] or _fitting(run.latest - first)
        count, unit = (int(written), "s") if written.isdigit() else span(written)
        columns, groups = _columns(kept, by, made, chosen), dict[float, list[Row]]()
        for row in kept:
            groups.setdefault(floored(float(number(row.get("_time")) or 0), count, unit), []).append(row)
        at, length = floored(first, count, unit), following(0, count, unit)
        while at < run.latest:
            yield {"_time": at, **columns(groups.get(at, [])), "_span": text(length)}
            at = following(at, count, unit)

    return Stage(name="timechart", apply=apply, transforms=True)


def _fitting(window: float) -> str:
    return next((written for written in _SPANS[:-1] if window / following(0, *span(written)) <= 100), _SPANS[-1])


def _chosen(command: str, argument: str) -> tuple[dict[str, str], str]:
    """The options, which may stand anywhere, and the rest."""
    known = {"limit": "10", "useother": "t", "usenull": "t"} | ({"span": ""} if command == "timechart" else {})
    pattern = rf"(?:^|(?<=\s))(?:{'|'.join(known)})=\S+"
    chosen, _ = options(command, re.findall(pattern, argument), known)
    return chosen, re.sub(pattern, " ", argument).strip()


def _columns(
    rows: Sequence[Row], by: Sequence[str], made: Sequence[Aggregate], chosen: dict[str, str]
) -> Callable[[Sequence[Row]], Row]:
    """How a row of the table is made: one column for each aggregate, or for each value of the field it is split by."""
    if not by:
        return lambda part: _filled(made, part)
    field = by[0]
    score = {key[0]: _weight(made[0], group) for key, group in grouped(rows, by).items()}
    limit = whole("chart", "limit", chosen["limit"].removeprefix("top"))
    shown = sorted(sorted(score, key=lambda name: -score[name])[: limit or None], key=order)
    other = flag("chart", "useother", chosen["useother"]) and len(shown) < len(score)
    null = flag("chart", "usenull", chosen["usenull"]) and any(field not in row for row in rows)

    def columns(part: Sequence[Row]) -> Row:
        split = {key[0]: group for key, group in grouped(part, by).items()}
        parts = [(name, split.get(name, [])) for name in shown]
        if null:
            parts.append(("NULL", [row for row in part if field not in row]))
        if other:
            parts.append(("OTHER", [row for name, group in split.items() if name not in shown for row in group]))
        made_row: Row = {}
        for name, group in parts:
            for one in made:
                value = one.make(group)
                if value is not None:
                    made_row[name if len(made) == 1 else f"{one.name}: {name}"] = value
        return made_row

    return columns


def _weight(one: Aggregate, rows: Sequence[Row]) -> float:
    return float(number(one.make(rows)) or 0)


def top(argument: str) -> Stage:
    """`top limit=10 user BY host`: the most frequent, with count and percent."""
    return _frequent("top", argument, most=True)


def rare(argument: str) -> Stage:
    """`rare limit=10 user`: the least frequent."""
    return _frequent("rare", argument, most=False)


def _frequent(command: str, argument: str, *, most: bool) -> Stage:
    given, by = _by(argument)
    known = {"limit": "10", "showcount": "t", "showperc": "t", "countfield": "count", "percentfield": "percent"}
    chosen, rest = options(command, words(given), known)
    limit = (
        whole(command, "limit", rest.pop(0)) if rest and rest[0].isdigit() else whole(command, "limit", chosen["limit"])
    )
    if not rest:
        raise SplError(f"Error in '{command}' command: No fields were specified.")
    fields, counted, shared = [unquoted(word) for word in rest], chosen["countfield"], chosen["percentfield"]
    show_count, show_share = (
        flag(command, "showcount", chosen["showcount"]),
        flag(command, "showperc", chosen["showperc"]),
    )

    def apply(rows: Rows, run: Run) -> Rows:
        groups = grouped(rows, by)
        for key in _in_order(groups):
            counts = {one: len(found) for one, found in grouped(groups[key], fields).items()}
            total, names = sum(counts.values()), _in_order(counts)
            names.sort(key=lambda one: -counts[one] if most else counts[one])
            for one in names[: limit or None]:
                row: Row = {**dict(zip(by, key, strict=True)), **dict(zip(fields, one, strict=True))}
                if show_count:
                    row[counted] = counts[one]
                if show_share:
                    row[shared] = f"{100 * counts[one] / total:.6f}"
                yield row

    return Stage(name=command, apply=apply, transforms=True)
