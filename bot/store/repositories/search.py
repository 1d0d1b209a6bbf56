"""What incidents are found by: their words, kept in step with head and timeline, and their columns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    Table,
    and_,
    bindparam,
    cast,
    column,
    func,
    or_,
    select,
    update,
)
from sqlalchemy import text as sql

from bot.errors import NotFound
from bot.model.ids import IncidentId
from bot.model.incident import OPEN, Incident
from bot.model.incident_query import IncidentQuery, Term
from bot.model.timeline import TimelineEntry, as_told
from bot.model.words import words_of
from bot.store.columns import WordList, Words
from bot.store.prepared import Prepared
from bot.store.repositories.repository import Found, Repository
from bot.store.tables import IncidentRow, IncidentWordsRow, table

MOST = 100_000
"""Letters of a story's words after which no more are kept: what a search looks into stays small and quick to change."""
_MOST_AT_ONCE = 20_000
"""Letters of the words of one entry, or of a head, that are kept: as many as a note may have."""
BREAK = "\N{PILCROW SIGN}"
"""Stands between two entries, so that no phrase goes from one into the next."""

_incidents = table(IncidentRow)
_words = table(IncidentWordsRow)
NEWEST_FIRST = (_incidents.c.opened_at.desc(), func.length(_incidents.c.id).desc(), _incidents.c.id.desc())

_MINE = _words.c.incident == bindparam("mine", type_=Words)
_HEAD = cast(bindparam("head_now", type_=WordList), WordList)
_STORY = cast(bindparam("story_now", type_=WordList), WordList)
_RENAME = Prepared(update(_words).where(_MINE, _words.c.head != _HEAD).values(head=_HEAD))
_REWRITE = update(_words).where(_MINE).values(story=_STORY, size=bindparam("more", type_=BigInteger))
_TELL = Prepared(
    update(_words)
    .where(_MINE, _words.c.size < MOST)
    .values(story=_words.c.story.op("||")(_STORY), size=_words.c.size + bindparam("more", type_=BigInteger)),
    by="mine",
)
_HOLDING = {
    "sqlite": "SELECT rowid AS number FROM incident_search WHERE incident_search MATCH :terms",
    "postgresql": "SELECT number FROM incident_words WHERE (head || story) @@ CAST(:terms AS tsquery)",
}


class Search(Repository):
    """The index behind `Incidents.find`, and what `find` asks of the database."""

    def begin(self, incident: Incident) -> None:
        """A new incident is found by its head."""
        self._insert(_words, {"incident": incident.id, "head": _head(incident), "story": [], "size": 0})

    def rename(self, incident: Incident) -> None:
        """Its head may have changed."""
        self._change(_RENAME, {"mine": incident.id, "head_now": _head(incident)})

    def tell(self, entry: TimelineEntry) -> None:
        """Its story goes on."""
        words = _of_entry(entry)
        self._later(_TELL, {"mine": entry.incident, "story_now": words, "more": _size(words)})

    def retell(self, incident: IncidentId, timeline: Sequence[TimelineEntry]) -> None:
        """Its story was amended: it is no longer found by what was taken back."""
        words = list[str]()
        size = 0
        for told in as_told(timeline):
            if size < MOST:
                words += (more := _of_entry(told.latest))
                size += _size(more)
        self._change(_REWRITE, {"mine": incident, "story_now": words, "more": size})

    def find(self, query: IncidentQuery) -> Sequence[Found]:
        """The rows of the incidents, one more than the limit where there are more."""
        wanted = select(_incidents).where(*_conditions(query)).limit(query.limit + 1)
        return self._all(self._by_words(wanted, query) if query.terms else self._by_time(wanted, query))

    def _by_words(self, wanted: Select[Any], query: IncidentQuery) -> Select[Any]:
        """In the order of their numbers, which both indexes of words have them in: many are never looked at."""
        sqlite = self._connection.dialect.name == "sqlite"
        terms = _fts5(query.terms) if sqlite else _tsquery(query.terms)
        holding = sql(_HOLDING[self._connection.dialect.name]).bindparams(terms=terms)
        found = holding.columns(column("number", BigInteger)).subquery("found")
        wanted = wanted.join(_words, _words.c.incident == _incidents.c.id).join(
            found, found.c.number == _words.c.number
        )
        if query.after is not None:
            wanted = wanted.where(found.c.number < self._known(_words, _words.c.incident, query.after).number)
        return wanted.order_by(found.c.number.desc())

    def _by_time(self, wanted: Select[Any], query: IncidentQuery) -> Select[Any]:
        if query.after is not None:
            last = self._known(_incidents, _incidents.c.id, query.after)
            opened, length = _incidents.c.opened_at, func.length(_incidents.c.id)
            earlier = and_(length == len(last.id), _incidents.c.id < last.id)
            wanted = wanted.where(
                opened <= last.opened_at, or_(opened < last.opened_at, length < len(last.id), earlier)
            )
        return wanted.order_by(*NEWEST_FIRST)

    def _known(self, source: Table, key: ColumnElement[Any], incident: IncidentId) -> Found:
        row = self._first(select(source).where(key == incident))
        if row is None:
            raise NotFound(f"there is no incident {incident} to go on after", hint="begin again at the first page")
        return row


