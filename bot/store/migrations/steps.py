"""Runs revisions with Alembic, inside a transaction that somebody else begins and ends."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection

FOLDER = Path(__file__).parent


def take_to(connection: Connection, revision: str) -> None:
    """Takes the schema from whatever revision it has, or none, to this one."""
    # Alembic takes as long to load as all else together, and is needed once in a version's life.
    from alembic.migration import MigrationContext  # noqa: PLC0415 - see above
    from alembic.operations import Operations  # noqa: PLC0415 - see above
    from alembic.script import ScriptDirectory  # noqa: PLC0415 - see above

    script = ScriptDirectory(str(FOLDER))
    context = MigrationContext.configure(connection)
    steps = list(script.iterate_revisions(revision, context.get_current_revision() or "base"))
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SET LOCAL statement_timeout = 0")  # a large table takes the time it takes
    with Operations.context(context):
        for step in reversed(steps):
            step.module.upgrade()
            context.stamp(script, step.revision)
