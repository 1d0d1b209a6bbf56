"""A run is followed in a terminal: what it prints, what it asks, how it ends."""

import io
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from bot.cli.console import Console
from bot.cli.runbook_follow import INTERRUPTED, follow
from bot.errors import Temporary

Seen = dict[str, Any]
Turn = tuple[Sequence[tuple[str, int, str]], Seen] | BaseException
AWAY = Temporary("nothing answers at http://here", integration="tocsin", reason="connection")


def step(name: str, status: str, text: str = "", reason: str = "") -> Seen:
    return {"id": name, "title": f"Do {name}", "status": status, "text": text, "reason": reason, "plan": None}


def seen(*steps: Seen, status: str = "running", journal: Sequence[Seen] = (), approvals: Sequence[Seen] = ()) -> Seen:
    over = None if status in ("running", "waiting") else "2026-11-22T03:00:00Z"
    run = {"id": "RUN-1", "status": status, "steps": list(steps), "ended_at": over}
    return {"run": run, "journal": list(journal), "approvals": list(approvals)}


class Running:
    """Answers in turn: what was printed since, then how the run stands; or that happens which stands there."""

    def __init__(self, *turns: Turn) -> None:
        self._turns = iter(turns)
        self._pieces = 0
        self._stands: Seen = {}
        self.asked_after: list[str] = []

    def get(self, *path: str, query: Mapping[str, str | list[str]] | None = None) -> Seen:
        if path[-1] != "output":
            return self._stands
        assert query is not None
        self.asked_after.append(str(query["after"]))
        turn = next(self._turns)
        if isinstance(turn, BaseException):
            raise turn
        said, self._stands = turn
        pieces = []
        for name, attempt, text in said:
            self._pieces += 1
            pieces.append({"seq": self._pieces, "step": name, "attempt": attempt, "text": text})
        return {"pieces": pieces}


def followed(running: Running, patience: float = 600) -> tuple[int, list[str], str]:
    out, err = io.StringIO(), io.StringIO()
    status = follow(running, Console(out, err, io.StringIO(), {}), "RUN-1", every=0, patience=patience)
    return status, out.getvalue().splitlines(), err.getvalue()


def test_what_is_printed_comes_under_its_step_and_only_once() -> None:
    running = Running(
        ([("look", 1, "one\n")], seen(step("look", "running"))),
        ([("look", 1, "two\n")], seen(step("look", "running"))),
        ([], seen(step("look", "succeeded", "one\ntwo\nthree\n", "saw it"), step("mend", "running"))),
        (
            [("mend", 1, "a\n"), ("mend", 2, "b\n")],
            seen(
                step("look", "succeeded", "one\ntwo\nthree\n", "saw it"),
                step("mend", "failed", "other\n", "exit status 1"),
                status="failed",
                journal=[
                    {"kind": "checked", "data": {"text": "the original signal has not recovered"}},
                    {"kind": "ended", "data": {"reason": "step mend: exit status 1"}},
                ],
            ),
        ),
    )
    status, out, _ = followed(running)
    assert out == [
        "== look  Do look", "   one", "   two", "   three", "   succeeded  saw it",
        "== mend  Do mend", "   a", "== mend  attempt 2", "   b", "   other", "   failed  exit status 1",
        "the original signal has not recovered", "RUN-1 failed: step mend: exit status 1",
    ]  # fmt: skip
    assert status == 1
    assert running.asked_after == ["0", "1", "2", "2"]


def test_what_several_hosts_printed_at_once_is_not_told_again_in_the_order_of_its_end() -> None:
    came, whole = "web1: a\nweb2: x\nweb1: b\n", "web1: a\nweb1: b\nweb2: x\nweb2: y"
    running = Running(
        ([("look", 1, came)], seen(step("look", "running"))),
        ([], seen(step("look", "succeeded", whole, "saw it"), status="succeeded")),
    )
    _, out, _ = followed(running)
    assert [line.strip() for line in out[1:6]] == ["web1: a", "web2: x", "web1: b", "web2: y", "succeeded  saw it"]


def test_a_step_that_printed_nothing_has_its_heading_and_a_question_is_told_once() -> None:
    asks = [{"id": "APR-1", "status": "open", "ask": "Mend cart?"}]
    given = [{"id": "APR-1", "status": "approved", "ask": "Mend cart?"}]
    running = Running(
        ([], seen(step("mend", "asking"), status="waiting", approvals=asks)),
        ([], seen(step("mend", "asking"), status="waiting", approvals=asks)),
        ([], seen(step("mend", "succeeded"), status="succeeded", approvals=given)),
    )
    status, out, err = followed(running)
    assert out == ["APR-1 asks: Mend cart?", "== mend  Do mend", "   succeeded  ", "RUN-1 succeeded"]
    assert err.count("tocsin approve APR-1") == 1
    assert status == 0


def test_ctrl_c_leaves_the_run_going_and_says_so() -> None:
    status, out, err = followed(Running(([("look", 1, "one\n")], seen(step("look", "running"))), KeyboardInterrupt()))
    assert (status, out) == (INTERRUPTED, ["== look  Do look", "   one"])
    assert "RUN-1 goes on; follow it again with `tocsin runbook follow RUN-1`" in err


@pytest.mark.parametrize("text", ["\x1b]0;pwned\x07", "\u202eabc"])
def test_what_it_prints_cannot_move_the_cursor(text: str) -> None:
    ended = seen(step("look", "succeeded", text), status="succeeded")
    _, out, _ = followed(Running(([], ended)))
    assert text not in "\n".join(out)


def test_a_tocsin_that_is_started_anew_is_asked_again_and_nothing_is_told_twice() -> None:
    over = seen(step("look", "succeeded", "one\ntwo\n"), status="succeeded")
    running = Running(([("look", 1, "one\n")], seen(step("look", "running"))), AWAY, AWAY, ([], over))
    status, out, err = followed(running)
    assert out == ["== look  Do look", "   one", "   two", "   succeeded  ", "RUN-1 succeeded"]
    assert err.splitlines() == [
        "nothing answers at http://here; RUN-1 goes on when Tocsin does, and is followed then",
        "it answers again",
    ]
    assert (status, running.asked_after) == (0, ["0", "1", "1", "1"])


@pytest.mark.parametrize("before", [(), (([], seen(step("look", "running"))),)], ids=["never", "for too long"])
def test_a_tocsin_that_does_not_answer_is_an_error(before: tuple[Turn, ...]) -> None:
    with pytest.raises(Temporary):
        followed(Running(*before, AWAY), patience=0 if before else 600)


def test_what_keeps_a_step_from_beginning_is_told_once_for_each_reason() -> None:
    def held(seq: int, why: str) -> Seen:
        return {"seq": seq, "kind": "held", "step": "mend", "data": {"reason": why}}

    begun = {"seq": 3, "kind": "intended", "step": "mend", "data": {}}
    old, paused = held(1, "changes are frozen"), held(2, "automation is paused by ben: wait")
    waits = seen(step("mend", "waiting"), status="waiting", journal=[old, paused])
    on = seen(step("mend", "running"), journal=[old, paused, begun])
    over = seen(step("mend", "succeeded"), status="succeeded", journal=[old, paused, begun])
    _, out, _ = followed(Running(([], waits), ([], waits), ([], on), ([], over)))
    assert out == [
        "mend is held: automation is paused by ben: wait", "== mend  Do mend", "   succeeded  ", "RUN-1 succeeded",
    ]  # fmt: skip
