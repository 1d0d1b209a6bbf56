"""What a backtest found, before anybody is told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from bot.model.rule import AlertRule, RuleGroup
from bot.model.sample import Window
from bot.rules.backtest import Episode, Walk
from bot.rules.replay import Blind, Replay
from bot.rules.savedsearches.backtest import SearchReplay
from bot.rules.tally import Met, Night


@dataclass(slots=True, kw_only=True)
class Tested:
    """One rule and what came of it. Without a `replay` it was not asked about; `unanswered` says why."""

    group: RuleGroup
    rule: AlertRule
    source: str
    replay: Replay | SearchReplay | None = None
    unanswered: str = ""
    notes: list[str] = field(default_factory=list)

    @property
    def walks(self) -> Sequence[Walk]:
        """The rule as it is written, then its other variants."""
        return self.replay.walks if self.replay is not None else ()

    @property
    def blind(self) -> Sequence[Blind]:
        """When its source could not be seen."""
        return self.replay.blind if self.replay is not None else ()

    @property
    def episodes(self) -> Sequence[Episode]:
        """What became of the rule as it is written."""
        return self.walks[0].episodes if self.walks else ()

    @property
    def seen(self) -> bool:
        """Whether there is an answer for every slot that was asked about."""
        return self.replay is not None and not self.replay.blind


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """Everything. `met` None: there was nobody to ask about incidents; `no_incidents` says why."""

    window: Window
    night: Night
    night_text: str
    tested: Sequence[Tested]
    stopped_at: datetime | None = None
    """How far every rule was walked, where somebody stopped it."""
    met: Sequence[Met] | None = None
    no_incidents: str = ""
