"""Runs revisions with Alembic, inside a transaction that somebody else begins and ends."""

from __future__ import annotations

from pathlib import Path

from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

FOLDER = Path(__file__).parent


def take_to(connection: Connection, revision: str) -> None:
    """Takes the schema from whatever revision it has, or none, to this one."""
    script = ScriptDirectory(str(FOLDER))
    context = MigrationContext.configure(connection)
    steps = list(script.iterate_revisions(revision, context.get_current_revision() or "base"))
    with Operations.context(context):
        for step in reversed(steps):
            step.module.upgrade()
            context.stamp(script, step.revision)
