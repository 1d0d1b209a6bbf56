"""Commands about planned work: what is under way, what comes, and what somebody announces."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from bot.alerts import maintenance, silencing
from bot.chat.asked import SHOWN, Asked, Deed, cut, mistaken
from bot.chat.grammar import HIDDEN, INPUT, Slot, Verb
from bot.chat.reading import Kind
from bot.documents import parse_duration
from bot.model.answer import Answer, Blank, BlankKind, Form, Press, Tone
from bot.model.ids import SilenceId
from bot.model.labels import Matcher
from bot.model.matchers import made, parse_matchers
from bot.model.silence import Silence, SilenceState
from bot.model.wording import one_line
from bot.response import alerts_looked_up, silences_kept

_DAY, _YEAR = timedelta(days=1), timedelta(days=366)
_LENGTHS = ("30m", "1h", "2h", "4h", "8h", "1d")


async def _listed(asked: Asked) -> Answer:
    """Windows of tocsin.yaml and what was announced, the earliest first."""
    now = asked.world.clock.now()
    found = sorted([*_windows(asked, now), *_announced(asked, now)])
    is_open = any(start <= now for start, _ in found)
    announce = Press(label="Announce planned work", says="maintenance plan")
    return Answer(
        headline="Planned work is under way" if is_open else "No planned work is under way",
        tone=Tone.CAREFUL if is_open else Tone.PLAIN,
        items=cut([said for _, said in found]),
        presses=(announce,),
        hint="" if found else "what comes again and again is written under `maintenance:` in tocsin.yaml",
    )


def _windows(asked: Asked, now: datetime) -> Iterator[tuple[datetime, str]]:
    setup = alerts_looked_up.setup(asked.world, asked.actor)
    for one in maintenance.next_windows(setup.maintenance, now, SHOWN):
        what, why = one.maintenance.name, one_line(one.maintenance.reason, 150)
        yield one.starts_at, f"{what}: {asked.at(one.starts_at)} to {asked.at(one.ends_at)}, {why}"


def _announced(asked: Asked, now: datetime) -> Iterator[tuple[datetime, str]]:
    for one in silencing.listed(alerts_looked_up.silences(asked.world, asked.actor), now):
        if silencing.is_planned(one) and one.state(now) is not SilenceState.EXPIRED:
            whom = ", ".join(one_line(str(matcher), 100) for matcher in one.matchers)
            when = f"{asked.at(one.starts_at)} to {asked.at(one.ends_at)}"
            yield one.starts_at, f"{whom}: {when}, {one_line(one.comment, 150)} ({one.created_by}; {one.id})"


def _unplanned(values: Mapping[str, str]) -> str:
    for name, what in (("length", "for how long"), ("reason", "what is done")):
        if not values.get(name):
            return f"say {what}"
    is_said = values.get("labels") or any(name.startswith(INPUT) for name in values)
    return "" if is_said else "say what it concerns, by labels like service=cart"


async def _plan(asked: Asked) -> Answer:
    now = asked.world.clock.now()
    starts = _start(asked, now)
    wished = Silence(
        id=SilenceId(""),
        matchers=_matchers(asked),
        starts_at=starts,
        ends_at=starts + parse_duration(asked.get("length")),
        updated_at=now,
        created_by=asked.actor.name,
        comment=asked.get("reason"),
    )
    planned = silencing.planned(wished)
    kept = await silences_kept.place(asked.world, asked.actor, planned, SilenceId(str(uuid.uuid4())))
    return Answer(
        headline=f"Planned work from {asked.at(kept.starts_at)} to {asked.at(kept.ends_at)}",
        tone=Tone.GOOD,
        text="Alerts that it concerns are told to nobody meanwhile.",
        items=tuple(one_line(str(matcher), 200) for matcher in kept.matchers),
        presses=(Press(label="Call it off", says=f"silence end {kept.id}"),),
    )


def _start(asked: Asked, now: datetime) -> datetime:
    """Now where no time is given; a time without a day is the next one. What is over cannot be planned."""
    day, at = asked.get("day"), asked.get("at")
    if not at:
        if day:
            raise mistaken(PLAN.verb, "a day needs a time of it, such as at=22:00")
        return now
    try:
        start = asked.moment(day, at)
        if start < now and not day:
            start = asked.moment(day, at, later=_DAY)
    except OverflowError:  # a day at the very end of the calendar, or before its beginning
        raise mistaken(PLAN.verb, f"{day} is too far away") from None
    if not now <= start <= now + _YEAR:
        raise mistaken(PLAN.verb, f"{asked.at(start)} is {'over' if start < now else 'more than a year away'}")
    return start


def _matchers(asked: Asked) -> tuple[Matcher, ...]:
    """Whom it concerns: `service=cart`, `host=~web.*`; in a form, matchers in a line."""
    try:
        named = parse_matchers(asked.get("labels")) if asked.get("labels") else ()
        given = [
            made(name, "=~", value[1:]) if value.startswith("~") else made(name, "=", value)
            for name, value in asked.inputs.items()
        ]
    except ValueError as error:
        raise mistaken(PLAN.verb, str(error)) from None
    if not named and not given:  # `{}` is a list of labels, too
        raise mistaken(PLAN.verb, "say what it concerns, by labels like service=cart")
    return (*named, *given)


def _form(asked: Asked) -> Form:
    return Form(
        command=PLAN.verb.name,
        title="Planned work",
        submit="Announce",
        blanks=(
            Blank(name="labels", label="What it concerns", hint='service="cart", host=~"web.*"'),
            Blank(
                name="length",
                label="For how long",
                kind=BlankKind.CHOICE,
                choices=_LENGTHS,
                value=asked.get("length") or "1h",
            ),
            Blank(name="day", label="On which day", needed=False, hint="2026-12-31; empty: the next time it is then"),
            Blank(name="at", label="At what time", needed=False, hint="22:00; empty: now"),
            Blank(name="reason", label="What is done", kind=BlankKind.TEXT),
        ),
    )


PLAN = Deed(
    verb=Verb(
        name="maintenance plan",
        summary="announce planned work: its alerts are told to nobody meanwhile",
        examples=(
            "maintenance plan 2h service=cart at=22:00 a new database",
            "maintenance plan 4h host=~web.* day=2026-12-31 at=06:00 new kernels",
        ),
        slots=(
            Slot(name="length", kind=Kind.LENGTH, help="a length, such as 2h", needed=False),
            Slot(name="reason", kind=Kind.TEXT, help="what is done", needed=False),
        ),
        options=(
            Slot(name="at", kind=Kind.TIME, help="when it begins; now, where that is left out", needed=False),
            Slot(name="day", kind=Kind.DAY, help="on which day", needed=False),
            Slot(name="labels", kind=Kind.TEXT, help="matchers", needed=False, label=HIDDEN),
        ),
        inputs=True,
    ),
    do=_plan,
    form=_form,
    lacks=_unplanned,
)

DEEDS = (
    Deed(verb=Verb(name="maintenance", summary="planned work, now and next", examples=("maintenance",)), do=_listed),
    PLAN,
)
