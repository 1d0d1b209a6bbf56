"""`tocsin runbook runs`: the runs that there were, whatever began them."""

from __future__ import annotations

import argparse
import os

from bot.cli.client import Answer, connected
from bot.cli.console import Console, Style
from bot.cli.options import Family, add_client, add_json
from bot.cli.times import Times

_STYLES = {
    "succeeded": Style.GOOD,
    "failed": Style.BAD,
    "rejected": Style.BAD,
    "running": Style.CAREFUL,
    "waiting": Style.CAREFUL,
}
_VERDICTS = {"recovered": Style.GOOD, "not_recovered": Style.BAD, "not_seen": Style.CAREFUL}


def add(family: Family) -> None:
    """The sub-command."""
    listing = family.add(
        "runs",
        list_runs,
        "list runs, the newest first: where they stand, and whether the signal recovered",
        examples="  tocsin runbook runs disk-almost-full\n  tocsin runbook runs --incident INC-7",
    )
    listing.add_argument("runbook", nargs="?", default="", metavar="NAME", help="only those of this runbook")
    listing.add_argument("--incident", metavar="ID", default=None, help="only those for this incident")
    listing.add_argument("--limit", type=int, default=20, metavar="N", help="at most so many (default: 20)")
    add_json(listing)
    add_client(listing)


def list_runs(arguments: argparse.Namespace, console: Console) -> int:
    """A line for each."""
    query = {"runbook": arguments.runbook, "limit": str(arguments.limit)}
    query |= {"incident": arguments.incident.upper()} if arguments.incident else {}
    with connected(arguments) as tocsin:
        found = tocsin.get("runs", query=query)
        times = Times(os.environ, tocsin.outline.time_zone)
    if arguments.json:
        console.json(found)
    elif not found["runs"]:
        console.say("there was no such run; `tocsin runbook list` names the runbooks, and what begins them")
    else:
        titles = ("RUN", "RUNBOOK", "STATUS", "SIGNAL", "BEGAN", "BY", "INCIDENT")
        console.table(titles, [_row(one, times) for one in found["runs"]])
    return 0


def _by(run: Answer) -> str:
    """What began it, and who, where somebody did."""
    by = run["started_by"]
    return f"{run['trigger']}: {by['name']}" if by["kind"] == "person" else str(run["trigger"])


def _row(run: Answer, times: Times) -> tuple[str | tuple[str, Style], ...]:
    status, verdict = run["status"], run["verdict"]
    return (
        (run["id"], Style.BOLD),
        run["runbook"],
        (status.replace("_", " "), _STYLES.get(status, Style.PLAIN)),
        (verdict.replace("_", " ") or "-", _VERDICTS.get(verdict, Style.FAINT)),
        times.moment(run["started_at"]),
        _by(run),
        run["incident"] or "-",
    )
