"""The turns in which hosts come, and why a further one is not begun."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterator, Sequence
from datetime import timedelta

from bot.integrations.ssh.doing import Came
from bot.integrations.ssh.params import OnHosts
from bot.model.plan import Outcome
from bot.model.runbook import Risk
from bot.ports import in_turn

TOO_MANY = "too many had failed"
AT_ONCE = 32  # hosts, however many a step names
_OUT_OF_TIME = "there was no time left for them"
_TO_TELL, _LONGEST_TO_TELL = 0.05, 5.0
"""So much of a step's time is left for telling what came of each host, as a share and in seconds."""


class Turns:
    """One step's way through its hosts, begun now and over `within`."""

    def __init__(self, names: Sequence[str], params: OnHosts, risk: Risk, within: timedelta) -> None:
        self._names, self._params, self._risk = names, params, risk
        self._loop = asyncio.get_running_loop()
        seconds = within.total_seconds()
        self._ends = self._loop.time() + seconds - min(seconds * _TO_TELL, _LONGEST_TO_TELL)
        self._began = 0.0
        self._slowest = 0.0

    def __iter__(self) -> Iterator[Sequence[str]]:
        """The batches, each as it begins."""
        for batch in batches(self._names, self._params, self._risk):
            self._began = self._loop.time()
            yield batch
            self._slowest = max(self._slowest, self._loop.time() - self._began)

    @property
    def left(self) -> timedelta:
        """How long there is for what begins now."""
        return timedelta(seconds=max(1.0, self._ends - self._loop.time()))

    async def why_not_on(self, came: Collection[Came]) -> str:
        """Why no further batch is begun after these; empty: it is.

        A change begins only where there is as much time as the slowest batch before took: one that is cut off in the
        middle is worse than one that is left out.
        """
        if not came:
            return ""
        if _enough(came, self._params, self._risk):
            return TOO_MANY
        if self._risk is not Risk.READ and self._ends - self._loop.time() < self._slowest:
            return _OUT_OF_TIME
        return await in_turn.why_not_on()


def pace(params: OnHosts, risk: Risk) -> str:
    """How many at once, in words."""
    if risk is Risk.READ and not params.batch:
        return "all at once"
    return f"{params.batch} at once" if params.batch else "one after another"


def batches(names: Sequence[str], params: OnHosts, risk: Risk) -> Iterator[Sequence[str]]:
    """The hosts in their turns: a change is made on one after another, unless the step says how many at once."""
    size = len(names) if risk is Risk.READ else 1
    if params.batch.endswith("%"):
        size = max(1, len(names) * int(params.batch[:-1]) // 100)
    elif params.batch:
        size = int(params.batch)
    if risk is not Risk.READ:
        size = min(size, AT_ONCE)  # those of a batch that would wait for others could not be stopped any more
    for start in range(0, len(names), size):
        yield names[start : start + size]


def _enough(came: Collection[Came], params: OnHosts, risk: Risk) -> bool:
    allowed = params.stop_after or (None if risk is Risk.READ else 1)
    return allowed is not None and sum(one.outcome is not Outcome.SUCCEEDED for one in came) >= allowed
