"""`tocsin doctor`: what Tocsin reaches and what it does not; without a running one, what can be said of its files."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from pathlib import Path

from bot.cli.client import Answer, connected
from bot.cli.console import Console, Style
from bot.cli.options import add_client, add_json
from bot.config.checking import check_all
from bot.config.places import default_path
from bot.errors import NotAllowed, NotFound, Temporary


def configure(parser: argparse.ArgumentParser) -> None:
    """Its options."""
    parser.epilog = "Exit status: 0 when all is well, 1 when something is not."
    parser.add_argument("integrations", metavar="INTEGRATION", nargs="*", help="only these (default: all)")
    add_client(parser)
    add_json(parser)
    parser.set_defaults(act=doctor)


def doctor(arguments: argparse.Namespace, console: Console) -> int:
    """Asks the running Tocsin to examine its integrations."""
    try:
        with connected(arguments) as tocsin:
            found = _only(tocsin.get("doctor"), arguments.integrations)
    except (Temporary, NotFound) as error:
        console.trouble(error.message, error.hint)
        return _files(arguments, console)
    if arguments.json:
        console.json(found)
    else:
        _show(found, console)
    return 0 if all(one["ok"] for one in found["findings"]) else 1


def _only(found: Answer, names: Sequence[str]) -> Answer:
    """What was found of these; of all, where none is named."""
    known = {one["integration"] for one in found["findings"]}
    missing = [name for name in names if name not in known]
    if missing:
        there = f"there is {', '.join(sorted(known))}" if known else "none is set up"
        raise NotAllowed(f"no integration is called {', '.join(missing)}", hint=there)
    return {**found, "findings": [one for one in found["findings"] if not names or one["integration"] in names]}


def _show(found: Answer, console: Console) -> None:
    if not found["findings"]:
        console.say("Tocsin runs; no integration is set up. Add one under `integrations:` in tocsin.yaml.")
        return
    rows = [
        (
            one["integration"],
            one["what"],
            ("ok", Style.GOOD) if one["ok"] else ("not ok", Style.BAD),
            one["version"] or "-",
            "-" if one["skew"] is None else f"{one['skew']:+.1f} s",
            one["detail"],
        )
        for one in found["findings"]
    ]
    console.table(("INTEGRATION", "WHAT", "STATE", "VERSION", "CLOCK", "DETAIL"), rows)
    for one in found["findings"]:
        if one["hint"]:
            console.say(f"{one['integration']}: {one['hint']}")


def _files(arguments: argparse.Namespace, console: Console) -> int:
    """What the configuration alone tells."""
    path = arguments.config or default_path(Path.cwd())
    if path is None:
        console.tell("there is no tocsin.yaml here; Tocsin would run on its embedded defaults")
        return 1
    findings = check_all(path, os.environ, Path.cwd())
    for complaint in findings.complaints:
        console.say(str(complaint))
    console.tell(f"{path}: {findings.summary}")
    return 1
