"""`tocsin automation`: the switch that stops everything, and how far each runbook may go by itself."""

from __future__ import annotations

import argparse
import os
from datetime import timedelta

from bot.cli.client import Answer, connected
from bot.cli.console import Console, Style
from bot.cli.options import Family, add_client, add_json
from bot.cli.times import Times
from bot.documents import format_duration
from bot.model.automation import AUTONOMIES


def configure(parser: argparse.ArgumentParser) -> None:
    """Its sub-commands."""
    family = Family(parser)
    status = family.add("status", show, "how the switch stands, what is in flight, and what is limited")
    listing = family.add("list", list_trust, "how far each runbook may go by itself, and what became of its runs")
    for each in (status, listing):
        add_json(each)

    pausing = family.add(
        "pause",
        pause,
        "stop: no step begins from now on, anywhere; what has begun goes on to its end",
        examples='  tocsin automation pause --reason "we do not understand what it does"',
    )
    pausing.add_argument("--reason", required=True, metavar="TEXT", help="why; everybody will read it")
    resuming = family.add("resume", resume, "go on: steps begin again, also those that were held")
    resuming.add_argument("--reason", default="", metavar="TEXT", help="why it may")

    trusting = family.add(
        "trust",
        trust,
        "say how far a runbook may go by itself; for admins",
        examples="  tocsin automation trust disk-almost-full approve --reason 'five recoveries in a row'\n"
        "  tocsin automation trust disk-almost-full auto --environment staging --reason 'staging is ours'",
    )
    trusting.add_argument("runbook", metavar="RUNBOOK", help="the runbook")
    trusting.add_argument(
        "level", metavar="LEVEL", choices=[str(one) for one in AUTONOMIES], help=", ".join(AUTONOMIES)
    )
    trusting.add_argument(
        "--environment", default="", metavar="NAME", help="only there (default: where alerts name no environment)"
    )
    trusting.add_argument("--reason", required=True, metavar="TEXT", help="why; it is on the audit record")
    for each in (status, listing, pausing, resuming, trusting):
        add_client(each)


def show(arguments: argparse.Namespace, console: Console) -> int:
    """The switch first: it is what somebody in a hurry wants to know."""
    with connected(arguments) as tocsin:
        found = tocsin.get("automation")
        times = Times(os.environ, tocsin.outline.time_zone)
    if arguments.json:
        console.json(found)
        return 0
    pause, limits = found["pause"], found["limits"]
    if pause["paused"]:
        console.say(f"paused by {pause['by']} since {times.moment(pause['at'])}: {pause['reason']}", Style.BAD)
    else:
        console.say("automation is on", Style.GOOD)
    if found["frozen"]:
        console.say(f"changes are frozen: {found['frozen']}", Style.CAREFUL)
    _in_flight(found["in_flight"], times, console)
    console.fields(
        (
            ("targets of a run", str(limits["targets"])),
            ("runs an hour", str(limits["runs_per_hour"])),
            ("of a service", "one run at a time" if limits["per_service"] else "any number of runs at a time"),
            ("protected", ", ".join(limits["protected"])),
            ("freezes", ", ".join(limits["freeze"])),
        )
    )
    for one in found["runbooks"]:
        if one["offer"]:
            console.say(one["offer"], Style.CAREFUL)
    return 0


def _in_flight(steps: list[Answer], times: Times, console: Console) -> None:
    if not steps:
        console.say("nothing is in flight")
        return
    rows = [
        ((one["run"], Style.BOLD), one["runbook"], one["step"], times.moment(one["since"]), one["summary"])
        for one in steps
    ]
    console.table(("RUN", "RUNBOOK", "STEP", "SINCE", "WHAT IT DOES"), rows)


def list_trust(arguments: argparse.Namespace, console: Console) -> int:
    """A line for each runbook and environment."""
    with connected(arguments) as tocsin:
        found = tocsin.get("automation")
    if arguments.json:
        console.json(found)
        return 0
    if not found["runbooks"]:
        console.say("no runbooks are set up; name their files under `runbooks` in tocsin.yaml")
        return 0
    console.table(
        (
            "RUNBOOK",
            "ENVIRONMENT",
            "AUTONOMY",
            "AT MOST",
            "RUNS",
            "RECOVERED",
            "NOT",
            "UNSEEN",
            "IN A ROW",
            "TYPICALLY",
        ),
        [_row(one) for one in found["runbooks"]],
    )
    for one in found["runbooks"]:
        if one["offer"]:
            console.say(one["offer"], Style.CAREFUL)
    return 0


def _row(one: Answer) -> tuple[str | tuple[str, Style], ...]:
    record = one["record"]
    typically = record["typically"]
    return (
        (one["runbook"], Style.BOLD),
        one["environment"] or "-",
        one["autonomy"],
        one["ceiling"],
        str(record["runs"]),
        str(record["recovered"]),
        str(record["not_recovered"]),
        str(record["not_seen"]),
        str(record["in_a_row"]),
        "-" if typically is None else format_duration(timedelta(seconds=round(typically))),
    )


def pause(arguments: argparse.Namespace, console: Console) -> int:
    """Throws the switch, and says what is in flight."""
    with connected(arguments) as tocsin:
        tocsin.post("automation", "pause", body={"reason": arguments.reason})
        found = tocsin.get("automation")
        times = Times(os.environ, tocsin.outline.time_zone)
    console.say("paused: no step begins until `tocsin automation resume`", Style.BAD)
    _in_flight(found["in_flight"], times, console)
    return 0


def resume(arguments: argparse.Namespace, console: Console) -> int:
    """Lets it go on."""
    with connected(arguments) as tocsin:
        tocsin.post("automation", "resume", body={"reason": arguments.reason})
    console.say("automation goes on", Style.GOOD)
    return 0


def trust(arguments: argparse.Namespace, console: Console) -> int:
    """Gives a runbook more autonomy, or less."""
    body = {"autonomy": arguments.level, "environment": arguments.environment, "reason": arguments.reason}
    with connected(arguments) as tocsin:
        given = tocsin.post("automation", "trust", arguments.runbook, body=body)
    where = f" in {given['environment']}" if given["environment"] else ""
    console.say(f"{given['runbook']} may {given['autonomy']}{where} from now on")
    return 0
