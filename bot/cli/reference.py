"""The commands and options in this folder's README, made from the parser; `make docs` writes them."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from bot.cli.main import COMMANDS, parser

_EVERYWHERE = {"-h", "-c", "--server", "--token-file"}
"""Options the README explains once."""


def commands() -> str:
    """Every command with its options, as Markdown."""
    return "\n\n".join(_section(command) for command in _leaves(parser(tuple(COMMANDS))))


def _leaves(made: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    """The commands without sub-commands, in the order of the help."""
    families = [action for action in made._actions if isinstance(action, argparse._SubParsersAction)]
    if not families:
        yield made
    for family in families:
        for below in family.choices.values():
            yield from _leaves(below)


def _section(command: argparse.ArgumentParser) -> str:
    rows = [
        f"| `{_spelt(action)}` | {_meaning(action)} |"
        for action in command._actions
        if not _EVERYWHERE & set(action.option_strings)
    ]
    table = ["", "| | |", "|---|---|", *rows] if rows else []
    return "\n".join([f"### `{command.prog}`", "", command.description or "", *table])


def _spelt(action: argparse.Action) -> str:
    value = action.metavar if isinstance(action.metavar, str) else "\\|".join(map(str, action.choices or ()))
    if not action.option_strings:
        return value
    spelt = ", ".join(action.option_strings)
    return f"{spelt} {value}".rstrip() if action.nargs != 0 else spelt


def _meaning(action: argparse.Action) -> str:
    text = (action.help or "").replace("|", "\\|")
    return f"{text[:1].upper()}{text[1:]}." if text else ""
