"""A group remembers when it was really evaluated, and a rule is known by its name and its labels as written.

Labels were not kept before: rules without any go on, those with labels begin their own state anew. Incidents stay.
"""

from __future__ import annotations

import json

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("rule_groups", sa.Column("evaluated_at", sa.BigInteger(), nullable=True))
    groups = sa.table("rule_groups", sa.column("key"), sa.column("slot"), sa.column("rules"), sa.column("evaluated_at"))
    for key, slot, rules in op.get_bind().execute(sa.select(groups.c.key, groups.c.slot, groups.c.rules)).all():
        kept = json.dumps([[name, {}] for name in json.loads(rules)])
        op.execute(groups.update().where(groups.c.key == key).values(rules=kept, evaluated_at=slot))
