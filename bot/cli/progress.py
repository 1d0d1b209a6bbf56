"""How far a long command is: a bar on a terminal, drawn over itself, and one line elsewhere. On standard error."""

from __future__ import annotations

from bot.cli.console import Console, visible

_WIDTH = 30


class Progress:
    """Counts up to `total` of `what`, such as `slots`. `begin` says what is being done, once."""

    def __init__(self, console: Console, total: int, what: str) -> None:
        self._console = console
        self._total = max(total, 1)
        self._what = what
        self._done = 0
        self._shown = -1
        self._alive = console.err.isatty()

    def begin(self, text: str) -> None:
        """What is being done; on a terminal the bar follows beneath."""
        self._console.tell(text)
        self._draw()

    def add(self, count: int) -> None:
        """So many more are done."""
        self._done += count
        self._draw()

    def end(self) -> None:
        """Takes the bar away, so that what follows begins on a clean line."""
        if self._alive:
            self._console.err.write("\r\x1b[K")
            self._console.err.flush()

    def _draw(self) -> None:
        percent = min(100, 100 * self._done // self._total)
        if not self._alive or percent == self._shown:
            return
        self._shown = percent
        full = _WIDTH * percent // 100
        bar = "#" * full + "." * (_WIDTH - full)
        line = f"[{bar}] {percent:3d} %  {self._done:,} of {self._total:,} {self._what}"
        self._console.err.write(f"\r{visible(line)}\x1b[K")
        self._console.err.flush()
