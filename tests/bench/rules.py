"""Rule evaluation: processor time a rule, ours and the server's, beside Prometheus' own ruler and vmalert.

All three evaluate the same file against the same server in the same run: groups of 20, one rule in a hundred firing.
Ours is the real evaluator with its state machine and templates, asking over HTTP as vmalert does.
"""

import asyncio
import gc
import time
import tracemalloc
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil

from bot.integrations.prometheus.client import PrometheusSource
from bot.integrations.prometheus.config import PrometheusConfig
from bot.integrations.prometheus.remote_write import RemoteWriter
from bot.kit.http_out import HttpOut
from bot.kit.plugin import Tools
from bot.kit.redaction import Redactor
from bot.kit.way_in import Access, access
from bot.model.labels import LabelSet
from bot.model.rule import GroupStatus, RuleGroup
from bot.model.sample import Recorded
from bot.rules.evaluator import evaluate
from bot.rules.spec import read_groups
from bot.testing.clock import FakeClock
from tests.bench import Row
from tests.bench.place import running
from tests.servers import PrometheusServer, ServerProcess, free_port, locate

SIZES = (1_000, 5_000, 10_000)
GROUP, FIRING = 20, 100
ROUNDS, AT_ONCE = 5, 8
WATCHED = 20  # seconds that the others are watched for
A_SECOND = 500  # rules they evaluate meanwhile, each second


RULE = """\
      - alert: Bench{number}
        expr: sum by (part) (rate(bench_requests_total{{code="500", part="{number}"}}[5m])) > 0.5
        labels: {{severity: warning, team: "bench-{{{{ $labels.part }}}}"}}
        annotations:
          summary: "{{{{ $labels.part }}}} fails {{{{ $value | humanize }}}} times a second"
          runbook_url: https://example.net/runbooks/bench
"""


@dataclass(frozen=True)
class Spent:
    """Seconds for one evaluation of one rule: of the processor on each side, and of the wall where it was flat out."""

    client: float
    server: float
    wall: float = 0.0

    @property
    def total(self) -> float:
        """Processor time on both sides."""
        return self.client + self.server


def rule_file(count: int, interval: int) -> str:
    """So many rules, in groups that are due every `interval` seconds."""
    groups = (
        f"  - name: group{first // GROUP}\n    interval: {interval}s\n    rules:\n"
        + "".join(RULE.format(number=number) for number in range(first, first + GROUP))
        for first in range(0, count, GROUP)
    )
    return "groups:\n" + "".join(groups)


def processor(pid: int) -> float:
    """Seconds of processor time a process has used so far."""
    return sum(psutil.Process(pid).cpu_times()[:2])


def rows(folder: Path, prometheus: str) -> list[Row]:
    """Against a server of its own, whose processor time nobody else uses."""
    found: list[Row] = []
    with PrometheusServer(folder / "server") as server:
        asyncio.run(fill(server.url))
        for count in SIZES:
            interval = count // A_SECOND
            text = rule_file(count, interval)
            ours = asyncio.run(tocsin(server, text))
            theirs = ruler(server, text, interval, folder)
            vmalert = with_vmalert(server, text, interval, folder)
            found += compared(count, ours, theirs, vmalert)
        found += asyncio.run(memory(server.url))
        found += keeps_its_slots(server, folder)
    return found


def compared(count: int, ours: Spent, ruler: Spent, vmalert: Spent) -> list[Row]:
    """The figures for so many rules; the goals are for all sizes."""
    micro, share = 1e6, ours.total / vmalert.total
    return [
        Row(f"{count:,} rules: Tocsin, a rule", ours.client * micro, "us", note=f"server {ours.server * micro:.0f} us"),
        Row("  Prometheus' own ruler", ruler.server * micro, "us"),
        Row("  vmalert", vmalert.client * micro, "us", note=f"server {vmalert.server * micro:.0f} us"),
        Row("  processor in all, as a share of vmalert's", share, "", floor=1 / 3, aim=1 / 6),
        Row("  wall time a rule", ours.wall * micro, "us", floor=667, aim=200, note=f"{1 / ours.wall:.0f} rules/s"),
    ]


