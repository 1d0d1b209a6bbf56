"""Time intervals and inhibition, as a real Alertmanager sees them at this moment: hundreds of made-up ones at once.

A route for each interval is muted by it, or active in it alone; its alert's group says whether it is muted. Then,
made-up inhibition rules over made-up alerts: which are inhibited.
"""

import json
import random
import time
import urllib.request
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.alerts.inhibition import Inhibitor
from bot.alerts.intervals import muted
from bot.config import routes, times
from bot.config.schema import Config
from bot.config.times_schema import MONTHS, WEEKDAYS
from bot.documents import read, validate
from bot.model.labels import LabelSet
from tests.servers.alertmanager import AlertmanagerServer

ZONES = (
    "UTC",
    "Europe/Berlin",
    "America/St_Johns",
    "Asia/Kathmandu",
    "Pacific/Chatham",
    "Pacific/Apia",
    "Pacific/Niue",
)
MANY = 250
WAIT_S = 20.0


def moments(rng: random.Random, now: datetime) -> dict[str, Any]:
    """An entry whose parts are near enough to now to fit half of the time."""
    found: dict[str, Any] = {}
    if rng.random() < 0.5:
        start = rng.randrange(0, 23)
        found["times"] = [{"start_time": f"{start:02}:00", "end_time": f"{rng.randrange(start + 1, 25):02}:00"}]
    if rng.random() < 0.4:
        first = rng.randrange(7)
        found["weekdays"] = [f"{WEEKDAYS[first]}:{WEEKDAYS[rng.randrange(first, 7)]}", rng.choice(WEEKDAYS)]
    if rng.random() < 0.4:
        first = rng.choice([-20, -9, -5, -1, 1, now.day, now.day + 1])
        last = rng.randrange(first, 0) if first < 0 else rng.randrange(first, 32)
        found["days_of_month"] = [f"{first}:{last}"]
    if rng.random() < 0.3:
        first = rng.randrange(12)
        found["months"] = [f"{MONTHS[first]}:{rng.randrange(first + 1, 13)}"]
    if rng.random() < 0.2:
        found["years"] = [rng.choice([f"{now.year}", f"{now.year - 1}:{now.year}", f"{now.year + 1}:{now.year + 9}"])]
    return {**found, "location": rng.choice(ZONES)}


def schedule(now: datetime) -> dict[str, Any]:
    rng = random.Random(5)
    named = [
        {"name": f"i{number}", "time_intervals": [moments(rng, now) for _ in range(rng.randint(1, 2))]}
        for number in range(MANY)
    ]
    below = [
        {"matchers": [f"n=r{number}"], rng.choice(["mute", "active"]) + "_time_intervals": [f"i{number}"]}
        for number in range(MANY)
    ]
    top = {"receiver": "nobody", "group_wait": "0s", "group_interval": "1s", "group_by": ["..."], "routes": below}
    return {"route": top, "receivers": [{"name": "nobody"}], "time_intervals": named}


def post(server: AlertmanagerServer, alerts: list[dict[str, str]]) -> None:
    body = json.dumps([{"labels": labels} for labels in alerts]).encode()
    request = urllib.request.Request(f"{server.url}/api/v2/alerts", body, {"Content-Type": "application/json"})
    urllib.request.urlopen(request, timeout=5).close()


def groups(server: AlertmanagerServer) -> list[dict[str, Any]]:
    with urllib.request.urlopen(f"{server.url}/api/v2/alerts/groups", timeout=5) as answer:
        found: list[dict[str, Any]] = json.load(answer)
        return found


def settled(server: AlertmanagerServer, key: str) -> dict[str, list[str]]:
    """By the alert's name, what mutes or inhibits it, once that is the same at two looks a second apart.

    Alertmanager names an interval twice when two of its entries fit.
    """
    before: dict[str, list[str]] = {}
    for _ in range(int(WAIT_S)):
        time.sleep(1.1)  # its groups look at themselves every second, and nothing tells that they did
        alerts = [alert for group in groups(server) for alert in group["alerts"]]
        found = {alert["labels"]["n"]: list(dict.fromkeys(alert["status"][key])) for alert in alerts}
        if found == before:
            return found
        before = found
    raise AssertionError("it never came to rest")


@pytest.fixture
def now() -> datetime:
    """A moment that is not near the end of a quarter of an hour: every interval begins and ends with one."""
    at = datetime.now(UTC)
    if at.minute in (14, 29, 44, 59) and at.second > 20:
        time.sleep(61 - at.second)
        at = datetime.now(UTC)
    return at


def test_it_is_muted_when_alertmanager_is(now: datetime, tmp_path: Path) -> None:
    written = json.dumps(schedule(now))
    config = validate(read(written, "tocsin.yaml"), Config)
    tree, intervals = routes.tree(config), times.intervals(config)
    with AlertmanagerServer(tmp_path, written) as server:
        post(server, [{"n": f"r{number}"} for number in range(MANY)])
        theirs = settled(server, "mutedBy")
    ours = {f"r{number}": list(muted(route, intervals, now)) for number, route in enumerate(tree.routes)}
    assert theirs == ours
    assert 50 < sum(bool(names) for names in ours.values()) < MANY - 50
    assert datetime.now(UTC) - now < timedelta(seconds=WAIT_S * 2)


def test_it_is_inhibited_when_alertmanager_says_so(tmp_path: Path) -> None:
    rng = random.Random(7)
    tests = ["{}=a", "{}=b", "{}!=a", '{}=~"a|b"', '{}=""', '{}!~"a"']
    names = ("x", "y", "z")
    rules = [
        {
            "source_matchers": [rng.choice(tests).format(rng.choice(names)) for _ in range(2)],
            "target_matchers": [rng.choice(tests).format(rng.choice(names)) for _ in range(2)],
            "equal": rng.sample([*names, "absent"], rng.randint(1, 3)),
        }
        for _ in range(6)
    ]
    top = {"receiver": "nobody", "group_wait": "0s", "group_interval": "1s", "group_by": ["..."]}
    written = json.dumps({"route": top, "receivers": [{"name": "nobody"}], "inhibit_rules": rules})
    alerts = [{"n": f"a{number}", **{name: rng.choice(["a", "b", "c", ""]) for name in names}} for number in range(60)]
    inhibitor = Inhibitor([entry.noun for entry in validate(read(written, "tocsin.yaml"), Config).inhibit_rules])
    firing = [LabelSet(labels) for labels in alerts]
    for labels in firing:
        inhibitor.fired(labels, labels.fingerprint)
    with AlertmanagerServer(tmp_path, written) as server:
        post(server, alerts)
        theirs = {name: bool(by) for name, by in settled(server, "inhibitedBy").items()}
    assert theirs == {labels["n"]: bool(inhibitor.inhibiting(labels)) for labels in firing}
    assert 5 < sum(theirs.values()) < 55
