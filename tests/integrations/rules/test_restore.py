"""`restore: prometheus` beside Prometheus' own restart: the same alerts begin at the same times again."""

import asyncio
import json
import urllib.request
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.errors import Temporary
from bot.integrations.prometheus.client import PrometheusSource
from bot.integrations.prometheus.config import PrometheusConfig
from bot.kit.http_out import HttpOut
from bot.kit.plugin import Tools
from bot.kit.redaction import Redactor
from bot.kit.way_in import access
from bot.model.rule import GroupStatus, RuleGroup
from bot.rules.evaluator import evaluate
from bot.rules.restore import restore
from bot.rules.spec import read_groups
from bot.testing.clock import FakeClock
from bot.testing.metrics import FakeMetricSource
from tests.integrations.prometheus.remote_write import Sample, write
from tests.kill.scene import until
from tests.servers import PrometheusServer
from tests.servers.prometheus import ANY_TIME

MINUTE = timedelta(minutes=1)
CONFIG = ANY_TIME + "global: {evaluation_interval: 1s}\n"
RULES = """\
groups:
  - name: g
    interval: 1s
    rules:
      - {alert: Held, expr: 'level > 1', for: 30m, labels: {team: x}}
      - {alert: Short, expr: 'level > 1', for: 5m}
"""
# For each alert of Held: for how long it had been pending when the server went down, and how long ago that was.
CASES: Mapping[str, tuple[timedelta, timedelta]] = {
    "fired": (31 * MINUTE, 3 * MINUTE),
    "nearly": (25 * MINUTE, 3 * MINUTE),
    "early": (5 * MINUTE, 3 * MINUTE),
    "long-ago": (5 * MINUTE, 50 * MINUTE),
    "too-long-ago": (5 * MINUTE, 70 * MINUTE),
}
NEVER = "unheard-of"


def remembered(now: datetime) -> list[Sample]:
    """What a Prometheus that went down had written of the alerts."""
    found: list[Sample] = []
    for case, (pending, down) in CASES.items():
        began = now - down - pending
        for name, labels in (("Held", {"team": "x"}), ("Short", {})):
            series = {"__name__": "ALERTS_FOR_STATE", "alertname": name, "case": case, **labels}
            found += [
                (series, now - down - back * MINUTE / 4, float(int(began.timestamp()))) for back in range(9, -1, -1)
            ]
    return found


async def test_pending_alerts_go_on_as_prometheus_lets_them(tmp_path: Path) -> None:
    server = PrometheusServer(tmp_path, CONFIG)
    (tmp_path / "rules.yml").write_text(RULES)
    with server:
        now = datetime.now(UTC)
        write(server.url, remembered(now))
        levels = [({"__name__": "level", "case": case}, now - timedelta(seconds=5), 2.0) for case in [*CASES, NEVER]]
        write(server.url, levels)
        server.stop()
        server.config.write_text(CONFIG + "rule_files: [rules.yml]\n")
        server.start()
        theirs = await asyncio.to_thread(until, lambda: restored(server.url), "Prometheus to restore its alerts")
        ours = await restored_by_us(server.url)
    assert ours.keys() == theirs.keys()
    assert len(ours) == 2 * (len(CASES) + 1)
    for key, began in ours.items():
        assert abs(began - theirs[key]) < timedelta(seconds=20), key
    moved = {case for (name, case), began in ours.items() if name == "Held" and now - began > MINUTE}
    assert moved == {"fired", "nearly", "early", "long-ago"}


async def test_what_cannot_be_asked_stays_as_it_is() -> None:
    group = the_group()
    source = FakeMetricSource()
    source.breaks(Temporary("gone", integration="prom", reason="connection"))
    now = datetime(2026, 1, 1, tzinfo=UTC)
    before = (await evaluate(group, None, source, now, now)).status
    assert await restore(group, before, source, now) == before


def restored(url: str) -> dict[tuple[str, str], datetime] | None:
    """When each alert began, once the server has looked at what it had written before."""
    with urllib.request.urlopen(f"{url}/api/v1/alerts", timeout=5) as answer:
        alerts = json.load(answer)["data"]["alerts"]
    began = {
        (one["labels"]["alertname"], one["labels"]["case"]): datetime.fromisoformat(one["activeAt"][:19] + "+00:00")
        for one in alerts
    }
    known = began.get(("Held", "fired"))
    return began if known is not None and datetime.now(UTC) - known > 10 * MINUTE else None


async def restored_by_us(url: str) -> dict[tuple[str, str], datetime]:
    group, status = the_group(), None
    async with HttpOut() as http:
        tools = Tools(name="prom", clock=FakeClock(), http=http, redactor=Redactor())
        source = PrometheusSource(access(PrometheusConfig(url=url), tools))
        try:
            status = await twice(group, source)
            status = await restore(group, status, source, datetime.now(UTC))
        finally:
            await source.aclose()
    return {
        (alert.labels["alertname"], alert.labels["case"]): alert.active_at
        for rule in status.rules
        for alert in rule.alerts
    }


async def twice(group: RuleGroup, source: PrometheusSource) -> GroupStatus:
    first = (await evaluate(group, None, source, datetime.now(UTC), datetime.now(UTC))).status
    return (await evaluate(group, first, source, datetime.now(UTC), datetime.now(UTC))).status


def the_group() -> RuleGroup:
    (group,) = read_groups(RULES, "rules.yml", source="prom", default_interval=MINUTE)
    return group
