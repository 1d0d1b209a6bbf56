"""Faults of a real PostgreSQL, seen through what postgres_exporter would ask it."""

import asyncio
from contextlib import ExitStack

import psycopg

from tests.scenarios.faults.responding import End, responding
from tests.scenarios.faults.site import Site, sample
from tests.scenarios.faults.stories import story
from tests.servers import Postgres

INSTANCE = "db1:9187"
ACTIVITY = "SELECT state, count(*) FROM pg_stat_activity WHERE state <> '' GROUP BY state"
LAG = """\
SELECT CASE WHEN pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() THEN 0
       ELSE GREATEST(0, EXTRACT(EPOCH FROM now() - pg_last_xact_replay_timestamp())) END
"""


def one(connection: psycopg.Connection, query: str) -> float:
    """The number that a query answers."""
    row = connection.execute(query).fetchone()
    assert row is not None
    return float(row[0])


@story("PostgreSQL connections exhausted")
async def connections_used_up(site: Site, helps: bool) -> End:
    server = site.postgres("max_connections=15")
    watching = site.running.enter_context(server.connect())
    leaking = site.running.enter_context(ExitStack())
    for _ in range(11):
        leaking.enter_context(server.connect()).execute("SELECT 1")

    def activity() -> str:
        rows = watching.execute(ACTIVITY).fetchall()
        counts = [sample("pg_stat_activity_count", count, datname="shop", state=state) for state, count in rows]
        most = one(watching, "SELECT current_setting('max_connections')::int - 3")  # three are the administrators'
        return "".join(counts) + sample("pg_settings_max_connections", most)

    site.shows("postgres", INSTANCE, activity)
    async with responding(site, "postgresql-connections", "PostgreSQLConnectionsAlmostUsedUp", helps=helps) as tocsin:
        await tocsin.looked("locks")
        if helps:
            leaking.close()  # somebody starts the program anew that leaks them
        return await tocsin.ended()


@story("replication lag")
async def standby_lags(site: Site, helps: bool) -> End:
    primary = site.postgres()
    standby = _following(site, primary)
    writing, watching = (site.running.enter_context(server.connect()) for server in (primary, standby))
    writing.execute("CREATE TABLE orders AS SELECT 1 AS number")
    await _arrived(watching)
    watching.execute("SELECT pg_wal_replay_pause()")

    def lag() -> str:
        writing.execute("INSERT INTO orders VALUES (2)")
        seconds = one(watching, LAG)
        return sample("pg_replication_lag_seconds", seconds) + sample("pg_replication_is_replica", 1)

    site.shows("postgres", INSTANCE, lag)
    changes = {"> 60": "> 2"}
    async with responding(
        site, "postgresql-replication-lag", "PostgreSQLStandbyLags", helps=helps, changes=changes
    ) as tocsin:
        await tocsin.looked("conflicts")
        if helps:
            watching.execute("SELECT pg_wal_replay_resume()")  # somebody sees that it was paused
        return await tocsin.ended()


async def _arrived(watching: psycopg.Connection) -> None:
    """Returns once the standby has what was written before."""
    while True:
        if one(watching, "SELECT count(*) FROM pg_tables WHERE tablename = 'orders'"):
            return
        await asyncio.sleep(0.05)


def _following(site: Site, primary: Postgres) -> Postgres:
    """A standby at work."""
    standby = primary.standby()
    site.running.callback(standby.stop)
    standby.server.start()
    return standby
