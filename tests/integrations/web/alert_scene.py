"""Alerts of every kind, on top of the scene: one that is told, one silenced, inhibited, muted, held; and a storm."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from functools import partial

from bot.alerts.groups import INCIDENT
from bot.alerts.wire import Received
from bot.model.alert import Alert
from bot.model.ids import Fingerprint, SilenceId
from bot.model.labels import LabelSet, Matcher, MatchOp
from bot.model.route import InhibitRule, Occurrences, Receiver, Route
from bot.model.silence import Silence
from bot.model.telling import Decision, Told, Verdict
from bot.model.time_interval import Maintenance, MomentSet, TimeInterval
from bot.ports.store import Tx
from bot.response.world import World
from tests.integrations.web import scene

SILENCE = SilenceId("6f3a1c2e-9a41-4f0b-8a77-0c1f6f1f2b11")
TO_COME = SilenceId("0b1d2c3e-5a41-4f0b-8a77-0c1f6f1f2b22")
CART = LabelSet({"alertname": "OrdersFail", "service": "cart", "severity": "critical", "region": "eu-1"})
SLOW = LabelSet({"alertname": "CheckoutSlow", "service": "cart", "severity": "warning", "region": "eu-1"})
DISK = LabelSet({"alertname": "DiskAlmostFull", "host": "db-3.shop.example", "severity": "warning", "team": "db"})
BACKUP = LabelSet({"alertname": "BackupLate", "host": "db-3.shop.example", "severity": "warning", "team": "db"})
BATCH = LabelSet({"alertname": "BatchBehind", "job": "billing", "severity": "warning", "team": "night"})
FLAP = LabelSet({"alertname": "LinkFlaps", "link": "core-7", "severity": "warning", "team": "net"})
PROBE = LabelSet({"alertname": "ProbeFails", "probe": "front", "severity": "info", "team": "probe"})


def equal(name: str, value: str) -> Matcher:
    """One matcher."""
    return Matcher(name=name, op=MatchOp.EQUAL, value=value)


ROUTE = Route(
    receiver="shop",
    group_by=("service",),
    group_wait=timedelta(seconds=30),
    routes=(
        Route(receiver="databases", matchers=(equal("team", "db"),), group_by=("host",)),
        Route(
            receiver="billing", matchers=(equal("team", "night"),), group_by=("job",), mute_time_intervals=("office",)
        ),
        Route(receiver="network", matchers=(equal("team", "net"),), group_by=("alertname",), hold=timedelta(minutes=5)),
        Route(
            receiver="probes",
            matchers=(equal("team", "probe"),),
            group_by=("alertname",),
            occurrences=Occurrences(count=3, within=timedelta(minutes=10)),
            shadow=True,
        ),
    ),
)


def stage(world: World) -> None:
    """The documents say more, this process leads, and seven alerts fire."""
    inhibit = InhibitRule(
        source=(equal("severity", "critical"),), target=(equal("severity", "warning"),), equal=("service", "region")
    )
    world.setup = replace(
        scene.setup(),
        route=ROUTE,
        receivers=tuple(Receiver(name=name) for name in ("shop", "databases", "billing", "network", "probes")),
        inhibit_rules=(replace(inhibit, target=(*inhibit.target, equal("alertname", "CheckoutSlow"))),),
        time_intervals={"office": TimeInterval(name="office", moments=(MomentSet(),))},
        maintenance=(
            Maintenance(
                name="new-kernels",
                matchers=(equal("alertname", "BackupLate"),),
                lasts=timedelta(hours=2),
                reason="new kernels on the database hosts",
                owner="dora",
                starts_at=scene.at(-1800),
            ),
            Maintenance(
                name="payroll",
                matchers=(equal("job", "payroll"),),
                lasts=timedelta(hours=4),
                reason="payroll is run on the last day of the month",
                cron="0 22 L * *",
                location="Europe/Berlin",
            ),
        ),
        public_url="https://tocsin.example.com",
    )
    world.alerts.table.leads = True
    world.alerts.become(world.setup, scene.NOW.timestamp())
    _silence(world)
    fire(world, CART, -69, summary="23 % of the orders of cart fail")
    fire(world, SLOW, -30, summary="The slowest tenth of checkouts takes 4.2 s")
    fire(world, DISK, -7200, summary="/var/lib/postgresql is full in 3 h at this rate")
    fire(world, BACKUP, -600)
    fire(world, BATCH, -900, summary="Invoices are 40 minutes behind")
    fire(world, FLAP, 200)
    fire(world, PROBE, 100)
    for group in world.alerts.groups.due(scene.NOW.timestamp()):
        if group.labels.get("service") == "cart":
            firing = frozenset((CART.fingerprint,))
            group.told = {INCIDENT: Told(group=group.key, way=INCIDENT, firing=firing, at=scene.at(0))}
        group.due_at = (scene.NOW + group.route.group_interval).timestamp()


async def tell(world: World) -> None:
    """The store knows the silences, what was told of the cart's group, and that the incident holds its alert."""
    for silence in world.alerts.silences.all():
        await world.store.write(partial(_keep, silence))
    group = next(group for group in world.alerts.groups if group.labels.get("service") == "cart")
    entry = world.alerts.table.find(CART.fingerprint)
    assert entry is not None
    decision = Decision(
        at=scene.at(0),
        verdict=Verdict.TOLD,
        text="first notification: 1 firing, 0 resolved, to incident",
        rule="route {}, receiver shop",
    )
    held = scene.incident(group_key=group.key, alerts=(CART.fingerprint, scene.ALERT), firing=(CART.fingerprint,))
    await world.store.write(lambda tx: tx.decisions.add(group.key, decision))
    await world.store.write(lambda tx: tx.alerts.put([entry.alert()]))
    await world.store.write(lambda tx: tx.incidents.put(held) or tx.incidents.give(group.key, held.id))


