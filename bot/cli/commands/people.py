"""`tocsin people`: who our people are in chats, and how they come to be known there."""

from __future__ import annotations

import argparse

from bot.cli.client import connected
from bot.cli.console import Console, Style
from bot.cli.options import Family, add_client, add_json

_LINKING = "  tocsin people link ann slack U0123ABCD      in Slack: their profile, `...`, Copy member ID"


def configure(parser: argparse.ArgumentParser) -> None:
    """Its sub-commands."""
    family = Family(parser)
    listing = family.add("list", show, "list everybody, their roles, and who they are in chats")
    add_json(listing)
    coding = family.add("code", code, "make a code that you type in a chat once, and are known there from then on")
    linking = family.add("link", link, "say who somebody is in a chat, as an admin", examples=_LINKING)
    dropping = family.add("unlink", unlink, "they are not that in the chat any more: your own, or as an admin")
    for each in (linking, dropping):
        each.add_argument("person", metavar="PERSON", help="by the name under `people:`")
        each.add_argument("integration", metavar="CHAT", help="the chat, by its name under `integrations:`")
        each.add_argument("user", metavar="ID", help="their id there, such as U0123ABCD")
    for each in (listing, coding, linking, dropping):
        add_client(each)


def show(arguments: argparse.Namespace, console: Console) -> int:
    """Everybody."""
    with connected(arguments) as tocsin:
        found = tocsin.get("people")
    if arguments.json:
        console.json(found)
        return 0
    known: dict[str, list[str]] = {one["name"]: [] for one in found["people"]}
    for one in found["people"]:
        known[one["name"]] += [f"{chat}: {user}" for chat, user in one["chat"].items()]
    for one in found["links"]:
        known.setdefault(one["person"], []).append(f"{one['integration']}: {one['user']} (by {one['by']})")
    console.table(
        ("PERSON", "ROLES", "IN CHATS"),
        [
            ((one["name"], Style.BOLD), ", ".join(one["roles"]), "; ".join(known[one["name"]]))
            for one in found["people"]
        ],
    )
    return 0


def code(arguments: argparse.Namespace, console: Console) -> int:
    """Makes one, as whoever the token is."""
    with connected(arguments) as tocsin:
        made = tocsin.post("people", "me", "code")
    console.say(made["says"])
    console.tell(made["headline"])
    return 0


def link(arguments: argparse.Namespace, console: Console) -> int:
    """Makes the link."""
    with connected(arguments) as tocsin:
        made = tocsin.post("people", arguments.person, "links", body=_who(arguments))
    console.say(f"{made['user']} of {made['integration']} is {made['person']}")
    return 0


def unlink(arguments: argparse.Namespace, console: Console) -> int:
    """Ends it."""
    with connected(arguments) as tocsin:
        made = tocsin.post("people", arguments.person, "unlink", body=_who(arguments))
    console.say(f"{made['user']} of {made['integration']} is not {made['person']} any more")
    return 0


def _who(arguments: argparse.Namespace) -> dict[str, object]:
    return {"integration": arguments.integration, "user": arguments.user}
