"""`tocsin report`: the report of an incident as one self-contained file."""

from __future__ import annotations

import argparse
from pathlib import Path

from bot.cli.client import connected
from bot.cli.console import Console
from bot.cli.options import add_client
from bot.errors import NotAllowed

_EXAMPLES = """\
examples:
  tocsin report INC-7                          read it here
  tocsin report INC-7 --format html -o 7.html  one file with its charts in it, to send or keep"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Its options."""
    parser.epilog = _EXAMPLES
    parser.add_argument("incident", metavar="ID", help="the incident, such as INC-7")
    parser.add_argument("--format", choices=("md", "html"), default="md", help="Markdown (default) or HTML")
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", help="write it here, not to standard output")
    add_client(parser)
    parser.set_defaults(act=report)


def report(arguments: argparse.Namespace, console: Console) -> int:
    """Fetches it and writes it."""
    with connected(arguments) as tocsin:
        text = tocsin.text("incidents", arguments.incident, "report", query={"format": arguments.format})
    if arguments.output is None:
        console.document(text)
        return 0
    try:
        arguments.output.write_text(text, encoding="utf-8")
    except OSError as error:
        reason = (error.strerror or "unknown").lower()
        raise NotAllowed(f"cannot write {arguments.output}: {reason}", hint="name another file with -o") from None
    console.tell(f"written to {arguments.output}")
    return 0