def way_in(url: str) -> Access:
    """The way into a server of the bench."""
    tools = Tools(name="prom", clock=FakeClock(), http=HttpOut(), redactor=Redactor())
    return access(PrometheusConfig(url=url, timeout=timedelta(seconds=30)), tools)


async def fill(url: str) -> None:
    """Two series a rule, one in a hundred with failures: from six minutes ago to nine ahead, as long as the bench runs.

    Prometheus takes no sample that is more than ten minutes ahead.
    """
    now = datetime.now(UTC).replace(microsecond=0)
    times = [now - timedelta(minutes=6) + index * timedelta(seconds=15) for index in range(61)]
    recorder = RemoteWriter(way_in(url))
    for number in range(max(SIZES)):
        series = [
            (LabelSet({"__name__": "bench_requests_total", "part": str(number), "code": code}), rate)
            for code, rate in (("200", 100.0), ("500", 0.0 if number % FIRING else 1.0))
        ]
        await recorder.record(
            [
                Recorded(labels=labels, at=at, value=rate * 15 * index)
                for labels, rate in series
                for index, at in enumerate(times)
            ]
        )
    await recorder.aclose()


async def tocsin(server: PrometheusServer, text: str) -> Spent:
    """Flat out, every group several times, eight groups at once; the first time is not counted."""
    groups = read_groups(text, "bench.yaml", source="prom", default_interval=timedelta(minutes=1))
    source = PrometheusSource(way_in(server.url))
    kept: dict[str, GroupStatus] = {}
    first = datetime.now(UTC) - timedelta(seconds=ROUNDS)
    await one_round(groups, source, kept, first)
    began, client, theirs = time.perf_counter(), time.process_time(), processor(server.pid)
    for number in range(1, ROUNDS):
        await one_round(groups, source, kept, first + timedelta(seconds=number))
    rules = sum(len(group.rules) for group in groups) * (ROUNDS - 1)
    spent = Spent(
        client=(time.process_time() - client) / rules,
        server=(processor(server.pid) - theirs) / rules,
        wall=(time.perf_counter() - began) / rules,
    )
    await source.aclose()
    firing = sum(len(rule.alerts) for status in kept.values() for rule in status.rules)
    assert firing == rules // (ROUNDS - 1) // FIRING, f"{firing} alerts"
    return spent


async def one_round(
    groups: Sequence[RuleGroup], source: PrometheusSource, kept: dict[str, GroupStatus], slot: datetime
) -> None:
    """Every group once."""
    waiting = iter(groups)

    async def work() -> None:
        for group in waiting:
            made = await evaluate(group, kept.get(group.key), source, slot, slot)
            assert not made.failures
            kept[group.key] = made.status

    await asyncio.gather(*(work() for _ in range(AT_ONCE)))


def ruler(server: PrometheusServer, text: str, interval: int, folder: Path) -> Spent:
    """Prometheus evaluates the file itself."""
    idle = idling(server)
    path = folder / "ruler.yaml"
    path.write_text(text)
    server.reload(f"global: {{evaluation_interval: 1m}}\nrule_files: [{path}]\n")
    time.sleep(interval + 1)
    before, counted = processor(server.pid), metric(server.url, "prometheus_rule_evaluations_total")
    time.sleep(WATCHED)
    used = processor(server.pid) - before - idle * WATCHED
    evaluated = metric(server.url, "prometheus_rule_evaluations_total") - counted
    server.reload("global: {evaluation_interval: 1m}\n")
    return Spent(client=0.0, server=used / evaluated)


