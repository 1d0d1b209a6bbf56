"""The part of `tocsin incident` about what is to be done: tasks now, and follow-ups afterwards."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from datetime import date, datetime

from bot.cli.client import Answer, connected
from bot.cli.console import Console
from bot.cli.options import Family, add_incident, add_json
from bot.cli.times import asked_length
from bot.model.task import Aim, TaskKind

Parser = argparse.ArgumentParser


def add_tasks(family: Family) -> Sequence[Parser]:
    """Adds the commands; their parsers."""
    return [_add_task(family), _add_retask(family), _add_follow_up(family), _add_tasks(family), _add_done(family)]


def task(arguments: argparse.Namespace, console: Console) -> int:
    """Something is to be done."""
    return _add(arguments, TaskKind.TASK, console)


def retask(arguments: argparse.Namespace, console: Console) -> int:
    """Somebody else does it, or until another day."""
    body = {"owner": arguments.owner, "due": _day(arguments.due) if arguments.due else None}
    with connected(arguments) as tocsin:
        return _told(tocsin.post("tasks", arguments.task, body=body), console)


def follow_up(arguments: argparse.Namespace, console: Console) -> int:
    """Something is to be done so that it does not come again."""
    return _add(arguments, TaskKind.FOLLOW_UP, console)


def tasks(arguments: argparse.Namespace, console: Console) -> int:
    """A line for each."""
    with connected(arguments) as tocsin:
        if arguments.incident:
            found = tocsin.get("incidents", arguments.incident, "response")["tasks"]
        else:
            query = {"owner": arguments.owner} | ({"due": _day(arguments.due)} if arguments.due else {})
            found = tocsin.get("tasks", query=query)["tasks"]
    if arguments.json:
        console.json({"tasks": found})
        return 0
    if not found:
        console.say("no tasks")
        return 0
    rows = [(one["id"], one["incident"], _state(one), one["owner"], one["due"] or "", one["text"]) for one in found]
    console.table(("ID", "INCIDENT", "STATE", "OWNER", "DUE", "WHAT"), rows)
    return 0


def done(arguments: argparse.Namespace, console: Console) -> int:
    """It is done, or dropped."""
    body = {"dropped": arguments.dropped, "reason": arguments.reason}
    with connected(arguments) as tocsin:
        ended = tocsin.post("tasks", arguments.task, "end", body=body)
    console.say(f"{ended['id']} is {_state(ended)}: {ended['text']}")
    return 0


def _add_task(family: Family) -> Parser:
    parser = family.add(
        "task",
        task,
        "write down what is to be done now",
        examples='  tocsin incident task INC-7 "restart the cart" --owner ben',
    )
    add_incident(parser)
    parser.add_argument("text", metavar="TEXT", help="what is to be done")
    _add_terms(parser, required=False)
    _add_link(parser)
    return parser


def _add_retask(family: Family) -> Parser:
    parser = family.add(
        "retask",
        retask,
        "give a task or follow-up to somebody else, or another day",
        examples="  tocsin incident retask TASK-3 --owner ann --due 2d",
    )
    _add_task_id(parser)
    _add_terms(parser, required=False)
    return parser


def _add_follow_up(family: Family) -> Parser:
    parser = family.add(
        "followup",
        follow_up,
        "write down what is to be done afterwards: who, by when, and what for",
        examples='  tocsin incident followup INC-7 "alert on the queue" --owner ann --due 14d --aim detect',
    )
    add_incident(parser)
    parser.add_argument("text", metavar="TEXT", help="what is to be done")
    _add_terms(parser, required=True)
    _add_link(parser)
    aims = [aim.value for aim in Aim]
    parser.add_argument("--aim", choices=aims, required=True, help="what it is good for")
    return parser


def _add_tasks(family: Family) -> Parser:
    parser = family.add("tasks", tasks, "list what is to be done, of one incident or of all")
    parser.add_argument("incident", nargs="?", default="", metavar="ID", help="the incident, such as INC-7")
    parser.add_argument("--owner", default="", metavar="PERSON", help="only what this person does")
    parser.add_argument("--due", default="", metavar="DAY", help="only what is due by then: 2027-01-31, or 7d")
    add_json(parser)
    return parser


def _add_done(family: Family) -> Parser:
    parser = family.add("done", done, "say that a task or follow-up is done, or that nobody will do it")
    _add_task_id(parser)
    parser.add_argument("--dropped", action="store_true", help="it is not done, and will not be")
    parser.add_argument("--reason", default="", metavar="TEXT", help="how, or why not")
    return parser


def _add_terms(parser: Parser, *, required: bool) -> None:
    parser.add_argument("--owner", required=required, metavar="PERSON", help="who does it")
    parser.add_argument("--due", required=required, metavar="DAY", help="by when: 2027-01-31, or 14d for in 14 days")


def _add_link(parser: Parser) -> None:
    parser.add_argument("--link", default="", metavar="URL", help="where it is worked on")


def _add_task_id(parser: Parser) -> None:
    parser.add_argument("task", metavar="TASK", help="the task, such as TASK-3")


def _add(arguments: argparse.Namespace, kind: TaskKind, console: Console) -> int:
    body: dict[str, object] = {"text": arguments.text, "kind": kind.value, "link": arguments.link}
    body |= {"owner": arguments.owner or "", "due": _day(arguments.due) if arguments.due else None}
    body |= {"aim": arguments.aim} if kind is TaskKind.FOLLOW_UP else {}
    with connected(arguments) as tocsin:
        return _told(tocsin.post("incidents", arguments.incident, "tasks", body=body), console)


def _told(found: Answer, console: Console) -> int:
    terms = (f" for {found['owner']}" if found["owner"] else "") + (f" by {found['due']}" if found["due"] else "")
    console.say(f"{found['id']}{terms}: {found['text']}")
    return 0


def _state(found: Answer) -> str:
    if found["done_at"] is None:
        return "open"
    return "dropped" if found["dropped"] else "done"


def _day(text: str) -> str:
    """A day as people write it: itself, or so long from today."""
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        return (datetime.now().astimezone() + asked_length(text, "--due")).date().isoformat()
