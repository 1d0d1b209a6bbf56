"""A search read into stages, and what stages know of the run they are part of."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from bot.testing.splunk.spl.values import Row, Rows, SplError


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What the stages of one run may ask for: its times, its events, other jobs' rows, and other searches."""

    now: float
    earliest: float
    latest: float
    events: Callable[[Mapping[str, str]], Iterator[Row]]
    """The events of the run's window, newest first; the times that the search itself names go before."""
    results: Callable[[str], Iterable[Row]]
    """The rows of a finished job; raises SplError where there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """One command of a search. A transforming one makes a table out of events."""

    name: str
    apply: Callable[[Rows, Run], Rows]
    transforms: bool = False
    fields: tuple[str, ...] = ()
    """In which order its fields stand, where it says so."""


Reader: TypeAlias = Callable[[str], Stage]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pipeline:
    """A search that was understood."""

    written: str
    stages: tuple[Stage, ...]
    all_fields: bool = field(default=False)

    @property
    def transforms(self) -> bool:
        """Whether its results are rows of a table and no events."""
        return any(stage.transforms for stage in self.stages)

    @property
    def field_order(self) -> tuple[str, ...]:
        """In which order its fields stand, where its last command says so."""
        return self.stages[-1].fields

    def rows(self, run: Run, tap: Callable[[Rows], Rows] = iter) -> Rows:
        """Its results, in order, made as they are taken; `tap` sees what goes into the first transforming stage."""
        rows: Rows = iter(())
        tapped = False
        for stage in self.stages:
            if stage.transforms and not tapped:
                rows, tapped = tap(rows), True
            rows = stage.apply(rows, run)
        return rows if tapped else tap(rows)


def understood(written: str, first: Mapping[str, Reader], then: Mapping[str, Reader]) -> Pipeline:
    """Reads a search: one command of `first`, and any of `then`. Raises SplError with what Splunk would say."""
    parts = split(uncommented(written))
    if len(parts) > 1 and not parts[0]:
        parts = parts[1:]  # it begins with a pipe
    stages = [
        _stage(part, first if place == 0 else then, then if place == 0 else first) for place, part in enumerate(parts)
    ]
    shows_all = any(stage.name in {"fields", "table"} for stage in stages)
    return Pipeline(written=written, stages=tuple(stages), all_fields=shows_all)


def _stage(part: str, here: Mapping[str, Reader], elsewhere: Mapping[str, Reader]) -> Stage:
    found = re.match(r"[^\s=\"(\[]*", part)
    name = found[0] if found else ""
    if reader := here.get(name.lower()):
        return reader(part[len(name) :].strip())
    if name.lower() in elsewhere:
        must = "be" if "makeresults" in elsewhere else "not be"
        raise SplError(f"Error in '{name}' command: This command must {must} the first command of a search.")
    raise SplError(f"Unknown search command '{name}'.")


def uncommented(written: str) -> str:
    """Without ```comments```."""
    return re.sub(r"```.*?```", " ", written, flags=re.DOTALL)


def split(written: str, mark: str = "|") -> list[str]:
    """The parts between marks that stand outside quotes, brackets and parentheses."""
    parts, depth, quote, start, skip = [], 0, "", 0, False
    for place, letter in enumerate(written):
        if skip:
            skip = False
        elif quote:
            skip = letter == "\\"
            quote = "" if letter == quote else quote
        elif letter == '"':
            quote = letter
        elif letter in "[(":
            depth += 1
        elif letter in ")]":
            depth -= 1
        elif letter == mark and depth == 0:
            parts.append(written[start:place].strip())
            start = place + 1
    if quote:
        raise SplError("Error in 'SearchParser': Unbalanced quotes.")
    if depth:
        raise SplError("Error in 'SearchParser': Mismatched brackets or parentheses.")
    return [*parts, written[start:].strip()]


def words(argument: str) -> list[str]:
    """The words of an argument, at blanks and commas outside quotes and parentheses; quotes stay."""
    found = re.findall(r"""(?:"(?:[^"\\]|\\.)*"|\((?:[^()"]|"(?:[^"\\]|\\.)*"|\([^()]*\))*\)|[^\s,"(])+""", argument)
    return [word for word in found if word]


def unquoted(word: str) -> str:
    """A name or value without the quotes around it."""
    if len(word) > 1 and word[0] == word[-1] and word[0] in "\"'":
        return re.sub(r"\\(.)", r"\1", word[1:-1])
    return word


def options(command: str, given: Sequence[str], known: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    """`name=value` words, over their defaults, and the other words; an option that is not known is refused."""
    found, rest = dict(known), []
    for word in given:
        name, sign, value = word.partition("=")
        if not sign or not re.fullmatch(r"[a-z_]+", name):
            rest.append(word)
        elif name not in known:
            raise SplError(f"Error in '{command}' command: Invalid argument: '{word}'")
        else:
            found[name] = unquoted(value)
    return found, rest


def whole(command: str, option: str, value: str) -> int:
    """An option that must be a whole number."""
    if not re.fullmatch(r"\d+", value):
        raise SplError(
            f"Error in '{command}' command: Invalid value '{value}' for option '{option}'. An integer is required."
        )
    return int(value)


def flag(command: str, option: str, value: str) -> bool:
    """An option that is true or false."""
    if value.lower() not in {"t", "true", "1", "f", "false", "0"}:
        raise SplError(
            f"Error in '{command}' command: Invalid option value. Expecting a 'boolean' for option '{option}'."
        )
    return value.lower() in {"t", "true", "1"}
