"""`tocsin service`: what teams run, who answers for it, and how it stands."""

from __future__ import annotations

import argparse
import os
from datetime import timedelta

from bot.cli.client import Answer, connected
from bot.cli.console import Console, Style
from bot.cli.options import Family, add_client, add_json
from bot.cli.times import Times
from bot.documents import format_duration

_STATES = {"firing": Style.BAD, "pending": Style.CAREFUL, "unknown": Style.CAREFUL}


def configure(parser: argparse.ArgumentParser) -> None:
    """Its sub-commands."""
    family = Family(parser)
    listing = family.add("list", list_services, "list services, those that hurt most when they fail first")
    add_json(listing)
    showing = family.add("show", show, "show one service: its owner, what it needs and promises, its last incidents")
    showing.add_argument("service", metavar="NAME", help="its name in the catalogue")
    add_json(showing)
    writing = family.add(
        "rules",
        rules,
        "write the rules that watch what a service promises, as a rule file of Prometheus",
        examples="  tocsin service rules cart > cart.yaml && promtool check rules cart.yaml",
    )
    writing.add_argument("service", metavar="NAME", help="its name in the catalogue")
    for each in (listing, showing, writing):
        add_client(each)


def list_services(arguments: argparse.Namespace, console: Console) -> int:
    """A line for each."""
    with connected(arguments) as tocsin:
        found = tocsin.get("services")
    if arguments.json:
        console.json(found)
        return 0
    if not found["services"]:
        console.say("no services; list them under `services` in tocsin.yaml")
        return 0
    console.table(
        ("NAME", "TIER", "OWNER", "PROMISES", "OPEN", "TITLE"),
        [
            (
                (one["name"], Style.BOLD),
                str(one["tier"]),
                one["owner"],
                _promises(one["slos"]),
                (" ".join(one["open"]), Style.BAD),
                one["title"],
            )
            for one in found["services"]
        ],
    )
    return 0


def show(arguments: argparse.Namespace, console: Console) -> int:
    """All that is known of one."""
    with connected(arguments) as tocsin:
        found = tocsin.get("services", arguments.service)
        times = Times(os.environ, tocsin.outline.time_zone)
    if arguments.json:
        console.json(found)
        return 0
    _head(found["service"], console)
    for slo in found["service"]["slos"]:
        window = format_duration(timedelta(seconds=slo["window"]))
        text = f"  {slo['name']}: {slo['objective'] * 100:g}% over {window}, {slo['state']}"
        console.say(text, _STATES.get(slo["state"], Style.GOOD))
    if found["incidents"]:
        console.say("\nIncidents", Style.BOLD)
        console.table(
            ("ID", "SEVERITY", "STATUS", "OPENED", "TITLE"),
            [
                (one["id"], one["severity"], one["status"], times.moment(one["opened_at"]), one["title"])
                for one in found["incidents"]
            ],
        )
    return 0


def rules(arguments: argparse.Namespace, console: Console) -> int:
    """A rule file on standard output."""
    with connected(arguments) as tocsin:
        text = tocsin.text("services", arguments.service, "rules")
    console.say(text.rstrip("\n"))
    return 0


def _head(service: Answer, console: Console) -> None:
    console.say(f"{service['name']}  {service['title']}".rstrip(), Style.BOLD)
    console.fields(
        (
            ("owner", service["owner"]),
            ("tier", str(service["tier"])),
            ("alerts", ", ".join([f'service="{service["name"]}"', *service["matchers"]])),
            ("depends on", ", ".join(service["dependencies"])),
            ("needed by", ", ".join(service["dependents"])),
            ("escalation", service["escalation"]),
            ("runbooks", ", ".join(service["runbooks"])),
            ("repository", service["repository"]),
            *((title, address) for title, address in service["dashboards"].items()),
        )
    )
    if service["slos"]:
        console.say("\nPromises", Style.BOLD)


def _promises(slos: list[Answer]) -> tuple[str, Style]:
    """The gravest state, where there is anything to say."""
    states = [state for state in ("firing", "pending", "unknown") if any(one["state"] == state for one in slos)]
    return (states[0], _STATES[states[0]]) if states else ("kept" if slos else "", Style.GOOD)
