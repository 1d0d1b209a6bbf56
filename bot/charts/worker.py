"""The process that draws: reads charts from its standard input, answers with pictures, and ends when its input does.

It is started by `bot.charts.client` and by nobody else. It is given little memory and time, and no secret: what it
draws comes from labels that anybody may have written.
"""

from __future__ import annotations

import os
import resource
import signal
import sys
import warnings
from typing import BinaryIO

from bot.charts import wire
from bot.charts.drawing import draw

MEMORY = 1024**3
"""Address space in bytes; a drawing takes some 200 MiB of it."""
SECONDS = 60
"""A drawing that takes longer ends the process, even when nobody is left to ask for that."""
_FILE_SIZE = 32 * 1024**2


def main() -> None:
    """Answers until the input ends."""
    _confine()
    warnings.simplefilter("ignore")  # such as a character that no font has; it is drawn as a box
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # a library that prints must not speak in our place
    while message := _read(sys.stdin.buffer):
        signal.alarm(SECONDS)
        answer = _answer(message)
        signal.alarm(0)
        answers.write(wire.framed(answer))
        answers.flush()


def _confine() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_FSIZE, (_FILE_SIZE, _FILE_SIZE))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _answer(message: bytes) -> bytes:
    try:
        chart, width, height = wire.decode(message)
        return wire.DRAWN + draw(chart, width, height)
    except Exception as error:  # whatever it was, the next chart may be drawn; the caller is told
        return wire.FAILED + f"{type(error).__name__}: {error}".encode(errors="replace")


def _read(source: BinaryIO) -> bytes:
    header = source.read(wire.HEADER)
    return source.read(int.from_bytes(header, "big")) if len(header) == wire.HEADER else b""


if __name__ == "__main__":
    main()
