"""Thousands of alerts in a minute: none is lost, each group has one incident, and the grave ones are told first.

How fast all this is, and with how much memory, is measured by `make bench ARGS=storm`.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from bot.engine.dispatch import AT_ONCE
from bot.integrations.webhook.client import AT_ONCE as POSTS
from tests.kill.scene import NO_ANSWER, until
from tests.soak import many, soaking
from tests.storm.place import GROUP_WAIT, Place
from tests.storm.receiver import Receiver
from tests.storm.weather import Storm, blows, body

SAMPLE = [Storm(alerts=2_000, groups=100, seconds=8)]
WHOLE = [Storm(alerts=10_000, groups=500, seconds=60), Storm(alerts=100_000, groups=5_000, seconds=600)]
TOLD_WITHIN = 15.0
"""Seconds beyond its `group_wait`, for a critical group that is new in the middle of it."""
GRAVE = {"alertname": "Grave", "instance": "host-0", "severity": "critical"}
LOOKS = ("/api/v2/alerts/groups", "/api/v2/alerts", "/api/v1/incidents")


@pytest.mark.parametrize("storm", WHOLE if soaking() else SAMPLE, ids=lambda storm: f"{storm.alerts}-alerts")
@pytest.mark.timeout(many(120, 1800))
def test_every_alert_of_a_storm_is_accounted_for_and_no_group_has_two_incidents(storm: Storm, tmp_path: Path) -> None:
    with Receiver() as receiver, Place(tmp_path, receiver.url, group_interval=many(4, 30)) as place:
        with looking(place):
            threading.Timer(storm.seconds / 2, lambda: said.append(grave(place))).start()
            said: list[float] = []
            answers = blows(storm, place.tocsin.address or "", place.token)
        kept = storm.alerts - 50 * sum(answer.status == 503 for answer in answers)
        assert {answer.status for answer in answers} <= {200, 503}
        assert len(place.ask("/api/v2/alerts")) == kept + 1
        until(lambda: len(held(place)) == kept + 1, "every alert to be on an incident")
        until(lambda: len(told(receiver)) == kept + 1, "every alert to be told")
        until(lambda: not waiting(place), "an outbox with nothing to tell")
        assert place.rows("SELECT count(*), count(DISTINCT group_key), max(status) FROM incidents") == [
            (storm.groups + 1, storm.groups + 1, "triggered")
        ]
        first = next(one for one in receiver.messages if b'"Grave"' in one.body)
    if soaking():
        assert first.at - said[0] <= GROUP_WAIT + TOLD_WITHIN


def test_of_groups_that_are_due_together_the_grave_ones_are_told_first(tmp_path: Path) -> None:
    labels = Storm(alerts=60, groups=60, seconds=1).labels
    with Receiver() as receiver, Place(tmp_path, receiver.url) as place:
        with place.sender() as sender:
            assert sender.post(body([*map(labels, range(60)), GRAVE])).status == 200
        until(lambda: len(receiver.messages) == 61, "every group to be told")
    names = [one.said["groupLabels"]["alertname"] for one in receiver.messages]
    assert names.index("Grave") < AT_ONCE + POSTS


@pytest.mark.timeout(many(120, 600))
def test_an_alert_that_flaps_is_one_incident_and_is_told_a_few_times(tmp_path: Path) -> None:
    flapping = {"alertname": "Flaps", "instance": "host-0", "severity": "warning"}
    with Receiver() as receiver, Place(tmp_path, receiver.url, group_interval=many(4, 30)) as place:
        with place.sender() as sender:
            for _ in range(many(100, 1000)):
                assert sender.post(body([flapping])).status == 200
                assert sender.post(body([flapping], over=True)).status == 200
            assert sender.post(body([flapping])).status == 200
        until(lambda: firing(place) == 1, "the incident to be open for the last time")
        until(lambda: bool(receiver.messages), "the first message: the group's webhooks have their own interval")
        assert place.rows("SELECT count(*) FROM incidents") == [(1,)]
    assert len(receiver.messages) <= 5


def grave(place: Place) -> float:
    """One critical alert of a group that was not there; when it was sent."""
    at = time.monotonic()
    with place.sender() as sender:
        assert sender.post(body([GRAVE])).status == 200
    return at


def held(place: Place) -> set[str]:
    """The alerts that incidents hold."""
    return {one for (alerts,) in place.rows("SELECT alerts FROM incidents") for one in json.loads(alerts)}


def firing(place: Place) -> int:
    """How many incidents hold an alert that fires."""
    return sum(json.loads(alerts) != [] for (alerts,) in place.rows("SELECT firing FROM incidents"))


def told(receiver: Receiver) -> set[str]:
    """The alerts that the receiver heard of."""
    return {alert["fingerprint"] for message in list(receiver.messages) for alert in message.said["alerts"]}


def waiting(place: Place) -> int:
    """Messages that were not delivered yet."""
    query = "SELECT count(*) FROM outbox WHERE kind = 'tell_group' AND due_at IS NOT NULL"
    count: int = place.rows(query)[0][0]
    return count


@contextmanager
def looking(place: Place) -> Iterator[None]:
    """People look at pages all the while."""
    stop = threading.Event()

    def look() -> None:
        while not stop.wait(many(1, 5)):
            with suppress(*NO_ANSWER):  # whoever looks may have to wait; who sends may not
                for path in LOOKS:
                    place.ask(path)

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
