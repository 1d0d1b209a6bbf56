"""`tocsin runbook`: what a team wrote down to do; seen, tried, gone through with zero writes, or begun."""

from __future__ import annotations

import argparse

from bot.cli import (
    runbook_cancel,
    runbook_files,
    runbook_follow,
    runbook_rbac,
    runbook_rehearsal,
    runbook_rollback,
    runbook_runs,
    runbook_shown,
)
from bot.cli.client import Answer, Client, connected
from bot.cli.console import Console
from bot.cli.options import Family, add_client, add_json


def configure(parser: argparse.ArgumentParser) -> None:
    """Its sub-commands."""
    family = Family(parser)
    runbook_shown.add(family)
    rehearsing = family.add(
        "rehearse",
        rehearse,
        "show exactly what a run would do, changing nothing",
        examples="  tocsin runbook rehearse disk-almost-full --incident INC-7\n"
        "  tocsin runbook rehearse disk-almost-full --input instance=web-1:9100",
    )
    _add_run_arguments(rehearsing)
    add_json(rehearsing)

    running = family.add(
        "run",
        run,
        "begin a run; it asks before it changes anything",
        examples="  tocsin runbook run disk-almost-full --incident INC-7 --follow",
    )
    _add_run_arguments(running)
    running.add_argument("--follow", action="store_true", help="show what it prints and asks until it has ended")
    add_json(running)

    following = family.add(
        "follow",
        follow,
        "show what a run prints and asks until it has ended; Ctrl-C leaves it going",
        examples="  tocsin runbook follow RUN-7",
    )
    following.add_argument("run", metavar="RUN", help="the run")
    runbook_runs.add(family)
    runbook_rbac.add(family)
    runbook_cancel.add(family)
    runbook_rollback.add(family)
    for each in (rehearsing, running, following):
        add_client(each)
    runbook_files.configure(family)


def rehearse(arguments: argparse.Namespace, console: Console) -> int:
    """Goes through it with zero writes."""
    with connected(arguments) as tocsin:
        found = tocsin.post("runbooks", arguments.runbook, "rehearse", body=_body(arguments))
    if arguments.json:
        console.json(found)
        return 0
    runbook_rehearsal.show(found, console)
    return 0


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Begins one, and follows it where that is wanted."""
    with connected(arguments) as tocsin:
        begun = tocsin.post("runbooks", arguments.runbook, "runs", body=_body(arguments))
        if arguments.follow:
            return _followed(tocsin, begun, arguments, console)
        if arguments.json:
            console.json(begun)
            return 0
        console.say(_begun(begun))
    console.tell(f"follow it with `tocsin runbook follow {begun['id']}`; `tocsin approve` lists what it asks")
    return 0


def _followed(tocsin: Client, begun: Answer, arguments: argparse.Namespace, console: Console) -> int:
    """Until it has ended; what it came to, as JSON, where that is wanted, and the rest then beside it."""
    beside = console.aside() if arguments.json else console
    beside.say(_begun(begun))
    status = runbook_follow.follow(tocsin, beside, begun["id"])
    if arguments.json:
        console.json(tocsin.get("runs", begun["id"])["run"])
    return status


def _begun(run: Answer) -> str:
    return f"{run['id']} has begun: {run['title']}"


def follow(arguments: argparse.Namespace, console: Console) -> int:
    """Follows one that has begun."""
    with connected(arguments) as tocsin:
        return runbook_follow.follow(tocsin, console, arguments.run.upper())


def _add_run_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("runbook", metavar="NAME", help="the runbook")
    parser.add_argument("--incident", metavar="ID", default=None, help="the incident it is for; inputs come from there")
    parser.add_argument(
        "--input",
        action="append",
        default=[],
        type=_pair,
        metavar="NAME=VALUE",
        help="a value for an input; may be given several times",
    )


def _pair(text: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not sign or not name:
        raise argparse.ArgumentTypeError(f"not a pair: {text!r}; write it like --input NAME=VALUE")
    return name, value


def _body(arguments: argparse.Namespace) -> dict[str, object]:
    return {"incident_id": arguments.incident, "inputs": dict(arguments.input)}
