"""One connection to the database, and the repositories over it."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from bot.ports.store import Tx
from bot.store.repositories.alerts import Alerts
from bot.store.repositories.approvals import Approvals
from bot.store.repositories.audit import Audit
from bot.store.repositories.evidence import Evidences
from bot.store.repositories.incidents import Incidents
from bot.store.repositories.leases import Leases
from bot.store.repositories.outbox import Outbox
from bot.store.repositories.records import Records
from bot.store.repositories.rules import Rules
from bot.store.repositories.runs import Runs
from bot.store.repositories.sessions import Sessions


class Channel:
    """Used by one thread at a time. SQLAlchemy sees autocommit: transactions are begun and ended with `say`."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self._driver: Any = connection.connection.driver_connection  # sqlite3's or psycopg's; both have `execute`
        self.tx = Tx(
            alerts=Alerts(connection),
            rules=Rules(connection),
            incidents=Incidents(connection),
            runs=Runs(connection),
            approvals=Approvals(connection),
            evidence=Evidences(connection),
            audit=Audit(connection),
            outbox=Outbox(connection),
            records=Records(connection),
            leases=Leases(connection),
            sessions=Sessions(connection),
        )

    def say(self, command: str) -> None:
        """Runs a command of ours (BEGIN, SAVEPOINT, COMMIT, PRAGMA) past SQLAlchemy, which would cost as much again."""
        self._driver.execute(command)

    def ask(self, question: str) -> object:
        """Runs a query of ours; the first column of its first row."""
        row = self._driver.execute(question).fetchone()
        return row[0] if row else None

    def close(self) -> None:
        """Closes the connection; what was not committed is gone."""
        with suppress(SQLAlchemyError):  # a connection that is lost cannot be closed politely
            self.connection.close()
