"""What only PostgreSQL can do to us: several processes, a server that goes away, an answer that is lost."""

import asyncio
import subprocess
import sys
import tempfile
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest

from bot.errors import Conflict, Fenced, StartError, StoreError, StoreUnavailable
from bot.model.automation import Pause
from bot.model.ids import IncidentId, RunId
from bot.ports.store import Store, Tx
from bot.store.address import backend_for
from bot.store.store import open_store
from tests.contracts.store_nouns import NOW, act, claim_run, errand, incident, line, run, three_facts
from tests.contracts.store_proxy import Loss, proxied
from tests.servers import Postgres

LONG = timedelta(minutes=5)


@pytest.fixture
def url(postgres: Postgres) -> str:
    return postgres.database()


@pytest.fixture
async def two(url: str) -> AsyncIterator[list[Store]]:
    """Two processes' stores on one database."""
    async with AsyncExitStack() as stack:
        yield [await stack.enter_async_context(open_store(url)) for _ in range(2)]


@pytest.fixture
def short_folder() -> Iterator[Path]:
    """A folder whose path leaves room for a socket's name."""
    with tempfile.TemporaryDirectory(prefix="tocsin-") as folder:
        yield Path(folder)


async def test_nobody_in_a_lane_is_forgotten_who_joins_while_the_first_is_done_with(two: list[Store]) -> None:
    first, second = (replace(errand(name), lane="a") for name in ("first", "second"))
    await two[0].write(lambda tx: tx.outbox.add(first))
    claimed = await two[1].write(lambda tx: tx.outbox.claim("us", NOW, LONG))
    joined, is_done = threading.Event(), threading.Event()

    def join(tx: Tx) -> None:
        tx.outbox.add(second)
        joined.set()
        is_done.wait(1)  # the other process would be quick enough, if it were not kept waiting

    joining = asyncio.create_task(two[0].write(join))
    await asyncio.to_thread(joined.wait, 10)
    await two[1].write(lambda tx: tx.outbox.done(claimed))
    is_done.set()
    await joining
    assert (await two[1].write(lambda tx: tx.outbox.claim("us", NOW, LONG))).dedup_key == "second"


def admin(url: str) -> psycopg.Connection:
    return psycopg.connect(url.replace("+psycopg", ""), autocommit=True)


async def test_several_may_open_an_empty_database_at_once(url: str) -> None:
    async with AsyncExitStack() as stack:
        stores = await asyncio.gather(*(stack.enter_async_context(open_store(url)) for _ in range(4)))
        await asyncio.gather(*(store.write(lambda tx, n=n: three_facts(tx, n)) for n, store in enumerate(stores, 1)))
        assert await stores[0].read(lambda tx: len(tx.incidents.list())) == 4


async def test_ids_and_the_audit_chain_have_no_gaps_between_processes(two: list[Store]) -> None:
    def work(tx):
        tx.audit.append(act(object=tx.incidents.next_id()))

    await asyncio.gather(*(two[number % 2].write(work) for number in range(100)))
    entries, broken = await two[0].read(lambda tx: (tx.audit.list(limit=200), tx.audit.broken_at()))
    assert broken is None
    assert [entry.object for entry in reversed(entries)] == [f"INC-{number}" for number in range(1, 101)]


async def test_nobody_overwrites_what_another_process_wrote_meanwhile(two: list[Store]) -> None:
    await two[0].write(lambda tx: tx.incidents.put(incident(1, title="0")))

    def count_up(tx):
        tx.incidents.put(incident(1, title=str(int(tx.incidents.get(IncidentId("INC-1")).title) + 1)))

    await asyncio.gather(*(two[number % 2].write(count_up) for number in range(60)))
    assert (await two[0].read(lambda tx: tx.incidents.get(IncidentId("INC-1")))).title == "60"


