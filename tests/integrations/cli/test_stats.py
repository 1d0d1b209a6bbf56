"""`tocsin stats`: tables as people read them, and as spreadsheets do."""

import asyncio
import csv
import io
import json
from datetime import timedelta
from pathlib import Path

import pytest

from bot.model.actor import TOCSIN
from bot.model.ids import IncidentId, RunId
from bot.model.incident import Incident, IncidentStatus, Severity
from bot.model.run import RunbookRun, RunStatus, RunVerdict
from bot.model.runbook import Runbook
from bot.store.store import open_store
from tests.integrations.cli.conftest import Served
from tests.integrations.web import scene
from tests.past import RULES, lived_through


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with a past in it, up to the moment at which houses stand."""
    database = tmp_path_factory.mktemp("past") / "tocsin.db"
    lived_through(f"sqlite:///{database}", scene.NOW, incidents=100, days=25)
    asyncio.run(_long_ago(f"sqlite:///{database}"))
    return database


async def _long_ago(url: str) -> None:
    """Something with the name of a formula."""
    formula = Incident(
        id=IncidentId("INC-101"),
        title="x",
        severity=Severity.SEV1,
        status=IncidentStatus.TRIGGERED,
        opened_at=scene.NOW - timedelta(days=600),
        service="=HYPERLINK(1)",
    )
    run = RunbookRun(
        id=RunId("RUN-900"),
        runbook=Runbook(name="restart-web", title="x", file="x.yaml", hash="0", steps=()),
        incident=None,
        inputs={},
        started_at=scene.NOW - timedelta(days=2),
        started_by=TOCSIN,
        status=RunStatus.SUCCEEDED,
        ended_at=scene.NOW - timedelta(days=1),
        changed_at=scene.NOW - timedelta(days=1),
        verdict=RunVerdict.RECOVERED,
        verdict_after=timedelta(seconds=90),
    )
    async with open_store(url) as store:
        await store.write(lambda tx: tx.incidents.put(formula))
        await store.write(lambda tx: tx.runs.create(run))


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_four_tables_and_what_to_do(served: Served) -> None:
    said = served.says("vera", "stats", "--by", "team")
    assert said.status == 0, said.err
    lines = said.out.splitlines()
    assert lines[0].startswith("98 incidents opened since 2026-10-21 15:35:52 CEST, ")
    assert lines[2].split() == ["TEAM", "INCIDENTS", "OPEN", "DETECT", "ACKNOWLEDGE", "MITIGATE", "RESOLVE"]
    assert {line.split()[0] for line in lines[3:8]} == {"shop", "money", "find", "-", "all"}
    assert "and 2 more rules; --csv noise has every one" in lines
    assert [line for line in lines if line.startswith("CacheCold: ") and "`for: " in line]
    titles = lines.index("PERSON  PAGES  AT NIGHT  NIGHTS  INCIDENTS  ON DUTY")
    assert {line.split()[0] for line in lines[titles + 1 :] if line} >= {"ann", "ben"}
    assert ["restart-web", "1", "1", "0", "0", "1", "0", "0", "1m30s,", "1m30s", "-"] in [
        line.split() for line in lines
    ]
    use = rows(served.says("vera", "stats", "--csv", "runbooks").out)
    assert [(one["runbook"], one["recovery_median"], one["answer_count"]) for one in use] == [
        ("restart-web", "90.0", "0")
    ]


def test_csv_has_every_row_in_seconds(served: Served) -> None:
    times = rows(served.says("vera", "stats", "--csv", "--by", "severity").out)
    noise = rows(served.says("vera", "stats", "--csv", "noise").out)
    load = rows(served.says("vera", "stats", "--csv", "load").out)
    assert [one["severity"] for one in times] == sorted(one["severity"] for one in times)
    assert sum(int(one["incidents"]) for one in times) == 98
    assert all(float(one["resolve_p90"]) >= float(one["resolve_median"]) > 0 for one in times if one["resolve_median"])
    assert {one["rule"] for one in noise} == set(RULES)
    assert sum(int(one["incidents"]) for one in noise) == 98
    assert {one["person"] for one in load} >= {"ann", "ben", "cem", "dora"}


def test_json_is_what_the_api_says(served: Served) -> None:
    found = json.loads(served.says("vera", "stats", "--json", "--since", "8d", "--by", "week").out)
    assert [one["of"] for one in found["groups"]] == ["2026-W46", "2026-W47"]
    assert found["groups"] == found["weeks"]


def test_what_a_spreadsheet_would_work_out_is_text(served: Served) -> None:
    found = rows(served.says("vera", "stats", "--csv", "--since", "700d").out)
    assert {"'=HYPERLINK(1)", "-"} < {one["service"] for one in found}


@pytest.mark.parametrize("length", ["1m", "732d", "moon", "-3d"])
def test_a_length_that_cannot_be_looked_at_is_refused(served: Served, length: str) -> None:
    with pytest.raises(SystemExit) as ended:
        served.says("vera", "stats", f"--since={length}")
    assert ended.value.code == 2
