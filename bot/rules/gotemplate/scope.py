"""The variables a template can see where it stands."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from bot.rules.gotemplate.values import Loose, Value


class Scope:
    """Variables, the innermost last: an inner one hides an outer one of the same name until its block ends."""

    def __init__(self) -> None:
        self._variables: list[tuple[str, Value | Loose]] = []

    def declare(self, name: str, value: Value | Loose) -> None:
        """Adds a variable to the innermost block."""
        self._variables.append((name, value))

    def assign(self, name: str, value: Value | Loose) -> None:
        """Changes the innermost variable of this name; KeyError when there is none."""
        self._variables[self._index(name)] = (name, value)

    def get(self, name: str) -> Value | Loose:
        """The innermost variable of this name; KeyError when there is none."""
        return self._variables[self._index(name)][1]

    @contextmanager
    def block(self) -> Iterator[None]:
        """A block: what is declared in it is gone after it."""
        size = len(self._variables)
        try:
            yield
        finally:
            del self._variables[size:]

    def _index(self, name: str) -> int:
        for index in range(len(self._variables) - 1, -1, -1):
            if self._variables[index][0] == name:
                return index
        raise KeyError(name)
