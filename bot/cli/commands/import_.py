"""`tocsin import`: what a server's own alerts become here."""

from __future__ import annotations

import argparse
import asyncio
import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from bot.cli import importing_files, importing_grafana_oncall, importing_opsgenie, importing_pagerduty
from bot.cli.client import read_token
from bot.cli.console import Console, Style
from bot.cli.importing import Judged, as_json, entries, files, judged
from bot.cli.importing_fetch import ADDRESSES, Found, fetched
from bot.cli.importing_oncall import Making
from bot.cli.importing_routing import Verdict, imported
from bot.cli.options import Family, add_config
from bot.cli.sources import keeper, saved
from bot.config.examine import examine
from bot.config.files import text_of
from bot.config.findings import Findings
from bot.config.places import default_path
from bot.errors import Conflict, DocumentError, NotAllowed, TocsinError
from bot.rules.savedsearches import words

_EXAMPLES = """\
  tocsin import splunk                           what would become of every alert that Tocsin's account may see
  tocsin import splunk --app shop                those of one app
  tocsin import splunk --app shop --write shop.conf
                                                 write those that are evaluated to a savedsearches.conf
  tocsin import splunk --write rules/splunk/     one file for each app, as Splunk itself lays them out

exit status: 0 read, and written if asked, 1 some have mistakes or could not be written, 2 could not look"""


_ALERTMANAGER = """\
  tocsin import alertmanager /etc/alertmanager/alertmanager.yml
  tocsin import alertmanager alertmanager.yml --write routing.yaml

What is written is to be put into tocsin.yaml. Secrets and comments are not taken over.

exit status: 0 read, and written if asked, 1 something in it is wrong, or could not be read or written"""
_ONCALL = """\
  tocsin import {vendor} --token-file token.txt --api {api}
  tocsin import {vendor} schedules.json escalations.json --write oncall.yaml

It only reads. What is written is to be put into tocsin.yaml; say there how each person is reached.

exit status: 0 read, and written if asked, 1 something in it is wrong, or could not be read or written"""
VENDORS = {
    "pagerduty": importing_pagerduty.read,
    "opsgenie": importing_opsgenie.read,
    "oncall": importing_grafana_oncall.read,
}
_STYLES = {
    Verdict.TAKEN: Style.PLAIN, Verdict.CHANGED: Style.PLAIN, Verdict.LEFT: Style.CAREFUL, Verdict.WRONG: Style.BAD,
}  # fmt: skip


def configure(parser: argparse.ArgumentParser) -> None:
    """Its sub-commands."""
    family = Family(parser)
    ours = family.add(
        "alertmanager", import_alertmanager, "show what an alertmanager.yml becomes", examples=_ALERTMANAGER
    )
    ours.add_argument("file", metavar="FILE", type=Path, help="an Alertmanager's configuration")
    ours.add_argument("--write", metavar="PATH", type=Path, help="write the part of tocsin.yaml to this file")
    ours.add_argument("--format", choices=("text", "json"), default="text", help="how to tell (default: text)")
    splunk = family.add("splunk", import_splunk, "show what saved searches become", examples=_EXAMPLES)
    splunk.add_argument("--source", metavar="NAME", default="", help="which one of tocsin.yaml (default: the only one)")
    splunk.add_argument("--app", metavar="APP", default="", help="only those of this app")
    splunk.add_argument("--owner", metavar="OWNER", default="", help="only those of this owner; `nobody`: shared ones")
    splunk.add_argument(
        "--write", metavar="PATH", type=Path, help="write those that are evaluated to this .conf file, or this folder"
    )
    splunk.add_argument("--format", choices=("text", "json"), default="text", help="how to tell (default: text)")
    add_config(splunk)
    for vendor, name in (("pagerduty", "PagerDuty"), ("opsgenie", "Opsgenie"), ("oncall", "Grafana OnCall")):
        _add_oncall(family, vendor, name)


def _add_oncall(family: Family, vendor: str, name: str) -> None:
    examples = _ONCALL.format(vendor=vendor, api=ADDRESSES[vendor] or "https://oncall.example.net")
    theirs = family.add(
        vendor, import_oncall, f"show what {name}'s schedules and escalations become", examples=examples
    )
    theirs.add_argument("files", metavar="FILE", nargs="*", type=Path, help="JSON as its API answers")
    theirs.add_argument(
        "--token-file", metavar="FILE", type=Path, help="ask the API itself, with the token in this file"
    )
    theirs.add_argument("--api", metavar="URL", default=ADDRESSES[vendor], help="where the API answers")
    theirs.add_argument("--write", metavar="PATH", type=Path, help="write the part of tocsin.yaml to this file")
    theirs.add_argument("--format", choices=("text", "json"), default="text", help="how to tell (default: text)")
    theirs.set_defaults(vendor=vendor)


def import_oncall(arguments: argparse.Namespace, console: Console) -> int:
    """The part of tocsin.yaml on standard output, or in a file; what became of each piece beside it."""
    vendor = arguments.vendor
    making = Making(vendor, datetime.now(UTC))
    VENDORS[vendor](_of_vendor(arguments, making.now), making)
    text = making.done()
    if arguments.format == "json":
        console.json({"yaml": text, "remarks": [asdict(remark) for remark in making.remarks]})
    else:
        for remark in making.remarks:
            console.tell(f"{remark.what}: {remark.verdict}: {remark.text}", _STYLES[remark.verdict])
        counts = Counter(remark.verdict for remark in making.remarks)
        console.tell(", ".join(f"{counts[verdict]} {verdict}" for verdict in Verdict))
        if arguments.write is None and not making.is_empty:
            console.document(text)
    if making.is_empty:
        console.trouble("no schedule and no escalation is taken", "see above why; a file is what the API answers")
        return 1
    if arguments.write is not None:
        _write_all({arguments.write: text})
        console.tell(f"written to {arguments.write}; put it into tocsin.yaml")
    return 1 if any(remark.verdict is Verdict.WRONG for remark in making.remarks) else 0


