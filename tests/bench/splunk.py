"""Saved searches: 500 of them every minute through the whole of Tocsin, and a million rows through the client's export.

The server is the simulated Splunk, a process of its own on the same two cores; its journal says how late each search
was created after the minute that it is for.
"""

import asyncio
import sys
import time
from collections.abc import Iterator
from contextlib import aclosing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil
from pydantic import SecretStr

from bot.integrations.splunk import integration
from bot.integrations.splunk.config import SplunkConfig
from bot.integrations.splunk.logs import SplunkLogs
from bot.kit.http_out import HttpOut
from bot.kit.plugin import Tools
from bot.kit.redaction import Redactor
from bot.model.sample import Window
from bot.testing.clock import FakeClock
from tests.bench import Row, p99
from tests.bench.place import running
from tests.bench.rules import metric, processor
from tests.integrations.splunk.simulated import TOKEN, Simulator

SEARCHES, MINUTES = 500, 3
EVENTS_A_MINUTE = 500
ROWS, FIRST = 1_000_000, 20_000

STANZA = """\
[Part {number} fails]
search = index=main level=error part={part} | stats count by host
enableSched = 1
cron_schedule = * * * * *
dispatch.earliest_time = -2m@m
dispatch.latest_time = -1m@m
counttype = number of events
relation = greater than
quantity = 0
alert.severity = 4
alert.digest_mode = {digest}
"""
BY_HOST = """\
alert.suppress = 1
alert.suppress.period = 10m
alert.suppress.fields = host
"""


def rows(folder: Path, prometheus: str) -> list[Row]:
    """Both parts; Prometheus is not asked."""
    with Simulator() as splunk:
        found = on_time(folder, splunk)
        return found + streamed(splunk)


def furnish(folder: Path, splunk: Simulator) -> Path:
    """Events for the minutes to come, and a configuration with the saved searches; every fifth tells of each host."""
    start = datetime.now(UTC) - timedelta(minutes=3)
    for minute in range(MINUTES + 8):
        splunk.index(
            *(
                (
                    start + timedelta(minutes=minute, seconds=number * 60 / EVENTS_A_MINUTE),
                    f"level={'error' if number % 10 == 0 else 'info'} part={number % 50} request took {number} ms",
                )
                for number in range(EVENTS_A_MINUTE)
            ),
            host=f"web{minute % 3}",
        )
    (folder / "savedsearches.conf").write_text(
        "".join(
            STANZA.format(number=number, part=number % 50, digest=int(number % 5 > 0)) + BY_HOST * (number % 5 == 0)
            for number in range(SEARCHES)
        )
    )
    token = folder / "token"
    token.write_text(TOKEN)
    token.chmod(0o600)
    config = folder / "tocsin.yaml"
    config.write_text(f"""\
http: {{listen: "127.0.0.1:0"}}
integrations: {{splunk: {{use: splunk, url: "{splunk.url}", bearer_token: {{file: token}}}}}}
rules: [{{files: [savedsearches.conf], source: splunk}}]
""")
    return config


def on_time(folder: Path, splunk: Simulator) -> list[Row]:
    """How late each search is, over some whole minutes after the first."""
    with running(furnish(folder, splunk)) as (process, address, _):
        wait_for_second(50)
        before, asked = processor(process.pid), len(splunk.asked())
        time.sleep(60 * MINUTES)
        used = processor(process.pid) - before
        missed = metric(address, "tocsin_rule_slots_missed_total")
        lines = splunk.asked()[asked:]
        running_still = [job for job in splunk.kept() if job["state"] not in {"DONE", "FAILED"}]
    late = [delay for line in lines if (delay := lateness(line)) is not None]
    ended = [float(line["at"]) % 60 for line in lines if not str(line["path"]).endswith(("/jobs", "/control"))]
    expected = SEARCHES * MINUTES
    return [
        Row(
            f"{SEARCHES} saved searches a minute: the latest",
            max(late, default=float("inf")),
            "s",
            floor=5,
            aim=2,
            note=f"{len(late)} of {expected}, p99 {p99(late):.2g} s" if late else "none ran",
        ),
        Row("  searches that were not run", expected - len(late) + missed, "", floor=0, aim=0),
        Row("  until the last one's rows were read", max(ended, default=float("inf")), "s"),
        Row("  processor time a search, Tocsin's", used / max(1, len(late)) * 1e3, "ms"),
        Row("  jobs that still run between two minutes", len(running_still), "", floor=0, aim=0),
    ]


def lateness(line: dict[str, object]) -> float | None:
    """Seconds from the minute a search is for to its arrival at the server; None: it is no new search."""
    given = line["arguments"]
    if line["method"] != "POST" or not str(line["path"]).endswith("/jobs") or line["status"] != 201:
        return None
    assert isinstance(given, dict)
    return float(str(line["at"])) - float(given["now"])


def wait_for_second(second: int) -> None:
    """Until this second of a minute, so that whole minutes are watched; at least one minute has then been run."""
    time.sleep(60 + (second - time.time() - 60) % 60)


def streamed(splunk: Simulator) -> list[Row]:
    """A million rows, read by a process that does nothing else: what its memory grows by after the first ones."""
    with reading(splunk.url) as lines:
        first, last, count, took = (float(word) for word in next(lines).split())
    assert count == ROWS, f"{count} rows"
    return [
        Row(
            f"{ROWS:,} rows streamed: memory beyond that of {FIRST:,}",
            (last - first) / 2**20,
            "MiB",
            floor=32,
            aim=8,
            note=f"{last / 2**20:.0f} MiB in all",
        ),
        Row("  time a row, both sides", took / ROWS * 1e6, "us", note=f"{ROWS / took:,.0f} rows/s"),
    ]


@contextmanager
def reading(url: str) -> Iterator[Iterator[str]]:
    """This file as a process of its own, and what it prints."""
    with psutil.Popen([sys.executable, "-m", "tests.bench.splunk", url], stdout=-1, text=True) as process:
        assert process.stdout is not None
        yield iter(process.stdout.readline, "")


async def read(url: str) -> None:
    """Reads the rows and prints its memory after the first and at its height, in bytes, how many, and how long."""
    now = datetime.now(UTC)
    query = f'| makeresults count={ROWS} | eval _raw="level=error request took 17 ms", host="web1", user="ann"'
    config = SplunkConfig(url=url, bearer_token=SecretStr(TOKEN), search_timeout=timedelta(minutes=20))
    itself, count, first, height = psutil.Process(), 0, 0, 0
    async with HttpOut() as http:
        tools = Tools(name="splunk", clock=FakeClock(now), http=http, redactor=Redactor())
        async with integration.open(config, tools) as opened:
            assert isinstance(opened.logs, SplunkLogs)
            began = time.perf_counter()
            window = Window(start=now - timedelta(hours=1), end=now)
            async with aclosing(opened.logs.lines(query, {}, window)) as lines:
                async for _ in lines:
                    count += 1
                    if count == FIRST:
                        first = itself.memory_info().rss
                    if count % FIRST == 0:
                        height = max(height, itself.memory_info().rss)
            print(first, height, count, time.perf_counter() - began, flush=True)


if __name__ == "__main__":
    asyncio.run(read(sys.argv[1]))
