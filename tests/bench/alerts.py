"""Alerts coming in: processor time an alert, beside a real Alertmanager in the same run; on the disk when answered.

A third process sends, over four connections, alerts of some 700 bytes as Prometheus writes them: new ones, and the same
ones again with a later end, as every Prometheus does all the time. Tocsin is the whole of `tocsin run`, its children
too. In the end it is killed and started again, and asked how many it knows.
"""

import json
import multiprocessing
import signal
import socket
import statistics
import time
import urllib.request
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import psutil

from tests.bench import Row, p99
from tests.bench.place import running
from tests.servers.alertmanager import AlertmanagerServer

SIZES = (64, 256, 1000)
CONNECTIONS = 4
NEW, AGAIN = 12_000, 96_000
"""Alerts of each kind that are sent for each size."""
MANY, MILLION = 100_000, 1_000_000
LASTS = timedelta(minutes=30)
"""Longer than any part takes: what has been sent is still active when memory is read."""

THEIRS = "route: {receiver: sre, group_by: [alertname], group_wait: 10m}\nreceivers: [{name: sre}]\n"
CONFIG = 'http: {listen: "127.0.0.1:0"}\n' + THEIRS


@dataclass(frozen=True)
class Spent:
    """Seconds: of the processor and of the wall for one alert, and the answers' times."""

    processor: float
    wall: float
    answers: Sequence[float]


@dataclass(frozen=True)
class Target:
    """A server to send to: its address, its process, and what it wants to see."""

    url: str
    pid: int
    token: str = ""


def alert(number: int, ends_at: datetime) -> dict[str, object]:
    """As Prometheus writes it."""
    return {
        "annotations": {
            "description": f"The 99th percentile of /checkout on host-{number}.example.net has been above 800 ms for "
            "ten minutes; the objective is 300 ms. See the dashboard for the parts it is made of.",
            "runbook_url": "https://runbooks.example.net/checkout/latency",
            "summary": f"Checkout is slow on host-{number}",
        },
        "endsAt": _time(ends_at),
        "startsAt": _time(ends_at - LASTS),
        "generatorURL": "http://prometheus.example.net:9090/graph?g0.expr=histogram_quantile&g0.tab=1",
        "labels": {
            "alertname": f"CheckoutSlow{number % 50}",
            "cluster": "eu-west-1",
            "instance": f"host-{number}.example.net:9100",
            "job": "checkout",
            "namespace": "shop",
            "pod": f"checkout-{number:x}-abcde",
            "severity": "critical",
        },
    }


