"""`tocsin runbook list` and `show`: what begins a runbook, what it needs, what it can do, and how its runs went."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from datetime import timedelta

from bot.cli.client import Answer, connected
from bot.cli.console import Console, Style
from bot.cli.options import Family, add_client, add_json
from bot.cli.times import Times
from bot.documents import format_duration

_RISKS = {"read": Style.GOOD, "write": Style.CAREFUL, "destructive": Style.BAD}


def add(family: Family) -> None:
    """The two sub-commands."""
    listing = family.add("list", list_runbooks, "list the runbooks that are set up")
    showing = family.add(
        "show",
        show,
        "show one runbook: what begins it, its inputs, its steps and what they can do, its record",
        examples="  tocsin runbook show disk-almost-full",
    )
    showing.add_argument("runbook", metavar="NAME", help="the runbook")
    for each in (listing, showing):
        add_json(each)
        add_client(each)


def list_runbooks(arguments: argparse.Namespace, console: Console) -> int:
    """A line for each."""
    with connected(arguments) as tocsin:
        found = tocsin.get("runbooks")
    if arguments.json:
        console.json(found)
    elif not found["runbooks"]:
        console.say("no runbooks are set up; name their files under `runbooks` in tocsin.yaml")
    else:
        rows = [
            ((one["name"], Style.BOLD), one["owner"] or "-", _begins(one), _can(one), _runs(one), one["title"])
            for one in found["runbooks"]
        ]
        console.table(("NAME", "OWNER", "BEGINS BY", "CAN", "RECOVERED", "TITLE"), rows)
    return 0


def show(arguments: argparse.Namespace, console: Console) -> int:
    """One, as its file says it, and what became of its runs."""
    with connected(arguments) as tocsin:
        found = tocsin.get("runbooks", arguments.runbook)
        times = Times(os.environ, tocsin.outline.time_zone)
    if arguments.json:
        console.json(found)
        return 0
    console.say(f"{found['name']}  {found['title']}", Style.BOLD)
    console.fields(
        (
            ("owner", found["owner"]),
            ("file", found["file"]),
            ("summary", found["summary"]),
            ("one at a time", found["concurrency"]),
            ("changes nothing in", ", ".join(found["freeze"])),
            ("tests", str(found["tests"] or "")),
        )
    )
    _parts(found, console, times)
    return 0


def _parts(found: Answer, console: Console, times: Times) -> None:
    if found["triggers"]:
        console.say("\nFits", Style.BOLD)
        rows = [
            (one["kind"], "begins" if one["begins"] else "is offered", _when(one, times)) for one in found["triggers"]
        ]
        console.table(("WHAT", "THEN IT", "WHEN"), rows)
    if found["inputs"]:
        console.say("\nInputs", Style.BOLD)
        inputs = [
            (one["name"], _type(one), one["source"] or "-", _default(one), one["help"] or "-")
            for one in found["inputs"]
        ]
        console.table(("NAME", "TYPE", "FROM", "DEFAULT", "WHAT"), inputs)
    console.say("\nSteps", Style.BOLD)
    steps = [(one["id"], one["uses"], _risk(one), one["title"]) for one in found["steps"]]
    console.table(("STEP", "USES", "RISK", "WHAT"), steps)
    if any(one["record"]["runs"] for one in found["records"]):
        console.say("\nRecord", Style.BOLD)
        titles = ("ENVIRONMENT", "AUTONOMY", "RUNS", "RECOVERED", "NOT", "UNSEEN", "TYPICALLY")
        console.table(titles, list(_records(found)))


def _when(trigger: Answer, times: Times) -> str:
    following = f", next {times.moment(trigger['next_at'])}" if trigger["next_at"] else ""
    return f"{trigger['text']}{following}"


def _begins(one: Answer) -> str:
    return ", ".join(dict.fromkeys(trigger["kind"] for trigger in one["triggers"] if trigger["begins"])) or "hand"


def _can(one: Answer) -> tuple[str, Style]:
    """The gravest that any of its steps can be."""
    gravest = {step["gravest"] for step in one["steps"]}
    risk = next((risk for risk in ("destructive", "write", "read") if risk in gravest), "-")
    return risk, _RISKS.get(risk, Style.FAINT)


def _runs(one: Answer) -> str:
    """Of how many runs that changed something the signal recovered."""
    records = [each["record"] for each in one["records"]]
    recovered, judged = (
        sum(sum(record[key] for key in keys) for record in records)
        for keys in (("recovered",), ("recovered", "not_recovered", "not_seen"))
    )
    return f"{recovered} of {judged}" if judged else "-"


def _risk(step: Answer) -> tuple[str, Style]:
    gravest, mildest = step["gravest"], step["mildest"]
    if gravest is None:
        return "nobody offers it", Style.BAD
    return (gravest if gravest == mildest else f"{mildest} to {gravest}"), _RISKS[gravest]


def _type(one: Answer) -> str:
    if one["type"] == "enum":
        return " | ".join(one["values"])
    if one["type"] == "int":
        least = one["least"] if one["least"] is not None else 0
        return f"int {least}..{one['most']}" if one["most"] is not None else f"int {least}.."
    return f"{one['type']} {one['pattern']}" if one["pattern"] else str(one["type"])


def _default(one: Answer) -> str:
    if one["default"] is not None:
        return repr(one["default"])
    return "-" if one["required"] else "may be absent"


def _records(found: Answer) -> Iterator[tuple[str, ...]]:
    for one in found["records"]:
        record = one["record"]
        typically = record["typically"]
        yield (
            one["environment"] or "-",
            one["autonomy"],
            str(record["runs"]),
            str(record["recovered"]),
            str(record["not_recovered"]),
            str(record["not_seen"]),
            "-" if typically is None else format_duration(timedelta(seconds=round(typically))),
        )
