"""The runbooks in documents do what their own tests say, and the documents say which parameters take any text."""

import re
from pathlib import Path

import pytest

from bot.cli.main import main
from bot.runbooks.inputs import is_tainted
from bot.runbooks.spec import read_runbook
from tests.docs.test_examples import DOCUMENTS, Example
from tests.house.tree import ROOT

RUNBOOKS = [one for one in DOCUMENTS if re.search(r"^runbook:", one.text, re.MULTILINE)]
TRIED = [one for one in RUNBOOKS if re.search(r"^tests:", one.text, re.MULTILINE)]


@pytest.mark.parametrize("example", TRIED, ids=lambda one: one.place)
def test_an_example_holds_its_own_tests(
    example: Example, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "example.yaml").write_text(example.text)
    assert main(["runbook", "test", "example.yaml"]) == 0, capsys.readouterr().out


def test_the_authors_document_shows_one_of_each_kind() -> None:
    shown = [
        read_runbook(one.text, one.place)
        for one in RUNBOOKS
        if one.place.startswith(str((ROOT / "runbooks" / "README.md").relative_to(ROOT)))
    ]
    assert any(one.tests for one in shown)
    assert all(
        any(getattr(one, kind) for one in shown)
        for kind in ("triggers", "incident_triggers", "schedule_triggers", "hook_triggers")
    )
    assert {is_tainted(one, needed) for one in shown for needed in one.inputs} == {True, False}
