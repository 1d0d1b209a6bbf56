"""Commands about alerts: why they are told or not, keeping them from being told, planned work."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from datetime import timedelta

from bot.alerts import silencing
from bot.chat.asked import SHOWN, Asked, Deed, count, cut, mistaken
from bot.chat.grammar import INPUT, Slot, Verb
from bot.chat.incidents import REASON
from bot.chat.reading import Kind
from bot.documents import parse_duration
from bot.errors import NotAllowed, NotFound
from bot.model.alert import Alert
from bot.model.answer import Answer, Blank, BlankKind, Form, Press, Tone
from bot.model.ids import Fingerprint, IncidentId, SilenceId
from bot.model.labels import Matcher, MatchOp
from bot.model.matchers import made
from bot.model.silence import Silence, SilenceState
from bot.model.wording import number, one_line
from bot.response import alert_asked, alerts_looked_up, looked_up, silences_kept, why_asked

_SINCE = timedelta(hours=6)
_MOST_ALERTS = 5


async def _why(asked: Asked) -> Answer:
    name = asked.get("incident")
    if asked.get("name"):
        return await _why_alert(asked, asked.get("name"))
    if not name:
        raise mistaken(WHY.verb, "say which alert rule, or which incident")
    incident = (await looked_up.case(asked.world, asked.actor, IncidentId(name))).incident
    alerts = await alerts_looked_up.of_incident(asked.world, asked.actor, incident)
    if not alerts:
        said = f"{incident.declared_by} declared it" if incident.declared_by else "no alert of it is known any more"
        return Answer(headline=f"{name}: {said}", link=asked.page_of(incident.id))
    return await _why_alert(asked, next(iter(alerts.values())).labels.get("alertname", ""))


async def _why_alert(asked: Asked, name: str) -> Answer:
    """What the rule sees, and what became of its alerts on their way."""
    total, ways = await alert_asked.ways(asked.world, asked.actor, name)
    try:
        rules = await why_asked.why(asked.world, asked.actor, name, since=_SINCE)
    except NotFound:
        if not total:
            raise
        rules = ()
    lines = [line for one in rules for line in _rule(asked, one)]
    for way in ways[:_MOST_ALERTS]:
        lines.append(f"{_labels(way.alert)}: {'fires' if way.firing else 'is over'}")
        lines += [f"{one.verdict}: {one_line(one.text, 250)} [{one_line(one.rule, 60)}]" for one in way.now]
    fires = any(way.firing for way in ways)
    return Answer(
        headline=f"{one_line(name, 150)}: {count(total, 'alert')} known" if total else f"{one_line(name, 150)}",
        tone=Tone.BAD if fires else Tone.PLAIN,
        items=cut(lines, SHOWN),
        link=asked.page("alerts"),
        hint=f"tocsin why {name} says more in a terminal" if len(lines) > SHOWN else "",
    )


def _rule(asked: Asked, told: why_asked.Why) -> Iterator[str]:
    state = told.status.state if told.status is not None else "was never evaluated"
    since = asked.at(told.status.since) if told.status is not None else ""
    yield f"rule {told.rule.name}: {state}{f' since {since}' if since else ''}"
    if told.now.error:
        yield f"now: nobody knows; {one_line(told.now.error, 250)}"
    for sample in told.now.samples[:3]:
        labels = ", ".join(f"{name}={value}" for name, value in sample.labels.items())
        yield f"now: {number(sample.value)} {one_line(labels, 200)}"


def _labels(alert: Alert) -> str:
    return one_line(", ".join(f"{name}={value}" for name, value in alert.labels.items()), 250)


_LONGEST_WAIT = "24h"
"""A silence always ends."""


async def _silence(asked: Asked) -> Answer:
    until_clear = asked.get("until") == "clear"
    lasts = parse_duration(asked.get("length") or (_LONGEST_WAIT if until_clear else "1h"))
    matchers = await _matchers(asked)
    now, about = asked.world.clock.now(), asked.get("incident")
    wished = Silence(
        id=SilenceId(""),
        matchers=matchers,
        starts_at=now,
        ends_at=now + lasts,
        updated_at=now,
        created_by=asked.actor.name,
        comment=asked.get("reason") or f"silenced by {asked.actor.name}{f' for {about}' if about else ''}",
    )
    if until_clear:
        wished = silencing.until_clear(wished)
    kept = await silences_kept.place(asked.world, asked.actor, wished, SilenceId(str(uuid.uuid4())))
    ending = Press(label="End it", says=f"silence end {kept.id}")
    until = f"until it is over, {asked.at(kept.ends_at)} at the latest" if until_clear else asked.at(kept.ends_at)
    headline = f"Silenced {until}" if until_clear else f"Silenced until {until}"
    return Answer(headline=headline, tone=Tone.GOOD, items=_whom(kept), presses=(ending,))


def _silences_nothing(values: Mapping[str, str]) -> str:
    is_said = values.get("incident") or any(name.startswith(INPUT) for name in values)
    return "" if is_said else "say what is silenced: an incident, or labels like service=cart"


async def _matchers(asked: Asked) -> tuple[Matcher, ...]:
    """Those that were named, or what the incident's alerts have in common."""
    if asked.inputs:
        return tuple(_matcher(name, value) for name, value in asked.inputs.items())
    incident = (await looked_up.case(asked.world, asked.actor, asked.incident)).incident
    common = _common(await alerts_looked_up.of_incident(asked.world, asked.actor, incident))
    if "alertname" not in common:
        said = "has no alerts" if not incident.alerts else "has alerts that differ in name"
        raise NotAllowed(f"{incident.id} {said}", hint="name labels: `silence 1h service=cart`")
    return tuple(Matcher(name=name, op=MatchOp.EQUAL, value=value) for name, value in sorted(common.items()))