async def test_a_second_process_takes_over_when_the_lease_ends(two: list[Store]) -> None:
    first, second = two
    await first.write(lambda tx: tx.runs.create(run(1)))
    lease = timedelta(seconds=1)
    assert await first.write(lambda tx: tx.leases.acquire("active", "first", lease)) == 1
    assert await first.write(lambda tx: claim_run(tx, "first", NOW, lease)) is not None
    assert await second.write(lambda tx: tx.leases.acquire("active", "second", lease)) is None
    assert await second.write(lambda tx: claim_run(tx, "second", NOW, lease)) is None
    async with asyncio.timeout(10):
        while await second.write(lambda tx: tx.leases.acquire("active", "second", LONG)) is None:
            pass  # the server's clock cannot be awaited, only asked
        while (taken := await second.write(lambda tx: claim_run(tx, "second", NOW, LONG))) is None:
            pass
    assert taken.epoch == 2
    with pytest.raises(Fenced):
        await first.write(lambda tx: tx.runs.append(line("RUN-1"), epoch=1))
    with pytest.raises(Fenced):
        await first.write(lambda tx: tx.leases.check("active", 1))
    assert await first.read(lambda tx: tx.runs.journal(RunId("RUN-1"))) == []


async def test_what_a_second_process_changed_is_known_at_once(two: list[Store]) -> None:
    """Nobody asks again what only they have changed; each turn here is the other one's."""
    for turn in range(6):
        mine, theirs = two[turn % 2], two[(turn + 1) % 2]
        before = await mine.write(lambda tx: tx.automation.pause())
        await theirs.write(lambda tx, before=before: tx.automation.set_pause(Pause(paused=not before.paused)))
        assert (await mine.write(lambda tx: tx.automation.pause())).paused is not before.paused


async def test_connections_that_were_cut_are_made_anew_unnoticed(url: str) -> None:
    async with open_store(url, readers=1) as store:
        await store.write(lambda tx: three_facts(tx, 1))
        await store.read(lambda tx: tx.incidents.list())
        with admin(url) as server:
            server.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'tocsin'")
        await store.write(lambda tx: three_facts(tx, 2))
        assert await store.read(lambda tx: (len(tx.incidents.list()), tx.audit.broken_at())) == (2, None)


async def test_a_server_that_goes_away_and_comes_back() -> None:
    with Postgres() as postgres:
        async with open_store(postgres.database()) as store:
            await store.write(lambda tx: three_facts(tx, 1))
            await asyncio.to_thread(postgres.server.stop)
            for ask in (store.write(lambda tx: three_facts(tx, 2)), store.read(lambda tx: tx.incidents.list())):
                with pytest.raises(StoreUnavailable, match="cannot be reached") as refused:
                    await ask
                assert "goes on by itself" in refused.value.hint
            await asyncio.to_thread(postgres.server.start)
            await store.write(lambda tx: three_facts(tx, 2))
            assert await store.read(lambda tx: (len(tx.incidents.list()), tx.audit.broken_at())) == (2, None)


@pytest.mark.parametrize("loss", [Loss.COMMIT, Loss.ANSWER])
async def test_when_a_commit_is_lost_the_server_is_asked_what_became_of_it(
    url: str, short_folder: Path, loss: Loss
) -> None:
    async with proxied(url, short_folder) as (proxy, through), open_store(through) as store:
        proxy.lose = loss
        assert await store.write(lambda tx: three_facts(tx, 1) or "done") == "done"
        assert await store.read(lambda tx: [entry.object for entry in tx.audit.list()]) == ["INC-1"]


async def test_when_nobody_can_be_asked_the_outcome_is_called_unknown(url: str, short_folder: Path) -> None:
    async with proxied(url, short_folder) as (proxy, through), open_store(through) as store:
        proxy.lose, proxy.down_afterwards = Loss.ANSWER, True
        with pytest.raises(StoreUnavailable, match="whether it happened is not known"):
            await store.write(lambda tx: three_facts(tx, 1))


