"""A question to people as a card: what would be done, exactly, to what, who may say so, who did, and until when."""

from __future__ import annotations

from collections.abc import Iterator

from bot.integrations.slack import mrkdwn
from bot.integrations.slack.letters import FIRING, OVER, TAKEN, Json, Letter, bar, leads, section
from bot.integrations.slack.presses import buttons
from bot.kit.posted import web_link
from bot.model.answer import Press, Tone
from bot.model.board import Asked
from bot.model.run import Approval, ApprovalStatus, Question
from bot.model.runbook import Risk
from bot.model.wording import exactly

QUESTION = "tocsin_question"
_GREY = "#9aa0a6"
_COLOURS = {
    ApprovalStatus.OPEN: TAKEN,
    ApprovalStatus.APPROVED: OVER,
    ApprovalStatus.REJECTED: _GREY,
    ApprovalStatus.EXPIRED: _GREY,
    ApprovalStatus.VOID: _GREY,
}
_RISKS = {
    Risk.READ: "reads, and changes nothing",
    Risk.WRITE: "changes something",
    Risk.DESTRUCTIVE: "cannot simply be taken back",
}
_ASK, _LINE, _PARAMS, _DIFF, _UNDO, _TARGETS, _NAMES = 500, 300, 1200, 2400, 300, 400, 300
_COVERED, _ALL_COVERED = 150, 4000
"""Of the summary of each plan that the same yes is for, and of what all of them do exactly."""
_LONGEST_VALUE = 1900


def card(asked: Asked) -> Letter:
    """As it stands: with buttons while it can be answered, and with the answer afterwards."""
    approval = asked.approval
    return Letter(
        id=str(approval.id),
        text=f"{_state(approval)} *{approval.id}* {mrkdwn.fitting(mrkdwn.line(approval.ask), _ASK)}",
        attachments=bar(_colour(approval), list(_blocks(asked))),
        metadata={"event_type": QUESTION, "event_payload": {"id": str(approval.id)}},
        link=web_link(asked.link),
    )


def _colour(approval: Approval) -> str:
    is_grave = approval.status is ApprovalStatus.OPEN and approval.plan.risk is Risk.DESTRUCTIVE
    return FIRING if is_grave else _COLOURS[approval.status]


def _state(approval: Approval) -> str:
    if approval.status is ApprovalStatus.OPEN:
        return "May it run?" if approval.question is Question.MAY_IT_RUN else "Please answer:"
    return f"{approval.status.capitalize()}:"


def _blocks(asked: Asked) -> Iterator[Json]:
    approval = asked.approval
    if approval.status is not ApprovalStatus.OPEN:
        yield _words(_answer(approval))
    about = f"{mrkdwn.escaped(mrkdwn.line(asked.runbook)[:150])}: {mrkdwn.fitting(mrkdwn.line(asked.step), _LINE)}"
    yield section(f"{about}\n{mrkdwn.fitting(mrkdwn.line(approval.plan.summary), _ASK)}")
    yield {"type": "section", "fields": [_field(name, value) for name, value in _facts(asked)]}
    for text, most in ((exactly(approval.plan.params), _PARAMS), (approval.plan.diff, _DIFF)):
        if text:
            yield section(f"```{_diff(text, most)}```")
    for one in approval.covers:
        exact = "\n".join(filter(None, (exactly(one.params), one.diff)))
        yield section(f"*The same yes is for* {mrkdwn.fitting(mrkdwn.line(one.summary), _COVERED)}")
        yield section(f"```{_diff(exact, _ALL_COVERED // len(approval.covers))}```")
    if approval.status is ApprovalStatus.OPEN and asked.calls and not approval.given_by:
        yield _words(" ".join(f"<@{one}>" for one in asked.calls))
    yield {"type": "actions", "elements": [*buttons(_presses(approval)), *_open(asked)]}


