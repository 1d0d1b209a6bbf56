"""`tocsin`: finds the command, runs it, and turns every error of ours into a message and an exit status.

    0  it worked
    1  it did not, or it found mistakes; standard error says what to do
    2  the line cannot be understood, or nothing could be looked at
    130  interrupted

A command's module is imported when the command is named, so that `tocsin --help` is instant.
"""

from __future__ import annotations

import argparse
import importlib
import io
import keyword
import os
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path

from bot import __version__
from bot.cli.console import Console
from bot.errors import DocumentError, TocsinError

COMMANDS = {
    "run": "start Tocsin",
    "check": "find the mistakes in configuration, rules and runbooks",
    "test": "prove rules by unit tests, as promtool has them",
    "db": "upgrade, back up, prune or verify the database",
    "incident": "list, find, show, declare, move along, merge or link incidents",
    "service": "see what teams run, who answers for it, and how it stands",
    "chat": "type commands as in a chat, and read the same answers",
    "oncall": "see who is on call, now or at any time",
    "override": "cover for somebody, see who does, or stop it",
    "people": "see who our people are in chats, say who somebody is there, or make a code for yourself",
    "page": "wake somebody about an incident, or see who was woken",
    "silence": "keep alerts from being told for a while",
    "runbook": "list, show, rehearse or run runbooks",
    "approve": "answer what a run asks",
    "automation": "stop or resume all automation, and say how far each runbook may go by itself",
    "report": "write an incident's report to a file",
    "stats": "see how long incidents take, which rules are noise, and what being on call costs",
    "lint": "find what is valid in rules and will still be regretted",
    "why": "see why an alert fires or does not",
    "source": "see what a body that a vendor posts becomes here",
    "replay": "see what was posted become what it would become now",
    "import": "see what the alerts of another system become here",
    "backtest": "see what alert rules would have done over the past",
    "doctor": "see what Tocsin reaches, and what it does not",
    "slack": "write what Slack must know of the app",
    "link": "make a link that opens Tocsin's page once",
}
"""Every command and what it does; `bot.cli.commands` has a module of that name."""

_EPILOG = """\
examples:
  tocsin check                     look for mistakes before starting
  tocsin run                       start, with ./tocsin.yaml if there is one
  tocsin incident list             what is on fire
  tocsin approve APR-3             see exactly what would be done, then say yes or no

`run`, `check`, `test`, `db`, `lint`, `source`, `replay`, `import`, `backtest`, `slack` and `runbook test|schema|rbac`
work alone; all others ask a running Tocsin.
`tocsin COMMAND --help` says more."""


def parser(named: Sequence[str]) -> argparse.ArgumentParser:
    """The whole grammar, filled in for the commands named."""
    made = argparse.ArgumentParser(
        prog="tocsin",
        description="Your alert rules, incidents, runbooks, evidence and postmortems in one place.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    made.add_argument("--version", action="version", version=f"tocsin {__version__}")
    made.add_argument("-c", "--config", type=Path, metavar="FILE", help="the configuration (default: ./tocsin.yaml)")
    families = made.add_subparsers(title="commands", metavar="COMMAND", dest="command", required=True)
    for name, summary in COMMANDS.items():
        family = families.add_parser(
            name,
            help=summary,
            description=f"{summary[0].upper()}{summary[1:]}.",
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        if name in named:
            importlib.import_module(f"bot.cli.commands.{_module(name)}").configure(family)
    return made


def _module(command: str) -> str:
    """A module cannot be called as a word of Python's own is."""
    return f"{command}_" if keyword.iskeyword(command) else command


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command; the exit status. Nothing is raised but the grammar's SystemExit, unless TOCSIN_DEBUG is 1."""
    given = sys.argv[1:] if arguments is None else list(arguments)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a letter that this terminal does not have is no mistake
    console = Console(sys.stdout, sys.stderr, sys.stdin, os.environ)
    try:
        made = parser(given).parse_args(given)
        status: int = made.act(made, console)
        console.out.flush()
        return status
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # Whoever read our output has enough; flushing at exit must not complain about it again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        if os.environ.get("TOCSIN_DEBUG") == "1":
            raise
        explain(error, console)
        return 1


def explain(error: Exception, console: Console) -> None:
    """What went wrong and what to do about it, without a traceback, on standard error."""
    ours = _ours(error)
    if isinstance(ours, DocumentError):
        for complaint in ours.complaints:
            console.tell(str(complaint))
        count = len(ours.complaints)
        console.trouble("a mistake was found" if count == 1 else f"{count} mistakes were found", ours.hint)
    elif ours is not None:
        console.trouble(ours.message, ours.hint)
    else:
        last = traceback.extract_tb(error.__traceback__)[-1]
        # Not the error's own text, which may quote anything.
        console.trouble(
            f"a mistake in Tocsin itself: {type(error).__name__} at {Path(last.filename).name}:{last.lineno}",
            "run it again with TOCSIN_DEBUG=1 in the environment, and send us what it prints",
        )


def _ours(error: BaseException) -> TocsinError | None:
    """The error of ours that this is, or that a group of tasks failed with."""
    if isinstance(error, BaseExceptionGroup):
        return next((found for inner in error.exceptions if (found := _ours(inner)) is not None), None)
    return error if isinstance(error, TocsinError) else None
