"""One pure question, asked first in every response: may this actor do this to that, now?

What is not granted is refused. Nobody needs a role to look, to acknowledge or to write a note, except that a `viewer`
only looks. Anybody else may stop all automation; only an `admin` gives a runbook autonomy.
 Approving needs the role the approval names, and never is Tocsin's or a source's to do.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.errors import NotAllowed
from bot.model.actor import ADMIN, VIEWER, Actor, ActorKind
from bot.model.run import Approval, ApprovalStatus


class Act(StrEnum):
    """Everything that can be done; the audit record uses these words."""

    LOOK = "look"
    EVALUATE_RULES = "evaluate rules"
    RECEIVE_ALERTS = "receive alerts"
    OPEN_INCIDENT = "open an incident"
    TELL = "tell a receiver"
    DECLARE_INCIDENT = "declare an incident"
    ACKNOWLEDGE = "acknowledge an incident"
    RESOLVE = "resolve an incident"
    REOPEN = "reopen an incident"
    MITIGATE = "mitigate an incident"
    CLOSE = "close an incident"
    ASSIGN = "assign an incident"
    CHANGE = "change an incident"
    MERGE = "merge incidents"
    LINK = "link incidents"
    NOTE = "write a note"
    AMEND = "change a note"
    FOLLOW_CHAT = "follow a message of a chat"
    GIVE_ROLE = "give a role"
    KEEP_TASK = "keep a task"
    SEND_UPDATE = "send a status update"
    PAGE = "page somebody"
    REMIND = "remind"
    SET_REMINDER = "set a reminder"
    COVER = "change who is on call"
    HAND_OVER = "hand over"
    SILENCE = "silence alerts"
    EXPIRE_SILENCE = "end a silence"
    COLLECT_EVIDENCE = "collect evidence"
    REHEARSE = "rehearse a runbook"
    PLAN = "plan a step"
    START_RUN = "start a run"
    CARRY_RUN = "carry a run"
    ACT = "run a step"
    CANCEL_RUN = "cancel a run"
    ROLL_BACK = "take back what a run changed"
    PAUSE = "pause automation"
    RESUME = "resume automation"
    GIVE_TRUST = "give a runbook autonomy"
    TAKE_TRUST = "take autonomy from a runbook"
    APPROVE = "approve"
    OPEN_LINK = "make a link to the page"
    LINK_CHAT = "say who they are in a chat"
    LINK_OTHERS = "say who somebody is in a chat"
    EXAMINE = "examine integrations"


_OF_TOCSIN = frozenset(
    {
        Act.LOOK,
        Act.EVALUATE_RULES,
        Act.RECEIVE_ALERTS,
        Act.OPEN_INCIDENT,
        Act.TELL,
        Act.RESOLVE,
        Act.REOPEN,
        Act.CHANGE,
        Act.NOTE,
        Act.SILENCE,
        Act.EXPIRE_SILENCE,
        Act.PAGE,
        Act.REMIND,
        Act.COVER,
        Act.HAND_OVER,
        Act.COLLECT_EVIDENCE,
        Act.START_RUN,
        Act.CARRY_RUN,
        Act.PLAN,
        Act.ACT,
        Act.TAKE_TRUST,
    }
)
_OF_SOURCES = frozenset({Act.RECEIVE_ALERTS, Act.FOLLOW_CHAT})
_OF_PEOPLE = frozenset(
    {
        Act.LOOK,
        Act.RECEIVE_ALERTS,
        Act.DECLARE_INCIDENT,
        Act.ACKNOWLEDGE,
        Act.RESOLVE,
        Act.REOPEN,
        Act.MITIGATE,
        Act.CLOSE,
        Act.ASSIGN,
        Act.CHANGE,
        Act.MERGE,
        Act.LINK,
        Act.NOTE,
        Act.AMEND,
        Act.GIVE_ROLE,
        Act.KEEP_TASK,
        Act.SEND_UPDATE,
        Act.PAGE,
        Act.SET_REMINDER,
        Act.COVER,
        Act.SILENCE,
        Act.EXPIRE_SILENCE,
        Act.REHEARSE,
        Act.PLAN,
        Act.START_RUN,
        Act.CANCEL_RUN,
        Act.ROLL_BACK,
        Act.PAUSE,
        Act.RESUME,
        Act.APPROVE,
        Act.OPEN_LINK,
        Act.LINK_CHAT,
        Act.EXAMINE,
    }
)
_OF_VIEWERS = frozenset({Act.LOOK, Act.OPEN_LINK, Act.LINK_CHAT, Act.REHEARSE, Act.PLAN})
_OF_ADMINS = _OF_PEOPLE | {Act.LINK_OTHERS, Act.GIVE_TRUST}
_GRANTED = {ActorKind.TOCSIN: _OF_TOCSIN, ActorKind.SOURCE: _OF_SOURCES}


@dataclass(frozen=True, slots=True)
class Yes:
    """It may."""


@dataclass(frozen=True, slots=True)
class No:
    """It may not, and this is why; `hint` says who could."""

    reason: str
    hint: str = ""


def may(actor: Actor, act: Act, object: Approval | str, now: datetime) -> Yes | No:
    """Whether `actor` may do `act` to `object` at `now`."""
    granted = _granted(actor)
    if act not in granted:
        return No(f"{actor.name} may not {act}", "roles are set under `people:` in tocsin.yaml")
    if act is Act.APPROVE:
        return _may_answer(actor, object, now) if isinstance(object, Approval) else No("there is nothing to approve")
    return Yes()


def require(actor: Actor, act: Act, object: Approval | str, now: datetime) -> None:
    """The same question, with NotAllowed for a no."""
    answer = may(actor, act, object, now)
    if isinstance(answer, No):
        raise NotAllowed(answer.reason, hint=answer.hint)


def _granted(actor: Actor) -> frozenset[Act]:
    if actor.kind is not ActorKind.PERSON:
        return _GRANTED[actor.kind]
    if ADMIN in actor.roles:
        return _OF_ADMINS
    return _OF_VIEWERS if VIEWER in actor.roles else _OF_PEOPLE


def _may_answer(actor: Actor, approval: Approval, now: datetime) -> Yes | No:
    if approval.status is not ApprovalStatus.OPEN:
        return No(f"approval {approval.id} is {approval.status}: there is nothing left to answer")
    if now >= approval.expires_at:
        return No(f"approval {approval.id} expired at {approval.expires_at:%H:%M:%S} UTC", "start the runbook again")
    if approval.by not in actor.roles:
        return No(
            f"approval {approval.id} needs the role {approval.by!r}, which {actor.name} does not hold",
            "roles are set under `people:` in tocsin.yaml",
        )
    if actor.name in approval.given_by:
        return No(f"{actor.name} has approved {approval.id} already; it needs {approval.count} different people")
    return Yes()