async def test_a_process_that_hangs_while_it_writes_does_not_hang_the_others(url: str) -> None:
    async with open_store(url) as store:
        backend = backend_for(url)
        with closing(await asyncio.to_thread(backend.open_writer)) as hanging:
            backend.begin(hanging)
            with pytest.raises(StoreUnavailable, match="another process has been writing"):
                await store.write(lambda tx: three_facts(tx, 1))
            assert await store.read(lambda tx: tx.incidents.list()) == []
            assert hanging.ask("SHOW idle_in_transaction_session_timeout") == "30s"  # then the server cuts it off
        await store.write(lambda tx: three_facts(tx, 1))


async def test_a_serialization_failure_is_tried_again(url: str) -> None:
    async with open_store(url) as store:
        with admin(url) as server:
            server.execute("CREATE SEQUENCE tries")
            server.execute(
                "CREATE FUNCTION fail_twice() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN"
                " IF nextval('tries') < 3 THEN RAISE EXCEPTION 'again' USING ERRCODE = '40001'; END IF;"
                " RETURN NEW; END$$"
            )
            server.execute("CREATE TRIGGER t BEFORE INSERT ON audit FOR EACH ROW EXECUTE FUNCTION fail_twice()")
        await store.write(lambda tx: three_facts(tx, 1))
        assert await store.read(lambda tx: len(tx.audit.list())) == 1


async def test_an_act_whose_entry_cannot_be_written_does_not_happen(url: str) -> None:
    async with open_store(url) as store:
        await store.write(lambda tx: tx.runs.create(run(1)))
        with admin(url) as server:
            server.execute(
                "CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RAISE EXCEPTION 'no'; END$$"
            )
            server.execute("CREATE TRIGGER t BEFORE INSERT ON audit FOR EACH ROW EXECUTE FUNCTION no()")
        with pytest.raises((StoreError, Conflict)):
            await store.write(lambda tx: (tx.runs.append(line("RUN-1"), epoch=None), tx.audit.append(act())))
        assert await store.read(lambda tx: tx.runs.journal(RunId("RUN-1"))) == []


async def test_the_audit_record_cannot_be_changed_and_shows_when_it_was(url: str) -> None:
    async with open_store(url) as store:
        for number in range(1, 4):
            await store.write(lambda tx, number=number: three_facts(tx, number))
        with admin(url) as server:
            for change in ("UPDATE audit SET act = 'x'", "DELETE FROM audit WHERE seq = 3", "TRUNCATE audit"):
                with pytest.raises(psycopg.errors.RaiseException, match="append-only"):
                    server.execute(change)
            server.execute("DROP TRIGGER audit_is_append_only ON audit")
            server.execute("UPDATE audit SET object = 'INC-99' WHERE seq = 2")
        assert await store.read(lambda tx: tx.audit.broken_at()) == 2


async def test_a_process_that_is_killed_while_it_writes_has_lost_nothing_it_acknowledged(url: str) -> None:
    def written_until_killed() -> set[int]:
        command = [sys.executable, "-m", "tests.contracts.store_writer", url]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
            first = [writer.stdout.readline() for _ in range(50)]
            writer.kill()
            rest = writer.stdout.read().splitlines(keepends=True)
        return {int(line) for line in (*first, *rest) if line.endswith("\n")}

    acknowledged = await asyncio.to_thread(written_until_killed)
    async with open_store(url) as store:
        incidents, broken = await store.read(lambda tx: (tx.incidents.list(limit=9999), tx.audit.broken_at()))
    assert len(acknowledged) >= 50
    assert acknowledged <= {int(found.id.removeprefix("INC-")) for found in incidents}
    assert broken is None


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ("postgresql://nobody:hunter2@127.0.0.1:1/none", "connection"),
        ("postgresql://postgres:hunter2@/no_such?host={host}", "no_such"),
    ],
)
async def test_a_server_that_cannot_be_reached_is_named_without_its_password(url: str, wrong: str, says: str) -> None:
    host = url.partition("host=")[2]
    with pytest.raises((StoreUnavailable, StartError), match=says) as refused:
        async with open_store(wrong.format(host=host)):
            pass
    assert "hunter2" not in str(refused.value)
    assert "\n" not in str(refused.value)
