"""`tocsin stats`: how long incidents take, which rules are noise, what being on call costs, what runbooks do."""

from __future__ import annotations

import argparse
import csv
import io
import os
from collections.abc import Mapping, Sequence
from datetime import timedelta

from bot.cli.client import Answer, connected
from bot.cli.console import Console, Style
from bot.cli.options import add_client, add_json
from bot.cli.times import Times
from bot.documents import format_duration, parse_duration
from bot.model.statistics import Grouping
from bot.model.wording import rounded

_EPILOG = """\
examples:
  tocsin stats                            the last 30 days, by service
  tocsin stats --since 90d --by week      a quarter, week by week
  tocsin stats --csv noise > noise.csv    every rule, for a spreadsheet

A length is told as its median, then what nine of ten were at or below. Incidents count by when they opened; drills and
tests, incidents merged into another and duplicates are left out. DETECT is from the first alert's beginning to the
incident's, ACKNOWLEDGE, MITIGATE and RESOLVE from the incident's beginning, ACKNOWLEDGE from the last time it was
reopened. IGNORED incidents ended without a person doing anything. Night is from 22:00 to 8:00 where a person is. Of a
runbook count the runs that ended in this time: STOPPED were rejected, lapsed or cancelled, RECOVERY is from the last
change to the signal's recovery, ANSWER how long people took to say whether a change may be made."""

_PARTS = ("count", "median", "p90")
_TIMES = ("detect", "acknowledge", "mitigate", "resolve")
_NOISE = ("rule", "fires", "incidents", "ignored", "flaps", "pages", "night_pages", "length", "suggestion")
_LOAD = ("person", "pages", "night_pages", "nights", "incidents", "on_duty")
_VERDICTS = ("recovered", "not_recovered", "not_seen")
_RUNBOOKS = ("runbook", "runs", "changed", "succeeded", "failed", "stopped", *_VERDICTS)
_SHOWN = 10
"""Rules, or runbooks, on the terminal; the CSV has all."""
_LONGEST = timedelta(days=731)


def configure(parser: argparse.ArgumentParser) -> None:
    """Its options."""
    parser.epilog = _EPILOG
    parser.add_argument(
        "--since", metavar="LENGTH", type=_length, default="30d", help="how far to look back (default: 30d)"
    )
    parser.add_argument(
        "--by",
        choices=[each.value for each in Grouping],
        default=Grouping.SERVICE.value,
        help="by what incidents are told apart (default: service)",
    )
    parser.add_argument(
        "--csv",
        nargs="?",
        const="times",
        choices=("times", "noise", "load", "runbooks"),
        help="one of the tables as comma-separated values, lengths in seconds (default: times)",
    )
    add_json(parser)
    add_client(parser)
    parser.set_defaults(act=stats)


def stats(arguments: argparse.Namespace, console: Console) -> int:
    """Asks, and shows the tables."""
    seconds = str(int(arguments.since.total_seconds()))
    with connected(arguments) as tocsin:
        found = tocsin.get("stats", query={"by": arguments.by, "seconds": seconds})
        times = Times(os.environ, tocsin.outline.time_zone)
    if arguments.json:
        console.json(found)
    elif arguments.csv:
        _as_csv(found, arguments.csv, console)
    else:
        _tell(found, times, console)
    return 0


def _tell(found: Answer, times: Times, console: Console) -> None:
    whole = found["whole"]
    console.say(
        f"{_many(whole['incidents'], 'incident')} opened since {times.moment(found['since'])}, "
        f"{whole['still_open']} still open, {whole['reopened']} reopened",
        Style.BOLD,
    )
    if whole["incidents"]:
        console.say()
        _lengths(found, console)
    if found["noise"]:
        console.say()
        _noise(found["noise"], console)
    if found["load"]:
        console.say()
        _load(found["load"], console)
    if found["runbooks"]:
        console.say()
        _runbooks(found["runbooks"], console)
    for one in found["chats"]:
        console.say()
        console.say(_chat(one))


def _lengths(found: Answer, console: Console) -> None:
    rows = [*found["groups"], found["whole"]] if len(found["groups"]) > 1 else found["groups"]
    console.table(
        (found["by"].upper(), "INCIDENTS", "OPEN", *(name.upper() for name in _TIMES)),
        [
            (
                (one["of"], Style.BOLD),
                str(one["incidents"]),
                str(one["still_open"]),
                *(_spread(one[name]) for name in _TIMES),
            )
            for one in rows
        ],
    )


