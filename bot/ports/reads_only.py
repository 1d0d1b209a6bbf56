"""While it is in force, nothing this task does may write to the world outside: what a rehearsal and a plan stand on.

Whatever carries requests out (the HTTP client, the Kubernetes client, SSH, playbooks) asks `require_read` below the
action, so that an action cannot forget it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from bot.errors import Permanent

_in_force: ContextVar[bool] = ContextVar("reads_only", default=False)


@contextmanager
def reads_only() -> Iterator[None]:
    """Nothing is written from here on, in this task and those it begins."""
    before = _in_force.set(True)
    try:
        yield
    finally:
        _in_force.reset(before)


def require_read(what: str, *, integration: str, reads: bool) -> None:
    """Permanent when `what` writes while only reading is allowed."""
    if _in_force.get() and not reads:
        raise Permanent(
            f"{what} would write, and this is a rehearsal",
            integration=integration,
            reason="client",
            hint="an action must plan with reads alone; this one is at fault, please report it",
        )
