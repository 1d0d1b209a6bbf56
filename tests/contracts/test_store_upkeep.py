"""Upgrades, backups and retention: what `tocsin db` does, tried on both databases."""

import asyncio
import os
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from bot.alerts.table import AlertTable, Change
from bot.alerts.wire import decode
from bot.errors import SchemaTooNew, StartError, StoreError
from bot.incidents.searching import parse
from bot.model.ids import IncidentId, RunId
from bot.model.incident import IncidentStatus
from bot.model.incident_query import IncidentQuery
from bot.model.retention import Retention
from bot.model.run import JournalKind, OutputChunk, RunStatus
from bot.model.telling import Decision, Told, Verdict
from bot.ports.alert_store import LogKind
from bot.ports.store import Session, Store, Tx
from bot.store.address import backend_for
from bot.store.migrations.steps import FOLDER, take_to
from bot.store.schema import REVISIONS, create
from bot.store.store import open_store
from bot.store.tables import metadata
from bot.store.upkeep import backup, prunable, upgrade
from tests.contracts.store_alerts import posted, silence
from tests.contracts.store_nouns import (
    DAY,
    MINUTE,
    NOW,
    act,
    alert,
    claim_run,
    errand,
    finished,
    incident,
    run,
    status,
    three_facts,
)

LONG = timedelta(minutes=5)
LEFT_BY_0001 = Path(__file__).with_name("store_0001.sql")


def made(url: str, how: Callable[[Connection], None], look: Callable[[Connection], object]) -> object:
    """Makes a schema in an empty database and looks at it before it is committed."""
    backend = backend_for(url)
    with backend.hold(), closing(backend.open_writer()) as channel:
        backend.begin(channel)
        how(channel.connection)
        seen = look(channel.connection)
        channel.say("ROLLBACK")
    return seen


_SHAPE = {
    "sqlite": ("SELECT type, name, tbl_name, sql FROM sqlite_master",),
    "postgresql": (
        # a column that was dropped leaves its number behind
        "SELECT table_name, rank() OVER (PARTITION BY table_name ORDER BY ordinal_position), "
        "column_name, data_type, is_nullable, column_default "
        "FROM information_schema.columns WHERE table_schema = 'public'",
        "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'",
        "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint "
        "WHERE connamespace = 'public'::regnamespace",
        "SELECT tgrelid::regclass::text, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal",
        "SELECT proname, prosrc FROM pg_proc WHERE pronamespace = 'public'::regnamespace",
    ),
}


def shape(connection: Connection) -> set[tuple[str, ...]]:
    """Tables, columns, indexes, constraints, triggers and revision, whatever the layout of their SQL."""
    rows = [row for question in _SHAPE[connection.dialect.name] for row in connection.execute(text(question))]
    rows += connection.execute(text("SELECT version_num FROM alembic_version"))
    return {tuple(" ".join(str(value).replace('"', "").split()) for value in row) for row in rows}


def _is_ours(name: str | None, _kind: str, _parents: object) -> bool:
    """The index of words is each database's own; that both ways make the same one is seen above."""
    return not (name or "").startswith("incident_search")


OPTIONS = {"include_name": _is_ours}


def test_the_migrations_and_the_tables_make_the_same_database(store_url: str) -> None:
    by_tables = made(store_url, create, shape)
    by_migrations = made(store_url, lambda connection: take_to(connection, REVISIONS[-1]), shape)
    assert by_migrations == by_tables
    left = made(store_url, create, lambda it: compare_metadata(MigrationContext.configure(it, opts=OPTIONS), metadata))
    assert left == []


def test_every_revision_is_known_in_order() -> None:
    script = ScriptDirectory(str(FOLDER))
    assert tuple(step.revision for step in reversed(list(script.walk_revisions()))) == REVISIONS