def _conditions(query: IncidentQuery) -> list[ColumnElement[bool]]:
    columns = _incidents.c
    among = (
        (columns.severity, query.severities), (columns.kind, query.kinds), (columns.service, query.services),
        (columns.team, query.teams),
    )  # fmt: skip
    conditions: list[ColumnElement[bool]] = [each.in_(values) for each, values in among if values]
    if query.statuses:
        # Few are open, so their index is the way to them; it is a detour to those that are over, which are nearly all.
        are_open = set(query.statuses) <= set(OPEN)
        conditions.append((columns.status if are_open else columns.status.concat("")).in_(query.statuses))
    if query.since is not None:
        conditions.append(columns.opened_at >= query.since)
    if query.before is not None:
        conditions.append(columns.opened_at < query.before)
    return conditions


def _head(incident: Incident) -> list[str]:
    """What an incident is found by whatever happens in it."""
    people = (incident.declared_by, *incident.roles.values())
    parts = (incident.id, incident.title, incident.service, incident.team, *people, *incident.fields.values())
    return [word for part in parts for word in _of_text(part)]


def _of_entry(entry: TimelineEntry) -> list[str]:
    """What an entry is found by; nothing when it strikes out another."""
    return _of_text(f"{entry.text} {entry.why}") if entry.text else []


def _of_text(text: str) -> list[str]:
    words, size = list[str](), 0
    for word in words_of(text):
        if (size := size + len(word.text) + 1) > _MOST_AT_ONCE:
            break
        words.append(word.text)
    return [*words, BREAK] if words else words


def _size(words: Sequence[str]) -> int:
    return sum(map(len, words)) + len(words)


def _fts5(terms: Sequence[Term]) -> str:
    """The terms as FTS5 has them. Words are letters and digits: a quotation mark cannot be among them."""
    phrases = [(f'"{" ".join(term.words)}"' + ("*" if term.begins else ""), term.unwanted) for term in terms]
    asked = " AND ".join(phrase for phrase, unwanted in phrases if not unwanted)
    without = " OR ".join(phrase for phrase, unwanted in phrases if unwanted)
    return f"({asked}) NOT ({without})" if without else asked


def _tsquery(terms: Sequence[Term]) -> str:
    """The same for PostgreSQL."""
    phrases = []
    for term in terms:
        phrase = " <-> ".join(f"'{word}'" for word in term.words) + (":*" if term.begins else "")
        phrases.append(f"!({phrase})" if term.unwanted else f"({phrase})")
    return " & ".join(phrases)
