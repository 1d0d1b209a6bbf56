"""Alert rules and the life of what they find, in Prometheus' terms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from bot.model.labels import LabelSet
from bot.model.search import SavedSearch, SearchMemory


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """What a rule looks at, without its comparison: `expr` to chart, `threshold` to draw, `op` for the bad side."""

    expr: str
    op: str = ""
    threshold: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertRule:
    """One alerting rule. `hold` is `for:`; labels and annotations may hold templates; `expr` is sent as written."""

    name: str
    expr: str
    signal: Signal
    hold: timedelta = timedelta(0)
    keep_firing_for: timedelta = timedelta(0)
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingRule:
    """One recording rule: `expr` evaluated and kept under the name `record`."""

    record: str
    expr: str
    labels: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """What the rule is called: the name of what it records."""
        return self.record


class Recordings(StrEnum):
    """What becomes of what rules make: recorded series, `ALERTS` and `ALERTS_FOR_STATE`."""

    WRITE = "write"
    ASSUMED = "assume-recorded"
    SHADOW = "shadow"


class Restore(StrEnum):
    """What a restart takes over: all that was known, or what Prometheus would find out from `ALERTS_FOR_STATE`."""

    EXACT = "exact"
    PROMETHEUS = "prometheus"


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleGroup:
    """Rules evaluated together, in order, every `interval` on Prometheus' slots; `source` is the integration asked.

    `alertmanagers` are the integrations that are told of its alerts besides ourselves. `external_labels` are
    Prometheus' own: `$externalLabels` in templates, and put on what Alertmanagers are told where it lacks them. What
    still fires is told again once `resend_delay` has passed.

    With a `search` the group is that one saved search: it has one rule, it is due when the search's own schedule says
    so, and `interval` is the longest time between two runs.
    """

    file: str
    name: str
    source: str
    interval: timedelta
    rules: tuple[AlertRule | RecordingRule, ...]
    query_offset: timedelta = timedelta(0)
    limit: int = 0
    recordings: Recordings = Recordings.ASSUMED
    restore: Restore = Restore.EXACT
    alertmanagers: tuple[str, ...] = ()
    external_labels: Mapping[str, str] = field(default_factory=dict)
    external_url: str = ""
    resend_delay: timedelta = timedelta(minutes=1)
    search: SavedSearch | None = None

    @property
    def key(self) -> str:
        """What identifies the group: `file;name`, as in Prometheus."""
        return f"{self.file};{self.name}"

    def rule_key(self, place: int) -> str:
        """What identifies the rule at this place: `file;group;name`, and of several with one name `;2` and so on."""
        name = self.rules[place].name
        earlier = sum(rule.name == name for rule in self.rules[:place])
        return f"{self.key};{name};{earlier + 1}" if earlier else f"{self.key};{name}"


class RuleState(StrEnum):
    """Where a rule, or one label set of it, stands. UNKNOWN: the source could not be seen; never a resolve."""

    UNKNOWN = "unknown"
    INACTIVE = "inactive"
    PENDING = "pending"
    FIRING = "firing"


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleAlert:
    """One label set a rule found, and how far it has come. `state` INACTIVE means resolved, kept for a while."""

    labels: LabelSet
    annotations: Mapping[str, str]
    value: float
    state: RuleState
    active_at: datetime
    fired_at: datetime | None = None
    resolved_at: datetime | None = None
    keep_firing_since: datetime | None = None
    last_sent_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleStatus:
    """One rule after an evaluation. `unknown_since` is set from the first failure to the next success."""

    rule: str
    labels: LabelSet = field(default_factory=LabelSet)
    """Those of the rule, as they are written: a rule that changes them is another one."""
    alerts: tuple[RuleAlert, ...] = ()
    evaluated_at: datetime | None = None
    unknown_since: datetime | None = None
    last_error: str = ""

    @property
    def state(self) -> RuleState:
        """The gravest state of its alerts, or UNKNOWN while the source cannot be seen or was never asked."""
        if self.unknown_since is not None or self.evaluated_at is None:
            return RuleState.UNKNOWN
        states = {alert.state for alert in self.alerts}
        for state in (RuleState.FIRING, RuleState.PENDING):
            if state in states:
                return state
        return RuleState.INACTIVE

    @property
    def since(self) -> datetime | None:
        """When the state began: of the oldest alert that firing or pending is due to; None where nobody noted it."""
        match self.state:
            case RuleState.UNKNOWN:
                return self.unknown_since
            case RuleState.FIRING:
                return min((alert.fired_at for alert in self.alerts if alert.fired_at), default=None)
            case RuleState.PENDING:
                return min((a.active_at for a in self.alerts if a.state is RuleState.PENDING), default=None)
            case RuleState.INACTIVE:
                return None


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupStatus:
    """A rule group after an evaluation: one status per rule, in the file's order.

    `slot` is the time that was asked about, `evaluated_at` when that was, and `took` how long. `memory` is what a saved
    search keeps of its runs.
    """

    key: str
    slot: datetime
    rules: tuple[RuleStatus, ...]
    missed: int = 0
    evaluated_at: datetime | None = None
    took: timedelta = timedelta(0)
    memory: SearchMemory | None = None
