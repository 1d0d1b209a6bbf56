"""The part of `tocsin incident` that moves an incident along: mitigate, assign, close, reopen, change, merge, link."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from datetime import timedelta

from bot.cli.client import Answer, connected
from bot.cli.console import Console, Style
from bot.cli.options import Family, add_incident, add_json
from bot.documents import format_duration
from bot.model.incident import IncidentKind, Severity
from bot.model.link import Link

Parser = argparse.ArgumentParser


def add_changes(family: Family) -> Sequence[Parser]:
    """Adds the commands; their parsers."""
    listing = family.add("severities", severities, "see what SEV1 to SEV5 mean here")
    add_json(listing)
    return [
        _with_reason(family.add("mitigate", mitigate, "say that it does not hurt any more, and is not over yet")),
        _with_reason(family.add("close", close, "say that nothing more is to be found out about what is resolved")),
        _with_reason(family.add("reopen", reopen, "say that it was not over")),
        _add_assign(family),
        _add_change(family),
        *_add_links(family),
        listing,
    ]


def add_own_words(parser: Parser) -> None:
    """What people may say of an incident when they declare or change it."""
    parser.add_argument("--service", metavar="NAME", help="the service it is about")
    parser.add_argument("--team", metavar="NAME", help="whose it is (default: whoever owns the service)")
    parser.add_argument(
        "--field",
        action="append",
        type=_field,
        default=[],
        metavar="NAME=VALUE",
        help="a field of your own, as tocsin.yaml defines it; may be given several times",
    )
    parser.add_argument(
        "--kind",
        choices=[kind.value for kind in IncidentKind],
        help="a drill or a test is practised like any other, and left out of statistics",
    )


def severities(arguments: argparse.Namespace, console: Console) -> int:
    """A line for each."""
    with connected(arguments) as tocsin:
        found = tocsin.get("practice")
    if arguments.json:
        console.json(found)
        return 0
    console.table(
        ("SEVERITY", "WAKES", "UPDATE EVERY", "COMMANDER WITHIN", "POSTMORTEM WITHIN", "MEANS"),
        [
            (
                (one["severity"], Style.BOLD),
                "yes" if one["pages"] else "no",
                *(_length(one[name]) for name in ("update_every", "commander_within", "postmortem_within")),
                one["means"],
            )
            for one in found["severities"]
        ],
    )
    console.tell("when in doubt, the higher")
    return 0


def _length(seconds: float | None) -> str:
    return "-" if seconds is None else format_duration(timedelta(seconds=seconds))


def own_words(arguments: argparse.Namespace) -> dict[str, object]:
    """The same as the API takes it; what was not said is left out."""
    said = {name: getattr(arguments, name) for name in ("service", "team", "kind")}
    fields = {"fields": dict(arguments.field)} if arguments.field else {}
    return {**{name: value for name, value in said.items() if value is not None}, **fields}


def told(incident: Answer, console: Console) -> int:
    """Says how it stands now."""
    console.say(f"{incident['id']} is {incident['status']}: {incident['title']}")
    return 0


def mitigate(arguments: argparse.Namespace, console: Console) -> int:
    """It does not hurt any more."""
    return _move(arguments, console, "mitigate")


def close(arguments: argparse.Namespace, console: Console) -> int:
    """Nothing more is to be found out."""
    return _move(arguments, console, "close")


def reopen(arguments: argparse.Namespace, console: Console) -> int:
    """It was not over."""
    return _move(arguments, console, "reopen")


def assign(arguments: argparse.Namespace, console: Console) -> int:
    """Somebody has it from now on."""
    with connected(arguments) as tocsin:
        answer = tocsin.post("incidents", arguments.incident, "assign", body={"person": arguments.person})
    console.say(f"{answer['acknowledged_by']} has {answer['id']}: {answer['title']}")
    return 0


def change(arguments: argparse.Namespace, console: Console) -> int:
    """What it says of itself is corrected."""
    own = {name: getattr(arguments, name) for name in ("title", "severity") if getattr(arguments, name) is not None}
    body = {**own, **own_words(arguments)}
    if not body:
        console.trouble("nothing is said that should change", "see `tocsin incident change --help`")
        return 2
    with connected(arguments) as tocsin:
        return told(tocsin.patch("incidents", arguments.incident, body={**body, "reason": arguments.reason}), console)


def merge(arguments: argparse.Namespace, console: Console) -> int:
    """It becomes part of another."""
    body = {"into": arguments.into, "reason": arguments.reason}
    with connected(arguments) as tocsin:
        whole = tocsin.post("incidents", arguments.incident, "merge", body=body)
    console.say(f"{arguments.incident} is part of {whole['id']} now: {whole['title']}")
    console.tell(f"for ten minutes this takes it out again: tocsin incident unmerge {arguments.incident}")
    return 0


def unmerge(arguments: argparse.Namespace, console: Console) -> int:
    """It is taken out again."""
    return _move(arguments, console, "unmerge")


def link(arguments: argparse.Namespace, console: Console) -> int:
    """It is a duplicate or a child of another."""
    kind, to = _linked(arguments)
    with connected(arguments) as tocsin:
        answer = tocsin.post("incidents", arguments.incident, "link", body={"kind": kind, "to": to})
    console.say(f"{answer['id']} is a {kind} of {to}")
    return 0


def unlink(arguments: argparse.Namespace, console: Console) -> int:
    """It is none after all."""
    with connected(arguments) as tocsin:
        answer = tocsin.post("incidents", arguments.incident, "unlink", body={"kind": arguments.kind})
    console.say(f"{answer['id']} is no {arguments.kind} of another any more")
    return 0


def _linked(arguments: argparse.Namespace) -> tuple[str, str]:
    return ("duplicate", arguments.duplicate_of) if arguments.duplicate_of else ("child", arguments.child_of)


def _move(arguments: argparse.Namespace, console: Console, how: str) -> int:
    with connected(arguments) as tocsin:
        return told(tocsin.post("incidents", arguments.incident, how, body={"reason": arguments.reason}), console)


def _add_assign(family: Family) -> Parser:
    parser = family.add("assign", assign, "say who has it from now on", examples="  tocsin incident assign INC-7 ben")
    add_incident(parser)
    parser.add_argument("person", metavar="PERSON", help="a name under `people` in tocsin.yaml")
    return parser


def _add_change(family: Family) -> Parser:
    parser = family.add(
        "change",
        change,
        "correct its title, severity, kind, service, team or fields",
        examples="  tocsin incident change INC-7 --severity SEV1 --reason 'the till is down too'\n"
        "  tocsin incident change INC-7 --service cart --field region=eu --team ''",
    )
    add_incident(parser)
    parser.add_argument("--title", metavar="TEXT", help="what is the matter, in a sentence")
    parser.add_argument(
        "--severity",
        choices=[severity.value for severity in Severity],
        type=str.upper,
        help="when in doubt, the higher",
    )
    add_own_words(parser)
    parser.add_argument("--reason", default="", metavar="TEXT", help="why")
    return parser


def _add_links(family: Family) -> Sequence[Parser]:
    merging = family.add(
        "merge",
        merge,
        "make it part of another: one response, both stories kept",
        examples="  tocsin incident merge INC-8 INC-7",
    )
    merging.add_argument("incident", metavar="ID", help="the incident that becomes part of the other")
    merging.add_argument("into", metavar="INTO", help="the incident that goes on")
    merging.add_argument("--reason", default="", metavar="TEXT", help="why")
    linking = family.add("link", link, "say that it is a duplicate or a child of another")
    add_incident(linking)
    to = linking.add_mutually_exclusive_group(required=True)
    to.add_argument("--duplicate-of", metavar="ID", help="the incident that it tells of once more")
    to.add_argument("--child-of", metavar="ID", help="the incident that it is one part of")
    unlinking = family.add("unlink", unlink, "say that it is no duplicate or child of another after all")
    add_incident(unlinking)
    unlinking.add_argument("kind", choices=[kind.value for kind in Link], help="which link is taken away")
    unmerging = _with_reason(family.add("unmerge", unmerge, "take it out of another again, within ten minutes"))
    return [merging, unmerging, linking, unlinking]


def _with_reason(parser: Parser) -> Parser:
    add_incident(parser)
    parser.add_argument("--reason", default="", metavar="TEXT", help="why")
    return parser


def _field(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not name or not equals:
        raise argparse.ArgumentTypeError(f"{text!r} is no NAME=VALUE")
    return name.strip(), value.strip()
