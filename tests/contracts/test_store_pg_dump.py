"""Backups of PostgreSQL: a real pg_dump while others write, restored by a real pg_restore."""

import asyncio
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from bot.errors import StartError, StoreError
from bot.store.store import open_store
from bot.store.upkeep import backup, upgrade
from tests.contracts.store_nouns import NOW, three_facts
from tests.servers import Postgres


@pytest.fixture
def pg_dump(postgres: Postgres, monkeypatch: pytest.MonkeyPatch) -> None:
    """The pg_dump of this server, first on PATH."""
    monkeypatch.setenv("PATH", f"{postgres.bin}:{os.environ['PATH']}")


@pytest.mark.usefixtures("pg_dump")
def test_a_backup_taken_while_others_write_is_whole(postgres: Postgres, tmp_path: Path) -> None:
    url, restored, file = postgres.database(), postgres.database(), tmp_path / "tocsin.dump"
    command = [sys.executable, "-m", "tests.contracts.store_writer", url]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
        before = {int(writer.stdout.readline()) for _ in range(30)}
        backup(url, file)
        after = [writer.stdout.readline() for _ in range(10)]  # it was not disturbed
        writer.kill()
        writer.stdout.read()
    assert all(line.endswith("\n") for line in after)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600

    target = restored.replace("+psycopg", "")
    subprocess.run([postgres.bin / "pg_restore", "--no-owner", f"--dbname={target}", file], check=True)

    async def look() -> tuple[set[int], set[str], int | None]:
        async with open_store(restored) as store:
            incidents, audit, broken = await store.read(
                lambda tx: (tx.incidents.list(limit=9999), tx.audit.list(limit=9999), tx.audit.broken_at())
            )
            await store.write(lambda tx: three_facts(tx, 9999))  # counters and sequences came along
        return {int(it.id.removeprefix("INC-")) for it in incidents}, {it.object for it in audit}, broken

    incidents, audited, broken = asyncio.run(look())
    assert before <= incidents
    assert audited == {f"INC-{number}" for number in incidents}
    assert broken is None


@pytest.mark.usefixtures("pg_dump")
async def test_a_backup_that_fails_says_why_without_the_password_and_leaves_nothing(
    postgres: Postgres, tmp_path: Path
) -> None:
    url = postgres.database().replace("postgres@", "nobody_here:hunter2@")
    with pytest.raises(StoreError, match="nobody_here") as refused:
        await asyncio.to_thread(backup, url, tmp_path / "copy")
    assert "hunter2" not in str(refused.value)
    assert os.listdir(tmp_path) == []


async def test_without_pg_dump_an_upgrade_says_what_to_do(
    postgres: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = postgres.database()
    async with open_store(url):
        pass
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(StoreError, match="pg_dump is not on PATH") as refused:
        await asyncio.to_thread(backup, url, tmp_path / "copy")
    assert "--no-backup" in refused.value.hint
    with pytest.raises(StartError, match="exists already"):
        await asyncio.to_thread(backup, url, tmp_path)
    assert (await asyncio.to_thread(upgrade, url, NOW)).backup is None  # nothing to do, so nothing to back up
