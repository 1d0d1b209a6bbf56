"""What acts in several places one after the other asks before each further one whether it may go on.

A long change would else go on through all of them after somebody has cancelled its run, or paused automation. What acts
in one place never asks: to cut a change short would leave half of it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

WhyNot = Callable[[], Awaitable[str]]
"""Why nothing further is begun, for a person; empty: go on."""

_asked: ContextVar[WhyNot | None] = ContextVar("in_turn", default=None)


@contextmanager
def asking(asked: WhyNot) -> Iterator[None]:
    """Whatever acts from here on, in this task and those it begins, asks this."""
    before = _asked.set(asked)
    try:
        yield
    finally:
        _asked.reset(before)


async def why_not_on() -> str:
    """Why nothing further is begun; empty: go on, also where there is nobody to ask."""
    asked = _asked.get()
    return await asked() if asked is not None else ""
