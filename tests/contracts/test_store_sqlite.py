"""What can go wrong with a file: each thing in one clear message, and nothing acknowledged is lost."""

import asyncio
import os
import signal
import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from bot.errors import Conflict, SchemaTooNew, StartError, StoreError, StoreUnavailable
from bot.model.automation import Pause
from bot.model.evidence import Attachment
from bot.ports.store import Store
from bot.store.address import backend_for
from bot.store.store import open_store
from tests.contracts.store_nouns import act, evidence, incident, line, run, three_facts


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "tocsin.db"


def url(file: Path) -> str:
    return f"sqlite:///{file}"


async def test_the_file_is_readable_by_its_owner_only(file: Path) -> None:
    async with open_store(url(file)) as store:
        await store.write(lambda tx: three_facts(tx, 1))
        for made in file.parent.iterdir():
            assert stat.S_IMODE(made.stat().st_mode) == 0o600, made


async def test_a_second_opening_is_refused_with_the_holder_until_the_first_ends(file: Path) -> None:
    async with open_store(url(file)):
        link = file.with_name("another-name.db")
        link.symlink_to(file)
        for name in (file, link):
            with pytest.raises(StartError, match=f"is already open in process {os.getpid()}") as refused:
                async with open_store(url(name)):
                    pass
            assert "PostgreSQL" in refused.value.hint
    async with open_store(url(file)):
        pass


