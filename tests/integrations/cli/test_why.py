"""`tocsin why`: the story of a rule as people read it, from a store with a scene in it."""

import json

from tests.integrations.cli.conftest import Served
from tests.integrations.web import scene


def test_a_firing_rule_says_since_when_and_what_it_compares(served: Served) -> None:
    said = served.says("vera", "why", "OrdersFail")
    assert said.status == 0, said.err
    first = said.out.splitlines()[0]
    assert first.startswith("OrdersFail is firing since 2026-11-20 14:31:31 CET (")
    for part in ("every 15s on prom", "value ", " > ", "pending from ", "firing from ", "1 evaluation since "):
        assert part in said.out, said.out
    assert "its signal cannot be seen now: prom is not open" in said.out


def test_a_blind_rule_says_to_what_since_when_and_that_nothing_is_resolved(served: Served) -> None:
    blind = next(rule for group in scene.rules() for rule in group.rules if rule.unknown_since is not None)
    said = served.says("vera", "why", blind.rule)
    assert said.status == 0, said.err
    assert said.out.startswith(f"{blind.rule} is unknown: blind to prom-eu since ")
    assert blind.last_error in said.out
    assert "being blind resolves nothing" in said.out


def test_it_is_found_by_the_fingerprint_of_an_alert_and_narrowed_by_labels(served: Served) -> None:
    told = json.loads(served.says("vera", "why", "OrdersFail", "--json").out)
    (rule,) = told["rules"]
    alert = rule["alerts"][0]
    same = served.says("vera", "why", alert["fingerprint"])
    assert same.status == 0, same.err
    assert same.out.startswith("OrdersFail is firing")
    name, value = next((name, value) for name, value in alert["labels"].items() if name != "alertname")
    assert f"{name}={value}" in served.says("vera", "why", "OrdersFail", f"{name}={value}").out
    assert "value " not in served.says("vera", "why", "OrdersFail", "service=nobody's").out


def test_a_name_that_nothing_has_is_told_with_one_that_is_near(served: Served) -> None:
    said = served.says("vera", "why", "OrdersFial")
    assert (said.status, said.out) == (1, "")
    assert "no alert rule is called 'OrdersFial'; did you mean 'OrdersFail'?" in said.err
