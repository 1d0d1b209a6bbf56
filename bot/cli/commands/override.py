"""`tocsin override`: who covers for whom, beside what the schedules say."""

from __future__ import annotations

import argparse
import os

from bot.cli.client import connected
from bot.cli.console import Console, Style
from bot.cli.options import Family, add_client, add_json
from bot.cli.times import Times, asked_end, asked_moment

_ADDING = """\
  tocsin override add shop ben --until "2027-12-27 09:00" --reason "ann is ill"
  tocsin override add shop ben --from "2027-12-24 09:00" --for 3d
  tocsin override add shop ben --instead ann --for 12h      whoever else is on call stays"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Its sub-commands."""
    family = Family(parser)
    adding = family.add("add", add, "somebody covers", examples=_ADDING)
    adding.add_argument("schedule", metavar="SCHEDULE", help="in this schedule")
    adding.add_argument("person", metavar="PERSON", help="who covers")
    end = adding.add_mutually_exclusive_group(required=True)
    end.add_argument("--for", dest="lasts", metavar="DURATION", help="how long, such as 12h or 3d")
    end.add_argument("--until", metavar="TIME", help="until when, such as 2027-12-27 or '2027-12-27 09:00'")
    adding.add_argument("--from", dest="start", metavar="TIME", default="", help="from when on (default: now)")
    adding.add_argument(
        "--instead", metavar="PERSON", default="", help="of this person alone (default: of whoever it would be)"
    )
    adding.add_argument("--reason", metavar="TEXT", default="", help="why")

    listing = family.add("list", show, "list who covers for whom, now and later")
    listing.add_argument("schedule", metavar="SCHEDULE", nargs="?", default="", help="in this one (default: all)")
    add_json(listing)

    dropping = family.add("drop", drop, "nobody covers any more", examples="  tocsin override drop OVR-3")
    dropping.add_argument("overrides", metavar="ID", nargs="+", help="such as OVR-3")
    for each in (adding, listing, dropping):
        add_client(each)


def add(arguments: argparse.Namespace, console: Console) -> int:
    """Makes one; its id on standard output."""
    with connected(arguments) as tocsin:
        times = Times(os.environ, tocsin.outline.time_zone)
        start = asked_moment(arguments.start, times) if arguments.start else None
        end = asked_end(arguments.until, arguments.lasts, start, times)
        body = {
            "person": arguments.person,
            "starts_at": start.isoformat() if start else None,
            "ends_at": end.isoformat(),
            "instead": arguments.instead,
            "reason": arguments.reason,
        }
        made = tocsin.post("schedules", arguments.schedule, "overrides", body=body)
    console.say(made["id"])
    since, until = times.moment(made["starts_at"]), times.moment(made["ends_at"])
    whose = f" instead of {made['instead']}" if made["instead"] else ""
    console.tell(f"{made['person']} is on call{whose} in {made['schedule']} from {since} until {until}")
    return 0


def show(arguments: argparse.Namespace, console: Console) -> int:
    """A line for each."""
    with connected(arguments) as tocsin:
        found = tocsin.get("overrides", query={"schedule": arguments.schedule})
        times = Times(os.environ, tocsin.outline.time_zone)
    if arguments.json:
        console.json(found)
    elif not found["overrides"]:
        console.say("nobody covers for anybody")
    else:
        rows = [
            (
                (one["id"] or "in tocsin.yaml", Style.BOLD),
                one["schedule"],
                one["person"],
                one["instead"] or "whoever it would be",
                times.moment(one["starts_at"]),
                times.moment(one["ends_at"]),
                one["created_by"],
                one["reason"],
            )
            for one in found["overrides"]
        ]
        console.table(("ID", "SCHEDULE", "WHO", "INSTEAD OF", "FROM", "UNTIL", "BY", "REASON"), rows)
    return 0


def drop(arguments: argparse.Namespace, console: Console) -> int:
    """Takes each of them away."""
    with connected(arguments) as tocsin:
        for override in dict.fromkeys(arguments.overrides):
            tocsin.post("overrides", override, "drop")
            console.say(f"{override} is dropped")
    return 0
