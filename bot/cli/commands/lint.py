"""`tocsin lint`: what experience knows of rules that are valid and will still be regretted."""

from __future__ import annotations

import argparse
import asyncio
import os
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.cli.client import connected
from bot.cli.console import Console, Style
from bot.cli.github import annotation
from bot.cli.linting import no_series, nobody_acted
from bot.cli.options import Family, add_client
from bot.cli.rulefiles import Chosen, choose
from bot.cli.sources import opened, wanted
from bot.config.examine import Configured
from bot.documents import parse_duration
from bot.errors import NotFound, TocsinError
from bot.rules.lint import CHECKS, Advice, Read, kept, lint

_EXAMPLES = """\
  tocsin lint rules                       every rule file that tocsin.yaml names
  tocsin lint rules rules/shop.yml        one file, or a folder
  tocsin lint rules --source prom         look for series that the source does not have, too
  tocsin lint rules --format github       as annotations on a pull request

`tocsin check` finds mistakes; this finds what is valid and will still be regretted. A comment in a rule silences a
check for it: `# tocsin: ignore no-for`. Alerts that nobody acted on are looked for where a Tocsin runs.

exit status: 0 nothing found, 1 something found, 2 could not look"""
_INTERVAL = timedelta(minutes=1)


def configure(parser: argparse.ArgumentParser) -> None:
    """Its sub-commands."""
    rules = Family(parser).add(
        "rules", lint_rules, "look for what experience warns of in alert rules", examples=_EXAMPLES
    )
    rules.add_argument("rules", nargs="*", metavar="FILE", help="rule files or folders (default: all of tocsin.yaml's)")
    rules.add_argument(
        "--source",
        metavar="NAME",
        default="",
        help="look for series it does not have: a name of tocsin.yaml, or an address",
    )
    rules.add_argument(
        "--scrape-interval", metavar="LENGTH", type=_length, default="15s", help="how often samples come (default: 15s)"
    )
    rules.add_argument(
        "--days", metavar="N", type=int, default=30, help="how long nobody may have acted on an alert (default: 30)"
    )
    rules.add_argument(
        "--format", choices=("text", "json", "github"), default="text", help="how to tell (default: text)"
    )
    add_client(rules)


def lint_rules(arguments: argparse.Namespace, console: Console) -> int:
    """Looks, and tells."""
    try:
        chosen = choose(arguments.rules, arguments.config, os.environ, Path.cwd(), interval=_INTERVAL)
        asked = wanted(arguments.source, chosen.loaded) if arguments.source else None
    except NotFound as error:
        console.trouble(error.message, error.hint)
        return 2
    promql = [file for file in chosen.files if all(group.search is None for group in file.groups)]
    files = [Read(document=file.document, groups=file.groups) for file in promql]
    if not files:
        console.trouble(
            "there is no rule file to look at", "name rule files, or name them under `rules` in tocsin.yaml"
        )
        return 2
    found = list(lint(files, scrape_interval=arguments.scrape_interval))
    if asked is not None:
        found += kept(asyncio.run(_missing(files, asked, chosen)))
    found += kept(_ignored(files, arguments))
    order = {file.document.file: at for at, file in enumerate(files)}
    found.sort(key=lambda one: (order[one.document.file], one.place.line, one.place.column, one.check))
    _tell(found, files, arguments.format, console)
    return 1 if found else 0


async def _missing(files: Sequence[Read], asked: Configured, chosen: Chosen) -> Sequence[Advice]:
    async with opened([asked], chosen.loaded.secrets) as sources:
        return await no_series(files, sources[asked.name], datetime.now(UTC))


def _ignored(files: Sequence[Read], arguments: argparse.Namespace) -> list[Advice]:
    """What a running Tocsin knows of incidents; nothing where none runs."""
    try:
        with connected(arguments) as tocsin:
            incidents = tocsin.get("incidents")["incidents"]
    except TocsinError:
        return []
    return list(nobody_acted(files, incidents, datetime.now(UTC) - timedelta(days=arguments.days)))


def _tell(found: Sequence[Advice], files: Sequence[Read], form: str, console: Console) -> None:
    match form:
        case "json":
            console.json({"findings": [_as_json(one) for one in found], "files": len(files)})
            return
        case "github":
            for one in found:
                place = {"file": one.document.file, "line": one.place.line, "col": one.place.column}
                console.say(annotation("warning", one.text, **place, title=one.check))
        case _:
            for one in found:
                console.say(
                    f"{one.document.file}:{one.place.line}:{one.place.column}: {one.check}: {one.rule}: {one.seen}"
                )
                console.say(f"    {CHECKS[one.check].why}; {CHECKS[one.check].do}", Style.FAINT)
    rules = sum(len(group.rules) for file in files for group in file.groups)
    counts = f"{rules} rules in {len(files)} files" if len(files) != 1 else f"{rules} rules in 1 file"
    console.say(f"{counts}: {f'{len(found)} found' if found else 'nothing found'}")


def _as_json(one: Advice) -> dict[str, object]:
    return {
        "check": one.check,
        "rule": one.rule,
        "file": one.document.file,
        "line": one.place.line,
        "column": one.place.column,
        "seen": one.seen,
        "why": CHECKS[one.check].why,
        "do": CHECKS[one.check].do,
    }


def _length(text: str) -> timedelta:
    try:
        return parse_duration(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{error}") from None
