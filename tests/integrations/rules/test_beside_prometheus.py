"""The same rules, the same data, the same slots: Prometheus' own ruler and our evaluator see the same alerts.

The data is written ahead of time, so that nothing depends on who asks first. Prometheus writes down what it made of
each slot (`ALERTS`, `ALERTS_FOR_STATE`), and our evaluator is then asked about exactly those slots.
"""

import asyncio
import json
import time
import urllib.parse
import urllib.request
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.integrations.prometheus.client import PrometheusSource
from bot.integrations.prometheus.config import PrometheusConfig
from bot.kit.http_out import HttpOut
from bot.kit.plugin import Tools
from bot.kit.redaction import Redactor
from bot.kit.way_in import access
from bot.model.rule import AlertRule, GroupStatus, RuleGroup, RuleState
from bot.rules.evaluator import evaluate
from bot.rules.schedule import next_slot
from bot.rules.spec import read_groups
from bot.testing.clock import FakeClock
from tests.integrations.prometheus.remote_write import write
from tests.servers import PrometheusServer

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)
CONFIG = "global: {evaluation_interval: 200ms}\nrule_files: [rules.yml]\n"
RULES = r"""
groups:
  - name: lives
    interval: 200ms
    rules:
      - {alert: Tick, expr: vector(1)}
      - {alert: AtOnce, expr: level > 1}
      - {alert: Held, expr: level > 1, for: 500ms}
      - {alert: HeldLong, expr: level > 1, for: 1m}
      - {alert: Kept, expr: level > 1, for: 300ms, keep_firing_for: 700ms}
      - alert: Labelled
        expr: level * 1e6 > 1
        for: 300ms
        labels:
          severity: page
          tank: ""
          of: "{{ $labels.tank }} {{ $labels.__name__ }}{{ $labels.alertname }}"
          much: "{{ if gt $value 2e6 }}{{ $value | humanize }}{{ else }}{{ $value }}{{ end }}"
          highest: '{{ with query "max(level)" }}{{ . | first | value }}{{ end }}'
          broken: '{{ $labels.tank.depth }}'
      - {alert: Collides, expr: level > 1, labels: {tank: same}}
      - {alert: Absent, expr: absent(heart > 1), for: 300ms}
  - name: limited
    interval: 200ms
    limit: 1
    rules:
      - {alert: TickLimited, expr: vector(1)}
      - {alert: Limited, expr: level > 1, for: 300ms}
"""
# What each series is from when on, in milliseconds after the beginning
DATA = {
    ("heart", "a"): {-5000: 2, 2500: 0, 4000: 2},
    ("level", "a"): {0: 0, 1000: 2, 1300: 0, 1700: 3, 3500: 0, 4000: 2, 4300: 0, 5200: 0},
    ("level", "b"): {0: 0, 2000: 2, 2900: 1, 3300: 2, 5000: 0},
}
LENGTH = timedelta(seconds=6.5)

Story = dict[datetime, set[tuple[tuple[tuple[str, str], ...], str, int]]]
"""For each evaluation: the labels of each alert, its state, and since when in whole seconds."""


@pytest.fixture
def prometheus(prometheus_binary: str, tmp_path: Path) -> Iterator[PrometheusServer]:
    (tmp_path / "rules.yml").write_text(RULES)
    with PrometheusServer(tmp_path, CONFIG) as server:
        yield server


@pytest.fixture
async def source(prometheus: PrometheusServer) -> AsyncIterator[PrometheusSource]:
    async with HttpOut() as http:
        tools = Tools(name="prom", clock=FakeClock(), http=http, redactor=Redactor())
        source = PrometheusSource(access(PrometheusConfig(url=prometheus.url), tools))
        yield source
        await source.aclose()


