"""The part of `tocsin incident` that corrects notes; what they said first stays on record."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from bot.cli.client import Answer, connected
from bot.cli.console import Console, Style
from bot.cli.options import Family, add_incident
from bot.cli.times import Times
from bot.cli.views import hung

Parser = argparse.ArgumentParser


def add_corrections(family: Family) -> Sequence[Parser]:
    """Adds `amend` and `strike`; their parsers."""
    amending = family.add(
        "amend",
        amend,
        "say what a note says better; what it said first stays on record",
        examples="  tocsin incident show INC-7                           notes have a number\n"
        '  tocsin incident amend INC-7 12 "the cache was full" --reason "it was not cold"',
    )
    striking = family.add("strike", strike, "take a note back; what it said stays on record")
    for parser in (amending, striking):
        add_incident(parser)
        parser.add_argument("note", metavar="NUMBER", type=int, help="the note's number, as `show` tells it")
    amending.add_argument("text", metavar="TEXT", help="what is to be read instead; - takes it from standard input")
    for parser in (amending, striking):
        parser.add_argument("--reason", default="", metavar="TEXT", help="why")
    return amending, striking


def amend(arguments: argparse.Namespace, console: Console) -> int:
    """Another text for a note."""
    text = console.read() if arguments.text == "-" else arguments.text
    with connected(arguments) as tocsin:
        place = ("incidents", arguments.incident, "timeline", str(arguments.note))
        tocsin.patch(*place, body={"text": text, "reason": arguments.reason})
    console.say(f"note {arguments.note} of {arguments.incident} reads anew")
    return 0


def strike(arguments: argparse.Namespace, console: Console) -> int:
    """A note is not read any more."""
    with connected(arguments) as tocsin:
        place = ("incidents", arguments.incident, "timeline", str(arguments.note), "strike")
        tocsin.post(*place, body={"reason": arguments.reason})
    console.say(f"note {arguments.note} of {arguments.incident} is struck out")
    return 0


def say_timeline(entries: Sequence[Answer], times: Times, console: Console) -> None:
    """The story; notes with their numbers, and with who changed them."""
    console.say("\nTimeline", Style.BOLD)
    for entry in entries:
        number = f" #{entry['seq']}" if entry["kind"] == "note" else ""
        text = entry["text"] or "struck out"
        why = f" ({entry['why']})" if entry["why"] else ""
        console.say(f"{times.moment(entry['at'])}  {entry['actor']['name']}{number}: {hung(text + why)}")
        for latest in entry["amendments"][-1:]:
            how = "changed" if latest["text"] else "struck out"
            reason = f": {latest['why']}" if latest["why"] else ""
            said = f"  {how} by {latest['actor']['name']} at {times.moment(latest['recorded_at'])}{reason}"
            console.say(hung(said), Style.FAINT)
