"""`tocsin incident`: what is on fire, its story, and what people say about it."""

from __future__ import annotations

import argparse
import os

from bot.cli.client import Answer, connected
from bot.cli.console import Console, Style
from bot.cli.options import Family, add_client, add_json
from bot.cli.times import Times
from bot.cli.views import hung, run_steps
from bot.model.incident import OPEN, IncidentStatus, Severity


def configure(parser: argparse.ArgumentParser) -> None:
    """Its sub-commands."""
    family = Family(parser)

    listing = family.add("list", list_incidents, "list incidents, the newest first")
    listing.add_argument(
        "--status",
        action="append",
        choices=[status.value for status in IncidentStatus],
        help="only these; may be given several times (default: the open ones)",
    )
    listing.add_argument("--all", action="store_true", help="those that are over too")
    add_json(listing)

    showing = family.add("show", show, "show one incident: its story, evidence, runs and open questions")
    _add_id(showing)
    add_json(showing)

    acknowledging = family.add("ack", acknowledge, "say that you have it")
    _add_id(acknowledging)

    resolving = family.add("resolve", resolve, "say that it is over")
    _add_id(resolving)
    resolving.add_argument("--reason", default="", metavar="TEXT", help="why")

    noting = family.add(
        "note",
        note,
        "write something worth remembering into its story",
        examples='  tocsin incident note INC-7 "the cache was cold"\n  dmesg | tail | tocsin incident note INC-7 -',
    )
    _add_id(noting)
    noting.add_argument("text", metavar="TEXT", help="what to write; - takes it from standard input")

    declaring = _add_declare(family)
    for each in (listing, showing, acknowledging, resolving, noting, declaring):
        add_client(each)


def list_incidents(arguments: argparse.Namespace, console: Console) -> int:
    """A line for each."""
    wanted = arguments.status or ([] if arguments.all else [status.value for status in OPEN])
    with connected(arguments) as tocsin:
        found = tocsin.get("incidents", query={"status": wanted})
        times = Times(os.environ, tocsin.outline.time_zone)
    if arguments.json:
        console.json(found)
        return 0
    if not found["incidents"]:
        console.say("no incidents" if arguments.all or arguments.status else "no open incidents")
        return 0
    console.table(
        ("ID", "SEVERITY", "STATUS", "SIGNAL", "OPENED", "TITLE"),
        [
            (
                (one["id"], Style.BOLD),
                one["severity"],
                (one["status"], _status_style(one["status"])),
                one["signal"],
                times.moment(one["opened_at"]),
                one["title"],
            )
            for one in found["incidents"]
        ],
    )
    return 0


def show(arguments: argparse.Namespace, console: Console) -> int:
    """Everything about one."""
    with connected(arguments) as tocsin:
        found = tocsin.get("incidents", arguments.incident)
        times = Times(os.environ, tocsin.outline.time_zone)
    if arguments.json:
        console.json(found)
        return 0
    _head(found["incident"], times, console)
    _timeline(found["timeline"], times, console)
    _evidence(found["evidence"], console)
    for run in found["runs"]:
        console.say(f"\n{run['id']}  {run['title']}: {run['status']}", Style.BOLD)
        run_steps(run, console)
    for question in found["approvals"]:
        if question["status"] == "open":
            console.say(f"\n{hung(question['ask'] or question['plan']['summary'])}", Style.CAREFUL)
            console.say(f"  answer with: tocsin approve {question['id']}")
    return 0


def acknowledge(arguments: argparse.Namespace, console: Console) -> int:
    """Somebody has it."""
    with connected(arguments) as tocsin:
        return _told(tocsin.post("incidents", arguments.incident, "acknowledge"), console)


def resolve(arguments: argparse.Namespace, console: Console) -> int:
    """It is over."""
    with connected(arguments) as tocsin:
        body = {"reason": arguments.reason}
        return _told(tocsin.post("incidents", arguments.incident, "resolve", body=body), console)


def note(arguments: argparse.Namespace, console: Console) -> int:
    """A line in its story."""
    text = console.read() if arguments.text == "-" else arguments.text
    with connected(arguments) as tocsin:
        tocsin.post("incidents", arguments.incident, "notes", body={"text": text})
    console.say(f"noted in {arguments.incident}")
    return 0


def declare(arguments: argparse.Namespace, console: Console) -> int:
    """A new one."""
    body = {"title": arguments.title, "severity": arguments.severity, "text": arguments.text}
    with connected(arguments) as tocsin:
        return _told(tocsin.post("incidents", body=body), console)


def _add_declare(family: Family) -> argparse.ArgumentParser:
    parser = family.add(
        "declare",
        declare,
        "open an incident that no alert told of",
        examples='  tocsin incident declare "customers cannot pay" --severity SEV1',
    )
    parser.add_argument("title", metavar="TITLE", help="what is the matter, in a sentence")
    parser.add_argument(
        "--severity",
        choices=[severity.value for severity in Severity],
        type=str.upper,
        required=True,
        help="SEV1 is the gravest; when in doubt, the higher",
    )
    parser.add_argument("--text", default="", metavar="TEXT", help="what else is known")
    return parser


def _add_id(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("incident", metavar="ID", help="the incident, such as INC-7")


def _told(incident: Answer, console: Console) -> int:
    console.say(f"{incident['id']} is {incident['status']}: {incident['title']}")
    return 0


def _status_style(status: str) -> Style:
    return {"triggered": Style.BAD, "acknowledged": Style.CAREFUL, "mitigated": Style.CAREFUL}.get(status, Style.GOOD)


def _head(incident: Answer, times: Times, console: Console) -> None:
    console.say(f"{incident['id']}  {incident['title']}", Style.BOLD)
    by = f" by {incident['acknowledged_by']}" if incident["acknowledged_by"] else ""
    acknowledged = times.moment(incident["acknowledged_at"])
    console.fields(
        (
            ("severity", incident["severity"]),
            ("status", incident["status"]),
            ("signal", incident["signal"]),
            ("service", incident["service"]),
            ("commander", incident["commander"]),
            ("opened", times.moment(incident["opened_at"])),
            ("acknowledged", f"{acknowledged}{by}" if acknowledged else ""),
            ("mitigated", times.moment(incident["mitigated_at"])),
            ("resolved", times.moment(incident["resolved_at"])),
        )
    )


def _timeline(entries: list[Answer], times: Times, console: Console) -> None:
    console.say("\nTimeline", Style.BOLD)
    for entry in entries:
        why = f" ({entry['why']})" if entry["why"] else ""
        console.say(f"{times.moment(entry['at'])}  {entry['actor']['name']}: {hung(entry['text'] + why)}")


def _evidence(found: list[Answer], console: Console) -> None:
    if found:
        console.say("\nEvidence", Style.BOLD)
    for one in found:
        console.say(f"{one['id']}  {hung(one['question'])}")
        console.say(f"  {hung(one['summary'] or 'not available: ' + one['unavailable'])}")
        if one["link"]:
            console.say(f"  {one['link']}", Style.FAINT)
