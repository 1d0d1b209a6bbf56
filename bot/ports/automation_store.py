"""What is kept of automation: the switch, what was earned, and what steps print while they run.

Part of `bot.ports.store.Tx`; what holds for every change of the store holds here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from bot.model.automation import InFlight, Pause, RunbookRecord, Trust
from bot.model.ids import RunId
from bot.model.run import OutputChunk


class Automations(Protocol):
    """The switch, and the autonomy that runbooks have earned."""

    def pause(self) -> Pause:
        """How the switch stands."""
        ...

    def set_pause(self, pause: Pause) -> None:
        """Sets it."""
        ...

    def trust(self, runbook: str, environment: str) -> Trust | None:
        """What a person gave or a failure took; None: neither ever happened."""
        ...

    def trusts(self) -> Sequence[Trust]:
        """All of them, by runbook and environment."""
        ...

    def set_trust(self, trust: Trust) -> None:
        """Creates or replaces."""
        ...

    def records(self, does: Mapping[str, str]) -> Sequence[RunbookRecord]:
        """What became of the ended runs, by runbook and environment; `does`: what each runbook does now."""
        ...

    def record(self, runbook: str, environment: str, does: str) -> RunbookRecord:
        """The same of one."""
        ...

    def in_flight(self) -> Sequence[InFlight]:
        """Steps that have begun and not ended, the oldest first."""
        ...


class Outputs(Protocol):
    """What steps print while they run."""

    def append(self, chunks: Sequence[OutputChunk]) -> None:
        """Adds pieces in order."""
        ...

    def after(self, run: RunId, seq: int, limit: int = 1000) -> Sequence[OutputChunk]:
        """Those of a run that came after `seq`, in order."""
        ...

    def latest(self, run: RunId, limit: int = 200) -> Sequence[OutputChunk]:
        """The newest of a run, in order."""
        ...

    def drop(self, run: RunId, step: str) -> None:
        """Takes away those of a step whose end is kept."""
        ...
