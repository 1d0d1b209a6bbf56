"""The recipes, asked of a server: their SPL is run, and what they are there for is found."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bot.model.rule import GroupStatus, RuleGroup, RuleState
from bot.ports.searches import SearchSource
from bot.rules.savedsearches import conf, stanza
from bot.rules.savedsearches.evaluator import ask, decide
from tests.integrations.splunk.conftest import Open
from tests.integrations.splunk.simulated import Simulator

CONF = Path("rules/splunk/recipes/savedsearches.conf")
READING = stanza.read(conf.parse(CONF.read_text(), str(CONF)), stanza.Home(file=str(CONF), source="splunk"))
RECIPES: Mapping[str, RuleGroup] = {group.name: group for group in READING.groups}


@pytest.fixture
async def searches(splunk: Simulator, opened: Open) -> SearchSource:
    found = (await opened(splunk.url)).searches
    assert found is not None
    return found


async def fired(group: RuleGroup, source: SearchSource, *slots: datetime) -> list[dict[str, str]]:
    """What fires after runs at these times, without what all alerts have."""
    status: GroupStatus | None = None
    for slot in slots:
        made = decide(group, status, await ask(group, source, slot), slot, slot)
        assert made.failures == ()
        status = made.status
    assert status is not None
    common = {"alertname", *group.rules[0].labels}
    return [
        {name: value for name, value in alert.labels.items() if name not in common}
        for alert in status.rules[0].alerts
        if alert.state is RuleState.FIRING
    ]


@pytest.mark.parametrize("group", READING.groups, ids=lambda group: group.name)
async def test_each_is_run_and_finds_nothing_where_there_is_nothing(
    group: RuleGroup, searches: SearchSource, at: datetime
) -> None:
    alerts = await fired(group, searches, at)
    assert alerts == ([{}] if group.name == "Cardinality: too few web servers log" else [])


async def test_what_they_are_there_for_is_found(splunk: Simulator, searches: SearchSource, at: datetime) -> None:
    now, early = at - timedelta(seconds=30), at - timedelta(minutes=11)
    splunk.index(
        *((now, f"action=failure user=ann n={n}") for n in range(25)), (now, "action=failure user=ben"), index="auth"
    )
    splunk.index(*((now, f"action=success user=ann src=10.0.0.{n} country=IS") for n in range(6)), index="auth")
    splunk.index(*((early, f"service=cart status=500 n={n}") for n in range(10)), index="web", host="w1")
    splunk.index(*((now, f"service=cart status=500 ms=900 n={n}") for n in range(60)), index="web", host="w1")
    splunk.index(*((now, f"service=cart status=200 ms=900 n={n}") for n in range(60)), index="web", host="w2")
    splunk.index((now, "src_ip=10.0.0.9 dest_ip=203.0.113.7"), index="proxy")
    splunk.index((now, "process=xmrig"), index="os", sourcetype="ps", host="w1")
    splunk.index((now, "user=ann role=admin changed_by=mal"), index="iam", sourcetype="roles")
    before = at - timedelta(minutes=10)
    found = {
        "Frequency: too many failed logins": [{"user": "ann"}],
        "Cardinality: one user from many addresses": [{"user": "ann"}],
        "Cardinality: too few web servers log": [{}],
        "Metric aggregation: a service is slow": [{"service": "cart"}],
        "Percentage: a service fails": [{"service": "cart"}],
        "Blacklist: a connection to a known bad address": [{"src_ip": "10.0.0.9", "dest_ip": "203.0.113.7"}],
        "Whitelist: a process nobody knows": [{"host": "w1", "process": "xmrig"}],
        "Spike: errors of a service": [{"service": "cart"}],
        "Spike in one search: errors of a service": [{"service": "cart"}],
    }
    for name, alerts in found.items():
        assert (name, await fired(RECIPES[name], searches, before, at)) == (name, alerts)
