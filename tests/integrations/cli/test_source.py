"""`tocsin source test`: what a body becomes, told by the command as it is installed."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.integrations.cli.conftest import Shell
from tests.integrations.hooks import payloads

README = (Path(__file__).parents[3] / "bot/integrations/json_source/README.md").read_text()
YAML, BODY = (re.findall(rf"```{kind}\n(.*?)```", README, re.DOTALL)[0] for kind in ("yaml", "json"))


def test_a_kind_needs_no_configuration(shell: Shell) -> None:
    (shell.folder / "body.json").write_bytes(payloads.grafana())
    said = shell("source", "test", "body.json", "--as", "grafana")
    assert (said.status, said.err) == (0, "")
    for line in ("1 alert", "Hot", "state        fires since 2026-03-04 05:00:00 UTC", "room=cellar", "values: B=42.5"):
        assert line in said.out
    assert "goes to      default" in said.out


def test_the_readmes_example_becomes_what_it_says(shell: Shell) -> None:
    (shell.folder / "tocsin.yaml").write_text(YAML)
    said = shell("source", "test", "-", "--as", "checks", "--format", "json", feed=BODY)
    assert said.status == 0, said.err
    disk, load = json.loads(said.out)["alerts"]
    assert disk["labels"] == {"alertname": "disk", "host": "db-1", "severity": "critical", "site": "eu-1"}
    assert (disk["status"], disk["startsAt"]) == ("firing", "2026-03-04T04:53:20+00:00")
    assert (load["labels"]["alertname"], load["status"], load["knownBy"]) == ("load", "resolved", ["host", "alertname"])


def test_other_paths_and_headers(shell: Shell) -> None:
    (shell.folder / "event.json").write_bytes(payloads.event())
    (shell.folder / "issue.json").write_bytes(payloads.sentry_issue(action="assigned"))
    event = shell("source", "test", "event.json", "--as", "pagerduty", "--path", "/v2/enqueue")
    issue = shell(
        "source", "test", "issue.json", "--as", "sentry", "--header", "Sentry-Hook-Resource: issue", "--format", "json"
    )
    assert '"message": "Event processed"' in event.out
    assert json.loads(issue.out)["outcome"] == "ignored"
    assert json.loads(issue.out)["why"] == "assigned neither begins nor ends an alert"


@pytest.mark.parametrize(
    "kind", ["alertmanager", "datadog", "grafana", "opsgenie", "pagerduty", "sentry", "sns", "splunk"]
)
def test_what_cannot_be_read_is_status_1_and_says_why(shell: Shell, kind: str) -> None:
    said = shell("source", "test", "-", "--as", kind, "--header", "sentry-hook-resource:issue", feed="[1]")
    assert (said.status, said.err) == (1, "")
    assert said.out.startswith("kept for people to look at, and no alert\nwhy  ")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("-", "--as", "prometheus"), "'prometheus' posts nothing to Tocsin"),
        (("-", "--as", "json_source"), "'json_source' is read as tocsin.yaml says"),
        (("-", "--as", "grafan"), "no integration is called 'grafan'; did you mean 'grafana'?"),
        (("nowhere.json", "--as", "grafana"), "cannot read nowhere.json"),
        (("-", "--as", "grafana", "--header", "x"), "'x' is no header"),
        (("large.json", "--as", "grafana"), "the body is larger than 1024 KiB"),
    ],
)
def test_what_cannot_be_looked_at_is_status_2(shell: Shell, arguments: tuple[str, ...], message: str) -> None:
    (shell.folder / "large.json").write_bytes(b" " * (1024 * 1024 + 1))
    said = shell("source", "test", *arguments)
    assert said.status == 2
    assert message in said.err


def test_a_broken_expression_is_found_by_check(shell: Shell) -> None:
    (shell.folder / "tocsin.yaml").write_text(YAML.replace("alertname: name", 'alertname: "checks[?"'))
    for said in (shell("check"), shell("source", "test", "-", "--as", "checks", feed="{}")):
        assert said.status == 1
        shown = said.out + said.err
        assert "tocsin.yaml:7:" in shown
        assert "integrations.checks.mapping.labels.alertname: not a JMESPath expression: 'checks[?'" in shown
