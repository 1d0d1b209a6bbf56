"""The commands that choose, order and shape rows: search, head, sort, fields, dedup and their like."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable
from itertools import islice

from bot.testing.splunk.spl import searching
from bot.testing.splunk.spl.expressions import assignments, parse
from bot.testing.splunk.spl.functions import plain
from bot.testing.splunk.spl.pipeline import Run, Stage, flag, options, split, unquoted, whole, words
from bot.testing.splunk.spl.values import Row, Rows, SplError, Value, number, order, pattern, text

_SORT_TYPES: dict[str, Callable[[Value], tuple[int, float, str]]] = {
    "num": lambda value: order(number(value) if number(value) is not None else None),
    "str": lambda value: (1, 0.0, text(value)),
    "auto": order,
    "ip": lambda value: (1, 0.0, ".".join(part.zfill(3) for part in text(value).split("."))),
}


def search(argument: str) -> Stage:
    """`search`: takes events where it begins a search, and drops rows further on."""
    terms = searching.read(argument)

    def apply(rows: Rows, run: Run) -> Rows:
        return (row for row in rows if terms.test(row))

    return Stage(name="search", apply=apply)


def first_search(argument: str) -> Stage:
    """`search` as the first command: events of the run's window, of the index `main` where it names none."""
    terms = searching.read(argument)

    def apply(rows: Rows, run: Run) -> Rows:
        for row in run.events(terms.times):
            if (terms.names_index or row.get("index") == "main") and terms.test(row):
                yield dict(row)  # what comes after may change it, and the event stays as it is

    return Stage(name="search", apply=apply)


def makeresults(argument: str) -> Stage:
    """`makeresults count=1`: rows that hold the time and nothing else."""
    given, rest = options("makeresults", words(argument), {"count": "1"})
    if rest:
        raise SplError(f"Error in 'makeresults' command: Invalid argument: '{rest[0]}'")
    count = whole("makeresults", "count", given["count"])
    return Stage(
        name="makeresults",
        apply=lambda rows, run: ({"_time": float(int(run.now))} for _ in range(count)),
        transforms=True,
    )


def loadjob(argument: str) -> Stage:
    """`loadjob <sid>`: the rows of a finished job."""
    given = words(argument)
    if len(given) != 1 or "=" in given[0]:
        raise SplError("Error in 'loadjob' command: A search ID is required, and no options are known.")
    sid = unquoted(given[0])

    def apply(rows: Rows, run: Run) -> Rows:
        yield from (dict(row) for row in run.results(sid))

    return Stage(name="loadjob", apply=apply, transforms=True)


def head(argument: str) -> Stage:
    """`head 10`."""
    count = _count("head", argument)
    return Stage(name="head", apply=lambda rows, run: islice(rows, count))


def tail(argument: str) -> Stage:
    """`tail 10`: the last rows, the last one first."""
    count = _count("tail", argument)
    return Stage(name="tail", apply=lambda rows, run: reversed(deque(rows, maxlen=count)))


def reverse(argument: str) -> Stage:
    """`reverse`."""
    if argument:
        raise SplError("Error in 'reverse' command: This command takes no arguments.")
    return Stage(name="reverse", apply=lambda rows, run: reversed(list(rows)))


def _count(command: str, argument: str) -> int:
    given = words(argument)
    if len(given) > 1:
        raise SplError(f"Error in '{command}' command: Invalid argument: '{given[1]}'")
    return whole(command, "limit", given[0].removeprefix("limit=")) if given else 10


def sort(argument: str) -> Stage:
    """`sort 0 -num(count), +host`: 10,000 rows unless a limit says otherwise, 0 for all."""
    given = words(re.sub(r"([+-])\s+", r"\1", argument))
    limit = 10_000
    if given and re.fullmatch(r"\d+|limit=\d+", given[0]):
        limit = int(given.pop(0).removeprefix("limit="))
    backward = bool(given) and given[-1] in {"d", "desc"} and bool(given.pop())
    if not given:
        raise SplError("Error in 'sort' command: Usage: sort [<count>] [+|-]<field>")
    keys = [_sort_key(word) for word in given]

    def apply(rows: Rows, run: Run) -> Rows:
        kept = list(rows)
        for name, down, kind in reversed(keys):
            there = [row for row in kept if name in row]
            nothing = [row for row in kept if name not in row]
            there.sort(key=lambda row: kind(row[name]), reverse=down != backward)
            kept = there + nothing
        return iter(kept[:limit] if limit else kept)

    return Stage(name="sort", apply=apply)


def _sort_key(word: str) -> tuple[str, bool, Callable[[Value], tuple[int, float, str]]]:
    down, word = word.startswith("-"), word.lstrip("+-")
    typed = re.fullmatch(r"(num|str|auto|ip)\((.+)\)", word)
    return (unquoted(typed[2]), down, _SORT_TYPES[typed[1]]) if typed else (unquoted(word), down, order)


def fields(argument: str) -> Stage:
    """`fields a, b*` keeps these (and `_time`, `_raw`), `fields - a` drops them."""
    sign, given = "+", argument
    if argument[:1] in {"+", "-"}:
        sign, given = argument[0], argument[1:]
    wanted = [pattern(unquoted(word)) for word in words(given)]
    if not wanted:
        raise SplError("Error in 'fields' command: Invalid argument: ''")

    def keeps(name: str) -> bool:
        named = any(wild.fullmatch(name) for wild in wanted)
        return not named if sign == "-" else named or name in {"_time", "_raw"}

    def apply(rows: Rows, run: Run) -> Rows:
        return ({name: value for name, value in row.items() if keeps(name)} for row in rows)

    return Stage(name="fields", apply=apply)


