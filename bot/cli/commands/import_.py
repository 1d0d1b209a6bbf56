"""`tocsin import`: what a server's own alerts become here."""

from __future__ import annotations

import argparse
import asyncio
import os
from collections.abc import Sequence
from pathlib import Path

from bot.cli.console import Console, Style
from bot.cli.importing import Judged, as_json, entries, files, judged
from bot.cli.options import Family, add_config
from bot.cli.sources import keeper, saved
from bot.config.examine import examine
from bot.config.findings import Findings
from bot.config.places import default_path
from bot.errors import Conflict, DocumentError, TocsinError
from bot.rules.savedsearches import words

_EXAMPLES = """\
  tocsin import splunk                           what would become of every alert that Tocsin's account may see
  tocsin import splunk --app shop                those of one app
  tocsin import splunk --app shop --write shop.conf
                                                 write those that are evaluated to a savedsearches.conf
  tocsin import splunk --write rules/splunk/     one file for each app, as Splunk itself lays them out

exit status: 0 read, and written if asked, 1 some have mistakes or could not be written, 2 could not look"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Its sub-commands."""
    splunk = Family(parser).add("splunk", import_splunk, "show what saved searches become", examples=_EXAMPLES)
    splunk.add_argument("--source", metavar="NAME", default="", help="which one of tocsin.yaml (default: the only one)")
    splunk.add_argument("--app", metavar="APP", default="", help="only those of this app")
    splunk.add_argument("--owner", metavar="OWNER", default="", help="only those of this owner; `nobody`: shared ones")
    splunk.add_argument(
        "--write", metavar="PATH", type=Path, help="write those that are evaluated to this .conf file, or this folder"
    )
    splunk.add_argument("--format", choices=("text", "json"), default="text", help="how to tell (default: text)")
    add_config(splunk)


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
        taken = [path for path in made if path.exists()]
        if taken:
            raise Conflict(f"{taken[0]} is there already", hint="remove it, or write to another place")
        for path, text in made.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    except TocsinError as error:
        console.trouble(error.message, error.hint)
        return False
    except OSError as error:
        console.trouble(
            f"{target} cannot be written: {(error.strerror or 'unknown').lower()}", "write to another place"
        )
        return False
    if not made:
        console.trouble("there is no search to write", "see above why none is evaluated")
        return False
    console.tell("written; name it under `rules:` in tocsin.yaml:")
    for line in entries(made, found, source):
        console.tell(line)
    return True