def fire(world: World, labels: Mapping[str, str], seconds: float, source: str = "prom-eu", **said: str) -> Fingerprint:
    """An alert that began so many seconds after the incident opened, as Prometheus sends it."""
    alert = Alert(
        labels=LabelSet(labels),
        annotations=said,
        starts_at=scene.at(seconds),
        ends_at=scene.NOW + timedelta(minutes=4),
        generator_url="https://prometheus.shop.example/graph?g0.expr=z",
        source=source,
    )
    now = scene.NOW.timestamp()
    world.alerts.heard(world.alerts.table.take([Received.of(alert)], now), now)
    return alert.fingerprint


def storm(world: World, groups: int, alerts: int) -> None:
    """A rack is gone: so many groups of so many alerts."""
    for number in range(groups):
        service = f"service-{number:03d}"
        for host in range(alerts):
            name = ("InstanceDown", "HighErrorRate", "QueueGrows")[host % 3]
            labels = {
                "alertname": name, "service": service, "instance": f"10.4.{number}.{host}:9100", "region": "eu-1",
                "severity": "critical" if number % 7 == 3 and not host else "warning",
            }  # fmt: skip
            fire(world, labels, number % 120, summary=f"{name} on 10.4.{number}.{host}")


def _keep(silence: Silence, tx: Tx) -> None:
    tx.silences.put(silence)


def _silence(world: World) -> None:
    standing = Silence(
        id=SILENCE,
        matchers=(equal("alertname", "DiskAlmostFull"), Matcher(name="host", op=MatchOp.REGEX, value="db-[0-9]+.*")),
        starts_at=scene.at(-3600),
        ends_at=scene.at(5400),
        updated_at=scene.at(-3600),
        created_by="dora",
        comment="the new volume is being filled, see CHG-1182",
    )
    world.alerts.silences.put(standing)
    begins, ends = scene.at(86_400), scene.at(90_000)
    to_come = replace(standing, id=TO_COME, starts_at=begins, ends_at=ends, created_by="ann")
    world.alerts.silences.put(replace(to_come, comment="switch to the other data centre"))
