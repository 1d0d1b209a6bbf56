"""`tocsin runbook cancel`: nothing more of a run begins."""

from __future__ import annotations

import argparse

from bot.cli.client import connected
from bot.cli.console import Console
from bot.cli.options import Family, add_client, add_json


def add(family: Family) -> None:
    """The sub-command."""
    parser = family.add(
        "cancel",
        cancel,
        "let nothing more of a run begin; a change that is under way goes on to its end",
        examples='  tocsin runbook cancel RUN-7 --reason "we mend it by hand"',
    )
    parser.add_argument("run", metavar="RUN", help="the run, such as RUN-7")
    parser.add_argument("--reason", default="", metavar="TEXT", help="why; it becomes part of the story")
    add_json(parser)
    add_client(parser)


def cancel(arguments: argparse.Namespace, console: Console) -> int:
    """Cancels it; what is under way ends by itself."""
    with connected(arguments) as tocsin:
        cancelled = tocsin.post("runs", arguments.run.upper(), "cancel", body={"reason": arguments.reason})
    if arguments.json:
        console.json(cancelled)
    else:
        console.say(f"{cancelled['id']} is cancelled: nothing more of it begins")
        console.tell(f"follow its end with `tocsin runbook follow {cancelled['id']}`")
        console.tell(f"what it changed stays, until `tocsin runbook rollback {cancelled['id']}` takes it back")
    return 0
