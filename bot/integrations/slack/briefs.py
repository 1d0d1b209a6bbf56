"""How an incident stands, as one message of a channel: a colour, what it is, who has it, and what may be done."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bot.integrations.slack import mrkdwn
from bot.integrations.slack.letters import FIRING, OVER, TAKEN, Json, Letter, bar, leads, section
from bot.integrations.slack.presses import buttons
from bot.kit.posted import web_link
from bot.model.alert import Alert
from bot.model.answer import Press, Tone
from bot.model.board import Brief
from bot.model.incident import Incident, IncidentStatus
from bot.model.timeline import TimelineEntry

INCIDENT, ROOM, STORY = "tocsin_incident", "tocsin_room", "tocsin_story"
"""What messages say of themselves to programs."""
_COLOURS = {
    IncidentStatus.TRIGGERED: FIRING,
    IncidentStatus.ACKNOWLEDGED: TAKEN,
    IncidentStatus.MITIGATED: TAKEN,
}
_TITLE, _SUMMARY, _LINE, _UPDATE, _ALT = 300, 600, 170, 700, 500
_STORY = 2900
_MOST_ASKS, _MOST_RUNS, _MOST_RUNBOOKS, _LONGEST_LINK = 3, 3, 3, 3000


def message(brief: Brief, *, kind: str = INCIDENT, file: str = "") -> Letter:
    """All that is said of it now. `file`: the id of the chart, once Slack has it; it may not be ready to show it."""
    incident = brief.incident
    return Letter(
        id=str(incident.id),
        text=_headline(incident),
        attachments=bar(_COLOURS.get(incident.status, OVER), list(_blocks(brief, file, kind))),
        metadata={"event_type": kind, "event_payload": {"id": str(incident.id)}},
        link=web_link(brief.link),
        lesser=message(brief, kind=kind) if file else None,
    )


def _headline(incident: Incident) -> str:
    """What a telephone shows: how it stands, how bad it is, and what it is."""
    title = mrkdwn.escaped(mrkdwn.line(incident.title)[:_TITLE])
    kind = "" if incident.kind == "normal" else f" [{incident.kind}]"
    return f"{_state(incident)} *{incident.severity} {incident.id}*{kind} {title}"


def _state(incident: Incident) -> str:
    if incident.merged_into is not None:
        return "Merged:"
    return f"{incident.status.capitalize()}:"


def _blocks(brief: Brief, file: str, kind: str) -> Iterator[Json]:
    summary = _summary(brief)
    if summary:
        yield section(summary)
    yield {"type": "section", "fields": [_words(f"*{name}*\n{value}") for name, value in _facts(brief, kind)]}
    if brief.alerts and brief.incident.is_open:
        yield section("\n".join(_alerts(brief)))
    if brief.update and brief.incident.is_open:
        yield section(f"*Last update*\n{mrkdwn.fitting(mrkdwn.lines(brief.update), _UPDATE)}")
    if file and brief.picture is not None:
        alt = mrkdwn.line(brief.picture.alt)[:_ALT] or "the signal"
        yield {"type": "image", "slack_file": {"id": file}, "alt_text": alt}
    waiting = list(_waiting(brief))
    if waiting:
        yield {"type": "context", "elements": [_words(one) for one in waiting]}
    yield {"type": "actions", "elements": [*buttons(_presses(brief)), *_links(brief)]}


def _summary(brief: Brief) -> str:
    for alert in brief.alerts:
        for name in ("summary", "description", "message"):
            if said := mrkdwn.lines(alert.annotations.get(name, "")):
                return "" if said == brief.incident.title else mrkdwn.fitting(said, _SUMMARY)
    return ""


def _facts(brief: Brief, kind: str) -> Iterator[tuple[str, str]]:
    """Names and values, both as mrkdwn: the first says who has it, as that is what everybody asks."""
    incident = brief.incident
    yield "Status", _who_has_it(incident)
    yield "Since", mrkdwn.moment(incident.detected_at or incident.opened_at)
    if incident.service:
        yield "Service", _shown(incident.service)
    if brief.firing or brief.ended:
        ended = f", {brief.ended} ended" if brief.ended else ""
        yield "Alerts", f"{brief.firing} firing{ended}"
    if incident.commander:
        yield "Commander", _shown(incident.commander)
    if brief.room and kind != ROOM:
        yield "Channel", f"<#{brief.room}>"


def _who_has_it(incident: Incident) -> str:
    if incident.merged_into is not None:
        return f"merged into {mrkdwn.escaped(str(incident.merged_into))}"
    if not incident.is_open:
        ended = incident.resolved_at or incident.closed_at
        return f"resolved{f' {mrkdwn.moment(ended)}' if ended is not None else ''}"
    if incident.status is IncidentStatus.TRIGGERED:
        return "nobody has it yet"
    who = _shown(incident.acknowledged_by) if incident.acknowledged_by else "nobody"
    return f"{who} has it" if incident.status is IncidentStatus.ACKNOWLEDGED else f"mitigated; {who} has it"


def _alerts(brief: Brief) -> Iterator[str]:
    for alert in brief.alerts:
        yield _alert(alert)
    more = brief.firing + brief.ended - len(brief.alerts)
    if more > 0:
        yield f"and {more} more"


def _alert(alert: Alert) -> str:
    labels = [f"{name}={value}" for name, value in alert.labels.items() if name not in ("alertname", "severity")]
    shown = mrkdwn.fitting(mrkdwn.line(f"{alert.name} {', '.join(labels)}"), _LINE)
    return f"• {shown}" if alert.ends_at is None else f"• _ended:_ {shown}"


def _waiting(brief: Brief) -> Iterator[str]:
    """What is carried out, and what waits for somebody."""
    for name, ask in brief.asks[:_MOST_ASKS]:
        yield f"*{mrkdwn.escaped(name)}* asks: {mrkdwn.fitting(mrkdwn.line(ask), _LINE)}"
    for title in brief.runs[:_MOST_RUNS]:
        yield f"*Runs:* {mrkdwn.fitting(mrkdwn.line(title), _LINE)}"


def _presses(brief: Brief) -> Iterator[Press]:
    """What may be done by a click. Nobody is asked to do what is done."""
    incident, name = brief.incident, brief.incident.id
    if incident.status is IncidentStatus.TRIGGERED:
        yield Press(label="Acknowledge", says=f"ack {name}", tone=Tone.GOOD)
    for ask, _ in brief.asks[:_MOST_ASKS]:
        yield Press(label=f"See {ask}", says=f"approve {ask}")
    if not incident.is_open:
        return
    if incident.alerts:
        for length in ("1h", "4h"):
            yield Press(label=f"Silence {length}", says=f"silence {name} {length}")
        yield Press(label="Silence until clear", says=f"silence {name} until=clear")
    for book in brief.runbooks[:_MOST_RUNBOOKS]:
        yield Press(label=f"Runbook {book}", says=f"runbook rehearse {book} {name}")
    yield Press(label="Why", says=f"why {name}")
    yield Press(label="More", says=f"more {name}")


def _links(brief: Brief) -> list[Json]:
    wanted = (("Open", "open", brief.link), ("Dashboard", "dashboard", brief.dashboard))
    links = [(words, name, web_link(link)) for words, name, link in wanted]
    return [leads(words, name, link) for words, name, link in links if link and len(link) <= _LONGEST_LINK]


def is_of(written: object, letter: Letter) -> bool:
    """Whether a message with this metadata is that letter's."""
    return isinstance(written, dict) and written == {
        "event_type": letter.metadata["event_type"],
        "event_payload": letter.metadata["event_payload"],
    }


def told(entries: Sequence[TimelineEntry], incident: str) -> Letter:
    """What happened, for a thread: each sentence once, as they followed each other."""
    lines, last = [_entry(one) for one in entries], str(entries[-1].seq)
    while len("\n".join(lines)) > _STORY:
        lines.pop(0)
    first, rest = lines[0], lines[1:]
    return Letter(
        id=f"{incident} {last}",
        text=first,
        attachments=bar("#9aa0a6", [section("\n".join(rest))] if rest else []),
        metadata={"event_type": STORY, "event_payload": {"id": f"{incident} {last}"}},
    )


def _entry(entry: TimelineEntry) -> str:
    return f"{mrkdwn.moment(entry.at)} {_shown(entry.actor.name)}: {mrkdwn.fitting(mrkdwn.line(entry.text), 220)}"


def _shown(text: str) -> str:
    return mrkdwn.escaped(mrkdwn.line(text)[:100])


def _words(text: str) -> Json:
    return {"type": "mrkdwn", "text": text, "verbatim": True}
