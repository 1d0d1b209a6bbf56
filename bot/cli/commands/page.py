"""`tocsin page`: wakes somebody about an incident, or shows who was woken."""

from __future__ import annotations

import argparse
import os

from bot.cli.client import Answer, connected
from bot.cli.console import Console, Style
from bot.cli.options import add_client, add_json
from bot.cli.times import Times

_EXAMPLES = """\
examples:
  tocsin page ben --incident INC-7 --text "please look at the disks"
  tocsin page database-oncall --incident INC-7
  tocsin page --incident INC-7                  who was paged, and who is next"""
_BY_HAND = -1
_STYLES = {"taken": Style.GOOD, "failed": Style.BAD, "waiting": Style.CAREFUL}


def configure(parser: argparse.ArgumentParser) -> None:
    """Its options."""
    parser.epilog = _EXAMPLES
    parser.add_argument(
        "whom", metavar="WHOM", nargs="?", default="", help="a person, or a schedule (default: show who was paged)"
    )
    parser.add_argument("--incident", metavar="ID", required=True, help="about what, such as INC-7")
    parser.add_argument("--text", default="", metavar="TEXT", help="what they should know")
    add_json(parser)
    add_client(parser)
    parser.set_defaults(act=page)


def page(arguments: argparse.Namespace, console: Console) -> int:
    """Pages, or shows the pages there were."""
    with connected(arguments) as tocsin:
        if arguments.whom:
            body = {"whom": arguments.whom, "text": arguments.text}
            found = tocsin.post("incidents", arguments.incident, "pages", body=body)
        else:
            found = tocsin.get("incidents", arguments.incident, "pages")
        times = Times(os.environ, tocsin.outline.time_zone)
    if arguments.json:
        console.json(found)
    elif arguments.whom:
        for one in found["pages"]:
            console.say(f"{one['id']}: {one['person']} is paged through {one['integration']}")
    else:
        _show(found, times, console)
    return 0


def _show(found: Answer, times: Times, console: Console) -> None:
    if found["pages"]:
        rows = [
            (
                one["id"],
                (one["person"], Style.BOLD),
                one["integration"],
                times.moment(one["created_at"]),
                _step(one),
                (one["status"], _STYLES.get(one["status"], Style.FAINT)),
                one["error"],
            )
            for one in found["pages"]
        ]
        console.table(("ID", "WHO", "THROUGH", "SINCE", "STEP", "STATUS", ""), rows)
    else:
        console.say("nobody was paged")
    if found["escalation"]:
        console.say(_next(found["escalation"], times))


def _step(one: Answer) -> str:
    if one["level"] == _BY_HAND:
        return "by hand"
    return f"level {one['level'] + 1}" + (f", round {one['round'] + 1}" if one["round"] else "")


def _next(escalation: Answer, times: Times) -> str:
    if escalation["due_at"] is None:
        return f"nobody else is paged: {escalation['why']}"
    return f"unless somebody has it, {escalation['policy']} goes on at {times.moment(escalation['due_at'])}"
