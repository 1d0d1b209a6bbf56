"""The real amtool, unchanged, against a real Tocsin."""

from __future__ import annotations

import json

import yaml

from tests.integrations.alertmanager_api.conftest import Real


def names(real: Real, *arguments: str) -> list[str]:
    found = json.loads(real.amtool("-o", "json", "alert", "query", *arguments))
    return sorted(alert["labels"]["alertname"] for alert in found)


def test_an_alert_is_added_and_found(real: Real) -> None:
    real.amtool("alert", "add", "Added", "severity=critical", "node=a-1", "--annotation=summary=it burns")
    (found,) = json.loads(real.amtool("-o", "json", "alert", "query", "alertname=Added"))
    assert found["labels"] == {"alertname": "Added", "severity": "critical", "node": "a-1"}
    assert found["annotations"] == {"summary": "it burns"}
    assert found["receivers"] == [{"name": "sre"}]
    assert found["status"] == {"state": "active", "inhibitedBy": [], "mutedBy": [], "silencedBy": []}
    assert "it burns" in real.amtool("alert", "query", "Added")
    for matcher, expected in (
        ('node=~"a-.*"', ["Added"]),
        ("node!=a-1", []),
        ('node!~"b.*"', ["Added"]),
        ('nothing=""', ["Added"]),
    ):
        assert names(real, "alertname=Added", matcher) == expected


def test_an_alert_with_an_end_in_the_past_is_over(real: Real) -> None:
    real.amtool("alert", "add", "Passing")
    assert names(real, "alertname=Passing") == ["Passing"]
    real.amtool("alert", "add", "Passing", "--end=2026-01-01T00:00:00Z", "--start=2025-12-31T00:00:00Z")
    assert names(real, "alertname=Passing") == []


def test_a_silence_is_made_changed_and_ended(real: Real) -> None:
    real.amtool("alert", "add", "Quiet", "severity=info")
    id_ = real.amtool("silence", "add", "-a", "ann", "-c", "moving", "-d", "1h", "alertname=Quiet").strip()
    assert names(real, "alertname=Quiet") == []
    assert names(real, "--silenced", "alertname=Quiet") == ["Quiet"]
    (found,) = json.loads(real.amtool("-o", "json", "silence", "query", "alertname=Quiet"))
    assert (found["id"], found["createdBy"], found["comment"]) == (id_, "ann", "moving")
    assert found["matchers"] == [{"isEqual": True, "isRegex": False, "name": "alertname", "value": "Quiet"}]

    longer = real.amtool("silence", "update", "-d", "2h", "-c", "still moving", id_)
    assert id_ in longer
    (found,) = json.loads(real.amtool("-o", "json", "silence", "query", "alertname=Quiet"))
    assert (found["id"], found["comment"]) == (id_, "still moving")

    real.amtool("silence", "expire", id_)
    assert names(real, "alertname=Quiet") == ["Quiet"]
    expired = json.loads(real.amtool("-o", "json", "silence", "query", "--expired", "--within=1h", "alertname=Quiet"))
    assert [one["status"]["state"] for one in expired] == ["expired"]


def test_silences_are_imported_as_they_were_exported(real: Real) -> None:
    for number in range(3):
        real.amtool("silence", "add", "-a", "ann", "-c", "import me", f"alertname=Imported{number}", "severity!=page")
    every = json.loads(real.amtool("-o", "json", "silence", "query"))
    exported = [one for one in every if one["comment"] == "import me"]
    assert len(exported) == 3
    for one in exported:
        real.amtool("silence", "expire", one["id"])
    real.amtool("silence", "import", "--force", text=json.dumps(exported))
    every = json.loads(real.amtool("-o", "json", "silence", "query"))
    again = [one for one in every if one["comment"] == "import me"]
    assert {json.dumps(one["matchers"]) for one in again} == {json.dumps(one["matchers"]) for one in exported}


def test_the_configuration_is_one_that_alertmanager_loads(real: Real) -> None:
    shown = yaml.safe_load(real.amtool("config", "show"))
    assert shown["global"] == {"resolve_timeout": "5m"}
    assert [one["name"] for one in shown["receivers"]] == ["sre", "db", "night"]
    assert shown["inhibit_rules"] == [
        {"source_matchers": ['alertname="Down"'], "target_matchers": ['severity="warning"'], "equal": ["cluster"]}
    ]
    tree = real.amtool("config", "routes", "show")
    assert 'team="db"' in tree
    for labels, receiver in ((["team=db"], "db"), (["team=shop"], "night"), (["team=x"], "sre"), ([], "sre")):
        assert real.amtool("config", "routes", "test", *labels).strip() == receiver
    assert "disabled" in real.amtool("cluster", "show")
