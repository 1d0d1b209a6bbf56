"""`tocsin test rules`: promtool's unit-test files, and those of saved searches, with differences a person can read."""

from __future__ import annotations

import argparse
import asyncio
import dataclasses
import os
from collections.abc import Sequence
from pathlib import Path

from bot.app.proving import Played, Suite, as_json, load, play
from bot.cli import junit
from bot.cli.console import Console, Style
from bot.cli.options import Family, regex
from bot.cli.progress import Progress
from bot.errors import StartError
from bot.integrations.prometheus.scratch import find
from bot.rules.proving.telling import tell

_EXAMPLES = """\
  tocsin test rules rules/tests/*.yaml
  tocsin test rules --run Disk --junit report.xml rules/tests/hosts.yaml
  tocsin test rules rules/splunk/recipes/tests.yaml

A test of saved searches says itself what Splunk finds. Each other one has a throw-away Prometheus of its own: the one
named with --prometheus or $TOCSIN_PROMETHEUS, the one on PATH, or the one that Tocsin's own tests use.

exit status: 0 all is as expected, 1 it is not, or mistakes were found, 2 nothing could be looked at"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Its options."""
    rules = Family(parser).add(
        "rules", prove_rules, "play unit-test files of rules and of saved searches", examples=_EXAMPLES
    )
    rules.add_argument("files", type=Path, nargs="+", metavar="FILE", help="unit-test files, as promtool has them")
    rules.add_argument("--run", metavar="REGEX", type=regex, help="only the tests whose name this is found in")
    rules.add_argument("--junit", type=Path, metavar="FILE", help="also write what came of it as JUnit's XML")
    rules.add_argument("--format", choices=("text", "json"), default="text", help="how to tell (default: text)")
    rules.add_argument("--prometheus", type=Path, metavar="FILE", help="the Prometheus to start")


def prove_rules(arguments: argparse.Namespace, console: Console) -> int:
    """Plays, and tells; 2 when there is nothing to look at."""
    try:
        for path in arguments.files:
            if not path.is_file():
                raise StartError(f"there is no file {path}", hint="name unit-test files, as promtool has them")
        suites = load(arguments.files, Path.cwd(), arguments.run)
        needed = any(suite.needs_prometheus for suite in suites)
        binary = find(arguments.prometheus, os.environ) if needed else None
        played = asyncio.run(_play(suites, binary, console))
        if arguments.junit:
            junit.keep(arguments.junit, _cases(suites, played))
    except StartError as error:
        console.trouble(error.message, error.hint)
        return 2
    if arguments.format == "json":
        console.json(_as_json(suites, played))
    else:
        _tell(suites, played, console)
    return 0 if _all_is_well(suites, played) else 1


async def _play(suites: Sequence[Suite], binary: Path | None, console: Console) -> Sequence[Played]:
    count = sum(len(suite.stories) for suite in suites if not suite.broken)
    progress = Progress(console, count, "tests")
    try:
        return await play(suites, binary, lambda _: progress.add(1))
    finally:
        progress.end()


def _all_is_well(suites: Sequence[Suite], played: Sequence[Played]) -> bool:
    return not any(suite.broken for suite in suites) and all(one.proof.holds for one in played)


def _tell(suites: Sequence[Suite], played: Sequence[Played], console: Console) -> None:
    for suite in suites:
        own = [one for one in played if one.file == suite.name]
        bad = [one for one in own if not one.proof.holds]
        if suite.broken:
            console.say(f"{suite.name}: not played", Style.BAD)
        else:
            seconds = sum(one.seconds for one in own)
            style = Style.BAD if bad else Style.GOOD
            console.say(f"{suite.name}: {len(own) - len(bad)} of {len(own)} as expected, {seconds:.1f} s", style)
        for complaint in suite.complaints:
            console.say(f"  {complaint}")
        for one in bad:
            console.say(f"  {one.story.name}", Style.BOLD)
            for line in tell(one.proof):
                console.say(f"    {line}")
    wrong = sum(not one.proof.holds for one in played)
    unread = sum(suite.broken for suite in suites)
    count = "1 test" if len(played) == 1 else f"{len(played)} tests"
    parts = [
        f"{count}: {f'{wrong} not as expected' if wrong else 'all as expected'}" if played else "no test was played"
    ]
    if unread:
        parts.append(f"{unread} of {len(suites)} files cannot be played")
    console.say("; ".join(parts), Style.BAD if wrong or unread else Style.GOOD)


def _cases(suites: Sequence[Suite], played: Sequence[Played]) -> list[junit.Case]:
    unread = [
        junit.Case(suite=suite.name, name="the file", wrong=tuple(map(str, suite.complaints)))
        for suite in suites
        if suite.broken
    ]
    return unread + [
        junit.Case(suite=one.file, name=one.story.name, seconds=one.seconds, wrong=tuple(tell(one.proof)))
        for one in played
    ]


def _as_json(suites: Sequence[Suite], played: Sequence[Played]) -> dict[str, object]:
    return {
        "holds": _all_is_well(suites, played),
        "complaints": [dataclasses.asdict(complaint) for suite in suites for complaint in suite.complaints],
        "tests": [as_json(one) for one in played],
    }
