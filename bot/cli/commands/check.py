"""`tocsin check`: every mistake in configuration, rules and runbooks, and in what they say of each other."""

from __future__ import annotations

import argparse
import dataclasses
import os
from pathlib import Path

from bot.cli.console import Console
from bot.cli.github import annotation
from bot.cli.options import add_config
from bot.config.checking import check_all, check_paths
from bot.config.findings import Findings
from bot.config.places import default_path
from bot.errors import Complaint, StartError

_EPILOG = """\
A file is known by its content, not by its name. Without PATH, tocsin.yaml and everything it names are checked.
Secrets that are not here are only warned of, so that this can run anywhere.

examples:
  tocsin check                          ./tocsin.yaml and all it names
  tocsin check rules/ runbooks/         everything of Tocsin's in two folders
  tocsin check --format github          as annotations on a pull request

exit status: 0 no mistakes, 1 mistakes found, 2 could not look"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Its options."""
    parser.epilog = _EPILOG
    parser.add_argument("paths", type=Path, nargs="*", metavar="PATH", help="files or folders to check")
    parser.add_argument(
        "--format", choices=("text", "json", "github"), default="text", help="how to tell (default: text)"
    )
    add_config(parser)
    parser.set_defaults(act=check)


def check(arguments: argparse.Namespace, console: Console) -> int:
    """Looks, and tells; 2 when there is nothing to look at."""
    cwd = Path.cwd()
    config = arguments.config or default_path(cwd)
    try:
        if arguments.paths:
            findings = check_paths(arguments.paths, config, os.environ, cwd)
        else:
            findings = check_all(config, os.environ, cwd)
    except StartError as error:
        console.trouble(error.message, error.hint)
        return 2
    match arguments.format:
        case "json":
            console.json(_as_json(findings))
        case "github":
            for complaint in findings.complaints:
                console.say(_annotation(complaint))
            console.say(findings.summary)
        case _:
            for complaint in findings.complaints:
                console.say(str(complaint))
            console.say(findings.summary)
    return 1 if findings.errors else 0


def _as_json(findings: Findings) -> dict[str, object]:
    return {
        "complaints": [dataclasses.asdict(complaint) for complaint in findings.complaints],
        "files": len(findings.files),
        "rules": sum(findings.rules.values()),
        "runbooks": len(findings.runbooks),
        "skipped": findings.skipped,
    }


def _annotation(complaint: Complaint) -> str:
    message = f"{complaint.path}: {complaint.message}" if complaint.path else complaint.message
    where = {"line": complaint.line, "col": complaint.column} if complaint.line else {}
    return annotation(complaint.gravity, message, file=complaint.file, **where)
