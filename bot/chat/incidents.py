"""Commands about incidents: what is on fire, its story, and moving it along."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from bot.chat.asked import SHOWN, Asked, Deed, count, cut, facts, line, moved, presses, tone
from bot.chat.grammar import HIDDEN, Slot, Verb
from bot.chat.reading import Kind, read
from bot.incidents.edits import Edit
from bot.model.answer import Answer, Blank, BlankKind, Form, Press, Tone
from bot.model.ids import IncidentId
from bot.model.incident import Incident, IncidentKind, IncidentStatus, Severity
from bot.model.incident_query import IncidentQuery
from bot.model.timeline import as_told
from bot.model.wording import one_line
from bot.response import (
    incident_changed,
    incident_declared,
    incident_edited,
    incidents_found,
    incidents_merged,
    looked_up,
    response_seen,
)

INCIDENT = Slot(name="incident", kind=Kind.INCIDENT, help="the incident, such as INC-7")
REASON = Slot(name="reason", kind=Kind.TEXT, help="why", needed=False)
_LINES = 8
_STATUSES = ("acknowledged", "mitigated", "resolved", "closed", "open")


def _declared(values: Mapping[str, str]) -> tuple[str, str]:
    """Severity and title; the severity may stand at the end too."""
    severity, title = values.get("severity", ""), values.get("title", "")
    if not severity and title:
        title, _, last = title.rpartition(" ")
        severity = _last_word(last)
    return severity, title


def _undeclared(values: Mapping[str, str]) -> str:
    return "" if all(_declared(values)) else "an incident is declared with a severity and a title"


async def _declare(asked: Asked) -> Answer:
    severity, title = _declared(asked.values)
    incident = await incident_declared.declare(
        asked.world,
        asked.actor,
        title=title,
        severity=Severity(severity),
        text=asked.get("text"),
        kind=IncidentKind(asked.get("kind") or IncidentKind.NORMAL),
        service=asked.get("service"),
    )
    return moved(asked, incident, "is declared")


def _last_word(word: str) -> str:
    """A severity that stands at the end of a title; nothing where it is part of it."""
    try:
        return "" if word.isdecimal() else read(Kind.SEVERITY, word)
    except ValueError:
        return ""


def _declare_form(asked: Asked) -> Form:
    return Form(
        command="declare",
        title="Declare an incident",
        submit="Declare",
        blanks=(
            Blank(name="title", label="What is the matter", value=asked.get("title"), hint="in one sentence"),
            Blank(
                name="severity",
                label="Severity",
                kind=BlankKind.CHOICE,
                choices=tuple(Severity),
                value=asked.get("severity") or Severity.SEV2,
                hint="SEV1 is the gravest; when in doubt, the higher",
            ),
            Blank(name="service", label="Service", needed=False, value=asked.get("service")),
            Blank(
                name="kind",
                label="Kind",
                kind=BlankKind.CHOICE,
                choices=tuple(IncidentKind),
                value=asked.get("kind") or IncidentKind.NORMAL,
                hint="a drill or a test is practised like any other, and left out of statistics",
            ),
            Blank(name="text", label="What else is known", kind=BlankKind.TEXT, needed=False),
        ),
    )


async def _list(asked: Asked) -> Answer:
    board = await incidents_found.board(asked.world, asked.actor)
    if asked.get("who"):
        return _theirs(asked, [one for one in board.open if asked.person("who") in _at_work(one)])
    wanted = asked.get("severity")
    shown = [one for one in board.open if not wanted or one.severity == wanted]
    total = len(shown) if wanted else board.count
    over = cut([line(one) for one in board.over if not wanted or one.severity == wanted], 3)
    lines = [line(one) for one in shown[:SHOWN]]
    if total > len(lines):
        lines.append(f"and {total - len(lines)} more")
    return Answer(
        headline=f"{count(total, 'open incident')}" if total else "Nothing is on fire",
        tone=tone(shown[0]) if shown else Tone.GOOD,
        items=tuple(lines),
        text=f"Over: {'; '.join(over)}" if over and not shown else "",
        presses=presses(shown[0]) if len(shown) == 1 else _shows(shown),
        link=asked.page(""),
    )


def _at_work(incident: Incident) -> set[str]:
    """Who has it, leads it, or has another role in it."""
    return {incident.acknowledged_by, *incident.roles.values()}


def _theirs(asked: Asked, found: Sequence[Incident]) -> Answer:
    """Those that somebody works on."""
    who = "You have" if asked.person("who") == asked.actor.name else f"{asked.person('who')} has"
    return Answer(
        headline=f"{who} {count(len(found), 'open incident')}" if found else f"{who} no incident",
        tone=tone(found[0]) if found else Tone.GOOD,
        items=cut([line(one) for one in found]),
        presses=_shows(found),
        link=asked.page(""),
    )


def _shows(found: Sequence[Incident]) -> tuple[Press, ...]:
    return tuple(Press(label=f"Show {one.id}", says=f"show {one.id}") for one in found[:4])


async def _show(asked: Asked) -> Answer:
    case = await looked_up.case(asked.world, asked.actor, asked.incident)
    story = [one for one in as_told(case.timeline) if not one.is_struck][-_LINES:]
    waiting = [one for one in case.approvals if one.status == "open"]
    return Answer(
        headline=f"{case.incident.id} {one_line(case.incident.headline, 200)}",
        tone=tone(case.incident),
        facts=facts(asked, case.incident),
        items=tuple(
            f"{asked.at(one.entry.at)} {one.entry.actor.name}: {one_line(one.read().text, 300)}" for one in story
        ),
        presses=(*presses(case.incident), Press(label="More", says=f"more {case.incident.id}")),
        hint=f"{waiting[0].id} waits for an answer: approve {waiting[0].id}" if waiting else "",
        link=asked.page_of(case.incident.id),
    )


async def _catch_up(asked: Asked) -> Answer:
    found = await response_seen.catch_up_on(asked.world, asked.actor, asked.incident)
    last = found.update
    return Answer(
        headline=f"{found.incident.id} up to now",
        tone=tone(found.incident),
        text=f"Last told by {last.by}, {asked.at(last.at)}: {last.text}" if last else "Nobody was told yet how it is.",
        facts=facts(asked, found.incident),
        items=cut([f"{asked.at(one.entry.at)} {one_line(one.text, 300)}" for one in found.happened]),
        link=asked.page_of(found.incident.id),
    )


async def _ack(asked: Asked) -> Answer:
    incident = await incident_changed.acknowledge(asked.world, asked.actor, asked.incident)
    return moved(asked, incident, f"is yours, {asked.actor.name}")


async def _assign(asked: Asked) -> Answer:
    person = asked.person() or asked.actor.name
    incident = await incident_changed.assign(asked.world, asked.actor, asked.incident, person)
    return moved(asked, incident, f"is {person}'s now")


async def _severity(asked: Asked) -> Answer:
    wanted = Edit(severity=Severity(asked.get("severity")))
    edited = await incident_edited.edit(asked.world, asked.actor, asked.incident, wanted, asked.get("reason"))
    return moved(asked, edited, f"is {edited.severity}")


async def _status(asked: Asked) -> Answer:
    world, actor, incident, why = asked.world, asked.actor, asked.incident, asked.get("reason")
    match asked.get("status"):
        case "acknowledged":
            moves = incident_changed.acknowledge(world, actor, incident)
        case "mitigated":
            moves = incident_changed.mitigate(world, actor, incident, why)
        case "resolved":
            moves = incident_changed.resolve(world, actor, incident, why)
        case "closed":
            moves = incident_changed.close(world, actor, incident, why)
        case "open":
            moves = incident_changed.reopen(world, actor, incident, why)
        case _:
            return await _show(asked)
    after = await moves
    return moved(asked, after, f"is {after.status}")


async def _resolve(asked: Asked) -> Answer:
    return await _status(replace(asked, values={**asked.values, "status": IncidentStatus.RESOLVED}))


async def _note(asked: Asked) -> Answer:
    entry = await incident_changed.note(asked.world, asked.actor, asked.incident, asked.get("text"))
    return Answer(
        headline=f"Noted in {entry.incident}", tone=Tone.GOOD, text=entry.text, link=asked.page_of(entry.incident)
    )


async def _merge(asked: Asked) -> Answer:
    into = IncidentId(asked.get("into"))
    _, whole = await incidents_merged.merge(asked.world, asked.actor, asked.incident, into, asked.get("reason"))
    hint = f"for ten minutes its page, or `tocsin incident unmerge {asked.incident}`, takes it out again"
    return replace(moved(asked, whole, f"holds {asked.incident} too"), hint=hint)


async def _search(asked: Asked) -> Answer:
    query = IncidentQuery(limit=SHOWN)
    found = await incidents_found.find(asked.world, asked.actor, query, asked.get("text"))
    lines = []
    for one in found.found:
        passage = "".join(piece.text for piece in one.passages[0].pieces) if one.passages else ""
        lines.append(f"{line(one.incident)} — {one_line(passage, 200)}" if passage else line(one.incident))
    more = " or more" if found.next else ""
    headline = f"{count(len(lines), 'incident')}{more}" if lines else "No incident holds these words"
    hint = "" if lines else 'words, "words in a row", -without, begin*'
    return Answer(headline=headline, items=tuple(lines), hint=hint, link=asked.page("incidents"))


DECLARE = Deed(
    verb=Verb(
        name="declare",
        summary="open an incident that no alert told of",
        examples=("declare sev2 customers cannot pay", "declare sev1 checkout is down service=checkout"),
        slots=(
            Slot(name="severity", kind=Kind.SEVERITY, help="a severity, SEV1 to SEV5", needed=False),
            Slot(name="title", kind=Kind.TEXT, help="a title: what is the matter", needed=False),
        ),
        options=(
            Slot(name="service", kind=Kind.NAME, help="the service it is about"),
            Slot(name="kind", kind=Kind.CHOICE, help="normal, drill or test", choices=tuple(IncidentKind)),
            Slot(name="text", kind=Kind.TEXT, help="what else is known", label=HIDDEN),
        ),
        also=("new",),
    ),
    do=_declare,
    form=_declare_form,
    lacks=_undeclared,
)

DEEDS = (
    DECLARE,
    Deed(
        verb=Verb(
            name="list",
            summary="what is on fire, the gravest first",
            examples=("list", "list sev1", "list who=me"),
            slots=(Slot(name="severity", kind=Kind.SEVERITY, help="a severity", needed=False),),
            options=(Slot(name="who", kind=Kind.PERSON, help="who works on it"),),
            also=("ls", "incidents"),
        ),
        do=_list,
    ),
    Deed(
        verb=Verb(
            name="show", summary="one incident and the end of its story", examples=("show INC-7",), slots=(INCIDENT,)
        ),
        do=_show,
    ),
    Deed(
        verb=Verb(
            name="catchup",
            summary="what happened so far, for whoever joins late",
            examples=("catchup INC-7",),
            slots=(INCIDENT,),
        ),
        do=_catch_up,
    ),
    Deed(
        verb=Verb(
            name="ack",
            summary="say that you have it",
            examples=("ack INC-7",),
            slots=(INCIDENT,),
            also=("acknowledge",),
        ),
        do=_ack,
    ),
    Deed(
        verb=Verb(
            name="assign",
            summary="give it to somebody, or take it",
            examples=("assign INC-7 ann", "assign INC-7"),
            slots=(INCIDENT, Slot(name="person", kind=Kind.PERSON, help="a person", needed=False)),
        ),
        do=_assign,
    ),
    Deed(
        verb=Verb(
            name="severity",
            summary="say how grave it is",
            examples=("severity INC-7 sev1 all regions by now",),
            slots=(INCIDENT, Slot(name="severity", kind=Kind.SEVERITY, help="a severity, SEV1 to SEV5"), REASON),
            also=("sev",),
        ),
        do=_severity,
    ),
    Deed(
        verb=Verb(
            name="status",
            summary="move it along: acknowledged, mitigated, resolved, closed, or open again",
            examples=("status INC-7 mitigated rolled back", "status INC-7"),
            slots=(
                INCIDENT,
                Slot(name="status", kind=Kind.CHOICE, help="a status", needed=False, choices=_STATUSES),
                REASON,
            ),
        ),
        do=_status,
    ),
    Deed(
        verb=Verb(
            name="resolve",
            summary="say that it is over",
            examples=("resolve INC-7", "resolve INC-7 the cache is warm again"),
            slots=(INCIDENT, REASON),
        ),
        do=_resolve,
    ),
    Deed(
        verb=Verb(
            name="note",
            summary="write something worth remembering into its story",
            examples=("note INC-7 the cache was cold",),
            slots=(INCIDENT, Slot(name="text", kind=Kind.TEXT, help="a text: what you saw or did")),
        ),
        do=_note,
    ),
    Deed(
        verb=Verb(
            name="merge",
            summary="make two incidents one",
            examples=("merge INC-12 into INC-7 the same disk",),
            slots=(
                INCIDENT,
                Slot(name="into", kind=Kind.INCIDENT, help="the incident it becomes part of", before="into"),
                REASON,
            ),
        ),
        do=_merge,
    ),
    Deed(
        verb=Verb(
            name="search",
            summary="find incidents by the words of their story",
            examples=('search checkout "disk is full" -staging',),
            slots=(Slot(name="text", kind=Kind.TEXT, help="words to look for"),),
            also=("find",),
        ),
        do=_search,
    ),
)
