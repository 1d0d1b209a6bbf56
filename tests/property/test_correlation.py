"""Whatever groups come, in whatever order: what is kept apart never meets, and nothing meets without a reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from bot.incidents import correlation, services
from bot.model.alert import Alert, AlertGroup
from bot.model.held_group import HeldGroup
from bot.model.ids import IncidentId
from bot.model.labels import LabelSet
from bot.model.practice import Correlation
from bot.model.service import Service

BEGAN = datetime(2026, 11, 22, tzinfo=UTC)
LABELS = ("cluster", "region", "zone")
NAMES = ("cart", "ledger", "mail", "search")
some_labels = st.lists(st.sampled_from(LABELS), unique=True).map(tuple)
group_bys = st.one_of(st.just(("...",)), st.lists(st.sampled_from((*LABELS, "alertname")), unique=True).map(tuple))
catalogues = st.fixed_dictionaries({name: st.sets(st.sampled_from(NAMES)) for name in NAMES}).map(
    lambda found: {name: Service(name=name, dependencies=tuple(sorted(needs))) for name, needs in found.items()}
)
rulebooks = st.builds(
    Correlation,
    keys=some_labels,
    apart=some_labels,
    hops=st.one_of(st.none(), st.integers(0, 3)),
    within=st.integers(1, 20).map(lambda minutes: timedelta(minutes=minutes)),
)


@dataclass(frozen=True)
class Coming:
    """A group of alerts that begins so many minutes after the first."""

    service: str
    values: tuple[dict[str, str], ...]
    minute: int
    group_by: tuple[str, ...]

    def alerts(self) -> Sequence[Alert]:
        at = BEGAN + timedelta(minutes=self.minute)
        return [Alert(labels=LabelSet(one), annotations={}, starts_at=at) for one in self.values]

    def shared(self) -> LabelSet:
        first = self.values[0]
        return LabelSet(first) if self.group_by == ("...",) else LabelSet(first).only(self.group_by)

    def may_hold(self, label: str) -> set[str]:
        """The values of a label that it holds, or may come to hold: then None of them is known."""
        if self.group_by == ("...",) or label in self.group_by:
            return {self.shared().get(label, "")}
        return {"?", "any"}


@st.composite
def comings(draw: st.DrawFn) -> Coming:
    by = draw(group_bys)
    fixed = {name: draw(st.sampled_from(("", "a", "b"))) for name in LABELS if by == ("...",) or name in by}
    rest = [name for name in LABELS if name not in fixed]
    count = 1 if by == ("...",) else draw(st.integers(1, 3))
    values = tuple({**fixed, **{name: draw(st.sampled_from(("", "a", "b"))) for name in rest}} for _ in range(count))
    return Coming(draw(st.sampled_from((*NAMES, ""))), values, draw(st.integers(0, 40)), by)


@given(groups=st.lists(comings(), min_size=2, max_size=12), rules=rulebooks, catalogue=catalogues)
def test_what_is_kept_apart_never_meets(
    groups: list[Coming], rules: Correlation, catalogue: dict[str, Service]
) -> None:
    held: list[tuple[HeldGroup, Coming]] = []
    for number, coming in enumerate(groups):
        told = AlertGroup(key=f"g{number}", receiver="sre", labels=coming.shared())
        newcomer = correlation.compared_by(told, coming.group_by, coming.alerts(), coming.service, rules)
        related = services.related(newcomer.service, catalogue, rules.hops)
        place = correlation.among(newcomer, [one for one, _ in held], related, rules)
        assert bool(place.why) == (place.incident is not None)
        met = [(one, other) for one, other in held if one.incident == place.incident]
        for _, other in met:
            for label in rules.apart:
                assert coming.may_hold(label) == other.may_hold(label) != {"?", "any"}
        if met:
            assert any(abs(one.began_at - newcomer.began_at) <= rules.within for one, _ in met)
        held.append((replace(newcomer, incident=place.incident or IncidentId(f"INC-{number}")), coming))