def _time(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def bodies(first: int, count: int, size: int, ends_at: datetime) -> list[bytes]:
    """So many alerts, so many a request."""
    found = []
    for start in range(first, first + count, size):
        batch = [alert(number, ends_at) for number in range(start, min(start + size, first + count))]
        found.append(json.dumps(batch, separators=(",", ":")).encode())
    return found


def send(url: str, token: str, requests: Sequence[bytes]) -> list[float]:
    """Sends them over one connection, one after the other; how long each answer took."""
    parts, took = urlsplit(url), []
    head = f"POST /api/v2/alerts HTTP/1.1\r\nHost: {parts.netloc}\r\nContent-Type: application/json\r\n"
    head += f"Authorization: Bearer {token}\r\n" if token else ""
    with socket.create_connection((str(parts.hostname), int(parts.port or 80))) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for body in requests:
            began = time.perf_counter()
            connection.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
            answer = b""
            while b"\r\n\r\n" not in answer:
                answer += connection.recv(65536)
            assert answer.startswith(b"HTTP/1.1 200 "), answer
            took.append(time.perf_counter() - began)
    return took


def come_to_rest(target: Target) -> None:
    """Waits for what a server still does once it is ready, such as loading what nobody has asked for yet."""
    before = processor(target.pid)
    while True:
        time.sleep(1)
        now = processor(target.pid)
        if now - before < 0.03:
            return
        before = now


def warm_up(sender: ProcessPoolExecutor, target: Target) -> None:
    """What is done once, by either: the first connection, the first alert, the growth of the process."""
    measured(sender, target, MANY + 1, 64, 64, 1)


def flood(url: str, token: str, first: int, count: int, size: int, rounds: int) -> tuple[float, list[float]]:
    """Runs in the process that sends: the seconds of the wall, and of each answer. Each round moves the end."""
    now = datetime.now(UTC)
    ends_at = now + LASTS
    made = bodies(first, count, size, ends_at)
    wall, answers = 0.0, []
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        for number in range(1, rounds + 1):
            moved = _time(ends_at + timedelta(milliseconds=number)).encode()
            requests = [body.replace(_time(ends_at).encode(), moved) for body in made]  # the start stays
            shares = [requests[start::CONNECTIONS] for start in range(CONNECTIONS)]
            began = time.perf_counter()
            for took in pool.map(lambda share: send(url, token, share), shares):
                answers += took
            wall += time.perf_counter() - began
    return wall, answers


def measured(sender: ProcessPoolExecutor, target: Target, first: int, count: int, size: int, rounds: int) -> Spent:
    """What sending these costs the server."""
    before = processor(target.pid)
    wall, answers = sender.submit(flood, target.url, target.token, first, count, size, rounds).result()
    used = processor(target.pid) - before
    return Spent(processor=used / (count * rounds), wall=wall / (count * rounds), answers=answers)


def processor(pid: int) -> float:
    """Seconds of processor time that a process and its children have used."""
    family = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
    return sum(sum(one.cpu_times()[:2]) for one in family)


def resident(pid: int) -> float:
    """MiB of memory that a process and its children hold."""
    family = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
    return sum(one.memory_info().rss for one in family) / 2**20


def rows(folder: Path, prometheus: str = "") -> list[Row]:
    """All figures."""
    place = folder / "alerts"
    place.mkdir(parents=True)
    config = place / "tocsin.yaml"
    config.write_text(CONFIG)
    found: list[Row] = []
    with (
        ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as sender,
        AlertmanagerServer(place / "theirs", THEIRS) as server,
        running(config) as (process, url, _),
    ):
        theirs = Target(url=server.url, pid=server.pid)
        ours = Target(url=url, pid=process.pid, token=(place / "tocsin.token").read_text().strip())
        for target in (ours, theirs):
            come_to_rest(target)
            warm_up(sender, target)
        sent = 0
        for size in SIZES:
            found += compared(sender, ours, theirs, size, sent)
            sent += NEW
        for target in (ours, theirs):
            measured(sender, target, sent, MANY - sent, 1000, 1)
        sent_in_all = MANY + 64
        found.append(memory(ours, theirs, MANY))
        process.send_signal(signal.SIGKILL)
        process.wait()
    with running(config) as (_, url, took):
        known = count_of(url, ours.token)
    found.append(
        Row("  not there after kill -9", sent_in_all - known, "", floor=0, aim=0, note=f"ready in {took:.1f} s")
    )
    return found


def million(folder: Path, prometheus: str = "") -> list[Row]:
    """Memory of both with ten times as many, sent a tenth at a time; a part of its own, for it takes minutes."""
    config = folder / "tocsin.yaml"
    config.write_text(CONFIG)
    with (
        ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as sender,
        AlertmanagerServer(folder / "theirs", THEIRS) as server,
        running(config) as (process, url, _),
    ):
        theirs = Target(url=server.url, pid=server.pid)
        ours = Target(url=url, pid=process.pid, token=(folder / "tocsin.token").read_text().strip())
        for first in range(0, MILLION, MANY):
            for target in (ours, theirs):
                measured(sender, target, first, MANY, 1000, 1)
        found = memory(ours, theirs, MILLION)
        process.kill()
        return [found]


def compared(sender: ProcessPoolExecutor, ours: Target, theirs: Target, size: int, first: int) -> list[Row]:
    """One size of request. How late the answers are has a goal where they need no disk: four senders never rest."""
    found = []
    for word, rounds, floor, aim in (("new", 1, 1 / 2, 1 / 3), ("re-sent", AGAIN // NEW, 1 / 5, 1 / 10)):
        mine = measured(sender, ours, first, NEW, size, rounds)
        other = measured(sender, theirs, first, NEW, size, rounds)
        late, their_late = p99(mine.answers) * 1e3, p99(other.answers) * 1e3
        median, their_median = statistics.median(mine.answers) * 1e3, statistics.median(other.answers) * 1e3
        soon = (1 / 4, 1 / 10) if word == "re-sent" else (None, None)
        a_second = f"{1 / mine.wall:,.0f} a second; Alertmanager"
        found += [
            Row(
                f"{word} alerts, {size:,} a request: processor an alert",
                mine.processor * 1e6,
                "us",
                note=f"{a_second} {other.processor * 1e6:.0f} us, {1 / other.wall:,.0f}",
            ),
            Row("  as a share of Alertmanager's", mine.processor / other.processor, "", floor=floor, aim=aim),
            Row("  p50 of the answers", median, "ms", note=f"Alertmanager {their_median:.1f} ms"),
            Row(
                "  p99 of the answers, as a share",
                late / their_late,
                "",
                floor=soon[0],
                aim=soon[1],
                note=f"{late:.1f} ms; Alertmanager {their_late:.1f} ms",
            ),
        ]
    return found


def memory(ours: Target, theirs: Target, active: int) -> Row:
    """Of both with as many active alerts."""
    mine, other = resident(ours.pid), resident(theirs.pid)
    note = f"{mine:.0f} MiB; Alertmanager {other:.0f} MiB"
    return Row(f"memory with {active:,} active, as a share", mine / other, "", floor=1.0, aim=0.6, note=note)


def count_of(url: str, token: str) -> int:
    """How many alerts the server says there are."""
    request = urllib.request.Request(f"{url}/api/v2/alerts", headers={"Authorization": f"Bearer {token}"})
    with urllib.request.urlopen(request, timeout=120) as answer:
        return len(json.load(answer))
