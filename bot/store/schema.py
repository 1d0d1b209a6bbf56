"""Which revision a database has, and how it gets to ours.

An empty database is made from `tables/` in one go, because Alembic takes as long to load as all else together; one
that has a revision is taken further by `migrations/`. A test holds both ways equal.
"""

from __future__ import annotations

from sqlalchemy import Connection, inspect
from sqlalchemy import text as sql

from bot.errors import SchemaTooNew, StartError
from bot.store.backend import Backend
from bot.store.channel import Channel
from bot.store.tables import metadata

REVISIONS = tuple(f"{number:04}" for number in range(1, 15))
"""Every revision this Tocsin knows, in order; the last is the one it needs."""

_APPEND_ONLY = {
    "sqlite": (
        "CREATE TRIGGER audit_is_never_changed BEFORE UPDATE ON audit "
        "BEGIN SELECT RAISE(ABORT, 'the audit record is append-only'); END",
        "CREATE TRIGGER audit_is_never_removed BEFORE DELETE ON audit "
        "BEGIN SELECT RAISE(ABORT, 'the audit record is append-only'); END",
    ),
    "postgresql": (
        "CREATE FUNCTION audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS "
        "$$BEGIN RAISE EXCEPTION 'the audit record is append-only'; END$$",
        "CREATE TRIGGER audit_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit "
        "FOR EACH STATEMENT EXECUTE FUNCTION audit_is_append_only()",
    ),
}
_SEARCH = {
    "sqlite": (
        "CREATE VIRTUAL TABLE incident_search USING fts5(head, story, content='incident_words', "
        "content_rowid='number', tokenize='ascii', columnsize=0)",
        "CREATE TRIGGER incident_words_are_found AFTER INSERT ON incident_words BEGIN "
        "INSERT INTO incident_search (rowid, head, story) VALUES (new.number, new.head, new.story); END",
        "CREATE TRIGGER incident_words_are_found_anew AFTER UPDATE OF head, story ON incident_words BEGIN "
        "INSERT INTO incident_search (incident_search, rowid, head, story) "
        "VALUES ('delete', old.number, old.head, old.story); "
        "INSERT INTO incident_search (rowid, head, story) VALUES (new.number, new.head, new.story); END",
    ),
    "postgresql": ("CREATE INDEX incident_search ON incident_words USING gin ((head || story))",),
}
"""Words hold only letters and digits, apart already: the tokenizer of SQLite is the plainest there is."""
_VERSION_TABLE = (
    "CREATE TABLE alembic_version ( version_num VARCHAR(32) NOT NULL, "
    "CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num) )"
)


def open_prepared(backend: Backend) -> Channel:
    """A writing connection to a database that has our schema, made if it was empty; StartError, SchemaTooNew."""
    channel: Channel | None = None
    try:
        channel = backend.open_writer()
        if revision(channel.connection, backend.name) != REVISIONS[-1]:
            backend.begin(channel)  # another process may be making it right now
            _create_or_refuse(channel.connection, backend.name)
            channel.say("COMMIT")
    except BaseException as error:
        if channel is not None:
            channel.close()
        if isinstance(error, backend.errors):
            raise backend.translate(error) from None
        raise
    return channel


def revision(connection: Connection, name: str) -> str | None:
    """The database's revision; None when it is empty. StartError when it is somebody else's, SchemaTooNew."""
    tables = set(inspect(connection).get_table_names())
    if "alembic_version" not in tables:
        if tables & set(metadata.tables):
            raise StartError(f"{name} holds tables that Tocsin did not make", hint="give Tocsin a database of its own")
        return None
    found: str | None = connection.execute(sql("SELECT version_num FROM alembic_version")).scalar()
    if found is not None and found not in REVISIONS:
        raise SchemaTooNew(
            f"{name} was written by a newer Tocsin: schema {found}, this one knows up to {REVISIONS[-1]}"
        )
    return found


def create(connection: Connection) -> None:
    """Makes our tables in an empty database."""
    metadata.create_all(connection, checkfirst=False)
    dialect = connection.dialect.name
    for statement in (*_APPEND_ONLY[dialect], *_SEARCH[dialect], _VERSION_TABLE):
        connection.exec_driver_sql(statement)
    connection.execute(sql("INSERT INTO alembic_version VALUES (:head)"), {"head": REVISIONS[-1]})


def _create_or_refuse(connection: Connection, name: str) -> None:
    found = revision(connection, name)
    if found is None:
        create(connection)
    elif found != REVISIONS[-1]:
        raise StartError(
            f"{name} has schema {found}, and this Tocsin needs {REVISIONS[-1]}",
            hint="run `tocsin db upgrade`: it makes a backup first and says where",
        )
