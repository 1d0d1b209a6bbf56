"""Scenarios whose rules change while they run: what is carried over, and what is not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.differential.looking import ON, rule, scenario
from tests.differential.scenario import Points, Scenario
from tests.differential.writing import record

LONG: Points = {0: 0, 3.5: 2, 23.5: 0}
"""On before and after the reload."""
FIRES = frozenset({"firing", "told"})


def reloads(
    name: str, *rules: Mapping[str, Any], later: Mapping[str, Any] | None, sees: frozenset[str] = FIRES, **keys: Any
) -> Scenario:
    """A scenario that is read again; it has two seconds between its slots, so that all can change between two."""
    group = {"interval": "2s", **keys.pop("group", {})}
    return scenario(f"r-{name}", *rules, sees=sees, series={ON: LONG}, group=group, reloads=True, later=later, **keys)


def only(*rules: Mapping[str, Any]) -> Mapping[str, Any]:
    """These rules from then on."""
    return {"rules": rules}


PAGE = {"severity": "page"}
RELOADING = [
    reloads("same", rule("A", for_="3s"), later={}),
    reloads("expression", rule("A", for_="3s"), later=only(rule("A", "$m > 1.5 or $m < -1", for_="3s"))),
    reloads("labels", rule("A", labels=PAGE), later=only(rule("A", labels={"severity": "ticket"}))),
    reloads(
        "templated-label",
        rule("A", labels={"v": "{{ $value }}"}),
        later=only(rule("A", labels={"v": "is {{ $value }}"})),
    ),
    reloads("annotations", rule("A", annotations={"s": "before"}), later=only(rule("A", annotations={"s": "after"}))),
    reloads("shorter", rule("A", for_="1h"), later=only(rule("A", for_="3s")), sees=FIRES | {"pending"}),
    reloads("kept-longer", rule("A"), later=only(rule("A", keep_firing_for="4s")), sees=FIRES | {"keeps"}),
    reloads("faster", rule("A", for_="3s"), later={"interval": "1s"}),
    reloads("limited", rule("A"), rule("B"), later={"limit": 5}),
    reloads("gone", rule("A"), later=None),
    reloads("rule-more", rule("B"), later=only(rule("A"), rule("B"))),
    reloads("rule-less", rule("A"), rule("B"), later=only(rule("B"))),
    reloads("rule-moved", rule("A"), rule("B", for_="1h"), later=only(rule("B", for_="1h"), rule("A"))),
    reloads("rule-renamed", rule("A"), later=only(rule("Z"))),
    reloads(
        "twice-the-name",
        rule("A", "$m > 1"),
        rule("A", "$m > 0", for_="1h"),
        later=only(rule("A", "$m > 0", for_="1h"), rule("A", "$m > 1")),
    ),
    reloads("w-gone", record("it", "$m"), rule("A"), later=None, writes=True),
    reloads(
        "w-rule-less", record("one", "$m"), record("two", "$m"), rule("A"), later=only(record("one", "$m")), writes=True
    ),
    reloads(
        "w-labels",
        record("it", "$m", labels={"a": "1"}),
        rule("A"),
        later=only(record("it", "$m", labels={"a": "2"}), rule("A")),
        writes=True,
    ),
]
