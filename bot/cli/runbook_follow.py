"""Follows a run in the terminal: what its steps print as it comes, what it asks, and how it ends."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from bot.cli.client import Answer
from bot.cli.console import Console, Style
from bot.errors import Temporary

_EVERY_S = 0.5
_PATIENCE_S = 600.0
"""For how long it is asked again where nothing answers: longer than an upgrade takes."""
_OVER = ("succeeded", "failed", "skipped", "rejected", "unknown")
_STYLES = {
    "succeeded": Style.GOOD,
    "failed": Style.BAD,
    "rejected": Style.BAD,
    "unknown": Style.CAREFUL,
    "asking": Style.CAREFUL,
}
INTERRUPTED = 130


class Asked(Protocol):
    """What is asked for a run; see `bot.cli.client.Client`."""

    def get(self, *path: str, query: Mapping[str, str | list[str]] | None = None) -> Answer:
        """The JSON at this path."""
        ...


def follow(tocsin: Asked, console: Console, run: str, every: float = _EVERY_S, patience: float = _PATIENCE_S) -> int:
    """Until it has ended; 0 when it succeeded. Ctrl-C leaves it going, and says so. `every`, `patience`: seconds.

    A Tocsin that is started anew meanwhile is asked again; Temporary where it is away for longer.
    """
    told, watch = _Told(console), _Watch(tocsin, console, run, every, patience)
    after = 0
    try:
        while True:
            pieces, seen = watch.look(after)
            told.titles |= {step["id"]: step["title"] for step in seen["run"]["steps"]}
            for piece in pieces:
                told.printed(piece)
                after = piece["seq"]
            told.stands(seen)
            if seen["run"]["ended_at"]:
                return told.ended(seen)
            console.out.flush()
            time.sleep(every)
    except KeyboardInterrupt:
        console.tell(f"\n{run} goes on; follow it again with `tocsin runbook follow {run}`")
        return INTERRUPTED


@dataclass
class _Watch:
    """Looks at a run, again and again where nothing answers for a while: the run survives that, and so does this."""

    tocsin: Asked
    console: Console
    run: str
    every: float
    patience: float
    answered: bool = False
    away_since: float | None = None

    def look(self, after: int) -> tuple[list[Answer], Answer]:
        """What it has printed after this piece, and how it stands; Temporary where nobody has answered for too long."""
        while True:
            try:
                pieces = self.tocsin.get("runs", self.run, "output", query={"after": str(after)})["pieces"]
                seen = self.tocsin.get("runs", self.run)
            except Temporary as away:
                self._wait(away)
            else:
                if self.away_since is not None:
                    self.console.tell("it answers again")
                self.answered, self.away_since = True, None
                return pieces, seen

    def _wait(self, away: Temporary) -> None:
        now = time.monotonic()
        since = now if self.away_since is None else self.away_since
        if not self.answered or now - since >= self.patience:
            raise away
        if self.away_since is None:
            self.console.tell(f"{away.message}; {self.run} goes on when Tocsin does, and is followed then")
        self.away_since = since
        time.sleep(self.every)


@dataclass
class _Told:
    """What was told so far: each step's status, what it printed, and the questions."""

    console: Console
    statuses: dict[str, str] = field(default_factory=dict)
    said: dict[str, str] = field(default_factory=dict)
    asked: set[str] = field(default_factory=set)
    held: dict[str, str] = field(default_factory=dict)
    heading: tuple[str, int] = ("", 0)
    titles: dict[str, str] = field(default_factory=dict)

    def printed(self, piece: Answer) -> None:
        """A piece of what a step prints."""
        step, attempt = piece["step"], piece["attempt"]
        if self.heading != (step, attempt):
            self._head(step, self.titles.get(step, "") if attempt < 2 else f"attempt {attempt}")
            self.heading, self.said[step] = (step, attempt), ""
        self.said[step] += piece["text"]
        self._lines(piece["text"])

    def stands(self, seen: Answer) -> None:
        """What has changed of its steps, and what it asks."""
        for step in seen["run"]["steps"]:
            status = step["status"]
            if status in _OVER and self.statuses.get(step["id"]) != status:
                self._over(step)
            self.statuses[step["id"]] = status
        self._holds(seen)
        for approval in seen["approvals"]:
            if approval["status"] == "open" and approval["id"] not in self.asked:
                self.asked.add(approval["id"])
                self.console.line((approval["id"], Style.CAREFUL), (f" asks: {approval['ask']}", Style.PLAIN))
                self.console.tell(f"answer with `tocsin approve {approval['id']}`, or on its page")

    def _holds(self, seen: Answer) -> None:
        """What keeps steps from beginning by now, once."""
        waiting = {step["id"] for step in seen["run"]["steps"] if step["status"] == "waiting"}
        last = {line["step"]: line for line in seen["journal"] if line["kind"] in ("held", "intended")}
        for step, line in last.items():
            why = line["data"].get("reason", "") if line["kind"] == "held" else ""
            if step in waiting and why and self.held.get(step) != why:
                self.held[step] = why
                self.console.line((f"{step} is held", Style.CAREFUL), (f": {why}", Style.PLAIN))

    def ended(self, seen: Answer) -> int:
        """How the run ended, and what became of the signal; what the command's exit status is."""
        run, journal = seen["run"], seen["journal"]
        for line in journal:
            if line["kind"] == "checked":
                self.console.say(line["data"].get("text", ""))
        reason = next((line["data"].get("reason", "") for line in reversed(journal) if line["kind"] == "ended"), "")
        status = run["status"]
        style = _STYLES.get(status, Style.PLAIN)
        self.console.line((f"{run['id']} {status}", style), (f": {reason}" if reason else "", Style.PLAIN))
        return int(status != "succeeded")

    def _over(self, step: Answer) -> None:
        name, text = step["id"], step["text"]
        before = self.said.get(name, "")
        if not before:
            self._head(name, step["title"])
        for line in _untold(text, before):
            self.console.say(f"   {line}")
        self.heading = ("", 0)
        reason = step["reason"] or (step["plan"]["summary"] if step["plan"] else "")
        self.console.line(
            (f"   {step['status']}", _STYLES.get(step["status"], Style.FAINT)), (f"  {reason}", Style.FAINT)
        )

    def _head(self, step: str, more: str) -> None:
        self.console.line((f"== {step}", Style.BOLD), (f"  {more}" if more else "", Style.PLAIN))

    def _lines(self, text: str) -> None:
        for line in text.splitlines():
            self.console.say(f"   {line}")


def _untold(text: str, before: str) -> Iterator[str]:
    """The lines of a step's whole text that were not told as they came: several hosts came in another order there."""
    told = Counter(line.rstrip() for line in before.splitlines())
    for line in text.splitlines():
        if told[line.rstrip()]:
            told[line.rstrip()] -= 1
        else:
            yield line
