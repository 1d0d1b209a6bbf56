"""`tocsin why`: why an alert fires or does not, and who was told: values, states, what nobody saw, every decision."""

from __future__ import annotations

import argparse
import os
from datetime import timedelta

from bot.cli import waytold
from bot.cli.client import Answer, Client, connected
from bot.cli.console import Console
from bot.cli.options import add_client, add_json
from bot.cli.whytold import Story
from bot.documents import parse_duration
from bot.errors import NotFound

_EPILOG = """\
examples:
  tocsin why HighErrors                  the rule, every label set of it
  tocsin why HighErrors instance=web-1   only what has these labels
  tocsin why 3f1c9a7be0d24c55            the alert with this fingerprint
  tocsin why HighErrors --since 2d       looking further back

An answer that is missing never resolves an alert: a rule that cannot see its source is blind, and says since when."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Its options."""
    parser.epilog = _EPILOG
    parser.add_argument("alert", metavar="ALERT|RULE", help="an alert rule's name, or the fingerprint of an alert")
    parser.add_argument("labels", nargs="*", metavar="LABEL=VALUE", type=_pair, help="only what has these labels")
    parser.add_argument(
        "--since", metavar="LENGTH", type=_length, default="6h", help="how much of the record to look at (default: 6h)"
    )
    add_json(parser)
    add_client(parser)
    parser.set_defaults(act=why)


def why(arguments: argparse.Namespace, console: Console) -> int:
    """Asks, and tells the story of each rule of that name, and the way of each alert of it."""
    with connected(arguments) as tocsin:
        ways = tocsin.get("why", "alerts", query={"alert": arguments.alert})
        rules = _rules(tocsin, arguments, known=bool(ways["alerts"]))
        zone = tocsin.outline.time_zone
    wanted = dict(arguments.labels)
    ways["alerts"] = [one for one in ways["alerts"] if wanted.items() <= one["labels"].items()]
    if arguments.json:
        console.json({"rules": rules, "alerts": ways["alerts"], "count": ways["count"]})
        return 0
    for rule in rules:
        Story(_narrowed(rule, wanted, arguments.alert), zone, os.environ, console).tell()
        console.say()
    if ways["alerts"]:
        waytold.tell(ways, zone, os.environ, console)
    return 0


def _rules(tocsin: Client, arguments: argparse.Namespace, *, known: bool) -> list[Answer]:
    """The stories of the rules of that name; an alert that somebody else sent has none."""
    seconds = str(int(arguments.since.total_seconds()))
    try:
        rules: list[Answer] = tocsin.get("why", query={"rule": arguments.alert, "seconds": seconds})["rules"]
    except NotFound:
        if not known:
            raise
        return []
    return rules


def _narrowed(rule: Answer, wanted: dict[str, str], asked: str) -> Answer:
    """Only the alerts and series that were asked about."""

    def fits(one: Answer) -> bool:
        return wanted.items() <= one["labels"].items() and asked in (rule["rule"], one.get("fingerprint", asked))

    now = {**rule["now"], "samples": [one for one in rule["now"]["samples"] if wanted.items() <= one["labels"].items()]}
    alerts = [one for one in rule["alerts"] if fits(one)]
    count = rule["count"] if len(alerts) == len(rule["alerts"]) else len(alerts)
    return {**rule, "alerts": alerts, "count": count, "now": now}


def _pair(text: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not sign or not name:
        raise argparse.ArgumentTypeError(f"not a label: {text!r}; write it like instance=web-1")
    return name, value


def _length(text: str) -> timedelta:
    try:
        length = parse_duration(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{error}") from None
    if not timedelta(seconds=1) <= length <= timedelta(days=31):
        raise argparse.ArgumentTypeError("it must be from 1s to 31d")
    return length
