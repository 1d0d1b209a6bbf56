"""Commands about automation: runbooks, what their runs ask, and the switch that stops them all."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import timedelta

from bot.chat.asked import Asked, Deed, count, cut
from bot.chat.grammar import HIDDEN, Slot, Verb
from bot.chat.incidents import REASON
from bot.chat.reading import Kind
from bot.documents import format_duration
from bot.model.answer import Answer, Blank, BlankKind, Form, Press, Tone
from bot.model.ids import ApprovalId, IncidentId, RunId
from bot.model.plan import Plan
from bot.model.run import Approval, ApprovalStatus, Question
from bot.model.runbook import Risk
from bot.model.wording import exactly, one_line
from bot.response import (
    approval_given,
    automation_seen,
    automation_switched,
    looked_up,
    run_cancelled,
    run_wanted,
    runbooks_seen,
)
from bot.response.automation_seen import SeenAutomation
from bot.rights import Act, Yes, may
from bot.runbooks.policy import could_answer

_RUNBOOK = Slot(name="runbook", kind=Kind.NAME, help="a runbook; `runbook list` has them all")
_INCIDENT = Slot(name="incident", kind=Kind.INCIDENT, help="the incident it is for, such as INC-7", needed=False)
_APPROVAL = Slot(name="approval", kind=Kind.APPROVAL, help="what is asked, such as APR-3", needed=False)
_LONGEST_PARAMS, _LONGEST_DIFF = 1000, 1400
_MINUTE = timedelta(minutes=1)


async def _list(asked: Asked) -> Answer:
    found = await runbooks_seen.seen(asked.world, asked.actor)
    return Answer(
        headline=count(len(found), "runbook") if found else "There are no runbooks",
        items=cut([f"{one.runbook.name}: {one_line(one.runbook.title, 150)}" for one in found], 40),
        hint="runbook rehearse NAME shows what it would do, and changes nothing" if found else "",
    )


async def _show(asked: Asked) -> Answer:
    seen = await runbooks_seen.seen_one(asked.world, asked.actor, asked.get("runbook"))
    book, about = seen.runbook, _about(asked)
    return Answer(
        headline=f"{book.name}: {one_line(book.title, 200)}",
        text=one_line(book.summary, 600),
        facts=(("Owner", book.owner), ("Inputs", ", ".join(one.name for one in book.inputs))),
        items=cut([f"{step.id}: {one_line(step.title, 150)}" for step in book.steps], 30),
        presses=(Press(label="Rehearse", says=f"runbook rehearse {book.name}{about}"),),
    )


def _about(asked: Asked) -> str:
    """The incident and the inputs, for a button that goes on with them."""
    given = "".join(f' {name}="{value}"' for name, value in asked.inputs.items())
    return f" {asked.get('incident')}{given}" if asked.get("incident") else given


async def _rehearse(asked: Asked) -> Answer:
    told = await run_wanted.rehearse(
        asked.world, asked.actor, asked.get("runbook"), incident_id=_incident(asked), inputs=asked.inputs
    )
    says = f"runbook run {told.runbook}{_about(asked)} click_id={secrets.token_hex(6)}"
    sure = f"Run {told.runbook}? What changes something asks before."
    return Answer(
        headline=f"{told.runbook} would do this; nothing was changed",
        items=cut([f"{one.step}: {one.would}. {one_line(one.text, 300)}" for one in told.steps], 30),
        presses=(Press(label="Run it", says=says, tone=Tone.CAREFUL, confirm=sure),),
    )


def _incident(asked: Asked) -> IncidentId | None:
    return IncidentId(asked.get("incident")) if asked.get("incident") else None


async def _run(asked: Asked) -> Answer:
    run = await run_wanted.start(
        asked.world,
        asked.actor,
        asked.get("runbook"),
        incident_id=_incident(asked),
        inputs=asked.inputs,
        once=asked.get("click_id"),
    )
    return Answer(
        headline=f"{run.id} of {run.runbook.name} begins",
        tone=Tone.GOOD,
        text="It goes on by itself, and asks where it must.",
        hint="`approve` lists what it asks",
        presses=(Press(label="Cancel it", says=f"run cancel {run.id}", tone=Tone.BAD, confirm=f"Cancel {run.id}?"),),
        link=asked.page(f"runs/{run.id}"),
    )


async def _cancel(asked: Asked) -> Answer:
    run = await run_cancelled.cancel(
        asked.world, asked.actor, RunId(asked.get("run").upper()), reason=asked.get("reason")
    )
    return Answer(
        headline=f"{run.id} of {run.runbook.name} is cancelled: nothing more of it begins",
        tone=Tone.CAREFUL,
        text="A change that is under way goes on to its end. What was changed stays.",
        link=asked.page(f"runs/{run.id}"),
    )


async def _asks(asked: Asked) -> Answer:
    """What is asked, exactly, or the answer to it."""
    answer, name = asked.get("answer"), ApprovalId(asked.get("approval"))
    if not name:
        return await _open(asked)
    if not answer:
        return await _card(asked, name)
    reason = asked.get("reason")
    if answer in ("did", "did-not"):
        given = await approval_given.answer_if_ran(asked.world, asked.actor, name, did=answer == "did", reason=reason)
    elif asked.inputs:
        given = await approval_given.answer_what(asked.world, asked.actor, name, asked.inputs, reason=reason)
    else:
        given = await approval_given.answer(
            asked.world, asked.actor, name, approve=True, reason=reason, plan_hash=asked.get("plan_hash")
        )
    return _answered(asked, given)


def _rejects_nothing(values: Mapping[str, str]) -> str:
    if not values.get("approval"):
        return "say what is rejected"
    return "say why" if values.get("ask") and not values.get("reason") else ""


async def _reject(asked: Asked) -> Answer:
    given = await approval_given.answer(
        asked.world, asked.actor, ApprovalId(asked.get("approval")), approve=False, reason=asked.get("reason")
    )
    return _answered(asked, given)


def _reject_form(asked: Asked) -> Form:
    """A reason is asked for, and not insisted on: to stop something comes first."""
    name = asked.get("approval")
    why = Blank(name="reason", label="Why", kind=BlankKind.TEXT, needed=False, hint="it stands on the timeline")
    return Form(command="reject", title=f"Reject {name}"[:24], submit="Reject", blanks=(why,), fixed={"approval": name})


def _answered(asked: Asked, given: Approval) -> Answer:
    if given.status is ApprovalStatus.OPEN:
        missing = given.count - len(given.given_by)
        headline = f"{given.id}: approved by {', '.join(given.given_by)}; {missing} more must say yes"
        return Answer(headline=headline, tone=Tone.CAREFUL, link=asked.page(f"runs/{given.run}"), seen=True)
    tone = Tone.GOOD if given.status is ApprovalStatus.APPROVED else Tone.PLAIN
    return Answer(headline=f"{given.id} is {given.status}", tone=tone, link=asked.page(f"runs/{given.run}"), seen=True)


async def _open(asked: Asked) -> Answer:
    """What they may answer comes first; what waits for others is said to."""
    found, now = await looked_up.approvals(asked.world, asked.actor), asked.world.clock.now()
    theirs = [one for one in found if isinstance(may(asked.actor, Act.APPROVE, one, now), Yes)]
    others = [one for one in found if one not in theirs]
    lines = [f"{one.id} {one_line(one.ask or one.plan.summary, 200)}" for one in theirs]
    lines += [f"{one.id} waits for others: {one_line(one.ask or one.plan.summary, 180)}" for one in others]
    nothing = "Nothing waits for you to answer" if others else "Nothing waits for an answer"
    return Answer(
        headline=f"{count(len(theirs), 'question')} to answer" if theirs else nothing,
        tone=Tone.CAREFUL if theirs else Tone.PLAIN,
        items=cut(lines),
        presses=tuple(Press(label=f"See {one.id}", says=f"approve {one.id}") for one in (*theirs, *others)[:5]),
    )


async def _card(asked: Asked, name: ApprovalId) -> Answer:
    found = {one.id: one for one in await looked_up.approvals(asked.world, asked.actor)}
    if name not in found:
        return Answer(headline=f"{name} is answered, or never was asked", hint="`approve` lists what is open")
    one = found[name]
    plan, left = one.plan, one.expires_at - asked.world.clock.now()
    return Answer(
        headline=one_line(one.ask or plan.summary, 300),
        tone=Tone.CAREFUL,
        text=one_line(plan.summary, 500),
        facts=(
            ("What", f"{plan.action} on {', '.join(plan.targets) or 'nothing'}"),
            ("Risk", str(plan.risk)),
            ("Taken back by", one_line(plan.undo, 200) or "nothing: it cannot be taken back"),
            ("Asked by", one.requested_by.name),
            ("Who may", _who_may(asked, one)),
            ("Said yes", ", ".join(one.given_by) or "nobody yet"),
            ("Time left", format_duration(max(left - left % _MINUTE, _MINUTE))),
        ),
        items=tuple(f"the same yes is for: {_exact(each)}" for each in one.covers),
        code="\n".join(filter(None, (exactly(plan.params)[:_LONGEST_PARAMS], plan.diff[:_LONGEST_DIFF]))),
        presses=_answers(one),
        link=asked.page(f"runs/{one.run}"),
    )


def _exact(plan: Plan) -> str:
    return f"{one_line(plan.summary, 120)} ({one_line(exactly(plan.params), 230)})"


def _who_may(asked: Asked, one: Approval) -> str:
    left = [name for name in could_answer(one, asked.world.setup.people) if name not in one.given_by]
    needed = f"{one.count} different people, of " if one.count > 1 else ""
    return f"{needed}{one_line(', '.join(left), 200) or 'nobody'} ({one.by})"


def _answers(one: Approval) -> tuple[Press, ...]:
    """The buttons of a question; each is about exactly this plan."""
    if one.question is Question.DID_IT_RUN:
        return (
            Press(label="It ran", says=f"approve {one.id} did"),
            Press(label="It did not run", says=f"approve {one.id} did-not"),
        )
    no = Press(label="Reject", says=f"reject {one.id} ask=why", tone=Tone.BAD)
    if one.question is Question.WHAT:
        return (no,)
    sure = one_line(one.plan.summary, 280) if one.plan.risk is Risk.DESTRUCTIVE else ""
    yes = f"approve {one.id} yes plan_hash={one.plan.hash}"
    return (Press(label="Approve", says=yes, tone=Tone.GOOD, confirm=sure), no)


async def _status(asked: Asked) -> Answer:
    seen = await automation_seen.seen(asked.world, asked.actor)
    pause = seen.pause
    if pause.paused:
        headline = f"Automation is paused by {pause.by} since {asked.at(pause.at)}"
        press = Press(label="Resume", says="automation resume", confirm="Let steps begin again?")
    else:
        headline = "Automation runs"
        press = Press(label="Pause", says="automation pause paused in chat", tone=Tone.BAD, confirm="Stop every step?")
    return Answer(
        headline=headline,
        tone=Tone.CAREFUL if pause.paused or seen.frozen else Tone.GOOD,
        text=one_line(pause.reason, 300),
        facts=(("Frozen", seen.frozen), ("Under way", count(len(seen.in_flight), "step"))),
        items=_under_way(seen),
        presses=(press,),
        link=asked.page("automation"),
    )


def _under_way(seen: SeenAutomation) -> tuple[str, ...]:
    return cut([f"{one.run} {one.runbook} {one.step}: {one_line(one.summary, 150)}" for one in seen.in_flight])


async def _pause(asked: Asked) -> Answer:
    pause = await automation_switched.pause(asked.world, asked.actor, reason=asked.get("reason"))
    seen = await automation_seen.seen(asked.world, asked.actor)
    return Answer(
        headline=f"Automation is paused by {pause.by}: no step begins",
        tone=Tone.CAREFUL,
        text=one_line(pause.reason, 300),
        facts=(("Under way", count(len(seen.in_flight), "step")),),
        items=_under_way(seen),
        presses=(Press(label="Resume", says="automation resume", confirm="Let steps begin again?"),),
        link=asked.page("automation"),
    )


async def _resume(asked: Asked) -> Answer:
    await automation_switched.resume(asked.world, asked.actor, reason=asked.get("reason"))
    return Answer(headline="Automation runs again", tone=Tone.GOOD, link=asked.page("automation"))


REJECT = Deed(
    verb=Verb(
        name="reject",
        summary="say no to what a run asks",
        examples=("reject APR-3 not before the backup has ended",),
        slots=(_APPROVAL, REASON),
        options=(Slot(name="ask", kind=Kind.NAME, help="for a reason", label=HIDDEN),),
    ),
    do=_reject,
    form=_reject_form,
    lacks=_rejects_nothing,
)

DEEDS = (
    Deed(
        verb=Verb(
            name="runbook list",
            summary="which runbooks there are",
            examples=("runbook list",),
            also=("runbook", "runbooks"),
        ),
        do=_list,
    ),
    Deed(
        verb=Verb(
            name="runbook show",
            summary="what a runbook does",
            examples=("runbook show pod-crash-looping",),
            slots=(_RUNBOOK, _INCIDENT),
            inputs=True,
            aside=True,
        ),
        do=_show,
    ),
    Deed(
        verb=Verb(
            name="runbook rehearse",
            summary="what it would do, exactly; nothing is changed",
            examples=("runbook rehearse pod-crash-looping INC-7",),
            slots=(_RUNBOOK, _INCIDENT),
            inputs=True,
            also=("rehearse",),
        ),
        do=_rehearse,
    ),
    Deed(
        verb=Verb(
            name="runbook run",
            summary="begin it; what changes something asks before",
            examples=("runbook run pod-crash-looping INC-7", "runbook run disk-almost-full instance=web1:9100"),
            slots=(_RUNBOOK, _INCIDENT),
            options=(Slot(name="click_id", kind=Kind.NAME, help="which click it was", label=HIDDEN),),
            inputs=True,
        ),
        do=_run,
    ),
    Deed(
        verb=Verb(
            name="run cancel",
            summary="nothing more of a run begins; what it changed stays",
            examples=("run cancel RUN-7 we mend it by hand",),
            slots=(Slot(name="run", kind=Kind.NAME, help="a run, such as RUN-7"), REASON),
            also=("runbook cancel",),
        ),
        do=_cancel,
    ),
    Deed(
        verb=Verb(
            name="approve",
            summary="see exactly what would be done, and say yes",
            examples=("approve", "approve APR-3", "approve APR-3 yes"),
            slots=(
                _APPROVAL,
                Slot(name="answer", kind=Kind.CHOICE, help="yes", needed=False, choices=("yes", "did", "did-not")),
                REASON,
            ),
            options=(Slot(name="plan_hash", kind=Kind.NAME, help="the plan that was seen", label=HIDDEN),),
            inputs=True,
            also=("approvals",),
        ),
        do=_asks,
    ),
    REJECT,
    Deed(
        verb=Verb(
            name="automation",
            summary="whether automation runs, and what is under way",
            examples=("automation",),
            also=("automation status",),
        ),
        do=_status,
    ),
    Deed(
        verb=Verb(
            name="automation pause",
            summary="stop every step from beginning",
            examples=("automation pause a bad release is out",),
            slots=(Slot(name="reason", kind=Kind.TEXT, help="a reason"),),
        ),
        do=_pause,
    ),
    Deed(
        verb=Verb(
            name="automation resume",
            summary="let steps begin again",
            examples=("automation resume",),
            slots=(REASON,),
        ),
        do=_resume,
    ),
)
