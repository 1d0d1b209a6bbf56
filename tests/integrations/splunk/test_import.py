"""`tocsin import splunk`, as people run it, against a simulated Splunk."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.integrations.splunk.simulated import TOKEN, Simulator

COMMAND = Path(sys.executable).with_name("tocsin")


@dataclass(frozen=True)
class Said:
    status: int
    out: str
    err: str


def alert(
    name: str, app: str = "shop", owner: str = "admin", sharing: str = "app", **content: object
) -> dict[str, object]:
    usual = {
        "search": f"index=main {name}",
        "is_scheduled": True,
        "cron_schedule": "*/5 * * * *",
        "dispatch.earliest_time": "-5m@m",
        "dispatch.latest_time": "@m",
        "alert_type": "number of events",
        "alert_comparator": "greater than",
        "alert_threshold": "10",
    }
    return {"name": name, "app": app, "owner": owner, "sharing": sharing, "content": usual | content}


KEPT = (
    alert("Refused payments", description="Too many", **{"alert.severity": 4}),
    alert(
        "By user",
        **{
            "alert.digest_mode": False,
            "alert.suppress": "1",
            "alert.suppress.period": "1h",
            "alert.suppress.fields": "user,host",
        },
    ),
    alert("Of ann alone", owner="ann", sharing="user"),
    alert("Long one", app="search", search='index=main "a\\\\b"\n| stats count by host\n| where count > 3'),
    alert("Live", **{"dispatch.earliest_time": "rt-5m", "dispatch.latest_time": "rt"}),
    alert("Off", disabled=True),
    alert("On demand", is_scheduled=False),
    alert("Mistaken", cron_schedule="61 * * * *"),
)


@pytest.fixture
def tocsin(splunk: Simulator, tmp_path: Path) -> Any:
    """Runs the command in a folder whose tocsin.yaml names the simulator."""
    splunk.set_up(apps=["search", "shop"])
    splunk.saves(*KEPT)
    (tmp_path / "tocsin.yaml").write_text(
        f"time_zone: Europe/Berlin\nintegrations:\n"
        f"  splunk: {{use: splunk, url: '{splunk.url}', bearer_token: {{env: SPLUNK_TOKEN}}, timeout: 60s}}\n"
    )

    def run(*arguments: str, token: str = TOKEN) -> Said:
        ran = subprocess.run(
            [COMMAND, *arguments],
            cwd=tmp_path,
            env={"PATH": os.environ["PATH"], "HOME": str(tmp_path), "SPLUNK_TOKEN": token},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert "Traceback" not in ran.stderr, ran.stderr
        return Said(ran.returncode, ran.stdout, ran.stderr)

    return run


def test_it_says_what_becomes_of_each(tocsin: Any) -> None:
    said = tocsin("import", "splunk")
    assert said.status == 1  # one has a mistake
    assert "Refused payments (shop)\n    every 5 minutes (Europe/Berlin), over -5m@m to @m\n" in said.out
    assert "    fires: more than 10 results; one alert for all rows\n" in said.out
    assert "an alert for each row by user, host, then quiet for 1h" in said.out
    assert "Of ann alone (shop of ann)" in said.out
    assert "    Off (shop): it is disabled\n" in said.out
    assert "Live (shop): dispatch.earliest_time = rt-5m is a real-time window; look at it every minute" in said.out
    assert "Mistaken (shop): it has mistakes" in said.out
    assert "61" in said.out
    assert said.out.endswith("8 saved searches: 4 evaluated, 4 not, 1 of them for mistakes\n")


def test_a_program_reads_it_too(tocsin: Any) -> None:
    said = tocsin("import", "splunk", "--app", "shop", "--owner", "nobody", "--format", "json")
    found = {one["name"]: one for one in json.loads(said.out)["searches"]}
    assert set(found) == {"Refused payments", "By user", "Live", "Off", "On demand", "Mistaken"}
    assert found["By user"]["evaluated"] is True
    assert found["By user"]["tells"].startswith("an alert for each row")
    assert (found["Off"]["evaluated"], found["Off"]["why"]) == (False, "it is disabled")
    assert (found["Mistaken"]["mistaken"], found["Live"]["mistaken"]) == (True, False)


def test_what_it_writes_is_what_it_showed(tocsin: Any, splunk: Simulator, tmp_path: Path) -> None:
    splunk.saves(*(one for one in KEPT if one["name"] != "Mistaken"))
    said = tocsin("import", "splunk", "--write", "rules/splunk")
    assert said.status == 0, said
    written = sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.conf"))
    assert written == [
        "rules/splunk/search/default/savedsearches.conf",
        "rules/splunk/shop/default/savedsearches.conf",
        "rules/splunk/users/ann/shop/local/savedsearches.conf",
    ]
    with (tmp_path / "tocsin.yaml").open("a") as config:
        config.write("rules:\n" + "".join(line + "\n" for line in said.err.splitlines() if line.startswith("  - ")))
    checked = tocsin("check")
    assert checked.status == 0, checked
    assert "warning" not in checked.out


def test_one_file_is_of_one_app(tocsin: Any, tmp_path: Path) -> None:
    said = tocsin("import", "splunk", "--write", "all.conf")
    assert (said.status, (tmp_path / "all.conf").exists()) == (1, False)
    assert "choose one with --app and --owner" in said.err
    said = tocsin("import", "splunk", "--app", "search", "--write", "some.conf")
    assert said.status == 0
    assert "  - {files: [some.conf], source: splunk, app: search}" in said.err
    assert (tmp_path / "some.conf").read_text().splitlines()[:4] == [
        "[Long one]",
        'search = index=main "a\\\\b"\\',
        "| stats count by host\\",
        "| where count > 3",
    ]
    again = tocsin("import", "splunk", "--app", "search", "--write", "some.conf")
    assert (again.status, "is there already" in again.err) == (1, True)


def test_nothing_to_write_is_said(tocsin: Any) -> None:
    said = tocsin("import", "splunk", "--app", "search", "--owner", "admin", "--write", "none.conf")
    assert (said.status, "no search to write" in said.err) == (1, True)


def test_who_cannot_look_says_why(tocsin: Any, tmp_path: Path) -> None:
    said = tocsin("import", "splunk", token="nobody's")
    assert (said.status, "401" in said.err) == (2, True)
    said = tocsin("import", "splunk", "--source", "splonk")
    assert (said.status, "did you mean" in said.err) == (2, True)
    (tmp_path / "tocsin.yaml").write_text("time_zone: UTC\n")
    said = tocsin("import", "splunk")
    assert (said.status, "use: splunk" in said.err) == (2, True)


def test_a_secret_that_is_not_there_is_said(tocsin: Any) -> None:
    said = tocsin("import", "splunk", token="")
    assert (said.status, "integrations.splunk.bearer_token" in said.out + said.err) == (1, True)


def test_many_come_page_by_page(tocsin: Any, splunk: Simulator) -> None:
    splunk.saves(*(alert(f"Search {number}") for number in range(450)))
    assert tocsin("import", "splunk").out.endswith("450 saved searches: 450 evaluated, 0 not\n")
