"""`tocsin runbook test`: what it says, where, and how it ends."""

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from bot.cli.main import main

BOOK = """\
runbook: look-around
title: Something is the matter
steps:
  - id: look
    uses: prometheus.query
    with: {expr: up}
tests:
  - name: it is there
    results: {look: {value: {count: 1}}}
    expect: {path: [look], status: succeeded}
  - name: it cannot be seen
    results: {look: {outcome: failed}}
    expect: {status: succeeded}
"""


@pytest.fixture(autouse=True)
def nowhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A folder without a tocsin.yaml."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "book.yaml").write_text(BOOK)
    return tmp_path


def said(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, list[str]]:
    status = main(["runbook", "test", *arguments])
    return status, capsys.readouterr().out.splitlines()


def test_each_test_is_a_line_and_each_difference_another(capsys: pytest.CaptureFixture[str]) -> None:
    assert said(capsys, "book.yaml") == (
        1,
        [
            "book.yaml:8: ok: it is there",
            "book.yaml:11: not as expected: it cannot be seen",
            "  status: expected succeeded, came failed: step look: ",
            "2 tests: 1 not as expected",
        ],
    )


def test_only_those_asked_for_are_played(capsys: pytest.CaptureFixture[str]) -> None:
    assert said(capsys, "--run", "there", "book.yaml") == (
        0,
        ["book.yaml:8: ok: it is there", "1 test: all as expected"],
    )
    assert said(capsys, "--run", "nothing", "book.yaml") == (2, ["no test was played"])


def test_a_folder_stands_for_the_runbooks_in_it(capsys: pytest.CaptureFixture[str], nowhere: Path) -> None:
    books = nowhere / "books"
    (books / "deep").mkdir(parents=True)
    (books / ".hidden").mkdir()
    for name, text in {
        "a.yaml": BOOK.replace("look-around", "another"),
        "deep/b.yml": "runbook: torn\nsteps: [\n",
        "deep/latin.yaml": "",
        "rules.yaml": "groups: []\n",
        "notes.md": BOOK,
        ".hidden/c.yaml": BOOK,
    }.items():
        (books / name).write_text(text)
    (books / "deep/latin.yaml").write_bytes(b"runbook: caf\xe9\n")
    status, lines = said(capsys, "--run", "there", "books", "books/a.yaml", "book.yaml")
    assert (status, [line.split(": ")[0] for line in lines]) == (
        1,
        [
            "books/a.yaml:8",
            "books/deep/b.yml:3:1",
            "books/deep/latin.yaml",
            "book.yaml:8",
            "2 tests",
        ],
    )


def test_a_folder_without_runbooks_is_nothing_to_look_at(capsys: pytest.CaptureFixture[str], nowhere: Path) -> None:
    (nowhere / "rules").mkdir()
    (nowhere / "rules/r.yaml").write_text("groups: []\n")
    assert main(["runbook", "test", "rules"]) == 2
    assert "there is no runbook in rules" in capsys.readouterr().err


def test_a_report_that_cannot_be_written_is_no_mistake_of_tocsin_s(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["runbook", "test", "--junit", "none/report.xml", "book.yaml"]) == 2
    assert capsys.readouterr().err.splitlines() == [
        "tocsin: cannot write none/report.xml: no such file or directory",
        "  name a file in a folder that is there",
    ]


def test_a_runbook_with_mistakes_is_not_played(capsys: pytest.CaptureFixture[str], nowhere: Path) -> None:
    (nowhere / "bad.yaml").write_text(BOOK.replace("prometheus.query", "prometheus.qurey"))
    status, lines = said(capsys, "--run", "there", "bad.yaml", "book.yaml")
    assert (status, lines[0]) == (
        1,
        "bad.yaml:5:11: steps[0].uses: no integration offers the action 'prometheus.qurey';"
        " did you mean 'prometheus.query'?",
    )
    assert lines[1:] == [
        "book.yaml:8: ok: it is there",
        "1 test: all as expected; 1 of 2 files cannot be played",
    ]


def test_programs_read_it_as_json_and_ci_systems_as_junit(capsys: pytest.CaptureFixture[str], nowhere: Path) -> None:
    status, lines = said(capsys, "--format", "json", "--junit", "report.xml", "book.yaml")
    told = json.loads("\n".join(lines))
    assert (status, told["holds"]) == (1, False)
    first, second = told["files"][0]["tests"]
    assert (first["holds"], first["path"], first["status"]) == (True, ["look"], "succeeded")
    assert (second["line"], second["status"]) == (11, "failed")
    suite = ElementTree.parse(nowhere / "report.xml").getroot()[0]
    assert (suite.get("name"), suite.get("tests"), suite.get("failures")) == ("book.yaml", "2", "1")
    (failure,) = suite.iter("failure")
    assert failure.get("message") == "book.yaml:11"


def test_what_is_not_there_cannot_be_looked_at(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["runbook", "test", "none.yaml"]) == 2
    assert "there is no file none.yaml" in capsys.readouterr().err
