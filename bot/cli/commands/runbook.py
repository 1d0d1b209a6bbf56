"""`tocsin runbook`: what a team wrote down to do; seen, gone through with zero writes, or begun."""

from __future__ import annotations

import argparse

from bot.cli.client import Answer, connected
from bot.cli.console import Console, Style
from bot.cli.options import Family, add_client, add_json

_WOULD_STYLES = {"run": Style.GOOD, "ask": Style.CAREFUL, "refuse": Style.BAD}


def configure(parser: argparse.ArgumentParser) -> None:
    """Its sub-commands."""
    family = Family(parser)
    listing = family.add("list", list_runbooks, "list the runbooks that are set up")
    add_json(listing)

    showing = family.add("show", show, "show one runbook: its inputs and steps")
    showing.add_argument("runbook", metavar="NAME", help="the runbook")
    add_json(showing)

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
        examples="  tocsin runbook run disk-almost-full --incident INC-7",
    )
    _add_run_arguments(running)
    add_json(running)
    for each in (listing, showing, rehearsing, running):
        add_client(each)


def list_runbooks(arguments: argparse.Namespace, console: Console) -> int:
    """A line for each."""
    with connected(arguments) as tocsin:
        found = tocsin.get("runbooks")
    if arguments.json:
        console.json(found)
    elif not found["runbooks"]:
        console.say("no runbooks are set up; name their files under `runbooks` in tocsin.yaml")
    else:
        rows = [((one["name"], Style.BOLD), one["owner"] or "-", one["title"]) for one in found["runbooks"]]
        console.table(("NAME", "OWNER", "TITLE"), rows)
    return 0


def show(arguments: argparse.Namespace, console: Console) -> int:
    """One, as its file says it."""
    with connected(arguments) as tocsin:
        found = tocsin.get("runbooks", arguments.runbook)
    if arguments.json:
        console.json(found)
        return 0
    console.say(f"{found['name']}  {found['title']}", Style.BOLD)
    console.fields((("owner", found["owner"]), ("file", found["file"]), ("summary", found["summary"])))
    if found["inputs"]:
        console.say("\nInputs", Style.BOLD)
        rows = [(one["name"], one["source"] or "-", _or_dash(one["default"])) for one in found["inputs"]]
        console.table(("NAME", "FROM", "DEFAULT"), rows)
    console.say("\nSteps", Style.BOLD)
    console.table(("STEP", "USES", "WHAT"), [(one["id"], one["uses"], one["title"]) for one in found["steps"]])
    return 0


def rehearse(arguments: argparse.Namespace, console: Console) -> int:
    """Goes through it with zero writes."""
    with connected(arguments) as tocsin:
        found = tocsin.post("runbooks", arguments.runbook, "rehearse", body=_body(arguments))
    if arguments.json:
        console.json(found)
        return 0
    rows = [
        (step["step"], (step["would"], _WOULD_STYLES.get(step["would"], Style.FAINT)), _what(step))
        for step in found["steps"]
    ]
    console.table(("STEP", "WOULD", "WHAT"), rows)
    return 0


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Begins one."""
    with connected(arguments) as tocsin:
        begun = tocsin.post("runbooks", arguments.runbook, "runs", body=_body(arguments))
    if arguments.json:
        console.json(begun)
        return 0
    console.say(f"{begun['id']} has begun: {begun['title']}")
    if begun["incident"]:
        console.tell(f"follow it with `tocsin incident show {begun['incident']}`; `tocsin approve` lists what it asks")
    else:
        console.tell("`tocsin approve` lists what it asks")
    return 0


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


def _what(step: Answer) -> str:
    known = step["plan"]["summary"] if step["plan"] else step["title"]
    return f"{known}: {step['text']}" if step["text"] else known


def _or_dash(text: str | None) -> str:
    return "-" if text is None else repr(text)
