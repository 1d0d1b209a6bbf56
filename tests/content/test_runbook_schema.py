"""The JSON Schema for editors: as published, a schema by its own rules, and whatever we ship or show fits it."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from bot.cli.main import main
from bot.runbooks.schema import RunbookSpec
from tests.house.tree import ROOT

PUBLISHED = ROOT / "runbooks" / "runbook.schema.json"
SCHEMA: dict[str, Any] = json.loads(PUBLISHED.read_text())
VALIDATOR = Draft202012Validator(SCHEMA)
RUNBOOKS = sorted((ROOT / "runbooks").rglob("*.yaml"))


def complaints(text: str) -> list[str]:
    """What an editor would say: it reads YAML by YAML's own rules."""
    return sorted(f"{error.json_path}: {error.message}" for error in VALIDATOR.iter_errors(yaml.safe_load(text)))


def examples() -> Iterator[str]:
    text = (ROOT / "runbooks" / "README.md").read_text()
    for block in re.findall(r"^```yaml\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
        if block.startswith(("runbook:", "# yaml-language-server")):
            yield block


def test_what_is_published_is_what_is_printed(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)  # where no tocsin.yaml is
    assert main(["runbook", "schema"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed == SCHEMA, "write it anew: `tocsin runbook schema > runbooks/runbook.schema.json`"


def test_it_is_a_schema() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert set(SCHEMA["properties"]) == {info.alias or name for name, info in RunbookSpec.model_fields.items()}


@pytest.mark.parametrize("file", RUNBOOKS, ids=lambda file: file.stem)
def test_every_runbook_we_ship_fits(file: Path) -> None:
    assert complaints(file.read_text()) == []


def test_every_example_fits() -> None:
    found = list(examples())
    assert found
    assert [complaints(example) for example in found] == [[]] * len(found)


STEPS = "runbook: r\ntitle: t\nsteps:\n  - {id: look, uses: prometheus.query, with: {expr: up}}\n"


@pytest.mark.parametrize(
    "text",
    [
        STEPS + "inputs: {a: {default: 3}, b: {default: true, required: false}}\n",
        STEPS + "watch: 0\ntimeout: 90s\nconcurrency: '{{ inputs.a }}'\nfreeze: [nights]\n",
        STEPS + "triggers: [{incident: {status: resolved}}, {incident: {status: [resolved], severity: [SEV1]}}]\n",
        STEPS + "tests: [{name: x, results: {look: {value: {count: 3}}}, expect: {verdict: ''}}]\n",
        STEPS + "tests: [{name: x, results: {look: [{outcome: failed}, {}]}, expect: {path: [look]}}]\n",
        STEPS + "  - {id: a, uses: host.service_restart, with: {host: h, unit: s}, rollback: undo}\n",
        STEPS + "  - {id: a, uses: of.others, with: {any: thing}, rollback: {uses: wait, with: {for: '{{ x }}'}}}\n",
        STEPS + "  - {id: a, uses: kubernetes.scale, with: {namespace: n, name: d, replicas: '{{ inputs.n }}'}}\n",
        STEPS + "  - {id: a, uses: b.c, verify: {expr: up, vars: {a: 3}, holds_for: 1m, within: 1h30m}}\n",
    ],
)
def test_what_tocsin_takes_an_editor_takes(text: str) -> None:
    assert complaints(text) == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (STEPS.replace("uses", "use"), "'uses' is a required property"),
        (STEPS.replace("expr", "exrp"), "'expr' is a required property"),
        (STEPS + "timeout: 90 seconds\n", "'90 seconds' does not match"),
        (STEPS + "timeout: 90\n", "90 is greater than the maximum of 0"),
        (STEPS + "inputs: {a: {type: integer}}\n", "'integer' is not one of"),
        (STEPS + "triggers: [{incident: {status: over}}]\n", "'over' is not valid under any of the given schemas"),
        (STEPS + "  - {id: a, uses: b.c, rollback: redo}\n", "'redo' is not valid under any of the given schemas"),
        (
            STEPS + "  - {id: a, uses: b.c, verify: {uses: prometheus.query, with: {}}}\n",
            "'expr' is a required property",
        ),
        (STEPS + "tests: [{name: x}]\n", "'expect' is a required property"),
    ],
)
def test_an_editor_sees_what_is_wrong(text: str, said: str) -> None:
    assert any(said in complaint for complaint in complaints(text))
