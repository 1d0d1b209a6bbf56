"""A Prometheus and a Tocsin with the same rules, the same data and one receiver, and what both did in some seconds."""

from __future__ import annotations

import itertools
import json
import math
import os
import signal
import struct
import sys
import threading
import time
import urllib.parse
import urllib.request
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self

import yaml

from bot.rules.schedule import slot_offset
from tests.differential.receiver import Receiver
from tests.differential.scenario import STALE, Scenario, rule_file
from tests.integrations.prometheus.remote_write import write
from tests.servers import PrometheusServer, ServerProcess, free_port

TOCSIN = Path(sys.executable).with_name("tocsin")
RESEND = "4s"
EXTERNAL = {"region": "eu", "replica": "a"}
RELABEL = [{"action": "labeldrop", "regex": "replica"}, {"source_labels": ["region"], "target_label": "site"}]
EXTERNAL_URL = "http://prometheus.example"
LOOK_EVERY = 0.4
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
CYCLE = timedelta(seconds=2)
_STALE_NAN = struct.unpack("<d", struct.pack("<Q", 0x7FF0000000000002))[0]

Group = Mapping[str, Any]
"""A group as /api/v1/rules shows it."""


@dataclass
class Told:
    """What one of the two did. `groups`: each group as its API showed it, whenever somebody looked."""

    groups: list[Group] = field(default_factory=list)
    alerts: list[tuple[datetime, dict[str, Any]]] = field(default_factory=list)
    series: Mapping[str, Any] = field(default_factory=dict)
    missed: float = 0


@dataclass
class Played:
    """What both did between `began` and `ended`."""

    began: datetime
    ended: datetime
    folder: Path
    prometheus: Told
    tocsin: Told
    reloaded: datetime | None = None


