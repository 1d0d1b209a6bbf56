"""The part of `tocsin incident` that tells people how it stands: updates, catching up, reminders."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence

from bot.cli.client import Answer, connected
from bot.cli.console import Console, Style
from bot.cli.options import Family, add_incident, add_json
from bot.cli.times import Times, asked_length, asked_past
from bot.cli.views import headline, hung
from bot.errors import NotAllowed
from bot.incidents.updates import unread
from bot.model.reminder import ReminderKind
from bot.model.status_update import Audience

Parser = argparse.ArgumentParser
_KINDS = {kind.value.replace(" ", "-"): kind.value for kind in ReminderKind}


def add_updates(family: Family) -> Sequence[Parser]:
    """Adds the commands; their parsers."""
    return [_add_update(family), _add_catch_up(family), _add_remind(family)]


def update(arguments: argparse.Namespace, console: Console) -> int:
    """People are told how it stands; what the public reads is shown first."""
    text = console.read() if arguments.text == "-" else arguments.text
    said: dict[str, object] = {"audience": arguments.audience, "text": text}
    if arguments.next:
        said["next_in"] = asked_length(arguments.next, "--next").total_seconds()
    with connected(arguments) as tocsin:
        place = ("incidents", arguments.incident, "updates")
        if arguments.draft or (arguments.audience == Audience.PUBLIC and not arguments.yes):
            console.say(hung(tocsin.post(*place, "draft", body=said)["text"]))
        if arguments.draft:
            return 0
        if arguments.audience == Audience.PUBLIC and not arguments.yes and not _confirmed(console):
            return 1
        sent = tocsin.post(*place, body=said)
        times = Times(os.environ, tocsin.outline.time_zone)
    following = f"; the next is promised for {times.moment(sent['next_at'])}" if sent["next_at"] else ""
    did = "told" if sent["sent_to"] else "wrote down for"
    console.say(f"{did} {sent['audience']} how {arguments.incident} stands{following}")
    if not sent["sent_to"]:
        console.tell(f"it is sent to nobody: {unread(Audience(sent['audience']))}", Style.CAREFUL)
    return 0


def catch_up(arguments: argparse.Namespace, console: Console) -> int:
    """What somebody has to know who joins late."""
    with connected(arguments) as tocsin:
        times = Times(os.environ, tocsin.outline.time_zone)
        query = {"since": asked_past(arguments.since, times).isoformat()} if arguments.since else {}
        found = tocsin.get("incidents", arguments.incident, "catch-up", query=query)
    if arguments.json:
        console.json(found)
        return 0
    _show_catch_up(found, times, console)
    return 0


def remind(arguments: argparse.Namespace, console: Console) -> int:
    """What it is reminded of; or later, or not any more."""
    kinds = [_KINDS[kind] for kind in arguments.kind or ()]
    with connected(arguments) as tocsin:
        times = Times(os.environ, tocsin.outline.time_zone)
        place = ("incidents", arguments.incident, "reminders")
        if arguments.snooze:
            seconds = asked_length(arguments.snooze, "--snooze").total_seconds()
            found = tocsin.post(*place, "snooze", body={"seconds": seconds, "kinds": kinds})
        elif arguments.stop:
            found = tocsin.post(*place, "stop", body={"kinds": kinds})
        else:
            found = tocsin.get("incidents", arguments.incident, "response")
    rows = [(one["kind"], _next(one, times), str(one["count"])) for one in found["reminders"]]
    if rows:
        console.table(("REMINDER", "NEXT", "TOLD"), rows)
    else:
        console.say("nothing to be reminded of")
    return 0


def _add_update(family: Family) -> Parser:
    parser = family.add(
        "update",
        update,
        "tell people how it stands",
        examples='  tocsin incident update INC-7 "we roll back the release"\n'
        '  tocsin incident update INC-7 --audience public "orders fail; we know why" --next 30m --draft',
    )
    add_incident(parser)
    parser.add_argument("text", metavar="TEXT", help="what to say; - takes it from standard input")
    audiences = [audience.value for audience in Audience]
    parser.add_argument(
        "--audience", choices=audiences, default=Audience.RESPONDERS.value, help="who reads it (default: responders)"
    )
    parser.add_argument("--next", metavar="TIME", help="when the next one follows (default: as its severity asks)")
    parser.add_argument("--draft", action="store_true", help="show it, and tell nobody")
    parser.add_argument("--yes", action="store_true", help="do not ask before the public is told")
    return parser


def _add_catch_up(family: Family) -> Parser:
    parser = family.add("catchup", catch_up, "see how it stands, and what happened since")
    add_incident(parser)
    parser.add_argument("--since", metavar="TIME", help="30m for half an hour ago, or a time (default: all of it)")
    add_json(parser)
    return parser


def _add_remind(family: Family) -> Parser:
    parser = family.add(
        "remind",
        remind,
        "see what it is reminded of and when, put that off, or stop it",
        examples="  tocsin incident remind INC-7\n  tocsin incident remind INC-7 --snooze 2h\n"
        "  tocsin incident remind INC-7 --stop --kind stale",
    )
    add_incident(parser)
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--snooze", metavar="TIME", help="for how long nobody is reminded, such as 2h")
    which.add_argument("--stop", action="store_true", help="nobody is reminded any more")
    parser.add_argument("--kind", action="append", choices=list(_KINDS), help="only this; may be given several times")
    return parser


def _show_catch_up(found: Answer, times: Times, console: Console) -> None:
    incident, latest = found["incident"], found["update"]
    console.say(f"{incident['id']}  {headline(incident)}", Style.BOLD)
    led = f", led by {incident['commander']}" if incident["commander"] else ", led by nobody"
    console.say(f"{incident['severity']}, {incident['status']}, opened {times.moment(incident['opened_at'])}{led}")
    if latest:
        console.say(f"\nLast told to {latest['audience']}, {times.moment(latest['at'])} by {latest['by']}", Style.BOLD)
        console.say(f"  {latest['text'].replace(chr(10), chr(10) + '  ')}")
    since = f" since {times.moment(found['since'])}" if found["since"] else ""
    console.say(f"\nWhat happened{since}", Style.BOLD)
    for one in found["happened"]:
        why = f" ({one['why']})" if one["why"] else ""
        console.say(f"{times.moment(one['at'])}  {one['actor']['name']}: {hung(one['text'] + why)}")
    left_out = ", ".join(f"{one['kind']} ({one['count']})" for one in found["left_out"])
    if left_out:
        console.say(f"not told one by one: {left_out}", Style.FAINT)
    if found["tasks"]:
        console.say("\nTo do", Style.BOLD)
    for one in found["tasks"]:
        console.say(f"{one['id']}  {hung(one['text'])} ({one['owner'] or 'nobody has it'})")


def _next(found: Answer, times: Times) -> str:
    if found["stopped_by"]:
        return f"stopped by {found['stopped_by']}"
    return times.moment(found["due_at"]) or "not as things stand"


def _confirmed(console: Console) -> bool:
    if not console.interactive:
        raise NotAllowed("the public is not told unasked", hint="say --yes, or ask for it on a terminal")
    return console.ask("Tell the public?")
