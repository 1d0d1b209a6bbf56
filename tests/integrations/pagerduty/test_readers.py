"""What PagerDuty tells of incidents, by webhook and in its log, in words that both sides have."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bot.integrations.pagerduty import log_entries, webhook
from bot.integrations.pagerduty.people import signed
from bot.kit.posted import Part
from bot.model.mirror import Happening, TheirChange
from bot.ports.alert_hook import Call
from bot.testing.clock import FakeClock
from bot.testing.pagerduty.account import USERS, Account, Incident, Json, person

ANN, BEN = USERS


@pytest.fixture
def told() -> tuple[Account, Incident, list[Json]]:
    """An account with one incident, and what it tells."""
    events: list[Json] = []
    account = Account(events.append, FakeClock().now)
    payload = {"summary": "x", "source": "shop", "severity": "critical"}
    account.take({"event_action": "trigger", "dedup_key": "key", "payload": payload})
    return account, account.incidents[0], events


Told = tuple[Account, Incident, list[Json]]


def by_webhook(event: Json, *, pages: bool = True) -> tuple[TheirChange, ...]:
    call = Call(body=json.dumps(event).encode(), received_at=FakeClock().now())
    return tuple(webhook.read(call, "pager", pages=pages).changes)


def by_log(account: Account, entry: Json) -> tuple[TheirChange, ...]:
    found = log_entries.read(Part({**entry, "incident": account.shown(account.incidents[0])}))
    return () if found is None else (found,)


@pytest.mark.parametrize(
    ("deed", "what", "by"),
    [
        (lambda account, it: account.acknowledge(it, person(BEN)), Happening.ACKNOWLEDGED, "Ben Nevis"),
        (lambda account, it: account.resolve(it, None), Happening.RESOLVED, ""),
        (lambda account, it: account.assign(it, [BEN], person(ANN)), Happening.ASSIGNED, "Ann Arbor"),
        (lambda account, it: account.annotate(it, "dry", ANN), Happening.NOTED, "Ann Arbor"),
    ],
)
def test_the_webhook_and_the_log_say_the_same(told: Told, deed: Any, what: Happening, by: str) -> None:
    account, incident, events = told
    deed(account, incident)
    [heard], [read] = by_webhook(events[-1]), by_log(account, account.log[-1])
    for change in (heard, read):
        assert (change.what, change.by, change.refs[0]) == (what, by, incident.id)
    assert (heard.at, heard.who, heard.to, heard.text) == (read.at, read.who, read.to, read.text)
    assert heard.to == ((("PBEN", "Ben Nevis"),) if what is Happening.ASSIGNED else ())


def test_notes_of_ours_are_no_news(told: Told) -> None:
    account, incident, events = told
    account.annotate(incident, signed("ann", "dry"), BEN)
    assert by_webhook(events[-1]) == ()
    assert by_log(account, account.log[-1]) == ()


def test_an_incident_is_an_alert_only_where_nobody_is_paged_through_its_service(told: Told) -> None:
    _, incident, events = told
    call = Call(body=json.dumps(events[0]).encode(), received_at=FakeClock().now())
    assert webhook.read(call, "pager", pages=True).alerts == ()
    read = webhook.read(call, "pager", pages=False)
    assert len(read.alerts) == 1
    assert read.changes[0].refs == (incident.id, "key")  # so that one of ours is known as such