class Pair:
    """Both of them, for the length of a `with` block. `binary` is the Prometheus that rules."""

    def __init__(self, folder: Path, scenarios: Sequence[Scenario], *, binary: str = "prometheus") -> None:
        self.folder = folder
        self.scenarios = [self._early(one) if one.reloads else one for one in scenarios]
        self._binary = binary
        self._stack = ExitStack()
        self.receiver = Receiver()

    def __enter__(self) -> Self:
        self.receiver = self._stack.enter_context(self.receiver)
        self.write_rules()
        self.ruler = PrometheusServer(self.folder / "ruler", self._ruler_config(), flags=FLAGS, binary=self._binary)
        self.store = PrometheusServer(self.folder / "store")
        self._stack.enter_context(self.ruler)
        self._stack.enter_context(self.store)
        self._port = free_port()
        self.url = f"http://127.0.0.1:{self._port}"
        # apart from the rules: a file below its own folder goes by its name alone, which gives it other slots
        config = self.folder / "tocsin" / "tocsin.yaml"
        config.parent.mkdir()
        config.write_text(self._tocsin_config())
        self.tocsin = ServerProcess(
            [str(TOCSIN), "-c", str(config), "run"], log=self.folder / "tocsin.log", ready=self._is_ready
        )
        self._stack.enter_context(self.tocsin)
        self._token = config.with_name("tocsin.token").read_text().strip()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    @property
    def read_file(self) -> Path:
        """The rule file whose rules only look."""
        return self.folder / "read.yml"

    @property
    def write_file(self) -> Path:
        """The rule file whose rules write."""
        return self.folder / "write.yml"

    def _early(self, scenario: Scenario) -> Scenario:
        """The scenario under a name that puts its slots into the first half second of every other second.

        Everything is read again after that half second, and both have until the next one for it.
        """
        file = str(self.write_file if scenario.writes else self.read_file)
        names = (f"{scenario.name}-{number}" for number in itertools.count())
        return replace(scenario, name=next(name for name in names if slot_offset(file, name, CYCLE) < CYCLE / 4))

    def write_rules(self, *, later: bool = False) -> None:
        """Writes both rule files, as they stand at the beginning or after the reload."""
        for path, writes in ((self.read_file, False), (self.write_file, True)):
            path.write_text(rule_file([one for one in self.scenarios if one.writes is writes], later=later))

    def play(self, length: float, *, reload_at: float | None = None) -> Played:
        """Lets the data begin in a few seconds, and looks at both until it has been there for `length` seconds.

        The rules change at the first half second of a cycle that comes after `reload_at` seconds.
        """
        began = EPOCH + ((datetime.now(UTC) - EPOCH) // CYCLE + 2) * CYCLE
        for server in (self.ruler, self.store):
            write(server.url, self._samples(began))
        ended = began + timedelta(seconds=length)
        played = Played(began, ended, self.folder, Told(), Told())
        _sleep_until(began - timedelta(seconds=1))
        missed = self._missed()
        done = threading.Event()
        lookers = [
            threading.Thread(target=self._look, args=(played.prometheus.groups, self.ruler.url, {}, done)),
            threading.Thread(target=self._look, args=(played.tocsin.groups, self.url, self._headers, done)),
        ]
        for looker in lookers:
            looker.start()
        if reload_at is not None:
            played.reloaded = began + timedelta(seconds=reload_at) // CYCLE * CYCLE + CYCLE * 0.3
            _sleep_until(played.reloaded)
            self._reload()
        _sleep_until(ended + timedelta(seconds=2))
        done.set()
        for looker in lookers:
            looker.join()
        played.prometheus.alerts, played.tocsin.alerts = self._alerts("prometheus"), self._alerts("tocsin")
        played.prometheus.series, played.tocsin.series = (
            self._series(self.ruler, played),
            self._series(self.store, played),
        )
        after = self._missed()
        played.prometheus.missed, played.tocsin.missed = after[0] - missed[0], after[1] - missed[1]
        return played

    def _reload(self) -> None:
        self.write_rules(later=True)
        os.kill(self.tocsin.pid, signal.SIGHUP)
        self.ruler.reload()

    def _look(self, kept: list[Group], url: str, headers: Mapping[str, str], done: threading.Event) -> None:
        while not done.wait(LOOK_EVERY):
            kept.extend(_get(f"{url}/api/v1/rules", headers)["data"]["groups"])

    def _alerts(self, to: str) -> list[tuple[datetime, dict[str, Any]]]:
        return [(call.at, alert) for call in self.receiver.calls if call.to == to for alert in call.alerts]

    def _series(self, server: PrometheusServer, played: Played) -> Mapping[str, Any]:
        """What the rules that write have written, as it was there every quarter of a second."""
        if not any(one.writes for one in self.scenarios):
            return {}
        names = "|".join(f"{one.metric}:.+" for one in self.scenarios if one.writes)
        alerts = "|".join(f"{one.name}:.+" for one in self.scenarios if one.writes)
        found = {}
        for selector in (f'{{__name__=~"{names}"}}', f'{{__name__=~"ALERTS|ALERTS_FOR_STATE",alertname=~"{alerts}"}}'):
            query = {
                "query": selector,
                "start": str(played.began.timestamp()),
                "end": str(played.ended.timestamp()),
                "step": "0.25",
            }
            answer = _get(f"{server.url}/api/v1/query_range?{urllib.parse.urlencode(query)}", {})
            for series in answer["data"]["result"]:
                found[json.dumps(series["metric"], sort_keys=True)] = series["values"]
        return found

    def _missed(self) -> tuple[float, float]:
        return (
            _counted(f"{self.ruler.url}/metrics", "prometheus_rule_group_iterations_missed_total"),
            _counted(f"{self.url}/metrics", "tocsin_rule_slots_missed_total"),
        )

    @property
    def _headers(self) -> Mapping[str, str]:
        return {"authorization": f"Bearer {self._token}"}

    def _is_ready(self) -> bool:
        with urllib.request.urlopen(f"{self.url}/-/ready", timeout=2) as answer:
            return bool(answer.status == 200)

    def _samples(self, began: datetime) -> list[tuple[Mapping[str, str], datetime, float]]:
        return [
            (
                {"__name__": scenario.metric, **_labels(labels)},
                began + timedelta(seconds=after),
                _STALE_NAN if value == STALE else float(value),
            )
            for scenario in self.scenarios
            for labels, points in scenario.series.items()
            for after, value in sorted(points.items())
        ]

    def _ruler_config(self) -> str:
        target = {
            "static_configs": [{"targets": [f"127.0.0.1:{self.receiver.port}"]}],
            "path_prefix": "/prometheus",
        }
        return yaml.safe_dump(
            {
                "global": {"evaluation_interval": "1s", "external_labels": EXTERNAL},
                "rule_files": [str(self.read_file), str(self.write_file)],
                "alerting": {"alertmanagers": [target], "alert_relabel_configs": RELABEL},
            }
        )

    def _tocsin_config(self) -> str:
        address = f"http://127.0.0.1:{self.receiver.port}/tocsin"
        common = {
            "interval": "1s",
            "alertmanagers": ["am"],
            "resend_delay": RESEND,
            "external_labels": EXTERNAL,
            "external_url": EXTERNAL_URL,
        }
        return yaml.safe_dump(
            {
                "http": {"listen": f"127.0.0.1:{self._port}"},
                "integrations": {
                    "ruler": {"use": "prometheus", "url": self.ruler.url},
                    "store": {"use": "prometheus", "url": self.store.url},
                    "am": {"use": "alertmanager", "url": address, "alert_relabel_configs": RELABEL},
                },
                "rules": [
                    {"files": [str(self.read_file)], "source": "ruler", **common},
                    {"files": [str(self.write_file)], "source": "store", "recordings": "write", **common},
                ],
            }
        )


FLAGS = [f"--rules.alert.resend-delay={RESEND}", f"--web.external-url={EXTERNAL_URL}", "--web.route-prefix=/"]


def _sleep_until(at: datetime) -> None:
    time.sleep(max(0.0, (at - datetime.now(UTC)).total_seconds()))


def _labels(text: str) -> Mapping[str, str]:
    labels: Mapping[str, str] = yaml.safe_load("{" + text.replace("=", ": ") + "}")
    return labels


def _get(url: str, headers: Mapping[str, str]) -> Any:
    with urllib.request.urlopen(urllib.request.Request(url, headers=dict(headers)), timeout=20) as answer:
        return json.load(answer)


def _counted(url: str, metric: str) -> float:
    with urllib.request.urlopen(url, timeout=20) as answer:
        lines = answer.read().decode().splitlines()
    return math.fsum(float(line.rpartition(" ")[2]) for line in lines if line.startswith((f"{metric}{{", f"{metric} ")))