def _noise(rules: Sequence[Answer], console: Console) -> None:
    console.table(
        ("RULE", "FIRES", "INCIDENTS", "IGNORED", "FLAPS", "PAGES", "AT NIGHT"),
        [
            (
                (one["rule"], Style.BOLD),
                *(str(one[name]) for name in ("fires", "incidents", "ignored", "flaps", "pages", "night_pages")),
            )
            for one in rules[:_SHOWN]
        ],
    )
    if len(rules) > _SHOWN:
        console.say(f"and {_many(len(rules) - _SHOWN, 'more rule')}; --csv noise has every one", Style.FAINT)
    for one in rules:
        if one["suggestion"]:
            console.say(f"{one['rule']}: {one['suggestion']}")


def _chat(use: Answer) -> str:
    """How loud a chat was, and whether it kept to what a channel bears."""
    held = f", {use['held']} held back" if use["held"] else ""
    said = f"{_many(use['messages'], 'message')} and {_many(use['edits'], 'edit')} in shared channels"
    of = f"{_many(use['incidents'], 'incident')}; {use['most']} at most of one in a phase, of {use['budget']}"
    return f"{use['integration']}: {said} for {of}{held}"


def _load(people: Sequence[Answer], console: Console) -> None:
    console.table(
        ("PERSON", "PAGES", "AT NIGHT", "NIGHTS", "INCIDENTS", "ON DUTY"),
        [
            (
                (one["person"], Style.BOLD),
                *(str(one[name]) for name in ("pages", "night_pages", "nights", "incidents")),
                "" if one["on_duty"] is None else f"{one['on_duty'] / 3600:.0f} h",
            )
            for one in people
        ],
    )


def _runbooks(runbooks: Sequence[Answer], console: Console) -> None:
    console.table(
        ("RUNBOOK", "RUNS", "CHANGED", "FAILED", "STOPPED", "RECOVERED", "NOT", "NOT SEEN", "RECOVERY", "ANSWER"),
        [
            (
                (one["runbook"], Style.BOLD),
                *(str(one[name]) for name in ("runs", "changed", "failed", "stopped", *_VERDICTS)),
                _spread(one["recovery"]),
                _spread(one["answer"]),
            )
            for one in runbooks[:_SHOWN]
        ],
    )
    if len(runbooks) > _SHOWN:
        console.say(f"and {_many(len(runbooks) - _SHOWN, 'more runbook')}; --csv runbooks has every one", Style.FAINT)


def _as_csv(found: Answer, what: str, console: Console) -> None:
    rows, columns = _columns(found, what)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([_plain(row[column]) for column in columns] for row in rows)
    console.document(text.getvalue())


def _columns(found: Answer, what: str) -> tuple[Sequence[Mapping[str, object]], Sequence[str]]:
    if what == "noise":
        return found["noise"], _NOISE
    if what == "load":
        return found["load"], _LOAD
    if what == "runbooks":
        spreads = ("recovery", "answer")
        columns = [*_RUNBOOKS, *(f"{name}_{part}" for name in spreads for part in _PARTS)]
        return [{**one, **_spreads(one, spreads)} for one in found["runbooks"]], columns
    rows = [_flat(found["by"], one) for one in found["groups"]]
    columns = [found["by"], "incidents", "still_open", "reopened"]
    return rows, [*columns, *(f"{name}_{part}" for name in _TIMES for part in _PARTS)]


def _flat(by: str, one: Answer) -> Mapping[str, object]:
    flat = {by: one["of"], **{name: one[name] for name in ("incidents", "still_open", "reopened")}}
    return {**flat, **_spreads(one, _TIMES)}


def _spreads(one: Answer, names: Sequence[str]) -> Mapping[str, object]:
    none = {"count": 0, "median": None, "p90": None}
    return {f"{name}_{part}": value for name in names for part, value in (one[name] or none).items()}


def _plain(value: object) -> object:
    """A spreadsheet would work out what begins like a formula, and rules and services may be named by anybody."""
    return f"'{value}" if isinstance(value, str) and value[:1] in "=+-@\t\r" and len(value) > 1 else value


def _spread(spread: Answer | None) -> str:
    return f"{_said(spread['median'])}, {_said(spread['p90'])}" if spread else "-"


def _said(seconds: float) -> str:
    return format_duration(rounded(timedelta(seconds=seconds)))


def _many(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def _length(text: str) -> timedelta:
    try:
        length = parse_duration(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{error}") from None
    if not timedelta(hours=1) <= length <= _LONGEST:
        raise argparse.ArgumentTypeError("it must be from 1h to 731d")
    return length
