"""`tocsin lint rules` as it is installed: alone, beside a real Prometheus, beside a Tocsin with incidents."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.cli.linting import nobody_acted
from bot.cli.main import main
from bot.documents import read
from bot.rules.lint import Read
from bot.rules.spec import groups
from tests.integrations.cli.conftest import Said, Served
from tests.integrations.prometheus.remote_write import write
from tests.servers import PrometheusServer

CALM = "for: 5m, labels: {severity: page}, annotations: {runbook_url: x}"
RULES = f"""\
groups:
  - name: shop
    rules:
      - {{record: "job:level:max", expr: max by (job) (level)}}
      - {{alert: Known, expr: level > 3, {CALM}}}
      - {{alert: Recorded, expr: "job:level:max > 3", {CALM}}}
      - {{alert: Gone, expr: absent(heart), {CALM}}}
      - {{alert: Misspelt, expr: levle > 3, {CALM}}}
      - {{alert: WrongLabel, expr: 'level{{tank="z"}} > 3 or level{{tank=~"a|b"}} > 9', {CALM}}}
      - {{alert: Bare, expr: level > 3}}
"""


Says = Callable[..., Said]


@pytest.fixture
def says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Says:
    """The command within this process, in a folder with RULES in it."""
    (tmp_path / "r.yml").write_text(RULES)
    monkeypatch.chdir(tmp_path)

    def say(*arguments: str) -> Said:
        try:
            status = main(arguments)
        except SystemExit as left:
            status = int(left.code or 0)
        written = capsys.readouterr()
        return Said(status, written.out, written.err)

    return say


def test_alone_it_tells_people_machines_and_pull_requests(says: Says) -> None:
    said = says("lint", "rules", "r.yml")
    assert said.status == 1, said.err
    assert "r.yml:10:29: no-for: Bare: it fires at the first sample\n" in said.out
    assert "    one bad sample wakes somebody" in said.out
    assert said.out.endswith("7 rules in 1 file: 3 found\n")
    told = json.loads(says("lint", "rules", "r.yml", "--format", "json").out)
    assert [(one["check"], one["line"]) for one in told["findings"]] == [
        ("no-runbook", 10),
        ("no-severity", 10),
        ("no-for", 10),
    ]
    annotated = says("lint", "rules", ".", "--format", "github")
    assert "::warning file=r.yml,line=10,col=29,title=no-for::Bare: it fires" in annotated.out


def test_nothing_to_look_at_is_status_2(says: Says) -> None:
    assert says("lint", "rules").status == 2, "no tocsin.yaml, no file named"
    assert says("lint", "rules", "nowhere.yml").status == 2
    assert says("lint").status == 2


def test_series_that_the_source_does_not_have(says: Says, prometheus_binary: str, tmp_path: Path) -> None:
    with PrometheusServer(tmp_path / "prometheus") as server:
        at = datetime.now(UTC) - timedelta(minutes=20)
        write(server.url, [({"__name__": "level", "tank": tank}, at, 1.0) for tank in ("a", "b")])
        said = says("lint", "rules", "r.yml", "--source", server.url, "--format", "json")
    assert said.status == 1, said.err
    missing = [one for one in json.loads(said.out)["findings"] if one["check"] == "no-series"]
    assert [(one["rule"], one["seen"]) for one in missing] == [
        ("Misspelt", 'nothing fits {__name__="levle"} in the last hour'),
        ("WrongLabel", 'nothing fits {__name__="level", tank="z"} in the last hour'),
    ]


def test_a_source_that_is_away_is_one_message(says: Says) -> None:
    said = says("lint", "rules", "r.yml", "--source", "http://127.0.0.1:9")
    assert said.status == 1
    assert "cannot be reached" in said.err
    assert said.out == ""


def test_a_running_tocsin_is_asked_about_incidents(served: Served) -> None:
    (served.folder / "r.yml").write_text(RULES)
    said = served.says("vera", "lint", "rules", "r.yml")
    assert said.status == 1, said.err
    assert "nobody-acted" not in said.out


@pytest.mark.parametrize(
    ("acknowledged", "count", "found"), [(None, 3, True), ("2026-01-01", 3, False), (None, 2, False)]
)
def test_alerts_that_nobody_acted_on(acknowledged: str | None, count: int, found: bool) -> None:
    document = read(RULES, "r.yml")
    file = Read(document=document, groups=groups(document, source="-", default_interval=timedelta(minutes=1)))
    now = datetime.now(UTC)
    incident = {"group_key": '{}:{alertname="Known", job="x"}', "opened_at": now.isoformat(), "acknowledged_at": None}
    old = {**incident, "opened_at": (now - timedelta(days=40)).isoformat()}
    last = {**incident, "acknowledged_at": acknowledged}
    advice = list(nobody_acted([file], [old, *[incident] * (count - 1), last], now - timedelta(days=30)))
    assert [(one.check, one.rule) for one in advice] == ([("nobody-acted", "Known")] if found else [])
