"""Options that several commands share, spelt the same everywhere."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable
from pathlib import Path

from bot.cli.console import Console

Act = Callable[[argparse.Namespace, Console], int]
"""What a command does; its exit status."""


class Family:
    """The sub-commands of one command: `tocsin incident list` and its siblings."""

    def __init__(self, parser: argparse.ArgumentParser) -> None:
        self._parsers = parser.add_subparsers(title="commands", metavar="COMMAND", dest="subcommand", required=True)

    def add(self, name: str, act: Act, summary: str, *, examples: str = "") -> argparse.ArgumentParser:
        """One of them; `examples` are lines for its help."""
        parser = self._parsers.add_parser(
            name,
            help=summary,
            description=f"{summary[0].upper()}{summary[1:]}.",
            epilog=f"examples:\n{examples}" if examples else None,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        parser.set_defaults(act=act)
        return parser


def add_config(parser: argparse.ArgumentParser) -> None:
    """`-c FILE`. It may stand before the command too, so an absent one here leaves that as it is."""
    parser.add_argument(
        "-c",
        "--config",
        type=Path,
        metavar="FILE",
        default=argparse.SUPPRESS,
        help="the configuration (default: ./tocsin.yaml)",
    )


def add_client(parser: argparse.ArgumentParser) -> None:
    """`-c`, `--server` and `--token-file`: which running Tocsin is asked, and as whom."""
    add_config(parser)
    parser.add_argument("--server", metavar="URL", default="", help="the Tocsin to ask (default: the configuration's)")
    parser.add_argument(
        "--token-file",
        type=Path,
        metavar="FILE",
        help="your token (default: $TOCSIN_TOKEN_FILE, or tocsin.token beside the database)",
    )


def pair(text: str) -> tuple[str, str]:
    """`NAME=VALUE`, as an option's type."""
    name, sign, value = text.partition("=")
    if not sign or not name:
        raise argparse.ArgumentTypeError(f"not a pair: {text!r}; write it like NAME=VALUE")
    return name, value


def regex(text: str) -> re.Pattern[str]:
    """A regular expression, as an option's type."""
    try:
        return re.compile(text)
    except re.error as error:
        raise argparse.ArgumentTypeError(f"{text!r} is no regular expression: {error}") from None


def add_incident(parser: argparse.ArgumentParser) -> None:
    """`ID`, kept as `incident`: which one is meant."""
    parser.add_argument("incident", metavar="ID", help="the incident, such as INC-7")


def add_json(parser: argparse.ArgumentParser) -> None:
    """`--json`: the answer as the API gives it."""
    parser.add_argument("--json", action="store_true", help="print the API's own JSON")
