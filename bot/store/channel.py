"""One connection to the database, and the repositories over it."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from bot.ports.store import Tx
from bot.store.pending import Pending
from bot.store.repositories.alert_log import AlertLog
from bot.store.repositories.alerts import Alerts
from bot.store.repositories.approvals import Approvals
from bot.store.repositories.audit import Audit
from bot.store.repositories.automation import Automations, Outputs
from bot.store.repositories.boards import Cards
from bot.store.repositories.chats import ChatLinks
from bot.store.repositories.coming_in import Heartbeats, PostedBodies
from bot.store.repositories.evidence import Evidences
from bot.store.repositories.incidents import Incidents
from bot.store.repositories.leases import Leases
from bot.store.repositories.merges import Merges
from bot.store.repositories.outbox import Outbox
from bot.store.repositories.paging import Escalations, Overrides, Pages
from bot.store.repositories.records import Records
from bot.store.repositories.response import Marks, Refs, Reminders, Tasks, Updates
from bot.store.repositories.rules import Rules
from bot.store.repositories.runs import Runs
from bot.store.repositories.sessions import Sessions
from bot.store.repositories.silences import Silences
from bot.store.repositories.statistics import Statistics
from bot.store.repositories.tellings import Decisions, Tellings


class Channel:
    """Used by one thread at a time. SQLAlchemy sees autocommit: transactions are begun and ended with `say`."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self._driver: Any = connection.connection.driver_connection  # sqlite3's or psycopg's; both have `execute`
        self.pending = Pending.of(connection)
        self.seen = 0
        """What the backend goes by to tell whether others have written."""
        self.tx = Tx(
            errors=(SQLAlchemyError, connection.dialect.loaded_dbapi.Error),
            log=AlertLog(connection),
            alerts=Alerts(connection),
            silences=Silences(connection),
            tellings=Tellings(connection),
            decisions=Decisions(connection),
            posted=PostedBodies(connection),
            heartbeats=Heartbeats(connection),
            rules=Rules(connection),
            incidents=Incidents(connection),
            merges=Merges(connection),
            tasks=Tasks(connection),
            reminders=Reminders(connection),
            updates=Updates(connection),
            escalations=Escalations(connection),
            pages=Pages(connection),
            overrides=Overrides(connection),
            refs=Refs(connection),
            cards=Cards(connection),
            marks=Marks(connection),
            statistics=Statistics(connection),
            runs=Runs(connection),
            automation=Automations(connection),
            outputs=Outputs(connection),
            approvals=Approvals(connection),
            evidence=Evidences(connection),
            audit=Audit(connection),
            outbox=Outbox(connection),
            records=Records(connection),
            leases=Leases(connection),
            sessions=Sessions(connection),
            chat_links=ChatLinks(connection),
        )

    def say(self, command: str) -> None:
        """Runs a command of ours (BEGIN, SAVEPOINT, COMMIT, PRAGMA) past SQLAlchemy, which would cost as much again."""
        self._driver.execute(command)

    def ask(self, question: str) -> object:
        """Runs a query of ours; the first column of its first row."""
        row = self._driver.execute(question).fetchone()
        return row[0] if row else None

    def ask_last(self, commands: str) -> object:
        """Runs commands of ours in one go, which PostgreSQL takes; the first column of the row that the last gives."""
        cursor = self._driver.execute(commands)
        while cursor.nextset():
            pass
        return cursor.fetchone()[0]

    @property
    def total_changes(self) -> int:
        """How many rows this connection has changed; of SQLite's alone."""
        return int(self._driver.total_changes)

    def close(self) -> None:
        """Closes the connection; what was not committed is gone."""
        with suppress(SQLAlchemyError):  # a connection that is lost cannot be closed politely
            self.connection.close()