def table(argument: str) -> Stage:
    """`table a, b`: these fields, in this order, and no others."""
    wanted = [unquoted(word) for word in words(argument)]
    if not wanted:
        raise SplError("Error in 'table' command: Invalid argument: ''")

    def apply(rows: Rows, run: Run) -> Rows:
        for row in rows:
            shown: Row = {}
            for wish in wanted:
                names = [name for name in row if pattern(wish).fullmatch(name)] if "*" in wish else [wish]
                shown.update({name: row[name] for name in names if name in row})
            yield shown

    fixed = tuple(wanted) if not any("*" in wish for wish in wanted) else ()
    return Stage(name="table", apply=apply, transforms=True, fields=fixed)


def rename(argument: str) -> Stage:
    """`rename a AS b, c AS "d e"`."""
    pairs: list[tuple[str, str]] = []
    for part in split(argument, ","):
        found = re.fullmatch(r"""("[^"]*"|'[^']*'|\S+)\s+[aA][sS]\s+("[^"]*"|'[^']*'|\S+)""", part)
        if found is None or "*" in part:
            raise SplError(f"Error in 'rename' command: Usage: rename [old_name AS/TO/-> new_name]+. Got '{part}'.")
        pairs.append((unquoted(found[1]), unquoted(found[2])))
    names = dict(pairs)

    def apply(rows: Rows, run: Run) -> Rows:
        for row in rows:
            taken = {names[name] for name in row if name in names}
            yield {names.get(name, name): row[name] for name in row if name in names or name not in taken}

    return Stage(name="rename", apply=apply)


def dedup(argument: str) -> Stage:
    """`dedup 1 host, user`: so many rows of each combination; rows without one of the fields are dropped."""
    given, rest = options("dedup", words(argument), {"keepempty": "f", "consecutive": "f", "keepevents": "f"})
    count = whole("dedup", "count", rest.pop(0)) if rest and rest[0].isdigit() else 1
    if not rest or "sortby" in rest or flag("dedup", "keepevents", given["keepevents"]):
        raise SplError("Error in 'dedup' command: sortby and keepevents are not known, and a field is required.")
    keep_empty, consecutive = (flag("dedup", name, given[name]) for name in ("keepempty", "consecutive"))
    names = [unquoted(word) for word in rest]

    def apply(rows: Rows, run: Run) -> Rows:
        seen: dict[tuple[Value, ...], int] = {}
        for row in rows:
            if any(name not in row for name in names):
                if keep_empty:
                    yield row
                continue
            key = tuple(row[name] for name in names)
            if consecutive and key not in seen:
                seen.clear()
            seen[key] = seen.get(key, 0) + 1
            if seen[key] <= count:
                yield row

    return Stage(name="dedup", apply=apply)


def fillnull(argument: str) -> Stage:
    """`fillnull value=0 a, b`; without fields, every field that any row has."""
    given, rest = options("fillnull", words(argument), {"value": "0"})
    names = [unquoted(word) for word in rest]

    def apply(rows: Rows, run: Run) -> Rows:
        kept = list(rows) if not names else rows
        wanted = names or list({name: None for row in kept for name in row}) if isinstance(kept, list) else names
        return ({**dict.fromkeys(wanted, given["value"]), **row} for row in kept)

    return Stage(name="fillnull", apply=apply)


def mvexpand(argument: str) -> Stage:
    """`mvexpand a`: a row for each value of a field."""
    (name,) = given if len(given := words(argument)) == 1 else ("",)
    if not name:
        raise SplError("Error in 'mvexpand' command: Exactly one field is required.")

    def apply(rows: Rows, run: Run) -> Rows:
        for row in rows:
            value = row.get(name)
            if isinstance(value, tuple):
                yield from ({**row, name: one} for one in value)
            else:
                yield row

    return Stage(name="mvexpand", apply=apply)


def rex(argument: str) -> Stage:
    """`rex field=_raw "(?<name>...)"`: fields from the first match."""
    given, rest = options("rex", words(argument), {"field": "_raw"})
    written = re.sub(r"\(\?<([A-Za-z_]\w*)>", r"(?P<\1>", rest[0][1:-1].replace('\\"', '"')) if rest else ""
    try:
        wanted = re.compile(written)
    except re.error as error:
        raise SplError(
            f"Error in 'rex' command: Encountered the following error while compiling the regex: {error}"
        ) from error
    if len(rest) != 1 or not wanted.groupindex:
        raise SplError("Error in 'rex' command: The regex needs quotes and at least one named group.")

    def apply(rows: Rows, run: Run) -> Rows:
        for row in rows:
            found = wanted.search(text(row.get(given["field"], "")))
            yield {
                **row,
                **{name: value for name, value in (found.groupdict() if found else {}).items() if value is not None},
            }

    return Stage(name="rex", apply=apply)


def evaluate(argument: str) -> Stage:
    """`eval a=b*2, c=if(a>3, "x", "y")`: one after the other; null takes a field away."""
    assignments("eval", argument)  # refused before it runs, if it is to be refused

    def apply(rows: Rows, run: Run) -> Rows:
        made = assignments("eval", argument, run.now)
        for row in rows:
            changed = dict(row)
            for name, expression in made:
                value = plain(expression(changed))
                if value is None:
                    changed.pop(name, None)
                else:
                    changed[name] = value
            yield changed

    return Stage(name="eval", apply=apply)


def where(argument: str) -> Stage:
    """`where a>3 AND like(b, "x%")`."""
    parse("where", argument)

    def apply(rows: Rows, run: Run) -> Rows:
        test = parse("where", argument, run.now)
        return (row for row in rows if test(row) is True)

    return Stage(name="where", apply=apply)
