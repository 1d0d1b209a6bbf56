"""`tocsin approve`: shows exactly what a run would do, and takes the answer."""

from __future__ import annotations

import argparse
import os

from bot.cli import views
from bot.cli.client import Answer, Client, connected
from bot.cli.console import Console, Style
from bot.cli.options import add_client, add_json, pair
from bot.cli.times import Times
from bot.errors import NotAllowed, NotFound

_EPILOG = """\
Without ID it lists the open questions. With one it shows the plan and asks you; the answer is bound to that very plan,
and is refused when the plan has changed since.

examples:
  tocsin approve                               what is waiting for an answer
  tocsin approve APR-3                         see the plan, then say yes or no
  tocsin approve APR-3 --reject --reason "we are in a freeze"
  tocsin approve APR-5 --did-not               it is asked whether a step ran: it did not
  tocsin approve APR-6 --value replicas=3      a runbook asks a question of its own"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Its options."""
    parser.epilog = _EPILOG
    parser.add_argument("approval", metavar="ID", nargs="?", default="", help="the question, such as APR-3")
    answer = parser.add_mutually_exclusive_group()
    answer.add_argument("--reject", action="store_const", dest="answer", const="reject", help="say no")
    answer.add_argument("--did", action="store_const", dest="answer", const="did", help="the step did run")
    answer.add_argument("--did-not", action="store_const", dest="answer", const="did_not", help="the step did not run")
    answer.add_argument(
        "--value",
        dest="values",
        action="append",
        default=[],
        type=pair,
        metavar="NAME=VALUE",
        help="an answer that a runbook's own question wants; may be given several times",
    )
    parser.add_argument("--reason", default="", metavar="TEXT", help="why; it becomes part of the story")
    parser.add_argument("--yes", action="store_true", help="do not ask me again, as in a script")
    add_json(parser)
    add_client(parser)
    parser.set_defaults(act=approve)


def approve(arguments: argparse.Namespace, console: Console) -> int:
    """Lists the questions, or answers one."""
    with connected(arguments) as tocsin:
        found = tocsin.get("approvals")
        if not arguments.approval:
            return _list(found, tocsin, arguments, console)
        question = _pick(found["approvals"], arguments.approval)
        answer = arguments.answer or ("give" if arguments.values else "approve")
        _fits(question, answer)
        _show(question, tocsin, console)
        if not _sure(answer, arguments, console):
            console.tell("nothing was answered")
            return 1
        given = tocsin.post(
            "approvals",
            question["id"],
            body={
                "answer": answer,
                "reason": arguments.reason,
                "plan_hash": question["plan"]["hash"],
                "values": dict(arguments.values),
            },
        )
    console.say(_outcome(given))
    return 0


def _list(found: Answer, tocsin: Client, arguments: argparse.Namespace, console: Console) -> int:
    if arguments.json:
        console.json(found)
        return 0
    times = Times(os.environ, tocsin.outline.time_zone)
    if not found["approvals"]:
        console.say("nothing is waiting for an answer")
        return 0
    rows = [
        (
            (one["id"], Style.BOLD),
            one["incident"] or "-",
            one["plan"]["risk"],
            f"{len(one['given_by'])} of {one['count']} ({one['by']})",
            times.moment(one["expires_at"]),
            one["ask"] or one["plan"]["summary"],
        )
        for one in found["approvals"]
    ]
    console.table(("ID", "INCIDENT", "RISK", "APPROVED", "EXPIRES", "QUESTION"), rows)
    return 0


def _pick(approvals: list[Answer], name: str) -> Answer:
    for one in approvals:
        if one["id"] == name.upper():
            return one
    raise NotFound(f"no open question is called {name}", hint="`tocsin approve` lists the open ones")


def _fits(question: Answer, answer: str) -> None:
    """Refuses an answer to another question than the one that is asked."""
    asks_if_ran = question["question"] == "did_it_run"
    if question["question"] == "what" and answer not in ("give", "reject"):
        wanted = " ".join(f"--value {one['name']}=..." for one in question["wants"] if one["required"])
        raise NotAllowed(f"{question['id']} asks: {question['ask']}", hint=f"answer with {wanted}")
    if asks_if_ran and answer not in ("did", "did_not"):
        raise NotAllowed(
            f"{question['id']} asks whether step {question['step']} ran: {question['ask']}",
            hint="look at the target, then answer with --did or --did-not",
        )
    if not asks_if_ran and answer in ("did", "did_not"):
        raise NotAllowed(f"{question['id']} asks whether the step may run", hint="answer without --did and --did-not")


def _show(question: Answer, tocsin: Client, console: Console) -> None:
    times = Times(os.environ, tocsin.outline.time_zone)
    if question["ask"]:
        console.say(views.hung(question["ask"]), Style.BOLD)
    if question["question"] != "what":
        views.plan(question["plan"], console)
    for plan in question["covers"]:
        console.say("\nand, with the same answer, as long as it stays exactly this:", Style.CAREFUL)
        views.plan(plan, console)
    for one in question["wants"]:
        values = f" ({', '.join(one['values'])})" if one["values"] else ""
        console.say(f"wants {one['name']}: {one['type']}{values} {one['help']}".rstrip())
    console.fields(
        (
            ("incident", question["incident"] or ""),
            ("run", f"{question['run']}, step {question['step']}"),
            ("asked by", question["requested_by"]["name"]),
            ("approved by", ", ".join(question["given_by"])),
            ("needs", f"{question['count']} with the role {question['by']}"),
            ("expires", times.moment(question["expires_at"])),
        )
    )


def _sure(answer: str, arguments: argparse.Namespace, console: Console) -> bool:
    """A yes sets something in motion, so it is asked for once more; every other answer is taken as it is."""
    if answer != "approve" or arguments.yes:
        return True
    if not console.interactive:
        raise NotAllowed("nobody can be asked here, so nothing was approved", hint="read the plan, then add --yes")
    return console.ask("approve this?")


def _outcome(given: Answer) -> str:
    missing = given["count"] - len(given["given_by"])
    if given["status"] == "open":
        return f"{given['id']}: noted; {missing} more must approve"
    return f"{given['id']}: {given['status']}"