def _of_vendor(arguments: argparse.Namespace, now: datetime) -> Found:
    if arguments.files:
        return importing_files.read(arguments.vendor, arguments.files, Path.cwd())
    if arguments.token_file is None or not arguments.api:
        message = "there is nothing to read" if arguments.token_file is None else "it is not said where the API answers"
        raise NotAllowed(message, hint="name files, or ask the API with --token-file FILE and --api URL")
    return fetched(arguments.vendor, arguments.api, read_token(arguments.token_file), now)


def import_alertmanager(arguments: argparse.Namespace, console: Console) -> int:
    """The part of tocsin.yaml on standard output, or in a file; what became of each piece beside it."""
    name = str(arguments.file)
    made = imported(text_of(Path.cwd() / arguments.file, name), name)
    if arguments.format == "json":
        console.json({"yaml": made.text, "remarks": [asdict(remark) for remark in made.remarks]})
    else:
        for remark in made.remarks:
            place = f"{made.file}:{remark.line}:{remark.column}"
            console.tell(f"{place}: {remark.verdict}: {remark.path}: {remark.text}", _STYLES[remark.verdict])
        counts = Counter(remark.verdict for remark in made.remarks)
        console.tell(", ".join(f"{counts[verdict]} {verdict}" for verdict in Verdict))
        if arguments.write is None:
            console.document(made.text)
    if arguments.write is not None:
        _write_all({arguments.write: made.text})
        console.tell(f"written to {arguments.write}; put it into tocsin.yaml")
    return 1 if made.wrong else 0


def import_splunk(arguments: argparse.Namespace, console: Console) -> int:
    """Asks the server, tells, and writes."""
    try:
        findings = Findings()
        loaded = examine(arguments.config or default_path(Path.cwd()), os.environ, Path.cwd(), findings=findings)
        source = keeper(arguments.source, loaded, findings.errors)
        kept = asyncio.run(saved(source, loaded.secrets, arguments.app, arguments.owner))
    except DocumentError:
        raise
    except TocsinError as error:
        console.trouble(error.message, error.hint)
        return 2
    found = judged(kept, source.name, loaded.setup.time_zone)
    if arguments.format == "json":
        console.json({"searches": [as_json(one) for one in found]})
    else:
        _tell(found, console)
    failed = any(one.mistaken for one in found)
    if arguments.write is not None:
        failed = not _write(found, arguments.write, source.name, console) or failed
    return 1 if failed else 0


def _tell(found: Sequence[Judged], console: Console) -> None:
    for one in found:
        if one.search is not None:
            console.say(_title(one), Style.BOLD)
            console.say(f"    {words.schedule(one.search.schedule)}, over {words.window(one.search.dispatch)}")
            console.say(f"    fires: {words.condition(one.search)}; {words.telling(one.search)}")
            _remark(one, console)
    _not_evaluated([one for one in found if one.search is None], console)
    evaluated = sum(one.search is not None for one in found)
    mistaken = sum(one.mistaken for one in found)
    counts = f"{len(found)} saved searches: {evaluated} evaluated, {len(found) - evaluated} not"
    console.say(counts + (f", {mistaken} of them for mistakes" if mistaken else ""))


def _not_evaluated(found: Sequence[Judged], console: Console) -> None:
    if found:
        console.say("not evaluated:", Style.BOLD)
    for one in found:
        console.say(f"    {_title(one)}: {one.why}", Style.BAD if one.mistaken else Style.FAINT)
        _remark(one, console)


def _title(one: Judged) -> str:
    owner = "" if one.kept.owner == "nobody" else f" of {one.kept.owner}"
    return f"{one.kept.name} ({one.kept.app}{owner})"


def _remark(one: Judged, console: Console) -> None:
    for remark in one.remarks:
        console.say(f"    {'mistake' if one.mistaken else 'note'}: {remark}", Style.CAREFUL)


def _write(found: Sequence[Judged], target: Path, source: str, console: Console) -> bool:
    """Writes, and says what tocsin.yaml needs; whether there was something to write, and it was written."""
    try:
        made = files(found, target)
        _write_all(made)
    except TocsinError as error:
        console.trouble(error.message, error.hint)
        return False
    if not made:
        console.trouble("there is no search to write", "see above why none is evaluated")
        return False
    console.tell("written; name it under `rules:` in tocsin.yaml:")
    for line in entries(made, found, source):
        console.tell(line)
    return True


def _write_all(made: Mapping[Path, str]) -> None:
    """Writes files that must not be there yet. Conflict when one is, NotAllowed when it cannot be written."""
    for path in made:
        if path.exists():
            raise Conflict(f"{path} is there already", hint="remove it, or write to another place")
    for path, text in made.items():
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        except OSError as error:
            why = (error.strerror or "unknown").lower()
            raise NotAllowed(f"{path} cannot be written: {why}", hint="write to another place") from None