async def test_the_same_lives(prometheus: PrometheusServer, source: PrometheusSource, tmp_path: Path) -> None:
    start = datetime.now(UTC) + timedelta(seconds=1.5)
    write(
        prometheus.url,
        [
            ({"__name__": name, "tank": tank}, start + after * MILLISECOND, float(level))
            for (name, tank), levels in DATA.items()
            for after, level in levels.items()
        ],
    )
    for group in read_groups(RULES, str(tmp_path / "rules.yml"), source="prom", default_interval=MILLISECOND):
        theirs = await their_story(prometheus.url, group, start, start + LENGTH)
        ours = await our_story(group, sorted(theirs), source)
        assert len(theirs) > 20
        for slot in sorted(theirs):
            assert ours[slot] == theirs[slot], f"{group.name} at {slot - start} after the beginning"
        seen = {(dict(labels)["alertname"], state) for alerts in theirs.values() for labels, state, _ in alerts}
        assert seen >= EVERY_LIFE[group.name]


EVERY_LIFE = {
    "lives": {
        ("AtOnce", "firing"),
        *((name, state) for name in ("Held", "Kept", "Labelled", "Absent") for state in ("pending", "firing")),
        ("HeldLong", "pending"),
        ("Collides", "firing"),
    },
    "limited": {("Limited", "pending"), ("Limited", "firing")},
}


async def their_story(url: str, group: RuleGroup, start: datetime, end: datetime) -> Story:
    """What Prometheus wrote down, once it has come to the end. The first rule always fires and shows the slots."""
    tick, *names = [rule.name for rule in group.rules if isinstance(rule, AlertRule)]
    only = f'{{alertname=~"{"|".join(names)}"}}'
    deadline = time.monotonic() + 60
    while True:
        evaluated = [at for _, points in raw(url, f'ALERTS{{alertname="{tick}"}}') for at, _ in points]
        if evaluated and evaluated[-1] >= end:
            break
        assert time.monotonic() < deadline, f"Prometheus does not evaluate: {evaluated[-3:]}"
        await asyncio.sleep(0.2)
    grid = {cut(slot) for slot in slots_of(group, start, end)}
    story: Story = {at: set() for at in evaluated if at in grid}
    since = {
        (at, tuple(sorted(labels.items()))): int(value)
        for labels, points in raw(url, f"ALERTS_FOR_STATE{only}")
        for at, value in points
    }
    for labels, points in raw(url, f"ALERTS{only}"):
        own = {name: value for name, value in labels.items() if name != "alertstate"}
        key = tuple(sorted(own.items()))
        for at, _ in points:
            if at in story:
                story[at].add((key, labels["alertstate"], since[at, key]))
    return story


async def our_story(group: RuleGroup, times: list[datetime], source: PrometheusSource) -> Story:
    """What we make of the slots that Prometheus evaluated."""
    story: Story = {}
    status: GroupStatus | None = None
    for at in times:
        slot = next_slot(group, at - MILLISECOND)
        done = await evaluate(group, status, source, slot, slot)
        status = done.status
        story[at] = {
            (tuple(alert.labels.items()), alert.state.value, int(alert.active_at.timestamp()))
            for rule in status.rules[1:]
            if rule.unknown_since is None  # Prometheus writes nothing of a rule that failed
            for alert in rule.alerts
            if alert.state in (RuleState.PENDING, RuleState.FIRING)
        }
    return story


def slots_of(group: RuleGroup, start: datetime, end: datetime) -> Iterator[datetime]:
    slot = next_slot(group, start)
    while slot <= end:
        yield slot
        slot = next_slot(group, slot)


def cut(at: datetime) -> datetime:
    """To the millisecond, as Prometheus keeps times."""
    return at.replace(microsecond=at.microsecond // 1000 * 1000)


def raw(url: str, selector: str) -> list[tuple[dict[str, str], list[tuple[datetime, str]]]]:
    """The samples of these series as they were written in the last half minute, markers of staleness left out."""
    query = urllib.parse.urlencode({"query": f"{selector}[30s]"})
    with urllib.request.urlopen(f"{url}/api/v1/query?{query}", timeout=10) as answer:
        result = json.load(answer)["data"]["result"]
    return [
        (
            {name: value for name, value in series["metric"].items() if name != "__name__"},
            [
                (datetime.fromtimestamp(0, UTC) + round(at * 1000) * MILLISECOND, value)
                for at, value in series["values"]
            ],
        )
        for series in result
    ]
