"""`tocsin runbook rollback`: takes back what a run changed."""

from __future__ import annotations

import argparse

from bot.cli.client import connected
from bot.cli.console import Console
from bot.cli.options import Family, add_client, add_json


def add(family: Family) -> None:
    """The sub-command."""
    parser = family.add(
        "rollback",
        rollback,
        "take back what a run changed, last things first; each of it asks before it changes anything",
        examples='  tocsin runbook rollback RUN-7 --reason "it made things worse"',
    )
    parser.add_argument("run", metavar="RUN", help="the run, such as RUN-7")
    parser.add_argument("--reason", default="", metavar="TEXT", help="why; it becomes part of the story")
    add_json(parser)
    add_client(parser)


def rollback(arguments: argparse.Namespace, console: Console) -> int:
    """Asks for it; it goes on by itself."""
    with connected(arguments) as tocsin:
        begun = tocsin.post("runs", arguments.run.upper(), "rollback", body={"reason": arguments.reason})
    if arguments.json:
        console.json(begun)
    else:
        console.say(f"what {begun['id']} changed is taken back")
        console.tell(f"follow it with `tocsin runbook follow {begun['id']}`; `tocsin approve` lists what it asks")
    return 0