def _facts(asked: Asked) -> Iterator[tuple[str, str]]:
    """Names, and values as mrkdwn."""
    approval, plan = asked.approval, asked.approval.plan
    targets = ", ".join(plan.targets) or "nothing"
    yield "What", f"`{_code(plan.action)}` on {mrkdwn.fitting(mrkdwn.line(targets), _TARGETS)}"
    yield "Risk", f"{plan.risk}: {_RISKS[plan.risk]}"
    yield "Taken back by", mrkdwn.fitting(mrkdwn.line(plan.undo), _UNDO) or "nothing: it cannot be taken back"
    yield "Asked by", mrkdwn.escaped(mrkdwn.line(approval.requested_by.name)[:100])
    if approval.status is ApprovalStatus.OPEN:
        who = mrkdwn.fitting(mrkdwn.line(", ".join(asked.may)), _NAMES) or "nobody"
        needed = f"{approval.count} different people, of " if approval.count > 1 else ""
        yield "Who may", f"{needed}{who} ({mrkdwn.escaped(approval.by)})"
    if approval.given_by:
        names = mrkdwn.fitting(mrkdwn.line(", ".join(approval.given_by)), _NAMES)
        yield f"Said yes ({len(approval.given_by)} of {approval.count})", names
    if approval.status is ApprovalStatus.OPEN and approval.question is not Question.DID_IT_RUN:
        yield "Until", mrkdwn.moment(approval.expires_at)
    yield "Plan", f"`{plan.hash[:12]}`"


def _answer(approval: Approval) -> str:
    """How it ended, and why."""
    who = f" by {mrkdwn.escaped(mrkdwn.line(approval.answered_by)[:100])}" if approval.answered_by else ""
    when = f" {mrkdwn.moment(approval.answered_at)}" if approval.answered_at is not None else ""
    why = f": {mrkdwn.fitting(mrkdwn.line(approval.reason), _LINE)}" if approval.reason else ""
    words = {
        ApprovalStatus.EXPIRED: "Nobody answered in time, so it was not done",
        ApprovalStatus.VOID: "Void: what it was about has changed, so nothing can be answered here any more",
    }
    return f"{words.get(approval.status, f'*{approval.status.capitalize()}*{who}')}{when}{why}"


def _presses(approval: Approval) -> Iterator[Press]:
    """Each is about exactly this plan."""
    if approval.status is not ApprovalStatus.OPEN:
        return
    if approval.question is Question.DID_IT_RUN:
        yield Press(label="It ran", says=f"approve {approval.id} did")
        yield Press(label="It did not run", says=f"approve {approval.id} did-not")
        return
    if approval.question is Question.MAY_IT_RUN:
        is_grave = approval.plan.risk is Risk.DESTRUCTIVE
        says = f"approve {approval.id} yes plan_hash={approval.plan.hash}"
        sure = mrkdwn.line(approval.plan.summary)[:280] if is_grave else ""
        yield Press(label="Approve", says=says, tone=Tone.GOOD, confirm=sure)
    yield Press(label="Reject", says=f"reject {approval.id} ask=why", tone=Tone.BAD)


def _open(asked: Asked) -> list[Json]:
    link = web_link(asked.link)
    return [leads("See the run", "open", link)] if link else []


def _diff(diff: str, most: int) -> str:
    """Kept in one width, and unable to end it."""
    kept = "\n".join(mrkdwn.kept(one) for one in diff.replace("```", "'''").splitlines())
    cut = kept[:most]
    while len(mrkdwn.escaped(cut)) > most:
        cut = cut[: len(cut) - max(1, (len(mrkdwn.escaped(cut)) - most) // 5)]
    return mrkdwn.escaped(cut) + ("\n… the rest is on the page" if len(cut) < len(kept) else "")


def _code(text: str) -> str:
    return mrkdwn.escaped(mrkdwn.line(text).replace("`", "'")[:100])


def _field(name: str, value: str) -> Json:
    return {"type": "mrkdwn", "text": f"*{name}*\n{value}"[:_LONGEST_VALUE], "verbatim": True}


def _words(text: str) -> Json:
    return {"type": "context", "elements": [{"type": "mrkdwn", "text": text, "verbatim": True}]}
