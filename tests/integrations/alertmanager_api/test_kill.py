"""Killed at any moment while alerts pour in: what was answered with 200 is there afterwards, and nothing is over."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx

from tests.bench.place import running
from tests.soak import many

CONFIG = """\
http: {listen: "127.0.0.1:0"}
route: {receiver: sre, group_by: [alertname], group_wait: 1m}
receivers: [{name: sre}]
"""
SENDERS, BATCH = 3, 20
LONG = timedelta(hours=9)


@dataclass
class Journal:
    """What was answered, kept outside of Tocsin: an alert stands here only once its 200 has arrived."""

    firing: set[str] = field(default_factory=set)
    ended: set[str] = field(default_factory=set)
    unsure: set[str] = field(default_factory=set)
    """Sent, and no answer came: both is right."""


def send(url: str, token: str, name: str, journal: Journal, stop: threading.Event) -> None:
    """New alerts, the ends of some of them, and the same ones again, until it is stopped or nobody answers."""
    headers = {"authorization": f"Bearer {token}"}
    with httpx.Client(base_url=url, headers=headers, trust_env=False, timeout=20) as client:
        for number in range(100_000):
            if stop.is_set():
                return
            fresh = [f"{name}-{number}-{index}" for index in range(BATCH)]
            over = fresh[:2] if number % 2 else []
            try:
                for names, ends in ((fresh, LONG), (over, timedelta(0)), (fresh[2:], LONG)):
                    journal.unsure |= set(names)
                    ends_at = (datetime.now(UTC) + ends).isoformat()
                    batch = [{"labels": {"alertname": one}, "endsAt": ends_at, "startsAt": START} for one in names]
                    assert client.post("/api/v2/alerts", json=batch).status_code == 200
                    (journal.firing if ends else journal.ended).update(names)
                    journal.unsure -= set(names)
            except httpx.HTTPError:
                return


START = (datetime.now(UTC) - timedelta(minutes=1)).isoformat()


@contextmanager
def sending(url: str, token: str, round_: int, journals: list[Journal]) -> Iterator[None]:
    stop = threading.Event()
    threads = [
        threading.Thread(target=send, args=(url, token, f"r{round_}s{number}", journal, stop))
        for number, journal in enumerate(journals)
    ]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def test_what_was_answered_is_there_after_a_kill(tmp_path: Path) -> None:
    config = tmp_path / "tocsin.yaml"
    config.write_text(CONFIG)
    journals = [Journal() for _ in range(SENDERS)]
    kills, when = many(2, 100), random.Random(7)
    for round_ in range(kills + 1):
        with running(config) as (process, url, _):
            token = (tmp_path / "tocsin.token").read_text().strip()
            headers = {"authorization": f"Bearer {token}"}
            found = httpx.get(f"{url}/api/v2/alerts", headers=headers, trust_env=False, timeout=60).json()
            known = {alert["labels"]["alertname"] for alert in found}
            for journal in journals:
                assert journal.firing - journal.ended - journal.unsure <= known
                assert not (journal.ended - journal.unsure) & known
            if round_ < kills:
                with sending(url, token, round_, journals):
                    answered = [len(journal.firing) for journal in journals]
                    while any(len(one.firing) <= before for one, before in zip(journals, answered, strict=True)):
                        assert process.poll() is None
                        threading.Event().wait(0.01)
                    threading.Event().wait(when.uniform(0, 1))
                    process.kill()
                    process.wait()
    assert all(len(journal.firing) >= kills * BATCH for journal in journals)
