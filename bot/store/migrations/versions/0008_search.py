"""Incidents are found by the words of their head and of their story, and lists by whatever they are narrowed to."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TSVECTOR

from bot.model.words import words_of

revision = "0008"
down_revision = "0007"

_COUNT = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_MOST, _MOST_AT_ONCE = 100_000, 20_000
_SQLITE = (
    "CREATE VIRTUAL TABLE incident_search USING fts5(head, story, content='incident_words', "
    "content_rowid='number', tokenize='ascii', columnsize=0)",
    "CREATE TRIGGER incident_words_are_found AFTER INSERT ON incident_words BEGIN "
    "INSERT INTO incident_search (rowid, head, story) VALUES (new.number, new.head, new.story); END",
    "CREATE TRIGGER incident_words_are_found_anew AFTER UPDATE OF head, story ON incident_words BEGIN "
    "INSERT INTO incident_search (incident_search, rowid, head, story) "
    "VALUES ('delete', old.number, old.head, old.story); "
    "INSERT INTO incident_search (rowid, head, story) VALUES (new.number, new.head, new.story); END",
)
_POSTGRESQL = ("CREATE INDEX incident_search ON incident_words USING gin ((head || story))",)
_ADD_ON_SQLITE = "INSERT INTO incident_words (incident, head, story, size) VALUES (:incident, :head, :story, :size)"
_ADD_ON_POSTGRESQL = (
    "INSERT INTO incident_words (incident, head, story, size) "
    "VALUES (:incident, CAST(:head AS tsvector), CAST(:story AS tsvector), :size)"
)


def upgrade() -> None:
    sqlite = op.get_bind().dialect.name == "sqlite"
    words = sa.Text() if sqlite else TSVECTOR()
    op.create_table(
        "incident_words",
        sa.Column("number", _COUNT, nullable=False),
        sa.Column("incident", sa.Text(), nullable=False),
        sa.Column("head", words, nullable=False),
        sa.Column("story", words, nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_incident_words"),
        sa.ForeignKeyConstraint(["incident"], ["incidents.id"], name="fk_incident_words_incident"),
    )
    op.create_index("ix_incident_words_incident", "incident_words", ["incident"], unique=True)
    for statement in _SQLITE if sqlite else _POSTGRESQL:
        op.execute(statement)
    _fill(sqlite)
    op.drop_index("ix_incidents_opened_at", table_name="incidents")
    op.create_index(
        "ix_incidents_opened_at", "incidents", ["opened_at", "status", "severity", "kind", "service", "team"]
    )


def _fill(sqlite: bool) -> None:
    """The words of all incidents, the oldest first."""
    add = sa.text(_ADD_ON_SQLITE if sqlite else _ADD_ON_POSTGRESQL)
    for incident in op.get_bind().execute(sa.text("SELECT * FROM incidents ORDER BY opened_at, length(id), id")).all():
        head = [word for text in _head(incident) for word in _of_text(text)]
        story, size = list[str](), 0
        for text in _story(incident.id):
            if size < _MOST:
                story += (more := _of_text(text))
                size += sum(map(len, more)) + len(more)
        values = {"head": _kept(head, sqlite), "story": _kept(story, sqlite)}
        op.get_bind().execute(add, {"incident": incident.id, "size": size, **values})


def _head(row: sa.Row[Any]) -> Iterator[str]:  # Any: the columns of a query that is text
    yield from (row.id, row.title, row.service, row.team, row.declared_by)
    yield from json.loads(row.roles).values()
    yield from json.loads(row.custom).values()


def _story(incident: str) -> Iterator[str]:
    asked = sa.text("SELECT text, why FROM timeline WHERE incident = :incident ORDER BY at, seq")
    for row in op.get_bind().execute(asked, {"incident": incident}):
        yield f"{row.text} {row.why}" if row.text else ""


def _of_text(text: str) -> list[str]:
    words, size = list[str](), 0
    for word in words_of(text):
        if (size := size + len(word.text) + 1) > _MOST_AT_ONCE:
            break
        words.append(word.text)
    return [*words, "\N{PILCROW SIGN}"] if words else words


def _kept(words: list[str], sqlite: bool) -> str:
    if sqlite:
        return "".join(f"{word} " for word in words)
    return " ".join(f"'{word}':{place}" for place, word in enumerate(words, 1))
