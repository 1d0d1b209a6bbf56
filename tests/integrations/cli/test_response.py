"""`tocsin incident role|task|followup|tasks|done|update|catchup|remind`, against a Tocsin that answers over HTTP."""

import json

import pytest

from tests.integrations.cli.conftest import Said, Served


def said(served: Served, *arguments: str, by: str = "ann") -> Said:
    ran = served.says(by, "incident", *arguments)
    assert ran.status == 0, ran.err
    return ran


def test_a_role_is_taken_given_and_left(served: Served) -> None:
    assert said(served, "roles", "INC-1").out.splitlines()[1].split()[:2] == ["commander", "nobody"]
    taken = said(served, "role", "INC-1", "commander").out.splitlines()
    assert taken[0].startswith("ann is commander of INC-1: ")
    assert taken[1].startswith("You lead")
    said(served, "role", "INC-1", "scribe", "--to", "ben")
    who = {one["name"]: one["person"] for one in json.loads(said(served, "roles", "INC-1", "--json").out)["roles"]}
    assert (who["commander"], who["scribe"], who["deputy"]) == ("ann", "ben", "")
    assert said(served, "role", "INC-1", "scribe", "--leave").out == "nobody is scribe of INC-1 now\n"
    story = said(served, "show", "INC-1").out
    assert "ben is scribe (given by ann)" in story
    assert "ben is no longer scribe (so ann says)" in story


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("role", "INC-1", "comander"), "no role is called 'comander'; did you mean 'commander'?"),
        (("role", "INC-1", "commander", "--to", "zoe"), "nobody is called 'zoe'"),
        (("role", "INC-1", "scribe", "--leave"), "nobody is scribe of INC-1"),
        (("task", "INC-1", " "), "body.text"),
        (("task", "INC-1", "x", "--due", "soon"), "--due: not a duration: 'soon'"),
        (("done", "TASK-9"), "there is no task TASK-9"),
        (("remind", "INC-1", "--snooze", "soon"), "--snooze: not a duration: 'soon'"),
        (("catchup", "INC-1", "--since", "soon"), "not a time: 'soon'"),
        (("update", "INC-1", "--audience", "public", "all is well"), "the public is not told unasked"),
    ],
)
def test_what_makes_no_sense_is_refused_with_a_reason(served: Served, arguments: tuple[str, ...], message: str) -> None:
    ran = served.says("ann", "incident", *arguments)
    assert ran.status == 1
    assert message in ran.err


def test_a_viewer_only_looks(served: Served) -> None:
    for arguments in (("role", "INC-1", "scribe"), ("task", "INC-1", "x"), ("update", "INC-1", "x")):
        assert "vera may not" in served.says("vera", "incident", *arguments).err
    assert said(served, "catchup", "INC-1", by="vera").out


def test_tasks_are_written_down_changed_and_done(served: Served) -> None:
    assert said(served, "tasks", "INC-1").out == "no tasks\n"
    assert (
        said(served, "task", "INC-1", "restart the cart", "--owner", "ben").out == "TASK-1 for ben: restart the cart\n"
    )
    made = said(served, "followup", "INC-1", "alert on it", "--owner", "ann", "--due", "2127-01-31", "--aim", "detect")
    assert made.out == "TASK-2 for ann by 2127-01-31: alert on it\n"
    changed = said(served, "retask", "TASK-1", "--owner", "ann", "--due", "2127-01-01")
    assert changed.out == "TASK-1 for ann by 2127-01-01: restart the cart\n"
    lines = said(served, "tasks", "--owner", "ann").out.splitlines()
    assert [line.split()[0] for line in lines] == ["ID", "TASK-1", "TASK-2"]
    assert [line.split()[0] for line in said(served, "tasks", "--due", "2127-01-02").out.splitlines()] == [
        "ID",
        "TASK-1",
    ]
    assert said(served, "done", "TASK-1", "--reason", "twice").out == "TASK-1 is done: restart the cart\n"
    assert said(served, "done", "TASK-2", "--dropped").out == "TASK-2 is dropped: alert on it\n"
    assert said(served, "tasks").out == "no tasks\n"
    again = served.says("ben", "incident", "done", "TASK-1")
    assert (again.status, "was done by ann already" in again.err) == (1, True)


def test_updates_are_shown_before_they_are_told(served: Served) -> None:
    draft = said(served, "update", "INC-1", "we roll back", "--audience", "stakeholders", "--draft").out
    assert "we roll back" in draft
    assert "Next update by" in draft
    assert not json.loads(said(served, "catchup", "INC-1", "--json").out)["update"]
    alone = said(served, "update", "INC-1", "we roll back", "--next", "20m")
    assert alone.out.startswith("wrote down for responders how INC-1 stands; the next is promised for ")
    assert alone.err == "it is sent to nobody: nobody else works on it\n"


def test_whoever_tells_people_who_are_not_there_is_told_so(served: Served) -> None:
    public = said(served, "update", "INC-1", "orders fail", "--audience", "public", "--yes")
    assert public.out.startswith("wrote down for public how INC-1 stands")
    nobody = "`status_updates` in tocsin.yaml names nobody for public who can be reached"
    assert public.err == f"it is sent to nobody: {nobody}\n"
    assert f"sent to nobody: {nobody}; the next" in said(served, "show", "INC-1").out


def test_whoever_joins_late_reads_what_happened(served: Served) -> None:
    said(served, "role", "INC-1", "commander")
    said(served, "task", "INC-1", "restart the cart")
    said(served, "update", "INC-1", "we roll back")
    out = said(served, "catchup", "INC-1", by="ben").out
    assert "led by ann" in out
    assert "Last told to responders" in out
    assert "ann is commander" in out
    assert "TASK-1  restart the cart (nobody has it)" in out
    assert "not told one by one: " in out
    late = json.loads(said(served, "catchup", "INC-1", "--since", "2036-01-01", "--json").out)
    assert late["happened"] == []


def test_reminders_wait_or_are_stopped(served: Served) -> None:
    said(served, "role", "INC-1", "commander")
    said(served, "role", "INC-1", "commander", "--leave")
    listed = said(served, "remind", "INC-1").out
    assert "no commander" in listed
    waits = said(served, "remind", "INC-1", "--snooze", "2h", "--kind", "no-commander").out
    assert waits != listed
    stopped = said(served, "remind", "INC-1", "--stop", "--kind", "no-commander").out
    assert "stopped by ann" in stopped