def _common(alerts: Mapping[Fingerprint, Alert]) -> Mapping[str, str]:
    """The labels that all of them have, with the same value."""
    each = [alert.labels for alert in alerts.values()]
    first = each[0] if each else {}
    return {name: value for name, value in first.items() if all(one.get(name) == value for one in each)}


def _matcher(name: str, value: str) -> Matcher:
    try:
        return made(name, "=~", value[1:]) if value.startswith("~") else made(name, "=", value)
    except ValueError as error:
        raise mistaken(SILENCE.verb, str(error)) from None


def _silence_form(asked: Asked) -> Form:
    return Form(
        command="silence",
        title="Silence alerts",
        submit="Silence",
        blanks=(
            Blank(
                name="incident",
                label="The alerts of this incident",
                value=asked.get("incident"),
                hint="INC-7; for other labels type `silence 1h service=cart`",
            ),
            Blank(
                name="length",
                label="For how long",
                kind=BlankKind.CHOICE,
                choices=("30m", "1h", "4h", "8h", "1d", "7d"),
                value="1h",
            ),
            Blank(name="reason", label="Why", kind=BlankKind.TEXT),
        ),
    )


def _whom(silence: Silence) -> tuple[str, ...]:
    return tuple(one_line(str(matcher), 200) for matcher in silence.matchers)


async def _silences(asked: Asked) -> Answer:
    now = asked.world.clock.now()
    found = silencing.listed(alerts_looked_up.silences(asked.world, asked.actor), now)
    standing = [one for one in found if one.state(now) is not SilenceState.EXPIRED]
    lines = [
        f"{one.id} until {asked.at(one.ends_at)} by {one.created_by}: {', '.join(_whom(one))};"
        f" {one_line(one.comment, 100)}"
        for one in standing
    ]
    return Answer(
        headline=count(len(standing), "silence") if standing else "Nothing is silenced",
        items=cut(lines),
        presses=tuple(Press(label=f"End {one.id[:8]}", says=f"silence end {one.id}") for one in standing[:4]),
        link=asked.page("alerts"),
    )


async def _expire(asked: Asked) -> Answer:
    ended = await silences_kept.expire(asked.world, asked.actor, SilenceId(asked.get("silence").lower()))
    return Answer(headline=f"The silence ended {asked.at(ended.ends_at)}", items=_whom(ended))


SILENCE = Deed(
    verb=Verb(
        name="silence",
        summary="keep alerts from being told for a while",
        examples=(
            "silence INC-7 4h known, fixed tomorrow",
            "silence 1h alertname=DiskFull host=~web.* new disks",
            "silence INC-7 until=clear known",
        ),
        slots=(
            Slot(name="incident", kind=Kind.INCIDENT, help="the incident whose alerts are meant", needed=False),
            Slot(name="length", kind=Kind.LENGTH, help="a length, such as 1h", needed=False),
            REASON,
        ),
        options=(
            Slot(
                name="until",
                kind=Kind.CHOICE,
                help="clear: until nothing of it fires any more, a day at the latest",
                needed=False,
                choices=("clear",),
            ),
        ),
        inputs=True,
    ),
    do=_silence,
    form=_silence_form,
    lacks=_silences_nothing,
)

WHY = Deed(
    verb=Verb(
        name="why",
        summary="why an alert fires or does not, and who was told",
        examples=("why HighErrors", "why INC-7"),
        slots=(
            Slot(name="incident", kind=Kind.INCIDENT, help="an incident", needed=False),
            Slot(name="name", kind=Kind.NAME, help="the name of an alert rule, or an incident", needed=False),
        ),
    ),
    do=_why,
)

DEEDS = (
    WHY,
    SILENCE,
    Deed(
        verb=Verb(
            name="silence list",
            summary="what is silenced",
            examples=("silence list",),
            also=("silences",),
            aside=True,
        ),
        do=_silences,
    ),
    Deed(
        verb=Verb(
            name="silence end",
            summary="tell of these alerts again",
            examples=("silence end 6f1c9a7b-0d24-4c55-9a7b-0d244c559a7b",),
            slots=(Slot(name="silence", kind=Kind.NAME, help="the id of a silence; `silence list` has them"),),
            aside=True,
        ),
        do=_expire,
    ),
)
