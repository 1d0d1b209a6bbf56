"""What `tocsin runbook` does with files alone: plays their tests, and prints the schema for editors."""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from bot.app.runbook_tests import Suite, prove
from bot.cli import junit
from bot.cli.console import Console, Style
from bot.cli.options import Family, add_config, regex
from bot.config.checking import offering, runbooks_in
from bot.config.places import default_path
from bot.config.references import offers_of
from bot.errors import StartError
from bot.runbooks.json_schema import json_schema
from bot.runbooks.trying import Played

_TEST_EXAMPLES = """\
  tocsin runbook test runbooks/
  tocsin runbook test --run 'rolled back' --junit report.xml runbooks/kubernetes/rollout-stuck.yaml

Nothing is asked of anybody: actions and people answer what stands in the test.

exit status: 0 all is as expected, 1 it is not, or mistakes were found, 2 nothing could be looked at"""
_SCHEMA_EXAMPLES = """\
  tocsin runbook schema > runbook.schema.json

A file that begins with `# yaml-language-server: $schema=runbook.schema.json` is completed and checked by editors."""


def configure(family: Family) -> None:
    """The sub-commands that need no running Tocsin."""
    testing = family.add("test", test, "play the tests in runbook files", examples=_TEST_EXAMPLES)
    testing.add_argument("files", type=Path, nargs="+", metavar="PATH", help="runbook files, or folders of them")
    testing.add_argument("--run", metavar="REGEX", type=regex, help="only the tests whose name this is found in")
    testing.add_argument("--junit", type=Path, metavar="FILE", help="also write what came of it as JUnit's XML")
    testing.add_argument("--format", choices=("text", "json"), default="text", help="how to tell (default: text)")
    add_config(testing)
    printing = family.add(
        "schema", schema, "print the JSON Schema of runbook files, for editors", examples=_SCHEMA_EXAMPLES
    )
    add_config(printing)


def schema(arguments: argparse.Namespace, console: Console) -> int:
    """Prints it, with the actions of the configuration, or without one of all that is installed."""
    cwd = Path.cwd()
    try:
        offers = offers_of(offering(arguments.config or default_path(cwd), os.environ, cwd))
    except StartError as error:
        console.trouble(error.message, error.hint)
        return 2
    made = json_schema([next(iter(offered.values())) for offered in offers.values()])
    console.say(json.dumps(made, indent=1, ensure_ascii=False))
    return 0


def test(arguments: argparse.Namespace, console: Console) -> int:
    """Plays, and tells; 2 when there is nothing to look at."""
    cwd = Path.cwd()
    try:
        files = tuple(dict.fromkeys(file for path in arguments.files for file in runbooks_in(path, cwd)))
        config = arguments.config or default_path(cwd)
        suites = tuple(prove(files, config, os.environ, cwd, arguments.run))
        if arguments.junit:
            junit.keep(arguments.junit, tuple(_cases(suites)))
    except StartError as error:
        console.trouble(error.message, error.hint)
        return 2
    if arguments.format == "json":
        console.json({"holds": all(suite.holds for suite in suites), "files": [_as_json(suite) for suite in suites]})
    else:
        _tell(suites, console)
    if not any(suite.played or suite.complaints for suite in suites):
        return 2
    return 0 if all(suite.holds for suite in suites) else 1


def _tell(suites: Sequence[Suite], console: Console) -> None:
    for suite in suites:
        for complaint in suite.complaints:
            console.say(str(complaint))
        for one in suite.played:
            place = f"{suite.name}:{one.test.line}"
            console.say(f"{place}: {'not as expected' if one.wrong else 'ok'}: {one.test.name}", _style(one))
            for line in one.wrong:
                console.say(f"  {line}")
    played = [one for suite in suites for one in suite.played]
    wrong, unread = sum(bool(one.wrong) for one in played), sum(bool(suite.complaints) for suite in suites)
    count = "1 test" if len(played) == 1 else f"{len(played)} tests"
    said = [
        f"{count}: {f'{wrong} not as expected' if wrong else 'all as expected'}" if played else "no test was played"
    ]
    if unread:
        said.append(f"{unread} of {len(suites)} files cannot be played")
    console.say("; ".join(said), Style.BAD if wrong or unread else Style.GOOD)


def _style(played: Played) -> Style:
    return Style.BAD if played.wrong else Style.GOOD


def _cases(suites: Sequence[Suite]) -> Iterator[junit.Case]:
    for suite in suites:
        if suite.complaints:
            yield junit.Case(suite=suite.name, name="the file", wrong=tuple(map(str, suite.complaints)))
        for one in suite.played:
            wrong = (f"{suite.name}:{one.test.line}", *one.wrong) if one.wrong else ()
            yield junit.Case(suite=suite.name, name=one.test.name, wrong=wrong)


def _as_json(suite: Suite) -> dict[str, object]:
    return {
        "file": suite.name,
        "complaints": [str(complaint) for complaint in suite.complaints],
        "tests": [
            {
                "name": one.test.name,
                "line": one.test.line,
                "holds": not one.wrong,
                "wrong": list(one.wrong),
                "path": one.path,
                "asked": one.asked,
                "status": one.status,
                "reason": one.reason,
                "verdict": one.verdict,
            }
            for one in suite.played
        ],
    }
