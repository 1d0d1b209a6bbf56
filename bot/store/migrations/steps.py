"""Runs revisions with Alembic, inside a transaction that somebody else begins and ends.

Its own module, because Alembic takes a third of a second to load and is needed once in a version's life.
"""

from __future__ import annotations

from pathlib import Path

from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

FOLDER = Path(__file__).parent


def upgrade(connection: Connection, to: str) -> None:
    """Takes the schema from whatever revision it has, or none, to this one."""
    script = ScriptDirectory(str(FOLDER))
    context = MigrationContext.configure(connection)
    steps = list(script.iterate_revisions(to, context.get_current_revision() or "base"))
    with Operations.context(context):
        for step in reversed(steps):
            step.module.upgrade()
            context.stamp(script, step.revision)
