"""The part of `tocsin incident` about who does what: the roles of an incident."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from bot.cli.client import connected
from bot.cli.console import Console, Style
from bot.cli.options import Family, add_incident, add_json

Parser = argparse.ArgumentParser


def add_roles(family: Family) -> Sequence[Parser]:
    """Adds the commands; their parsers."""
    return [_add_roles(family), _add_role(family)]


def roles(arguments: argparse.Namespace, console: Console) -> int:
    """A line for each, and who has it."""
    with connected(arguments) as tocsin:
        found = tocsin.get("incidents", arguments.incident, "response")
    if arguments.json:
        console.json({"roles": found["roles"]})
        return 0
    rows = [(one["name"], one["person"] or ("nobody", Style.FAINT), one["title"]) for one in found["roles"]]
    console.table(("ROLE", "WHO", "TITLE"), rows)
    return 0


def role(arguments: argparse.Namespace, console: Console) -> int:
    """Somebody takes it, is given it, or leaves it."""
    name, place = arguments.role, ("incidents", arguments.incident, "roles")
    with connected(arguments) as tocsin:
        if arguments.leave:
            tocsin.post(*place, name, "leave")
            console.say(f"nobody is {name} of {arguments.incident} now")
            return 0
        incident = tocsin.post(*place, body={"role": name, "person": arguments.to})
        found = tocsin.get("incidents", arguments.incident, "response")
    console.say(f"{incident['roles'][name]} is {name} of {incident['id']}: {incident['title']}")
    if not arguments.to:
        console.say({one["name"]: one["instructions"] for one in found["roles"]}[name])
    return 0


def _add_roles(family: Family) -> Parser:
    parser = family.add("roles", roles, "see who has which role")
    add_incident(parser)
    add_json(parser)
    return parser


def _add_role(family: Family) -> Parser:
    parser = family.add(
        "role",
        role,
        "take a role, give it to somebody, or leave it",
        examples="  tocsin incident role INC-7 commander\n  tocsin incident role INC-7 scribe --to ben\n"
        "  tocsin incident role INC-7 scribe --leave",
    )
    add_incident(parser)
    parser.add_argument("role", metavar="ROLE", help="such as commander; `tocsin incident roles INC-7` lists them")
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--to", default="", metavar="PERSON", help="who gets it (default: you)")
    which.add_argument("--leave", action="store_true", help="nobody has it any more")
    return parser
