"""Tells the demo's story in the terminal: stages, what happens in them, and progress while we wait."""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Callable
from typing import TextIO, TypeVar

POLL_SECONDS = 0.2
Found = TypeVar("Found")

BOLD, DIM, GREEN, RED = "1", "2", "32", "31"


class StageFailed(Exception):
    """A stage did not happen; the message is the reason."""


class Teller:
    """Writes to one stream. Colours and moving progress only where a person watches."""

    def __init__(self, out: TextIO = sys.stdout, *, patience: float | None = None) -> None:
        """`patience`: seconds from now by which every wait ends; None: each wait has its own deadline only."""
        self._out = out
        self._live = out.isatty()
        self._colour = out.isatty() and not os.environ.get("NO_COLOR")
        self._began = time.monotonic()
        self._latest = None if patience is None else self._began + patience
        self.now_telling = "0 the demo starts"

    @property
    def elapsed(self) -> float:
        """Seconds since the story began."""
        return time.monotonic() - self._began

    def stage(self, number: int, title: str) -> None:
        """Open the next stage."""
        self.now_telling = f"{number} {title}"
        self._live = self._out.isatty()
        self._line(f"\n{self._paint(BOLD, f'{number}  {title}')}  {self._paint(DIM, f'{self.elapsed:.0f} s')}")

    def be_still(self) -> None:
        """No moving progress until the next stage."""
        self._live = False

    def say(self, text: str) -> None:
        """Tell one thing that happened."""
        self._line("".join(f"   {line}\n" for line in text.splitlines()).rstrip("\n"))

    def done(self, text: str) -> None:
        """Tell a good end."""
        self._line(f"\n{self._paint(GREEN, text)}")

    def failed(self, reason: str) -> None:
        """Tell a bad end, naming the stage."""
        self._line(f"\n{self._paint(RED, f'stage {self.now_telling!r} did not happen')}: {reason}")

    def wait(
        self,
        look: Callable[[], Found | None],
        *,
        seconds: float,
        waiting_for: str,
        glance: Callable[[], str] = str,
    ) -> Found:
        """Look again and again until something is found; raises StageFailed when `seconds` are over.

        `glance` says in a few words how things stand, for the progress line and for the reason of a failure.
        """
        began = time.monotonic()
        deadline = began + seconds if self._latest is None else min(began + seconds, self._latest)
        while True:
            found = look()
            if found is not None:
                self._clear()
                return found
            if time.monotonic() >= deadline:
                stands = glance()
                waited = f"waited {time.monotonic() - began:.0f} s for {waiting_for}"
                raise StageFailed(f"{waited}; {stands}" if stands else waited)
            self._progress(f"{waiting_for}, {time.monotonic() - began:.0f} s", glance)
            time.sleep(POLL_SECONDS)

    def _progress(self, text: str, glance: Callable[[], str]) -> None:
        if self._live:
            stands = glance()
            line = f"   ... {text}" + (f"; {stands}" if stands else "")
            self._clear()
            self._out.write(self._paint(DIM, line[: shutil.get_terminal_size().columns - 1]))
            self._out.flush()

    def _line(self, text: str) -> None:
        self._clear()
        self._out.write(f"{text}\n")
        self._out.flush()

    def _clear(self) -> None:
        if self._live:
            self._out.write("\r\x1b[K")

    def _paint(self, colour: str, text: str) -> str:
        return f"\x1b[{colour}m{text}\x1b[0m" if self._colour else text
