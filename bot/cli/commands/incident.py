"""`tocsin incident`: what is on fire, its story, and what people say about it."""

from __future__ import annotations

import argparse
import os

from bot.cli.client import Answer, connected
from bot.cli.console import Console, Style
from bot.cli.incident_changes import add_changes, add_own_words, own_words, told
from bot.cli.incident_lists import add_lists
from bot.cli.incident_notes import add_corrections, say_timeline
from bot.cli.incident_roles import add_roles
from bot.cli.incident_tasks import add_tasks
from bot.cli.incident_updates import add_updates
from bot.cli.options import Family, add_client, add_incident, add_json
from bot.cli.times import Times
from bot.cli.views import hung, run_steps
from bot.model.incident import Severity


def configure(parser: argparse.ArgumentParser) -> None:
    """Its sub-commands."""
    family = Family(parser)

    showing = family.add("show", show, "show one incident: its story, evidence, runs and open questions")
    add_incident(showing)
    add_json(showing)

    acknowledging = family.add("ack", acknowledge, "say that you have it")
    add_incident(acknowledging)

    resolving = family.add("resolve", resolve, "say that it is over")
    add_incident(resolving)
    resolving.add_argument("--reason", default="", metavar="TEXT", help="why")

    noting = family.add(
        "note",
        note,
        "write something worth remembering into its story",
        examples='  tocsin incident note INC-7 "the cache was cold"\n  dmesg | tail | tocsin incident note INC-7 -',
    )
    add_incident(noting)
    noting.add_argument("text", metavar="TEXT", help="what to write; - takes it from standard input")

    declaring = _add_declare(family)
    for each in (
        *add_lists(family),
        showing,
        acknowledging,
        resolving,
        noting,
        declaring,
        *add_changes(family),
        *add_corrections(family),
        *add_roles(family),
        *add_tasks(family),
        *add_updates(family),
    ):
        add_client(each)


def show(arguments: argparse.Namespace, console: Console) -> int:
    """Everything about one."""
    with connected(arguments) as tocsin:
        found = tocsin.get("incidents", arguments.incident)
        times = Times(os.environ, tocsin.outline.time_zone)
    if arguments.json:
        console.json(found)
        return 0
    _head(found["incident"], times, console)
    for one in found["related"]:
        console.say(f"  {one['relation']} {one['incident']['id']}  {one['incident']['title']}")
    say_timeline(found["timeline"], times, console)
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
        return told(tocsin.post("incidents", arguments.incident, "acknowledge"), console)


def resolve(arguments: argparse.Namespace, console: Console) -> int:
    """It is over."""
    with connected(arguments) as tocsin:
        body = {"reason": arguments.reason}
        return told(tocsin.post("incidents", arguments.incident, "resolve", body=body), console)


def note(arguments: argparse.Namespace, console: Console) -> int:
    """A line in its story."""
    text = console.read() if arguments.text == "-" else arguments.text
    with connected(arguments) as tocsin:
        tocsin.post("incidents", arguments.incident, "notes", body={"text": text})
    console.say(f"noted in {arguments.incident}")
    return 0


def declare(arguments: argparse.Namespace, console: Console) -> int:
    """A new one."""
    body = {"title": arguments.title, "severity": arguments.severity, "text": arguments.text, **own_words(arguments)}
    with connected(arguments) as tocsin:
        return told(tocsin.post("incidents", body=body), console)


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
    add_own_words(parser)
    return parser


def _head(incident: Answer, times: Times, console: Console) -> None:
    console.say(f"{incident['id']}  {incident['title']}", Style.BOLD)
    by = f" by {incident['acknowledged_by']}" if incident["acknowledged_by"] else ""
    acknowledged = times.moment(incident["acknowledged_at"])
    console.fields(
        (
            ("severity", incident["severity"]),
            ("status", incident["status"]),
            ("kind", "" if incident["kind"] == "normal" else incident["kind"]),
            ("signal", incident["signal"]),
            ("service", incident["service"]),
            ("team", incident["team"]),
            *((name, value) for name, value in sorted(incident["fields"].items())),
            ("commander", incident["commander"]),
            ("opened", times.moment(incident["opened_at"])),
            ("acknowledged", f"{acknowledged}{by}" if acknowledged else ""),
            ("mitigated", times.moment(incident["mitigated_at"])),
            ("resolved", times.moment(incident["resolved_at"])),
            ("closed", times.moment(incident["closed_at"])),
            ("reopened", _reopened(incident, times)),
            ("declared by", incident["declared_by"]),
        )
    )


def _reopened(incident: Answer, times: Times) -> str:
    """When it was last, and how often."""
    count = incident["reopened"]
    return f"{times.moment(incident['reopened_at'])} (times: {count})" if count else ""


def _evidence(found: list[Answer], console: Console) -> None:
    if found:
        console.say("\nEvidence", Style.BOLD)
    for one in found:
        console.say(f"{one['id']}  {hung(one['question'])}")
        console.say(f"  {hung(one['summary'] or 'not available: ' + one['unavailable'])}")
        if one["link"]:
            console.say(f"  {one['link']}", Style.FAINT)
