"""`tocsin chat`: the commands of the chat, in a terminal; where no Slack is set up this is the chat."""

from __future__ import annotations

import argparse

from bot.cli import chatting
from bot.cli.client import Answer, Client, connected
from bot.cli.console import Console, Style
from bot.cli.options import add_client, add_json
from bot.errors import TocsinError

_EPILOG = """\
Without words it asks for one line after the other, until `quit`; with them it does what they say, and the exit status
is 1 where nothing was done.

examples:
  tocsin chat                                     help, list, declare, ack 7, ...
  tocsin chat list
  tocsin chat "declare sev2 customers cannot pay"
  tocsin chat --about INC-7 note "the cache was cold"
"""
_PROMPT = "tocsin> "
_ENOUGH = ("quit", "exit", "bye")


def configure(parser: argparse.ArgumentParser) -> None:
    """Its options."""
    parser.epilog = _EPILOG
    parser.add_argument("words", nargs="*", metavar="WORD", help="a command of the chat; `help` lists them")
    parser.add_argument("--about", default="", metavar="ID", help="the incident that is meant where a line names none")
    add_json(parser)
    add_client(parser)
    parser.set_defaults(act=chat)


def chat(arguments: argparse.Namespace, console: Console) -> int:
    """One line, or one after the other."""
    with connected(arguments) as tocsin:
        if arguments.words:
            return _once(" ".join(arguments.words), tocsin, arguments, console)
        return _talk(tocsin, arguments.about, console)


def _once(line: str, tocsin: Client, arguments: argparse.Namespace, console: Console) -> int:
    answer = _say(tocsin, line, arguments.about)
    if arguments.json:
        console.json(answer)
    else:
        chatting.tell(answer, console, numbered=False)
    return 1 if answer["refused"] else 0


def _talk(tocsin: Client, about: str, console: Console) -> int:
    presses: list[Answer] = []
    console.say("`help` lists what you can type; a number presses a button; `quit` ends it.", Style.FAINT)
    while (line := console.prompt(_PROMPT)) is not None and line.strip().lower() not in _ENOUGH:
        if not line.strip():
            continue
        said = _pressed(line.strip(), presses, console)
        if said is None:
            continue
        try:
            presses = _one(said, tocsin, about, console)
        except TocsinError as error:  # of this line; the next may go well
            console.trouble(error.message, error.hint)
    return 0


def _pressed(line: str, presses: list[Answer], console: Console) -> str | None:
    """What a number stands for; None: they thought better of it."""
    if not line.isdecimal() or not 0 < int(line) <= len(presses):
        return line
    press = presses[int(line) - 1]
    return None if press["confirm"] and not console.ask(press["confirm"]) else str(press["says"])


def _one(line: str, tocsin: Client, about: str, console: Console) -> list[Answer]:
    """Does one line; the buttons of its answer."""
    answer = _say(tocsin, line, about)
    if answer["form"] is not None and console.interactive:
        values = chatting.fill(answer["form"], console)
        if values is None:
            console.say("nothing was done", Style.FAINT)
            return []
        answer = tocsin.post("chat", body={"command": answer["form"]["command"], "values": values})
    chatting.tell(answer, console, numbered=True)
    presses: list[Answer] = answer["presses"]
    return presses


def _say(tocsin: Client, line: str, about: str) -> Answer:
    return tocsin.post("chat", body={"text": line, "about": about})
