"""Saved searches at the command line: tests that need no Splunk, and a backtest that asks one."""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.integrations.splunk.simulated import TOKEN, Simulator

CONF = """\
[Too many failures]
search = index=auth action=failure | stats count by user | where count > 3
enableSched = 1
cron_schedule = * * * * *
dispatch.earliest_time = -1m
counttype = number of events
relation = greater than
quantity = 0
alert.digest_mode = 0
alert.suppress = 1
alert.suppress.period = 1h
alert.suppress.fields = user
"""
TESTS = """\
search_files: [savedsearches.conf]
tests:
  - name: ann
    search: Too many failures
    runs: [{at: 1m, rows: [{user: ann, count: "4"}]}]
    alert_search_test: [{eval_time: 1m, exp_alerts: [{exp_labels: {user: USER}}]}]
"""


def tocsin(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "SPLUNK": TOKEN, "NO_COLOR": "1"}
    return subprocess.run(
        [sys.executable, "-m", "bot", *arguments],
        cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=100,
    )  # fmt: skip


def test_tests_of_searches_are_played_without_any_server(tmp_path: Path) -> None:
    (tmp_path / "savedsearches.conf").write_text(CONF)
    (tmp_path / "good.yaml").write_text(TESTS.replace("USER", "ann"))
    (tmp_path / "bad.yaml").write_text(TESTS.replace("USER", "ben"))
    good = tocsin(tmp_path, "test", "rules", "--prometheus", "/nowhere/prometheus", "good.yaml")
    assert (good.returncode, good.stdout.splitlines()[-1]) == (0, "1 test: all as expected"), good.stderr
    bad = tocsin(tmp_path, "test", "rules", "--junit", "report.xml", "bad.yaml")
    assert bad.returncode == 1
    assert [line.strip() for line in bad.stdout.splitlines()[2:6]] == [
        "bad.yaml:6:25: Too many failures at 1m is not as expected",
        'differs: {alertname="Too many failures", user="ben"}',
        "label user",
        'expected  "ben"',
    ]
    assert "<failure" in (tmp_path / "report.xml").read_text()


def test_a_backtest_asks_every_run_and_tells_what_would_have_fired(splunk: Simulator, tmp_path: Path) -> None:
    minute = datetime.now(UTC).replace(second=0, microsecond=0)
    for ago in (9, 8, 4):
        splunk.index(
            *((minute - timedelta(minutes=ago, seconds=n + 1), "action=failure user=ann") for n in range(5)),
            index="auth",
        )
    (tmp_path / "savedsearches.conf").write_text(CONF)
    (tmp_path / "tocsin.yaml").write_text(
        f'integrations:\n  splunk: {{use: splunk, url: "{splunk.url}", bearer_token: {{env: SPLUNK}}}}\n'
        "rules:\n  - {files: [savedsearches.conf], source: splunk}\n"
    )
    done = tocsin(tmp_path, "backtest", "--since", "12m", "--format", "json", "--no-incidents", "--concurrency", "4")
    assert done.returncode == 0, done.stdout + done.stderr
    (rule,) = json.loads(done.stdout)["rules"]
    (walk,) = rule["variants"]
    times = [
        [minute - datetime.fromisoformat(one[key]) for key in ("fired_at", "ended_at")] for one in walk["episodes"]
    ]
    assert times == [[timedelta(minutes=9), timedelta(minutes=7)], [timedelta(minutes=4), timedelta(minutes=3)]]
    assert walk["episodes"][0]["labels"]["user"] == "ann"
    assert rule["blind"] == []
    assert "with its suppression somebody would have been told anew once within this time" in rule["notes"]
