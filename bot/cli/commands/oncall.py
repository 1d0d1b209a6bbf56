"""`tocsin oncall`: who is on call."""

from __future__ import annotations

import argparse
import os
from datetime import UTC, datetime, timedelta

from bot.cli.client import Answer, Client, connected
from bot.cli.console import Console, Style
from bot.cli.options import add_client, add_json
from bot.cli.times import Times, asked_moment

_EXAMPLES = """\
examples:
  tocsin oncall                               who is on call now, in every schedule
  tocsin oncall shop                          the next four weeks of one of them
  tocsin oncall --at "2027-12-24 20:00"       who will be
  tocsin oncall shop --ical > shop.ics        as a calendar
  tocsin oncall shop --address                where calendar programs find it; whoever knows the address may read it
  tocsin oncall shop --new-address            the old one leads nowhere any more

Whoever covers for somebody is in it: see `tocsin override`."""
_AHEAD = timedelta(weeks=4)
_NOBODY = ("nobody", Style.BAD)


def configure(parser: argparse.ArgumentParser) -> None:
    """Its options."""
    parser.epilog = _EXAMPLES
    parser.add_argument("schedule", metavar="SCHEDULE", nargs="?", default="", help="one schedule (default: all)")
    parser.add_argument("--at", metavar="TIME", default="", help="then, such as '2027-12-24 20:00' (default: now)")
    parser.add_argument("--ical", action="store_true", help="print the schedule as an iCalendar")
    parser.add_argument("--address", action="store_true", help="print the address that calendar programs subscribe to")
    parser.add_argument("--new-address", action="store_true", help="give it another one: the old one was told to many")
    add_json(parser)
    add_client(parser)
    parser.set_defaults(act=show)


def show(arguments: argparse.Namespace, console: Console) -> int:
    """A line for each schedule, or for each duty of one."""
    with connected(arguments) as tocsin:
        times = Times(os.environ, tocsin.outline.time_zone)
        at = asked_moment(arguments.at, times) if arguments.at else None
        if arguments.schedule and (arguments.address or arguments.new_address):
            _address(tocsin, arguments, console)
        elif arguments.schedule and arguments.ical:
            console.document(tocsin.text("schedules", arguments.schedule, "calendar.ics"))
        elif arguments.schedule:
            _one(tocsin, arguments, at or datetime.now(UTC), times, console)
        else:
            _all(tocsin, arguments, at, times, console)
    return 0


def _all(tocsin: Client, arguments: argparse.Namespace, at: datetime | None, times: Times, console: Console) -> None:
    found = tocsin.get("oncall", query={"at": at.isoformat()} if at else None)
    if arguments.json:
        console.json(found)
    elif not found["schedules"]:
        console.say("no schedules; write one under `schedules:` in tocsin.yaml")
    else:
        rows = [
            (
                (one["schedule"], Style.BOLD),
                _who(one["duty"]),
                times.moment(one["duty"]["ends_at"]),
                _who(one["next"]),
                one["duty"]["because"],
            )
            for one in found["schedules"]
        ]
        console.table(("SCHEDULE", "ON CALL", "UNTIL", "THEN", "BECAUSE OF"), rows)


def _one(tocsin: Client, arguments: argparse.Namespace, at: datetime, times: Times, console: Console) -> None:
    query = {"since": at.isoformat(), "until": (at + _AHEAD).isoformat()}
    found = tocsin.get("schedules", arguments.schedule, "duties", query=query)
    if arguments.json:
        console.json(found)
        return
    rows = [(times.moment(one["starts_at"]), _who(one), one["because"]) for one in found["duties"]]
    console.table(("FROM", "ON CALL", "BECAUSE OF"), rows)


def _address(tocsin: Client, arguments: argparse.Namespace, console: Console) -> None:
    told = tocsin.post("schedules", arguments.schedule, "address", body={"anew": arguments.new_address})
    if arguments.json:
        console.json(told)
        return
    here = tocsin.server if arguments.server else tocsin.outline.public_url or tocsin.server
    console.say(f"{here}{told['path']}")


def _who(duty: Answer) -> str | tuple[str, Style]:
    return ", ".join(duty["people"]) or _NOBODY
