"""Suppresses a symptom while its cause is firing, by Alertmanager's rules.

An alert is inhibited when it matches a rule's target, and a firing alert matches the rule's source and is equal to it
in the rule's labels; an absent label equals an empty one. Who matches both sides is not inhibited by one that does too,
so that nothing inhibits itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bot.model.ids import Fingerprint
from bot.model.matchers import fits
from bot.model.route import InhibitRule


@dataclass(frozen=True, slots=True, kw_only=True)
class Inhibition:
    """Why an alert is not told: the rule, its place in the list, and the alert that is its cause."""

    rule: InhibitRule
    place: int
    source: Fingerprint


@dataclass(slots=True)
class _Causes:
    """Firing sources that are equal in a rule's labels: those that match its target too, and those that do not."""

    plain: dict[Fingerprint, None] = field(default_factory=dict)
    two_sided: dict[Fingerprint, None] = field(default_factory=dict)

    def cause(self, *, plain_only: bool) -> Fingerprint | None:
        """The one that fires longest."""
        found = next(iter(self.plain), None)
        return found if found is not None or plain_only else next(iter(self.two_sided), None)


_Values = tuple[str, ...]


class Inhibitor:
    """The rules, and the firing alerts that are sources of one: told with `fired` and `over`.

    An alert is looked up by the values of a rule's labels, so what it costs does not grow with the number of alerts.
    """

    def __init__(self, rules: Sequence[InhibitRule]) -> None:
        self.rules = tuple(rules)
        self._causes: tuple[dict[_Values, _Causes], ...] = tuple({} for _ in self.rules)
        self._known: dict[Fingerprint, tuple[tuple[int, _Values], ...]] = {}

    def fired(self, labels: Mapping[str, str], fingerprint: Fingerprint) -> None:
        """This alert fires; saying so again changes nothing."""
        if fingerprint in self._known:
            return
        places = []
        for place, rule in enumerate(self.rules):
            if not fits(rule.source, labels):
                continue
            values = _values(rule, labels)
            causes = self._causes[place].setdefault(values, _Causes())
            side = causes.two_sided if fits(rule.target, labels) else causes.plain
            side[fingerprint] = None
            places.append((place, values))
        if places:
            self._known[fingerprint] = tuple(places)

    def over(self, fingerprint: Fingerprint) -> None:
        """This alert fires no more; one that never did is passed over."""
        for place, values in self._known.pop(fingerprint, ()):
            causes = self._causes[place][values]
            causes.plain.pop(fingerprint, None)
            causes.two_sided.pop(fingerprint, None)
            if not causes.plain and not causes.two_sided:
                del self._causes[place][values]

    def inhibition(self, labels: Mapping[str, str]) -> Inhibition | None:
        """The first rule that inhibits an alert with these labels, and its cause; None: it is not inhibited."""
        for place, rule in enumerate(self.rules):
            standing = self._causes[place]
            causes = standing.get(_values(rule, labels)) if standing else None
            if causes is None or not fits(rule.target, labels):
                continue
            found = causes.cause(plain_only=fits(rule.source, labels))
            if found is not None:
                return Inhibition(rule=rule, place=place, source=found)
        return None

    def inhibiting(self, labels: Mapping[str, str]) -> tuple[Fingerprint, ...]:
        """The cause that inhibits an alert with these labels, as Alertmanager's `inhibitedBy`; (): none does."""
        found = self.inhibition(labels)
        return (found.source,) if found else ()


def _values(rule: InhibitRule, labels: Mapping[str, str]) -> _Values:
    return tuple([labels.get(name, "") for name in rule.equal])
