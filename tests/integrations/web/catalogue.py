"""The services of the shop in the scene, one of which is in trouble."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from bot.model.labels import LabelSet
from bot.model.rule import GroupStatus, RuleAlert, RuleGroup, RuleState, RuleStatus
from bot.model.service import Service, Slo
from bot.response.world import World
from bot.rules import slo
from tests.integrations.web import scene
from tests.integrations.web.alert_scene import equal

PROMISE = Slo(
    name="availability",
    objective=0.999,
    good='sum(rate(orders_total{outcome="placed"}[$window]))',
    total="sum(rate(orders_total[$window]))",
    source="prom",
)
CART = Service(
    name="cart",
    title="Shopping cart",
    owner="shop",
    tier=1,
    matchers=(equal("namespace", "cart"),),
    dependencies=("ledger", "mail"),
    dashboards={"Overview": "https://grafana.shop.example/d/cart?var-service=x", "<b>": "https://a.shop.example/"},
    runbooks=("roll-back-release", "https://wiki.shop.example/cart"),
    repository="https://git.shop.example/cart",
    escalation="shop-first",
    slos=(PROMISE,),
)
LEDGER = Service(name="ledger", owner="money", tier=2)


def write_services(world: World) -> Sequence[RuleGroup]:
    """The documents hold the services; the rules of the cart's promise, which nobody evaluated yet."""
    groups = slo.groups(CART, PROMISE, file="services.yaml")
    services = {one.name: one for one in (LEDGER, CART)}
    world.setup = replace(world.setup, services=services, groups=(*world.setup.groups, *groups))
    return groups


async def list_services(world: World) -> None:
    """The same, and the fast rule of the cart's promise fires."""
    groups = write_services(world)
    alert = RuleAlert(
        labels=LabelSet({"service": "cart"}), annotations={}, value=0.2, state=RuleState.FIRING,
        active_at=scene.at(0), fired_at=scene.at(0),
    )  # fmt: skip
    rules = tuple(RuleStatus(rule=rule.name, evaluated_at=scene.NOW) for rule in groups[0].rules)
    status = GroupStatus(key=groups[0].key, slot=scene.NOW, rules=(replace(rules[0], alerts=(alert,)), *rules[1:]))
    await world.store.write(lambda tx: tx.rules.save(status))
    idle = GroupStatus(
        key=groups[1].key, slot=scene.NOW + timedelta(minutes=1),
        rules=tuple(RuleStatus(rule=rule.name, evaluated_at=scene.NOW) for rule in groups[1].rules),
    )  # fmt: skip
    await world.store.write(lambda tx: tx.rules.save(idle))
