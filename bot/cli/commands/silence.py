"""`tocsin silence`: which alerts are not told for a while, who said so, and why."""

from __future__ import annotations

import argparse
import getpass
import os
from collections.abc import Sequence

from bot.alerts.silencing import UNTIL_CLEAR
from bot.cli.client import Answer, Client, connected
from bot.cli.console import Console, Style
from bot.cli.options import Family, add_client, add_json
from bot.cli.times import Times, asked_end, asked_moment
from bot.errors import Conflict, NotAllowed, NotFound
from bot.model.labels import Matcher, MatchOp
from bot.model.matchers import made, parse_matchers

_ADDING = """\
  tocsin silence add HighLatency --for 2h --comment "the database is being moved"
  tocsin silence add HighLatency --until clear --comment "known, we are on it"
  tocsin silence add 'service="db"' 'severity!="critical"' --until "2027-01-31 06:00" --comment "maintenance"
  tocsin silence add 'host=~"web-.*"' --from "2027-01-30 22:00" --for 4h --comment "new kernels"

It always ends, and always says why. `--until clear` ends it when nothing of it fires any more, a day later at the
latest. A first word that is no matcher is the name of an alert."""
_AT_ONCE = "1970-01-01T00:00:00Z"
"""A start in the past is raised to the server's own now, whatever this machine's clock says."""
_LONGEST_WAIT = "24h"
_STATES = {"active": Style.BOLD, "pending": Style.PLAIN, "expired": Style.FAINT}


def configure(parser: argparse.ArgumentParser) -> None:
    """Its sub-commands."""
    family = Family(parser)
    adding = family.add("add", add, "silence the alerts that all matchers fit", examples=_ADDING)
    adding.add_argument("matchers", metavar="MATCHER", nargs="+", help='such as service="db" or host=~"web-.*"')
    adding.add_argument("--comment", metavar="TEXT", required=True, help="why")
    end = adding.add_mutually_exclusive_group(required=True)
    end.add_argument("--for", dest="lasts", metavar="DURATION", help="how long, such as 30m or 2h")
    end.add_argument(
        "--until", metavar="TIME",
        help="until when, such as 2027-01-31 or '2027-01-31 06:00'; `clear`: until nothing of it fires any more",
    )  # fmt: skip
    adding.add_argument("--from", dest="start", metavar="TIME", default="", help="from when on (default: now)")
    adding.add_argument("--author", metavar="NAME", default="", help="whose it is (default: your name on this machine)")

    listing = family.add("list", show, "list silences: active ones first, then those to come")
    listing.add_argument("--all", action="store_true", help="those that are over too")
    add_json(listing)

    expiring = family.add("expire", expire, "end silences now", examples="  tocsin silence expire 6f3a1c2e")
    expiring.add_argument("silences", metavar="ID", nargs="+", help="its id, or as much of it as no other begins with")
    for each in (adding, listing, expiring):
        add_client(each)


def add(arguments: argparse.Namespace, console: Console) -> int:
    """Makes one; its id on standard output."""
    matchers = _matchers(arguments.matchers)
    with connected(arguments) as tocsin:
        times = Times(os.environ, tocsin.outline.time_zone)
        start = asked_moment(arguments.start, times) if arguments.start else None
        until_clear = arguments.until == "clear"
        until, lasts = (None, _LONGEST_WAIT) if until_clear else (arguments.until, arguments.lasts)
        end = asked_end(until, lasts, start, times)
        given = tocsin.alertmanager(
            "POST",
            "silences",
            body={
                "matchers": [_as_json(matcher) for matcher in matchers],
                "startsAt": start.isoformat() if start else _AT_ONCE,
                "endsAt": end.isoformat(),
                "createdBy": arguments.author or getpass.getuser(),
                "comment": arguments.comment,
                "annotations": dict(UNTIL_CLEAR) if until_clear else {},
            },
        )
    console.say(str(given["silenceID"]) if isinstance(given, dict) else "")
    since = f"from {times.moment(start.isoformat())} " if start else ""
    told = ", ".join(str(matcher) for matcher in matchers)
    over = "they are over, at the latest " if until_clear else ""
    console.tell(f"alerts with {told} are not told {since}until {over}{times.moment(end.isoformat())}")
    return 0


def show(arguments: argparse.Namespace, console: Console) -> int:
    """A line for each."""
    with connected(arguments) as tocsin:
        found = _known(tocsin, over=arguments.all)
        times = Times(os.environ, tocsin.outline.time_zone)
    if arguments.json:
        console.json(found)
        return 0
    if not found:
        console.say("no silences" if arguments.all else "no silences; --all shows those that are over")
        return 0
    rows = [
        (
            (one["id"], Style.BOLD),
            (one["status"]["state"], _STATES.get(one["status"]["state"], Style.PLAIN)),
            times.moment(one["startsAt"]),
            ("over, or " if _is_until_clear(one) else "") + times.moment(one["endsAt"]),
            one["createdBy"],
            ", ".join(_text(matcher) for matcher in one["matchers"]),
            one["comment"],
        )
        for one in found
    ]
    console.table(("ID", "STATE", "FROM", "UNTIL", "BY", "ALERTS WITH", "COMMENT"), rows)
    return 0


def expire(arguments: argparse.Namespace, console: Console) -> int:
    """Ends each of them; which ones is settled before the first one is."""
    with connected(arguments) as tocsin:
        known = _known(tocsin, over=False)
        ended = dict.fromkeys(_meant(known, text) for text in arguments.silences)
        for silence in ended:
            tocsin.alertmanager("DELETE", "silence", silence)
            console.say(f"{silence} is over")
    return 0


def _is_until_clear(silence: Answer) -> bool:
    return dict(UNTIL_CLEAR).items() <= (silence.get("annotations") or {}).items()


def _known(tocsin: Client, *, over: bool) -> list[Answer]:
    found = tocsin.alertmanager("GET", "silences", query={"expired": "true" if over else "false"})
    return found if isinstance(found, list) else []


def _meant(known: Sequence[Answer], text: str) -> str:
    found = [str(one["id"]) for one in known if one["id"].startswith(text.lower())]
    if not found:
        raise NotFound(f"no silence that is not over has the id {text}", hint="`tocsin silence list` shows them")
    if len(found) > 1:
        raise Conflict(f"{len(found)} silences have an id that begins with {text}", hint="write more of it")
    return found[0]


def _matchers(texts: Sequence[str]) -> tuple[Matcher, ...]:
    found: list[Matcher] = []
    for number, text in enumerate(texts):
        try:
            if number == 0 and not set(text) & set("=~!{"):
                found.append(made("alertname", MatchOp.EQUAL, text))
            else:
                found += parse_matchers(text)
        except ValueError as error:
            raise NotAllowed(str(error), hint="quote it for your shell: 'host=~\"web-.*\"'") from None
    return tuple(found)


def _as_json(matcher: Matcher) -> dict[str, object]:
    return {
        "name": matcher.name,
        "value": matcher.value,
        "isRegex": matcher.op in (MatchOp.REGEX, MatchOp.NOT_REGEX),
        "isEqual": matcher.op in (MatchOp.EQUAL, MatchOp.REGEX),
    }


def _text(matcher: Answer) -> str:
    sign = ("=~" if matcher["isRegex"] else "=") if matcher["isEqual"] else ("!~" if matcher["isRegex"] else "!=")
    return str(Matcher(name=matcher["name"], op=MatchOp(sign), value=matcher["value"]))
