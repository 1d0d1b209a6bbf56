"""`tocsin backtest` as it is installed, over a past in which Prometheus' own ruler ran the same rules."""

import asyncio
import json
import signal
import subprocess
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from bot.cli.main import main
from tests.integrations.cli.conftest import COMMAND, Said, Shell
from tests.integrations.http_server import HttpServer
from tests.integrations.prometheus.remote_write import write
from tests.servers import PrometheusServer

INTERVAL = timedelta(milliseconds=500)
LENGTH = timedelta(seconds=9)
RULES = """
groups:
  - name: lives
    interval: 500ms
    rules:
      - {record: "tank:level:double", expr: level * 2}
      - {alert: Tick, expr: vector(1)}
      - {alert: AtOnce, expr: level > 1, labels: {severity: page, of: "{{ $labels.tank }}"}}
      - {alert: Held, expr: level > 1, for: 1500ms}
      - {alert: Kept, expr: level > 1, for: 1s, keep_firing_for: 1500ms}
      - {alert: Absent, expr: absent(heart > 1), for: 1s}
      - {alert: Recorded, expr: "tank:level:double > 2", for: 1s}
      - {alert: Never, expr: level > 100}
"""
# What each series is from when on, in milliseconds after the beginning. Our slots are not the ruler's, so no stretch is
# shorter than a slot or near the length of a `for`.
DATA = {
    ("heart", "a"): {-5000: 2, 3000: 0, 5500: 2},
    ("level", "a"): {0: 0, 1000: 2, 1900: 0, 3100: 3, 6300: 0, 7000: 2, 7600: 0},
    ("level", "b"): {0: 0, 2000: 2, 4900: 1, 5800: 2, 8600: 0},
}
Firing = tuple[tuple[tuple[str, str], ...], datetime, datetime]


@dataclass(frozen=True)
class Lived:
    """A Prometheus whose ruler has evaluated RULES from `start` to `end`, and a shell beside it.

    slot: the longest between two of its evaluations: INTERVAL, unless the machine was busy and it missed one.
    """

    server: PrometheusServer
    shell: Shell
    start: datetime
    end: datetime
    slot: timedelta

    def backtest(self, *arguments: str) -> Said:
        """The command over the time that the ruler saw."""
        window = ("--since", self.start.isoformat(), "--until", self.end.isoformat(), "--no-incidents")
        return self.shell("backtest", *arguments, *window)


@pytest.fixture(scope="module")
def lived(prometheus_binary: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lived]:
    folder = tmp_path_factory.mktemp("lived")
    (folder / "rules.yml").write_text(RULES)
    config = "global: {evaluation_interval: 500ms}\nrule_files: [rules.yml]\n"
    with PrometheusServer(folder / "prometheus", config.replace("rules.yml", str(folder / "rules.yml"))) as server:
        start = datetime.now(UTC) + timedelta(seconds=1)
        write(
            server.url,
            [
                ({"__name__": name, "tank": tank}, start + timedelta(milliseconds=after), float(level))
                for (name, tank), levels in DATA.items()
                for after, level in levels.items()
            ],
        )
        (folder / "tocsin.yaml").write_text(
            f"integrations: {{prom: {{use: prometheus, url: '{server.url}'}}}}\n"
            "rules: [{files: [rules.yml], source: prom}]\ntime_zone: Europe/Berlin\n"
        )
        deadline = time.monotonic() + 60
        while not any(points[-1][0] > start + LENGTH for _, points in raw(server.url, 'ALERTS{alertname="Tick"}')):
            assert time.monotonic() < deadline, "Prometheus does not evaluate"
            time.sleep(0.1)
        ((_, ticks),) = raw(server.url, 'ALERTS{alertname="Tick"}')
        slot = max(after - before for (before, _), (after, _) in pairwise(ticks))
        yield Lived(server, Shell(folder, {}), start, start + LENGTH, slot)


def test_it_finds_what_the_ruler_found(lived: Lived) -> None:
    said = lived.backtest("--format", "json")
    assert said.status == 0, said.err
    found = json.loads(said.out)
    ours = {one["rule"]: firings_in(one["variants"][0]["episodes"], lived) for one in found["rules"]}
    theirs = {name: their_firings(lived, name) for name in ours}
    assert sum(map(len, theirs.values())) >= 12, "the ruler saw little"
    for name, expected in theirs.items():
        assert [labels for labels, _, _ in ours[name]] == [labels for labels, _, _ in expected], name
        for (_, began, ended), (_, their_start, their_end) in zip(ours[name], expected, strict=True):
            assert abs(began - their_start) <= lived.slot, name
            assert abs(ended - their_end) <= lived.slot, name
    assert ours["Never"] == []


def test_a_person_reads_when_for_how_long_and_beside_which_settings(lived: Lived) -> None:
    said = lived.backtest("Held", "--sweep", "for=0s,30s", "--sweep", "threshold=2.5")
    assert said.status == 0, said.err
    assert "would have fired" in said.out
    assert "Europe/Berlin" in said.out
    assert "tank=b  " in said.out
    assert "█" in said.out
    rows = [line for line in said.out.partition("Other settings")[2].splitlines() if " > " in line]
    assert [line.split()[:3] for line in rows] == [
        [hold, ">", limit] for limit in ("1", "2.5") for hold in ("1s500ms", "0s", "30s")
    ]
    assert "as written" in rows[0]
    assert rows[2].split()[3] == "0", "nothing lasted for 30 s"
    assert "1 rule over" in said.err
    assert "\r" not in said.err, "no bar where there is no terminal"


