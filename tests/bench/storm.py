"""A storm of 10,000 alerts in a minute over 500 groups: how soon senders are answered, people told, and all is calm."""

import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.bench import Row, p99
from tests.bench.alerts import processor, resident
from tests.kill.scene import until
from tests.storm.place import GROUP_WAIT, Place
from tests.storm.receiver import Receiver
from tests.storm.test_storm import GRAVE, grave, told, waiting
from tests.storm.weather import Storm, blows

STORM = Storm(alerts=10_000, groups=500, seconds=60)
CALM_WITHIN = 120.0


@dataclass
class Seen:
    """Once a second while it goes on: how late the event loop was, in seconds; MiB of memory."""

    lags: list[float] = field(default_factory=list)
    memory: list[float] = field(default_factory=list)


def rows(folder: Path, prometheus: str = "") -> list[Row]:
    """All figures of one storm against one Tocsin."""
    with Receiver() as receiver, Place(folder, receiver.url) as place, watched(place) as seen:
        before, sent = processor(place.tocsin.pid), list[float]()
        timer = threading.Timer(STORM.seconds / 2, lambda: sent.append(grave(place)))
        timer.start()
        answers = blows(STORM, place.tocsin.address or "", place.token)
        over = time.monotonic()
        timer.join()
        used = processor(place.tocsin.pid) - before
        until(lambda: len(told(receiver)) == STORM.alerts + 1 and not waiting(place), "calm", within=CALM_WITHIN)
        calm = time.monotonic() - over
        lost = STORM.alerts + 1 - len(place.ask("/api/v2/alerts"))
        incidents = place.rows("SELECT count(*), count(DISTINCT group_key) FROM incidents")[0]
        name = GRAVE["alertname"].encode()
        told_at = next(one.at for one in receiver.messages if name in one.body)
    took = [answer.seconds * 1e3 for answer in answers]
    refused = sum(answer.status != 200 for answer in answers)
    note = f"{STORM.alerts:,} alerts of {STORM.groups} groups in {STORM.seconds:g} s; {refused} requests refused"
    return [
        Row("ingest, 99 of 100", p99(took), "ms", floor=250, note=note),
        Row("a grave group is told, beyond its group_wait", told_at - sent[0] - GROUP_WAIT, "s", floor=15, aim=2),
        Row("event loop late, 99 of 100", p99(seen.lags) * 1e3, "ms", floor=100),
        Row("memory at most", max(seen.memory), "MiB", floor=1024, aim=256),
        Row("calm again after", calm, "s", floor=60, aim=15),
        Row("alerts lost", lost, "", floor=0),
        Row("incidents beyond one a group", incidents[0] - incidents[1], "", floor=0),
        Row("processor time of the storm", used, "s", note=f"{used / STORM.alerts * 1e3:.2f} ms an alert"),
    ]


@contextmanager
def watched(place: Place) -> Iterator[Seen]:
    """Looks at it all the while."""
    seen, stop = Seen(), threading.Event()

    def look() -> None:
        while not stop.wait(1.0):
            seen.lags.append(lag(place))
            seen.memory.append(resident(place.tocsin.pid))

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield seen
    finally:
        stop.set()
        thread.join()


def lag(place: Place) -> float:
    """How late its event loop was the last time it looked."""
    with urllib.request.urlopen(f"{place.tocsin.address}/metrics", timeout=30) as answer:
        line = next(one for one in answer.read().decode().splitlines() if one.startswith("tocsin_loop_lag_seconds "))
    return float(line.split()[1])
