"""How errors are told, whatever they are."""

import io
from contextlib import redirect_stdout
from pathlib import Path

import pytest

from bot.cli.console import Console
from bot.cli.main import COMMANDS, explain, main, parser
from bot.errors import Complaint, DocumentError, StoreUnavailable


def told(error: Exception) -> list[str]:
    err = io.StringIO()
    try:
        raise error
    except Exception as raised:
        explain(raised, Console(io.StringIO(), err, io.StringIO(), {}))
    return err.getvalue().splitlines()


def test_an_error_of_ours_says_what_and_what_next() -> None:
    assert told(StoreUnavailable("the disk is full", hint="free space")) == ["tocsin: the disk is full", "  free space"]


def test_an_error_inside_a_group_of_tasks_is_told_as_itself() -> None:
    inner = ExceptionGroup("tasks", [ValueError("x"), ExceptionGroup("more", [StoreUnavailable("the disk is full")])])
    assert told(inner)[0] == "tocsin: the disk is full"


def test_mistakes_in_documents_are_told_one_by_one() -> None:
    one = Complaint(file="a.yaml", line=1, column=2, path="x", message="wrong")
    assert told(DocumentError([one])) == [
        "a.yaml:1:2: x: wrong",
        "tocsin: a mistake was found",
        "  correct the places named and run `tocsin check` again",
    ]
    assert told(DocumentError([one, one]))[2] == "tocsin: 2 mistakes were found"


def test_a_mistake_of_ours_says_where_and_quotes_nothing() -> None:
    first, second = told(KeyError("hunter2"))
    assert first.startswith("tocsin: a mistake in Tocsin itself: KeyError at test_main.py:")
    assert "hunter2" not in first
    assert "TOCSIN_DEBUG=1" in second


def test_letters_that_a_terminal_does_not_have_are_written_out(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    written = io.BytesIO()
    monkeypatch.chdir(tmp_path)
    (tmp_path / "caf\u00e9 \u2603.yaml").write_text("runbook: look\nsteps: []\n", encoding="utf-8")
    terminal = io.TextIOWrapper(written, encoding="latin-1")
    with redirect_stdout(terminal):
        assert main(["check", "."]) == 1
    terminal.flush()
    assert written.getvalue().startswith(b"caf\xe9 \\u2603.yaml:")


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        parser([command]).parse_args([command, "--help"])
    assert left.value.code == 0
    assert capsys.readouterr().out.startswith(f"usage: tocsin {command}")