def test_a_picture_is_drawn(lived: Lived) -> None:
    said = lived.backtest("Held", "-o", "picture.png")
    assert said.status == 0, said.err
    assert (lived.shell.folder / "picture.png").read_bytes().startswith(b"\x89PNG")


def test_without_any_configuration_an_address_will_do(lived: Lived, tmp_path: Path) -> None:
    (tmp_path / "some.yml").write_text(RULES)
    said = replace(lived, shell=Shell(tmp_path, {})).backtest(
        "some.yml", "--source", lived.server.url, "--format", "json"
    )
    assert said.status == 0, said.err
    kept = next(one for one in json.loads(said.out)["rules"] if one["rule"] == "Kept")
    assert len(firings_in(kept["variants"][0]["episodes"], lived)) == len(their_firings(lived, "Kept"))


def test_what_the_server_does_not_record_is_put_in_or_said(lived: Lived, tmp_path: Path) -> None:
    text = """
groups:
  - name: g
    interval: 500ms
    rules:
      - {record: "tank:level:triple", expr: level * 3}
      - {alert: PutIn, expr: "tank:level:triple > 3"}
      - {alert: NotThere, expr: "max_over_time(tank:level:triple[5s]) > 3"}
"""
    (tmp_path / "some.yml").write_text(text)
    shell = replace(lived, shell=Shell(tmp_path, {}))
    said = shell.backtest("some.yml", "--source", lived.server.url)
    assert said.status == 1
    assert "asked as what it is made of" in said.out
    assert "does not hold tank:level:triple, which it reads" in said.out
    assert "would have fired 5 times for 2 label sets" in said.out, said.out


def test_mistakes_on_the_line_say_what_to_write(
    lived: Lived, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(lived.shell.folder)
    for arguments, status, part in (
        (("Heldd",), 2, "did you mean 'Held'?"),
        (("Held", "--source", "promm"), 2, "did you mean 'prom'?"),
        (("Held", "--sweep", "fro=1m"), 2, "for=1m,5m"),
        (("Held", "--night", "late"), 2, "22:00-07:00"),
        (("Held", "-o", "x.jpg"), 1, "ends in .png"),
        (("Held", "-o", "no/x.png"), 1, "its folder is not there"),
        (("Held", "--since", "soon"), 1, "not a time: 'soon'"),
    ):
        try:
            ended = main(["backtest", *arguments])
        except SystemExit as left:
            ended = left.code
        assert (ended, part in capsys.readouterr().err) == (status, True), arguments


def test_a_server_that_is_away_is_one_message(shell: Shell) -> None:
    (shell.folder / "r.yml").write_text(RULES)
    said = shell("backtest", "r.yml", "--source", "http://127.0.0.1:9", "--since", "5m", "--no-incidents")
    assert said.status == 1
    assert "blind from" in said.out
    assert "cannot be reached" in said.out


async def test_ctrl_c_shows_what_there_is(shell: Shell) -> None:
    """A server that never answers: nothing is known, and that is said."""
    asked = asyncio.Event()

    async def silent(*_: object) -> None:
        asked.set()
        await asyncio.sleep(60)

    (shell.folder / "r.yml").write_text("groups: [{name: g, rules: [{alert: A, expr: up == 0}]}]\n")
    async with HttpServer() as server:
        server.script = silent
        process = await asyncio.create_subprocess_exec(
            COMMAND, "backtest", "r.yml", "--source", server.url, "--no-incidents",
            cwd=shell.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        await asyncio.wait_for(asked.wait(), 30)
        process.send_signal(signal.SIGINT)
        out, err = await asyncio.wait_for(process.communicate(), 10)
    assert process.returncode == 130
    assert b"stopped: no rule is known beyond" in out
    assert b"Traceback" not in err


def firings_in(episodes: Sequence[Mapping[str, Any]], lived: Lived) -> list[Firing]:
    found = []
    for one in episodes:
        if one["fired_at"] is None:
            continue
        began = datetime.fromisoformat(one["fired_at"])
        ended = datetime.fromisoformat(one["ended_at"]) if one["ended_at"] else lived.end
        found.append((tuple(sorted(one["labels"].items())), max(began, lived.start), ended))
    return sorted(found)


def their_firings(lived: Lived, name: str) -> list[Firing]:
    """The stretches in which Prometheus wrote that the alert fires; the slot after the last is its end."""
    found = []
    for labels, points in raw(lived.server.url, f'ALERTS{{alertname="{name}",alertstate="firing"}}'):
        own = tuple(sorted((key, value) for key, value in labels.items() if key != "alertstate"))
        times = [at for at, _ in points if lived.start <= at <= lived.end]
        began = 0
        for place, at in enumerate(times):
            if place + 1 == len(times) or times[place + 1] - at > 1.5 * INTERVAL:
                found.append((own, times[began], min(at + INTERVAL, lived.end)))
                began = place + 1
    return sorted(found)


def raw(url: str, selector: str) -> list[tuple[dict[str, str], list[tuple[datetime, str]]]]:
    """The samples of these series as they were written in the last minutes."""
    query = urllib.parse.urlencode({"query": f"{selector}[5m]"})
    with urllib.request.urlopen(f"{url}/api/v1/query?{query}", timeout=10) as answer:
        result = json.load(answer)["data"]["result"]
    return [
        (
            {name: value for name, value in series["metric"].items() if name != "__name__"},
            [(datetime.fromtimestamp(at, UTC), value) for at, value in series["values"]],
        )
        for series in result
    ]
