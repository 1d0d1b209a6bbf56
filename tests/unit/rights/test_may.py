"""Who may do what: the whole table, and the terms of an approval."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.errors import NotAllowed
from bot.model.actor import ADMIN, ON_CALL, TOCSIN, VIEWER, Actor, ActorKind
from bot.model.ids import ApprovalId, RunId
from bot.model.plan import Plan
from bot.model.run import Approval, ApprovalStatus, Question
from bot.model.runbook import Risk
from bot.rights import Act, No, Yes, may, require

NOW = datetime(2026, 11, 22, 3, tzinfo=UTC)


def somebody(*roles: str, name: str = "ann") -> Actor:
    return Actor(kind=ActorKind.PERSON, name=name, roles=frozenset(roles))


SOURCE = Actor(kind=ActorKind.SOURCE, name="prom")
EVERYBODY = {"tocsin": TOCSIN, "source": SOURCE, "person": somebody(), "viewer": somebody(VIEWER)}
EVERYBODY["admin"] = somebody(ADMIN)
ALLOWED = {
    Act.LOOK: "tocsin person viewer",
    Act.EVALUATE_RULES: "tocsin",
    Act.RECEIVE_ALERTS: "tocsin source person",
    Act.FOLLOW_CHAT: "source",
    Act.OPEN_INCIDENT: "tocsin",
    Act.DECLARE_INCIDENT: "person",
    Act.ACKNOWLEDGE: "person",
    Act.RESOLVE: "tocsin person",
    Act.REOPEN: "tocsin person",
    Act.ASSIGN: "person",
    Act.MITIGATE: "person",
    Act.CLOSE: "person",
    Act.CHANGE: "tocsin person",
    Act.MERGE: "person",
    Act.LINK: "person",
    Act.NOTE: "tocsin person",
    Act.AMEND: "person",
    Act.GIVE_ROLE: "person",
    Act.KEEP_TASK: "person",
    Act.SEND_UPDATE: "person",
    Act.REMIND: "tocsin",
    Act.SET_REMINDER: "person",
    Act.COVER: "tocsin person",
    Act.HAND_OVER: "tocsin",
    Act.COLLECT_EVIDENCE: "tocsin",
    Act.REHEARSE: "person viewer",
    Act.PLAN: "tocsin person viewer",
    Act.START_RUN: "tocsin person",
    Act.CARRY_RUN: "tocsin",
    Act.ACT: "tocsin",
    Act.APPROVE: "",  # never without an approval that names the role: see below
    Act.OPEN_LINK: "person viewer",
    Act.LINK_CHAT: "person viewer",
    Act.EXAMINE: "person",
    Act.SILENCE: "tocsin person",
    Act.EXPIRE_SILENCE: "tocsin person",
    Act.TELL: "tocsin",
    Act.PAGE: "tocsin person",
    Act.CANCEL_RUN: "person",
    Act.ROLL_BACK: "person",
    Act.PAUSE: "person",
    Act.RESUME: "person",
    Act.GIVE_TRUST: "admin",
    Act.LINK_OTHERS: "admin",
    Act.TAKE_TRUST: "tocsin",
}


def test_the_table_speaks_of_every_act() -> None:
    assert set(ALLOWED) == set(Act)


@pytest.mark.parametrize("who", EVERYBODY)
@pytest.mark.parametrize("act", Act)
def test_what_is_not_granted_is_refused(act: Act, who: str) -> None:
    answer = may(EVERYBODY[who], act, "anything", NOW)
    allowed = ALLOWED[act].split()
    assert isinstance(answer, Yes) == (who in allowed or (who == "admin" and "person" in allowed))


def test_a_viewer_who_administers_may_do_more_than_look() -> None:
    assert isinstance(may(somebody(VIEWER, ADMIN), Act.ACKNOWLEDGE, "INC-1", NOW), Yes)


def test_a_no_is_raised_with_its_reason_and_its_hint() -> None:
    require(somebody(), Act.ACKNOWLEDGE, "INC-1", NOW)
    with pytest.raises(NotAllowed, match="prom may not acknowledge an incident") as caught:
        require(SOURCE, Act.ACKNOWLEDGE, "INC-1", NOW)
    assert "people:" in caught.value.hint


PLAN = Plan(
    action="host.run", integration="h", params={}, targets=("h",), summary="s", risk=Risk.WRITE, repeatable=False
)
APPROVAL = Approval(
    id=ApprovalId("APR-1"),
    run=RunId("RUN-1"),
    step="undo",
    incident=None,
    question=Question.MAY_IT_RUN,
    ask="?",
    plan=PLAN,
    by=ON_CALL,
    count=2,
    asked_at=NOW,
    expires_at=NOW + timedelta(minutes=30),
    requested_by=TOCSIN,
)


def test_who_holds_the_role_may_approve_until_it_expires() -> None:
    assert may(somebody(ON_CALL), Act.APPROVE, APPROVAL, NOW) == Yes()


@pytest.mark.parametrize(
    ("actor", "approval", "at", "reason"),
    [
        (somebody(ON_CALL), "APR-1", NOW, "nothing to approve"),
        (somebody(ON_CALL), replace(APPROVAL, status=ApprovalStatus.VOID), NOW, "APR-1 is void"),
        (somebody(ON_CALL), APPROVAL, APPROVAL.expires_at, "expired at 03:30:00 UTC"),
        (somebody(ADMIN), APPROVAL, NOW, "needs the role 'on-call', which ann does not hold"),
        (somebody(ON_CALL), replace(APPROVAL, given_by=("ann",)), NOW, "needs 2 different people"),
        (somebody(ON_CALL, VIEWER), APPROVAL, NOW, "ann may not approve"),
        (TOCSIN, APPROVAL, NOW, "tocsin may not approve"),
        (SOURCE, APPROVAL, NOW, "prom may not approve"),
    ],
)
def test_nobody_else_approves(actor: Actor, approval: Approval | str, at: datetime, reason: str) -> None:
    answer = may(actor, Act.APPROVE, approval, at)
    assert isinstance(answer, No)
    assert reason in answer.reason