def with_vmalert(server: PrometheusServer, text: str, interval: int, folder: Path) -> Spent:
    """vmalert evaluates the file against the same server, and tells nobody."""
    idle = idling(server)
    path = folder / "vmalert.yaml"
    path.write_text(text)
    with vmalert(path, server.url, folder) as (process, url):
        time.sleep(interval + 1)
        client, theirs = processor(process.pid), processor(server.pid)
        counted = metric(url, "vmalert_iteration_total")
        time.sleep(WATCHED)
        used = processor(process.pid) - client, processor(server.pid) - theirs - idle * WATCHED
        evaluated = (metric(url, "vmalert_iteration_total") - counted) * GROUP
    return Spent(client=used[0] / evaluated, server=used[1] / evaluated)


@contextmanager
def vmalert(rules: Path, prometheus: str, folder: Path) -> Iterator[tuple[ServerProcess, str]]:
    """A vmalert that evaluates a file, and its address."""
    url = f"http://127.0.0.1:{free_port()}"
    with ServerProcess(
        [
            locate("vmalert"),
            f"-rule={rules}",
            f"-datasource.url={prometheus}",
            "-notifier.blackhole",
            f"-httpListenAddr={url.removeprefix('http://')}",
        ],
        log=folder / "vmalert.log",
        ready=lambda: metric(url, "vmalert_config_last_reload_successful") == 1,
    ) as process:
        yield process, url


def idling(server: PrometheusServer) -> float:
    """The share of a processor that the server uses while nobody asks it."""
    time.sleep(2)
    before = processor(server.pid)
    time.sleep(5)
    return (processor(server.pid) - before) / 5


def metric(url: str, name: str) -> float:
    """The sum of a metric over all its series, as a server shows it at this moment."""
    with urllib.request.urlopen(f"{url}/metrics", timeout=30) as answer:
        lines = answer.read().decode().splitlines()
    return sum(float(line.rpartition(" ")[2]) for line in lines if line.startswith((f"{name} ", f"{name}{{")))


async def memory(prometheus: str) -> list[Row]:
    """What an alert costs while it is active: its labels, its texts and its place in the state of its rule."""
    text = rule_file(GROUP, 60).replace('sum by (part) (rate(bench_requests_total{code="500", part="0"}[5m])) > 0.5', (
        'bench_requests_total{code="200"} >= 0'
    ))  # fmt: skip
    (group,) = read_groups(text, "memory.yaml", source="prom", default_interval=timedelta(minutes=1))
    source = PrometheusSource(way_in(prometheus))
    now = datetime.now(UTC)
    gc.collect()
    tracemalloc.start()
    status = (await evaluate(group, None, source, now, now)).status
    status = (await evaluate(group, status, source, now + timedelta(seconds=1), now)).status
    await source.aclose()
    gc.collect()
    grown, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    active = sum(len(rule.alerts) for rule in status.rules)
    assert active >= max(SIZES), active
    return [Row("memory of an active alert", grown / active, "bytes", note=f"of {active:,}")]


def keeps_its_slots(server: PrometheusServer, folder: Path) -> list[Row]:
    """The whole of Tocsin with the most rules, every 30 s: none of its evaluations may be missed."""
    count, interval, watched = max(SIZES), 30, 65
    (folder / "slots.yaml").write_text(rule_file(count, interval))
    config = folder / "tocsin.yaml"
    config.write_text(f"""\
http: {{listen: "127.0.0.1:0"}}
integrations: {{prom: {{use: prometheus, url: "{server.url}"}}}}
rules: [{{files: [slots.yaml], source: prom}}]
""")
    with running(config) as (process, address, _):
        time.sleep(interval + 5)
        before, theirs = processor(process.pid), processor(server.pid)
        evaluated = metric(address, "tocsin_rule_evaluations_total")
        time.sleep(watched)
        rules = (metric(address, "tocsin_rule_evaluations_total") - evaluated) * GROUP
        used = processor(process.pid) - before
        asked = processor(server.pid) - theirs
        missed = metric(address, "tocsin_rule_slots_missed_total")
    return [
        Row(f"{count:,} rules every {interval} s: slots missed", missed, "", floor=0, aim=0, note=f"in {watched} s"),
        Row("  the whole process, a rule", used / rules * 1e6, "us", note=f"server {asked / rules * 1e6:.0f} us"),
    ]
