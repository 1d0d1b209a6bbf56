"""`tocsin service`, as people type it."""

import json

from tests.integrations.cli.conftest import Served
from tests.integrations.web import catalogue


def test_services_are_listed_and_shown(served: Served) -> None:
    empty = served.says("vera", "service", "list")
    assert empty.out == "no services; list them under `services` in tocsin.yaml\n"
    catalogue.write_services(served.house.world)
    assert served.says("vera", "service", "list").out.splitlines() == [
        "NAME    TIER  OWNER  PROMISES  OPEN   TITLE",
        "cart    1     shop   unknown   INC-1  Shopping cart",
        "ledger  2     money",
    ]
    shown = served.says("vera", "service", "show", "cart").out
    for part in (
        "cart  Shopping cart",
        'alerts      service="cart", namespace="cart"',
        "depends on  ledger, mail",
        "availability: 99.9% over 30d, unknown",
        "INC-1  SEV2      acknowledged  2026-11-20 14:31:40 CET  More than 5 % of orders fail in cart",
    ):
        assert part in shown, shown
    assert json.loads(served.says("vera", "service", "show", "cart", "--json").out)["service"]["tier"] == 1
    rules = served.says("vera", "service", "rules", "cart").out
    assert rules.startswith("groups:\n- name: cart:availability:page\n")
    wrong = served.says("vera", "service", "show", "crat")
    assert (wrong.status, "there are: cart, ledger" in wrong.err) == (1, True)