def written_until_killed(file: Path, lines: int) -> set[int]:
    """What a writing process had acknowledged when it was killed, some time after this many lines."""
    command = [sys.executable, "-m", "tests.contracts.store_writer", url(file)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
        first = [writer.stdout.readline() for _ in range(lines)]
        with pytest.raises(StartError, match=f"is already open in process {writer.pid}"), backend_for(url(file)).hold():
            pass
        writer.send_signal(signal.SIGKILL)
        rest = writer.stdout.read().splitlines(keepends=True)
    return {int(line) for line in (*first, *rest) if line.endswith("\n")}


async def test_killed_in_mid_write_it_has_lost_nothing_it_acknowledged(file: Path) -> None:
    for lines in (1, 50, 300):
        acknowledged = await asyncio.to_thread(written_until_killed, file, lines)
        with closing(sqlite3.connect(file)) as database:
            assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        async with open_store(url(file)) as store:
            audit, incidents, broken = await store.read(
                lambda tx: (tx.audit.list(limit=9999), tx.incidents.list(limit=9999), tx.audit.broken_at())
            )
        assert len(acknowledged) >= lines
        assert acknowledged <= {int(found.id.removeprefix("INC-")) for found in incidents}
        assert {entry.object for entry in audit} == {found.id for found in incidents}
        assert broken is None


@pytest.mark.parametrize("how", ["limit", "disk"])
def test_a_full_disk_loses_nothing_and_is_got_over(tmp_path: Path, how: str) -> None:
    command = [sys.executable, "-m", "tests.contracts.store_full_disk", how, str(tmp_path)]
    if how == "disk":
        as_root = [] if os.geteuid() == 0 else ["--map-root-user"]
        command = ["unshare", *as_root, "--mount", *command]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert f"the disk that holds {tmp_path}/tocsin.db" in done.stdout


def commits(log: Path) -> int:
    """How many commits a write-ahead log holds: frames that say how large the database is from then on."""
    data = log.read_bytes()
    page = int.from_bytes(data[8:12])
    return sum(data[at + 4 : at + 8] != bytes(4) for at in range(32, len(data), 24 + page))


async def test_works_that_wait_share_a_commit(file: Path) -> None:
    log = file.with_name(f"{file.name}-wal")
    async with open_store(url(file)) as store:
        before = commits(log)
        await asyncio.gather(*(store.write(lambda tx, n=n: three_facts(tx, n)) for n in range(1, 101)))
        shared = commits(log) - before
        for number in range(101, 111):
            await store.write(lambda tx, number=number: three_facts(tx, number))
        assert commits(log) - before - shared == 10
    assert 1 <= shared <= 50


def test_only_what_is_needed_is_loaded(file: Path) -> None:
    script = f"""
import asyncio, sys
import bot.store
assert "sqlmodel" not in sys.modules
from bot.store.store import open_store
async def main():
    async with open_store("{url(file)}") as store:
        await store.write(lambda tx: tx.runs.list())
asyncio.run(main())
heavy = {{"alembic", "psycopg", "sqlalchemy.dialects.postgresql"}} & set(sys.modules)
assert not heavy, heavy
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


async def test_an_act_whose_entry_cannot_be_written_does_not_happen(file: Path) -> None:
    async with open_store(url(file)) as store:
        await store.write(lambda tx: tx.runs.create(run(1)))
        with closing(sqlite3.connect(file)) as database:
            database.execute("CREATE TRIGGER no BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'no'); END")
        with pytest.raises((StoreError, Conflict)):
            await store.write(lambda tx: (tx.runs.append(line("RUN-1"), epoch=None), tx.audit.append(act())))
        assert await store.read(lambda tx: tx.runs.journal("RUN-1")) == []


async def test_the_audit_record_cannot_be_changed_and_shows_when_it_was(file: Path) -> None:
    async with open_store(url(file)) as store:
        for number in range(1, 6):
            await store.write(lambda tx, number=number: three_facts(tx, number))
        with closing(sqlite3.connect(file)) as database:
            for change in ("UPDATE audit SET act = 'x' WHERE seq = 3", "DELETE FROM audit WHERE seq = 3"):
                with pytest.raises(sqlite3.IntegrityError, match="append-only"):
                    database.execute(change)
            database.rollback()
            database.execute("DROP TRIGGER audit_is_never_changed")
            database.execute("DROP TRIGGER audit_is_never_removed")
            database.execute("UPDATE audit SET object = 'INC-99' WHERE seq = 3")
            database.commit()
            assert await store.read(lambda tx: tx.audit.broken_at()) == 3
            database.execute("DELETE FROM audit WHERE seq = 2")
            database.commit()
            assert await store.read(lambda tx: tx.audit.broken_at()) == 2


async def test_locked_by_another_program_it_says_so_and_goes_on_afterwards(file: Path) -> None:
    async with open_store(url(file)) as store:
        with closing(sqlite3.connect(file, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(StoreUnavailable, match="locked by another program"):
                await store.write(lambda tx: three_facts(tx, 1))
            assert await store.read(lambda tx: tx.incidents.list()) == []
        await store.write(lambda tx: three_facts(tx, 1))


async def test_the_write_ahead_log_stays_bounded_though_there_is_always_a_reader(file: Path) -> None:
    log = file.with_name(f"{file.name}-wal")
    over, sizes = threading.Event(), []

    async def keep_reading(store: Store) -> None:
        while not over.is_set():
            await store.read(lambda tx: (tx.incidents.list(), over.wait(0.1)))

    async with open_store(url(file)) as store:
        await store.write(lambda tx: tx.incidents.put(incident(1)))
        readers = [asyncio.create_task(keep_reading(store)) for _ in range(3)]
        for number in range(150):
            chart = Attachment(name="x", media_type="x", content=bytes(1_000_000), sha256="x")
            await store.write(lambda tx, number=number, chart=chart: tx.evidence.put(evidence(number, "INC-1", chart)))
            sizes.append(log.stat().st_size)
        over.set()
        await asyncio.gather(*readers)
    # once in a while a reader that got no processor makes one try in vain; the next comes as much later
    assert any(later < earlier for earlier, later in pairwise(sizes))


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda file: file.write_bytes(b"this is no database" * 100), "is damaged"),
        (lambda file: file.parent.rmdir(), "cannot be opened: No such file or directory"),
        (lambda file: file.mkdir(), "cannot be opened: Is a directory"),
    ],
)
async def test_what_cannot_be_opened_is_refused_in_one_line(
    tmp_path: Path, spoil: Callable[[Path], object], message: str
) -> None:
    file = tmp_path / "folder" / "tocsin.db"
    file.parent.mkdir()
    spoil(file)
    with pytest.raises((StartError, StoreError), match=message) as refused:
        async with open_store(url(file)):
            pass
    assert str(file) in str(refused.value)
    assert refused.value.hint


@pytest.mark.parametrize(
    "wrong", ["sqlite://", "sqlite:///:memory:", "mysql://root:secret@db/x", "no url, secret", "sqlite:///x?mode=ro"]
)
async def test_a_url_that_names_no_store_is_refused_without_being_repeated(wrong: str) -> None:
    with pytest.raises(StartError) as refused:
        async with open_store(wrong):
            pass
    assert "secret" not in str(refused.value)
    assert "sqlite:///" in refused.value.hint


async def test_a_damaged_page_is_told_apart_from_a_full_disk(file: Path) -> None:
    async with open_store(url(file)) as store:
        for number in range(1, 200):
            await store.write(lambda tx, number=number: three_facts(tx, number))
    with file.open("r+b") as database:
        database.seek(4096)
        database.write(b"\xff" * 1_000_000)
    with pytest.raises(StoreError, match="is damaged") as refused:
        async with open_store(url(file)) as store:
            await store.read(lambda tx: tx.incidents.list())
    assert "backup" in refused.value.hint


async def test_what_somebody_changes_by_hand_is_known_at_once(file: Path) -> None:
    async with open_store(url(file)) as store:
        await store.write(lambda tx: tx.automation.set_pause(Pause(paused=True)))
        assert (await store.write(lambda tx: tx.automation.pause())).paused
        with closing(sqlite3.connect(file)) as database:
            database.execute("UPDATE automation_pause SET paused = 0")
            database.commit()
        assert not (await store.write(lambda tx: tx.automation.pause())).paused


async def test_other_schemas_are_refused_in_one_line(file: Path) -> None:
    async with open_store(url(file)):
        pass
    for revision, expected in (("0001", StartError), ("9999", SchemaTooNew)):
        with closing(sqlite3.connect(file)) as database:
            database.execute("UPDATE alembic_version SET version_num = ?", (revision,))
            database.commit()
        with pytest.raises(expected, match=revision) as refused:
            async with open_store(url(file)):
                pass
        assert "\n" not in str(refused.value)
    other = file.with_name("other.db")
    with closing(sqlite3.connect(other)) as database:
        database.execute("CREATE TABLE incidents (x)")
        database.commit()
    with pytest.raises(StartError, match="tables that Tocsin did not make"):
        async with open_store(url(other)):
            pass


async def test_a_closed_store_says_so(file: Path) -> None:
    async with open_store(url(file)) as store:
        waiting = [asyncio.create_task(store.write(lambda tx, n=n: three_facts(tx, n))) for n in range(1, 21)]
        await asyncio.sleep(0)
    await asyncio.gather(*waiting)
    with pytest.raises(StoreUnavailable, match="is closed"):
        await store.write(lambda tx: three_facts(tx, 21))
    with pytest.raises(StoreUnavailable, match="is closed"):
        await store.read(lambda tx: tx.incidents.list())


async def test_whoever_watches_is_told_of_each_commit_that_changed_something_and_of_no_other(file: Path) -> None:
    async with open_store(url(file)) as store:
        heard: list[str] = []
        assert store.watch(lambda: heard.append("changed")), "nobody else can write to it"
        await store.write(lambda tx: three_facts(tx, 1))
        assert heard == ["changed"]
        await store.write(lambda tx: tx.outbox.claim("us", datetime(2000, 1, 1, tzinfo=UTC), timedelta(1)))
        await store.read(lambda tx: tx.incidents.list())
        assert heard == ["changed"]
