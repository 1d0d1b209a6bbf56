"""`tocsin runbook runs`: which there were, for what, and what came of them."""

import json

import pytest

from tests.integrations.cli.conftest import Served


def rows(served: Served, *arguments: str) -> list[list[str]]:
    said = served.says("ann", "runbook", "runs", *arguments)
    assert said.status == 0, said.err
    return [line.split() for line in said.out.splitlines()]


def test_the_newest_comes_first_with_where_it_stands_and_what_it_was_for(served: Served) -> None:
    begun = served.says("ann", "runbook", "run", "roll-back-release", "--json")
    newest = json.loads(begun.out)["id"]
    titles, first, *others = rows(served)
    assert titles == ["RUN", "RUNBOOK", "STATUS", "SIGNAL", "BEGAN", "BY", "INCIDENT"]
    assert (first[0], first[1], first[-2:]) == (newest, "roll-back-release", ["ann", "-"])
    assert first[-3] == "cli:"
    assert [one[0] for one in others] == ["RUN-1"]
    assert others[0][-1] == "INC-1"


@pytest.mark.parametrize("asked", [["--incident", "inc-1"], ["roll-back-release", "--limit", "1"]])
def test_what_is_asked_for_is_shown(served: Served, asked: list[str]) -> None:
    assert [row[0] for row in rows(served, *asked)] == ["RUN", "RUN-1"]


def test_none_and_no_such_incident_are_told_apart(served: Served) -> None:
    said = served.says("ann", "runbook", "runs", "another")
    assert (said.status, said.out.split(";")[0]) == (0, "there was no such run")
    wrong = served.says("ann", "runbook", "runs", "--incident", "INC-99")
    assert wrong.status == 1
    assert "INC-99" in wrong.err


def test_a_number_that_cannot_be_is_refused(served: Served) -> None:
    said = served.says("ann", "runbook", "runs", "--limit", "0")
    assert said.status == 1
    assert "limit" in said.err


def test_a_program_reads_the_same(served: Served) -> None:
    said = served.says("ann", "runbook", "runs", "--json")
    (found,) = json.loads(said.out)["runs"]
    assert (found["id"], found["incident"], found["started_by"]["kind"]) == ("RUN-1", "INC-1", "tocsin")
