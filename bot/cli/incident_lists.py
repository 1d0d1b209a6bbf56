"""The part of `tocsin incident` that finds incidents: by what they are, and by the words of their story."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence

from bot.cli.client import Answer, connected
from bot.cli.console import Console, Style
from bot.cli.options import Family, add_json
from bot.cli.times import Times, asked_past
from bot.cli.views import headline
from bot.model.incident import OPEN, IncidentKind, IncidentStatus, Severity

Parser = argparse.ArgumentParser

_STYLES = {"triggered": Style.BAD, "acknowledged": Style.CAREFUL, "mitigated": Style.CAREFUL}


def add_lists(family: Family) -> Sequence[Parser]:
    """Adds `list` and `search`; their parsers."""
    listing = family.add(
        "list",
        list_incidents,
        "list incidents, the newest first",
        examples="  tocsin incident list\n  tocsin incident list --all --severity SEV1 --service checkout --since 30d",
    )
    listing.add_argument("--all", action="store_true", help="those that are over too")
    searching = family.add(
        "search",
        search,
        "find incidents by the words of their title and of their story, open or over",
        examples="  tocsin incident search disk full --since 90d\n"
        """  tocsin incident search '"disk is full" -staging check*'""",
    )
    searching.add_argument(
        "words",
        nargs="+",
        metavar="WORD",
        help="""a word, '"words in a row"' or 'begin*': all must be there; and, 'in quotes -without', what must not""",
    )
    _add_narrowing(listing, limit=100)
    _add_narrowing(searching, limit=20)
    return listing, searching


def list_incidents(arguments: argparse.Namespace, console: Console) -> int:
    """A line for each."""
    wanted = arguments.status or ([] if arguments.all else [status.value for status in OPEN])
    found, times = _found(arguments, {"status": wanted})
    if arguments.json:
        console.json(found)
        return 0
    if not found["incidents"]:
        console.say("no incidents" if _narrowed(arguments) else "no open incidents")
        return 0
    console.table(
        ("ID", "SEVERITY", "STATUS", "SIGNAL", "OPENED", "TITLE"),
        [
            (
                (one["id"], Style.BOLD),
                one["severity"],
                (one["status"], status_style(one["status"])),
                one["signal"],
                times.moment(one["opened_at"]),
                headline(one),
            )
            for one in found["incidents"]
        ],
    )
    _say_more(found, console)
    return 0


def search(arguments: argparse.Namespace, console: Console) -> int:
    """Each with where in its story the words stand."""
    found, times = _found(arguments, {"q": " ".join(arguments.words), "status": arguments.status or []})
    if arguments.json:
        console.json(found)
        return 0
    if not found["incidents"]:
        console.say("nothing holds all of this")
    for one in found["incidents"]:
        console.line((f"{one['id']}  {headline(one)}", Style.BOLD))
        console.line(
            (f"  {one['severity']} ", Style.PLAIN),
            (one["status"], status_style(one["status"])),
            (f", opened {times.moment(one['opened_at'])}", Style.FAINT),
        )
        for passage in found["passages"].get(one["id"], []):
            pieces = [
                (piece["text"], Style.CAREFUL if piece["is_meant"] else Style.PLAIN) for piece in passage["pieces"]
            ]
            console.line((f"  {times.moment(passage['at'])}  ", Style.FAINT), *pieces)
    _say_more(found, console)
    return 0


def status_style(status: str) -> Style:
    """How a status stands out."""
    return _STYLES.get(status, Style.GOOD)


def _add_narrowing(parser: Parser, limit: int) -> None:
    several = "may be given several times"
    for name, values in (("status", IncidentStatus), ("kind", IncidentKind)):
        choices = [value.value for value in values]
        parser.add_argument(f"--{name}", action="append", choices=choices, help=f"only these; {several}")
    parser.add_argument(
        "--severity",
        action="append",
        choices=[severity.value for severity in Severity],
        type=str.upper,
        help=f"only these; {several}",
    )
    parser.add_argument("--service", action="append", metavar="NAME", help=f"only those about it; {several}")
    parser.add_argument("--team", action="append", metavar="NAME", help=f"only its own; {several}")
    parser.add_argument("--since", metavar="WHEN", help="opened then or later: a time, or how long ago, such as 30d")
    parser.add_argument("--before", metavar="WHEN", help="opened before")
    parser.add_argument("--limit", type=int, default=limit, metavar="N", help=f"so many at most (default: {limit})")
    parser.add_argument("--after", metavar="ID", help="go on after this one, the last that was shown")
    add_json(parser)


def _found(arguments: argparse.Namespace, query: dict[str, str | list[str]]) -> tuple[Answer, Times]:
    for name in ("kind", "severity", "service", "team"):
        query[name] = getattr(arguments, name) or []
    with connected(arguments) as tocsin:
        times = Times(os.environ, tocsin.outline.time_zone)
        for name in ("since", "before"):
            if said := getattr(arguments, name):
                query[name] = asked_past(said, times).isoformat()
        query["limit"] = str(arguments.limit)
        if arguments.after:
            query["after"] = arguments.after
        return tocsin.get("incidents", query=query), times


def _narrowed(arguments: argparse.Namespace) -> bool:
    names = ("all", "status", "kind", "severity", "service", "team", "since", "before", "after")
    return any(getattr(arguments, name) for name in names)


def _say_more(found: Answer, console: Console) -> None:
    if found["next"]:
        console.tell(f"there are more: say --after {found['next']} to go on")
