"""How a command ended, and what it printed; the same for this machine and for others."""

from __future__ import annotations

import codecs
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol

from bot.ports.actions import Say, nobody

MAX_OUTPUT = 256 * 1024
"""Bytes kept of each of the two outputs; what comes after is read and dropped."""

_LONGEST_LINE = 8192
_TOO_LONG = "[a line too long to be shown as it comes]"
_LONGEST_SECRET = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """`exit_code` is None when a signal ended it (`signal` names it). The outputs are cut at `MAX_OUTPUT` bytes."""

    exit_code: int | None
    signal: str = ""
    stdout: bytes = b""
    stderr: bytes = b""


class Lost(Exception):
    """It was started, and then nobody saw how it ended."""


class Place(Protocol):
    """Somewhere a command can run.

    `run` raises Temporary or Permanent when the command was not started, and Lost when it was and its end was not
    seen. On cancellation it stops the command. When Tocsin is killed, a command goes on; `within` bounds for how long.
    `say` hears its lines as they come. Where only reading is allowed (`bot.ports.reads_only`), only what is known to
    read is started: Permanent otherwise.
    """

    async def run(self, argv: Sequence[str], within: timedelta | None = None, say: Say = nobody) -> Ended:
        """Runs it to its end."""
        ...


class Lines:
    """Tells what a command prints, line by line as it comes, as far as its output is kept."""

    def __init__(self, say: Say) -> None:
        self._say = say
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._begun = ""
        self._skips = False
        self._left = MAX_OUTPUT

    def hear(self, output: bytes) -> None:
        """Takes the next piece."""
        kept = output[: self._left]
        self._left -= len(kept)
        *whole, self._begun = (self._begun + self._decoder.decode(kept)).split("\n")
        if self._skips and whole:
            whole, self._skips = whole[1:], False
        if len(self._begun) > _LONGEST_LINE or self._skips:
            # not piece by piece: half a secret may stand at the end of one
            whole, self._begun, self._skips = [*whole, *([] if self._skips else [_TOO_LONG])], "", True
        if whole:
            self._say("".join(f"{line}\n" for line in whole).replace("\x00", "\ufffd"))

    def end(self) -> None:
        """Tells what came after the last line, if it is all of it."""
        if self._begun and self._left:
            self._say(f"{self._begun}\n".replace("\x00", "\ufffd"))
            self._begun = ""


def bounded(argv: Sequence[str], seconds: float) -> Sequence[str]:
    """The same command, ended by timeout(1) after so many seconds and a bit, whoever else is still there.

    The bit lets a Tocsin that is there end it first, and say that it was out of time.
    """
    return ("timeout", "-k", "1", str(max(1, math.ceil(seconds) + 1)), *argv)


def text(output: bytes) -> str:
    """The output as text that a database keeps: not UTF-8, and NUL, become the replacement character.

    Where it was cut, so is the line that it was cut in: half a secret may stand there, which nobody would know for one.
    """
    if len(output) >= MAX_OUTPUT:
        output = output[: max(output.rfind(b"\n") + 1, len(output) - _LONGEST_SECRET)]
    return output.decode(errors="replace").replace("\x00", "\ufffd")


def document(output: str) -> Any | None:  # Any: any JSON value
    """The output as JSON, where it is one whole document of it; else None."""
    try:
        value = json.loads(output)
        json.dumps(value, allow_nan=False, ensure_ascii=False).encode()
    except (ValueError, RecursionError):  # UnicodeEncodeError too: half a surrogate pair is a text nobody can keep
        return None
    return None if "\\u0000" in output else value