@pytest.fixture
def old_url(store_url: str) -> str:
    """A database of the version before, with a run in progress."""
    backend = backend_for(store_url)
    with backend.hold(), closing(backend.open_writer()) as channel:
        backend.begin(channel)
        take_to(channel.connection, REVISIONS[0])
        for statement in LEFT_BY_0001.read_text().split(";\n"):
            if statement.strip():
                channel.connection.exec_driver_sql(statement.replace("%", "%%"))
        if channel.connection.dialect.name == "postgresql":
            for table in ("alert_log", "timeline", "journal", "outbox"):
                channel.connection.exec_driver_sql(
                    f"SELECT setval(pg_get_serial_sequence('{table}', 'seq'), (SELECT max(seq) FROM {table}))"
                )
        channel.say("COMMIT")
    return store_url


async def test_a_run_in_progress_under_the_previous_version_finishes_under_this_one(
    old_url: str, request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(StartError, match=f"has schema {REVISIONS[0]}") as refused:
        async with open_store(old_url):
            pass
    assert "tocsin db upgrade" in refused.value.hint

    if "postgresql" in old_url:
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("PATH", f"{request.getfixturevalue('postgres').bin}:{os.environ['PATH']}")
    done = await asyncio.to_thread(upgrade, old_url, NOW)
    assert (done.before, done.after) == (REVISIONS[0], REVISIONS[-1])
    assert done.backup.parent == tmp_path
    assert f"20260301T120000Z-{REVISIONS[0]}" in done.backup.name
    if "sqlite" in old_url:
        with closing(sqlite3.connect(done.backup)) as kept:
            assert kept.execute("SELECT version_num FROM alembic_version").fetchall() == [(REVISIONS[0],)]
            assert kept.execute("SELECT count(*) FROM journal").fetchone() == (4,)

    async with open_store(old_url) as store:
        carried = await store.write(lambda tx: claim_run(tx, "new", NOW, LONG))  # the old lease has long ended
        assert carried == run(1, incident=IncidentId("INC-1"), epoch=2)
        kinds = [entry.kind for entry in await store.read(lambda tx: tx.runs.journal(carried.id))]
        assert kinds[-1] is JournalKind.INTENDED
        ended = replace(carried, status=RunStatus.SUCCEEDED, wake_at=None, ended_at=NOW + MINUTE)

        def finish(tx: Tx) -> None:
            tx.runs.append(finished("RUN-1", "undone"), epoch=2)
            tx.runs.wake(carried.id, NOW)
            tx.runs.release(ended, epoch=2)
            tx.audit.append(act("run.end", "RUN-1"))

        await store.write(finish)
        assert await store.read(lambda tx: tx.runs.get(carried.id)) == ended
        assert await store.read(lambda tx: (tx.audit.broken_at(), len(tx.audit.list()))) == (None, 5)
        assert await store.read(lambda tx: tx.approvals.get("APR-1").given_by) == ("ann",)
        assert await store.read(lambda tx: tx.rules.status("shop.yml;shop").rules[0].alerts[0].value) == float("inf")
        assert await store.write(lambda tx: tx.outbox.claim("new", NOW, LONG)) is None  # groups come from the log now
        assert await store.write(lambda tx: tx.incidents.next_id()) == "INC-2"
        slow = IncidentQuery(terms=parse("inc-1 slow"))
        (found,) = (await store.read(lambda tx: tx.incidents.find(slow))).found
        await store.write(lambda tx: tx.incidents.put(replace(found.incident, title="fast")))
        assert len((await store.read(lambda tx: tx.incidents.find(slow))).found) == 1  # by its story
        (row,) = await store.read(lambda tx: tx.log.after(0, 10))
        assert (row.kind, row.received_at) == (LogKind.CARRIED, NOW)
        ((found, change),) = AlertTable(resolve_timeout=300).replay(decode(row.body), NOW.timestamp())
        assert (found.alert(), change) == (alert(instance="web-1"), Change.NEW)

    again = await asyncio.to_thread(upgrade, old_url, NOW)
    assert (again.before, again.backup) == (REVISIONS[-1], None)


async def test_an_upgrade_that_cannot_be_made_changes_nothing(old_url: str, tmp_path: Path) -> None:
    with closing(backend_for(old_url).open_writer()) as channel:
        channel.say("CREATE TABLE sessions (in_the_way INTEGER)")
    with pytest.raises(StoreError):
        await asyncio.to_thread(upgrade, old_url, NOW, back_up=False)
    with closing(backend_for(old_url).open_writer()) as channel:
        channel.say("DROP TABLE sessions")
    assert (await asyncio.to_thread(upgrade, old_url, NOW, back_up=False)).before == REVISIONS[0]


async def test_what_needs_no_upgrade_or_cannot_have_one(store_url: str) -> None:
    first = await asyncio.to_thread(upgrade, store_url, NOW)
    assert (first.before, first.after, first.backup) == (None, REVISIONS[-1], None)
    if "sqlite" in store_url:
        async with open_store(store_url):
            with pytest.raises(StartError, match="already open in process"):
                await asyncio.to_thread(upgrade, store_url, NOW)
    with closing(backend_for(store_url).open_writer()) as channel:
        channel.say("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(SchemaTooNew, match="9999"):
        await asyncio.to_thread(upgrade, store_url, NOW)


def test_a_backup_taken_while_others_write_is_whole(tmp_path: Path) -> None:
    file, copy = tmp_path / "tocsin.db", tmp_path / "copy.db"
    url = f"sqlite:///{file}"
    command = [sys.executable, "-m", "tests.contracts.store_writer", url]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
        before = {int(writer.stdout.readline()) for _ in range(30)}
        backup(url, copy)
        after = [writer.stdout.readline() for _ in range(30)]  # it was not disturbed
        writer.kill()
        writer.stdout.read()
    assert all(line.endswith("\n") for line in after)
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert sorted(path.name for path in tmp_path.glob("copy*")) == ["copy.db"]

    async def look() -> tuple[set[int], set[str], int | None]:
        async with open_store(f"sqlite:///{copy}") as store:
            incidents, audit, broken = await store.read(
                lambda tx: (tx.incidents.list(limit=9999), tx.audit.list(limit=9999), tx.audit.broken_at())
            )
            await store.write(lambda tx: three_facts(tx, 9999))
        return {int(it.id.removeprefix("INC-")) for it in incidents}, {it.object for it in audit}, broken

    incidents, audited, broken = asyncio.run(look())
    assert before <= incidents
    assert audited == {f"INC-{number}" for number in incidents}
    assert broken is None


async def test_a_backup_that_cannot_be_made_says_why_and_leaves_nothing(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'tocsin.db'}"
    with pytest.raises(StoreError, match="cannot be opened"):
        backup(url, tmp_path / "copy")
    async with open_store(url):
        with pytest.raises(StartError, match="exists already"):
            backup(url, tmp_path / "tocsin.db.lock")
        with pytest.raises(StoreError, match="No such file or directory"):
            backup(url, tmp_path / "nowhere" / "copy")
    assert not [name for name in os.listdir(tmp_path) if name.startswith("copy")]


async def fill(store: Store) -> None:
    """Of everything something old, something new, and something old that is kept all the same."""
    old, new = NOW - 100 * DAY, NOW - MINUTE

    def work(tx: Tx) -> None:
        tx.alerts.put([alert(instance="gone", ends_at=old), alert(instance="back", ends_at=new), alert()])
        for at in (old, old, new):
            tx.log.append(LogKind.RECEIVED, b"[]", at, "us")
        carried = tx.log.append(LogKind.CARRIED, b"[]", old, "us")  # old, and what the table is rebuilt from
        tx.log.append(LogKind.MARK, b"", old, "us", carried)
        for name, at in (("gone", old), ("kept", new)):
            tx.silences.put(silence(name, ends_at=at))
            tx.tellings.put(Told(group=name, way="incident", at=at))
            tx.decisions.add(name, Decision(at=at, verdict=Verdict.TOLD, text=""))
            tx.posted.add(posted(name, at - NOW))
        tx.incidents.put(incident(1, group_key="held"))
        tx.incidents.put(incident(2, group_key="gone", status=IncidentStatus.CLOSED))
        for number in range(1200):
            tx.rules.save(status(f"group-{number}", old))
        tx.rules.save(status("group-0", new))
        for number, ended in ((1, old), (2, new)):
            tx.runs.create(run(number, wake_at=NOW))
            claimed = claim_run(tx, "us", NOW, LONG)
            tx.runs.append(finished(claimed.id, "a secret"), epoch=1)
            tx.outputs.append([OutputChunk(run=claimed.id, step="look", attempt=1, at=old, text="a secret")])
            tx.runs.release(replace(claimed, status=RunStatus.FAILED, ended_at=ended, wake_at=None), epoch=1)
        tx.runs.create(run(3))
        tx.runs.append(finished("RUN-3", "still running"), epoch=None)
        for name, expires in (("over", old), ("open", NOW + MINUTE)):
            tx.sessions.put(
                Session(secret_hash=name, person="ann", csrf="", created_at=old, seen_at=old, expires_at=expires)
            )
            tx.sessions.add_link(name, "ann", expires)
        tx.audit.append(replace(act(), at=old))
        tx.outbox.add(errand("a", old))
        tx.outbox.done(tx.outbox.claim("us", NOW, LONG))

    await store.write(work)


async def test_what_was_kept_long_enough_is_taken_away_and_nothing_else(store_url: str) -> None:
    ones = ("alerts", "posted", "silences", "tellings", "decisions", "steps", "pieces", "sessions", "links")
    expected = {"raw": 2, "evaluations": 1200, **dict.fromkeys(ones, 1)}
    retention = Retention()
    async with open_store(store_url) as store:
        await fill(store)
        foretold = await asyncio.to_thread(prunable, store_url, NOW, retention)
        assert foretold == expected
        assert await store.prune(NOW, retention) == expected
        assert set((await store.prune(NOW, retention)).values()) == {0}

        asked = [alert(instance=name).fingerprint for name in ("gone", "back")] + [alert().fingerprint]
        assert len(await store.read(lambda tx: tx.alerts.known(asked[1:]))) == 2
        assert await store.read(lambda tx: tx.alerts.get(asked[0])) is None
        kinds = [row.kind for row in await store.read(lambda tx: tx.log.after(0, 10))]
        assert kinds == [LogKind.RECEIVED, LogKind.CARRIED, LogKind.MARK]
        assert [one.id for one in (await store.read(lambda tx: tx.silences.changed_after(0)))[1]] == ["kept"]
        tellings = await store.read(lambda tx: [bool(tx.tellings.of_group(name)) for name in ("gone", "kept")])
        assert tellings == [False, True]
        assert [about for about, _ in await store.read(lambda tx: tx.decisions.of(["gone", "kept"], 9))] == ["kept"]
        assert [one.delivery for one in await store.read(lambda tx: tx.posted.since(NOW - 200 * DAY, 0, 9))] == ["kept"]
        outputs = await store.read(lambda tx: [tx.runs.journal(RunId(f"RUN-{number}"))[0].data for number in (1, 2, 3)])
        assert [data["text"] for data in outputs] == ["", "a secret", "still running"]
        assert await store.read(lambda tx: [len(tx.outputs.latest(RunId(f"RUN-{one}"))) for one in (1, 2)]) == [0, 1]
        assert outputs[0] == {"outcome": "succeeded", "summary": "done", "value": {}, "text": ""}
        assert len(await store.read(lambda tx: tx.rules.statuses())) == 1200
        assert await store.read(lambda tx: (len(tx.incidents.list()), len(tx.audit.list()))) == (2, 1)
        assert await store.read(lambda tx: (tx.sessions.get("over"), tx.sessions.get("open") is None)) == (None, False)
        assert not await store.write(lambda tx: tx.outbox.add(errand("a")))


async def test_pruning_does_not_hold_up_intake(store_url: str) -> None:
    async with open_store(store_url) as store:
        for hour in range(10):
            await store.write(
                lambda tx, hour=hour: [
                    tx.rules.save(status(f"g-{number}", NOW - 30 * DAY + timedelta(hours=hour)))
                    for number in range(500)
                ]
            )
        pruning = asyncio.create_task(store.prune(NOW, Retention()))
        accepted = 0
        while not pruning.done():
            await store.write(lambda tx: tx.log.append(LogKind.RECEIVED, b"[]", NOW, "us"))
            accepted += 1
        assert (await pruning)["evaluations"] == 5000
        assert accepted >= 10  # at least one between any two portions
