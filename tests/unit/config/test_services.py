"""What tocsin.yaml and files of services say of what teams run, and of what belongs together."""

from datetime import timedelta
from pathlib import Path

import pytest

from bot.config.checking import check_paths
from bot.config.loading import load
from bot.errors import DocumentError
from bot.model.practice import Correlation
from bot.model.rule import AlertRule

PROM = 'integrations: {prom: {use: prometheus, url: "http://prom.example.net"}}\n'
SLO = """\
    slo:
      - name: availability
        objective: 99.9%
        good: sum(increase(requests_total{code!~"5.."}[$window]))
        total: sum(increase(requests_total[$window]))
        source: prom
"""
CART = f"""\
services:
  - name: cart
    title: Shopping cart
    owner: shop
    tier: 1
    matchers: ['namespace=~"cart-.*"']
    dependencies: [ledger]
    dashboards: {{Overview: "https://grafana.example.net/d/cart"}}
    runbooks: ["https://wiki.example.net/cart"]
    repository: https://git.example.net/cart
{SLO}"""


def written(folder: Path, **documents: str) -> Path:
    for name, text in documents.items():
        (folder / f"{name}.yaml").write_text(text)
    return folder / "tocsin.yaml"


def test_services_come_from_the_configuration_and_from_files(tmp_path: Path) -> None:
    inline = PROM + "service_files: [s*.yaml]\nservices: [{name: ledger}]\n"
    loaded = load(written(tmp_path, tocsin=inline, shop=CART), {}, tmp_path)
    assert list(loaded.setup.services) == ["ledger", "cart"]
    cart = loaded.setup.services["cart"]
    assert (cart.title, cart.owner, cart.tier, cart.dependencies) == ("Shopping cart", "shop", 1, ("ledger",))
    assert [str(matcher) for matcher in cart.matchers] == ['namespace=~"cart-.*"']
    assert (cart.dashboards["Overview"], cart.repository) == (
        "https://grafana.example.net/d/cart", "https://git.example.net/cart",
    )  # fmt: skip
    [slo] = cart.slos
    assert (slo.name, slo.objective, slo.source, slo.window) == ("availability", 0.999, "prom", timedelta(days=30))
    assert slo.counted
    assert [group.key for group in loaded.setup.groups] == [
        "shop.yaml;cart:availability:page", "shop.yaml;cart:availability:ticket",
    ]  # fmt: skip
    rule = loaded.setup.groups[0].rules[0]
    assert isinstance(rule, AlertRule)
    assert loaded.setup.rule("shop.yaml;cart:availability:page;ErrorBudgetBurns") == (loaded.setup.groups[0], rule)
    assert not loaded.warnings


def test_without_any_of_it_there_are_no_services_and_each_group_is_an_incident(tmp_path: Path) -> None:
    setup = load(written(tmp_path, tocsin=PROM), {}, tmp_path).setup
    assert (setup.services, setup.correlation, setup.groups) == ({}, Correlation(), ())


def test_correlation_is_read(tmp_path: Path) -> None:
    text = "correlation: {keys: [namespace], hops: 0, within: 5m, apart: [cluster], reopen: 0s}"
    found = load(written(tmp_path, tocsin=text), {}, tmp_path).setup.correlation
    minutes = timedelta(minutes=5)
    assert found == Correlation(keys=("namespace",), hops=0, within=minutes, apart=("cluster",), reopen=timedelta(0))


ONE = "services:\n  - name: cart\n"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("services: [{title: x}]", "services[0].name: this key is required"),
        ("services: [{name: a b}]", "services[0].name: 'a b' cannot stand here"),
        ("services: [{name: a, tier: 0}]", "services[0].tier: "),
        ("services: [{name: a}, {name: a}]", "services[1].name: there is another service 'a', in tocsin.yaml"),
        ("services: [{name: a, dashboards: {x: 'javascript:1'}}]", "services[0].dashboards.x: not an address"),
        ("services: [{name: a, runbooks: [gone]}]", "services[0].runbooks[0]: no runbook is called 'gone'"),
        ("services: [{name: a, escalation: gone}]", "services[0].escalation: no escalation is called 'gone'"),
        (ONE + SLO.replace("99.9%", "100%"), "services[0].slo[0].objective: an objective is at least 50%"),
        (ONE + SLO.replace("99.9%", "most"), "services[0].slo[0].objective: a number is needed here"),
        (ONE + SLO.replace("[$window]", "[5m]"), "services[0].slo[0].good: write $window where its range goes"),
        (ONE + SLO.replace("sum(inc", "sum((inc"), "services[0].slo[0].good: "),
        (ONE + SLO.replace("source: prom", "source: prmo"), "services[0].slo[0].source: no integration is called"),
        (ONE + SLO + "        window: 1d", "services[0].slo[0].window: a promise holds for 7d at least"),
        (ONE + SLO.replace("99.9%", "50%") + "        window: 90d", "services[0].slo[0]: no rule could watch this"),
        (ONE + SLO + SLO.replace("    slo:\n", ""), "services[0].slo[1].name: cart promises 'availability' already"),
        (
            ONE + SLO.replace("sum(increase(requests_total[$window]))", "'sum(increase(x[$window])) # all'"),
            "services[0].slo[0]: `good` and `total` do not make a ratio",
        ),
        ("correlation: {hops: 9}", "correlation.hops: "),
        ("correlation: {keys: [a-b]}", "correlation.keys[0]: "),
        ("service_files: [none.yaml]", "service_files[0]: no file fits 'none.yaml'"),
    ],
)
def test_every_mistake_is_found_and_has_a_place(tmp_path: Path, text: str, complaint: str) -> None:
    with pytest.raises(DocumentError) as caught:
        load(written(tmp_path, tocsin=PROM + text), {}, tmp_path)
    assert complaint in str(caught.value.complaints[0])
    places = [(one.file, one.path, one.line) for one in caught.value.complaints]
    assert len(places) == len(set(places)), "what is wrong is told once"
    assert caught.value.complaints[0].line > 1


def test_what_is_valid_and_will_hardly_be_meant_is_a_warning(tmp_path: Path) -> None:
    text = (
        PROM + "correlation: {apart: [cluster, zone]}\nservices: [{name: cart, dependencies: [ledgre]}, {name: ledger}]"
    )
    warnings = load(written(tmp_path, tocsin=text), {}, tmp_path).warnings
    assert [warning.path for warning in warnings] == ["correlation.apart[1]", "services[0].dependencies[0]"]
    assert "did you mean 'ledger'?" in warnings[1].message


def test_a_file_of_services_is_checked_on_its_own(tmp_path: Path) -> None:
    written(tmp_path, good=CART, bad=CART.replace("sum(inc", "sum((inc", 1))
    found = check_paths([Path("good.yaml"), Path("bad.yaml")], None, {}, tmp_path)
    assert [one.file for one in found.errors] == ["bad.yaml"]
