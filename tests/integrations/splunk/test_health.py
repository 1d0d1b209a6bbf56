"""What the doctor finds, at a simulated Splunk and at sick ones."""

import asyncio
import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from bot.integrations.splunk import integration
from bot.integrations.splunk.config import SplunkConfig
from bot.kit.http_out import HttpOut
from bot.kit.plugin import Tools
from bot.kit.redaction import Redactor
from bot.ports.actions import Health
from bot.testing.clock import FakeClock
from tests.integrations.http_server import Asked, HttpServer, Script, says
from tests.integrations.splunk.simulated import TOKEN, Simulator


async def examined(url: str, skew: timedelta = timedelta(0), token: str = TOKEN) -> Sequence[Health]:
    async with HttpOut() as http:
        tools = Tools(name="splunk", clock=FakeClock(datetime.now(UTC) - skew), http=http, redactor=Redactor())
        config = SplunkConfig(url=url, bearer_token=SecretStr(token), timeout=timedelta(seconds=30))
        async with integration.open(config, tools) as opened:
            return await opened.examine()


async def test_a_healthy_one_has_a_version_and_the_time(splunk: Simulator) -> None:
    reachable, permission, clock = await examined(splunk.url)
    assert [health.ok for health in (reachable, permission, clock)] == [True, True, True]
    assert reachable.version == "10.0.1"
    assert "admin" in permission.detail
    assert clock.skew is not None


async def test_who_may_not_search_is_told(splunk: Simulator) -> None:
    reachable, permission, *_ = await examined(splunk.url, token="token-of-guest")
    assert (reachable.ok, permission.ok) == (True, False)
    assert "capability `search`" in permission.hint


async def test_a_clock_that_is_off_is_seen(splunk: Simulator) -> None:
    _, _, clock = await examined(splunk.url, timedelta(minutes=2))
    assert not clock.ok
    assert "NTP" in clock.hint


async def test_what_it_complains_of_itself_is_told(splunk: Simulator) -> None:
    splunk.breaks(jobs=[{"share": 0.5}])
    *_, messages = await examined(splunk.url)
    assert (messages.what, messages.ok) == ("messages", False)
    assert "peer2" in messages.detail


def content(**values: object) -> bytes:
    return json.dumps({"entry": [{"content": values}]}).encode()


def by_path(**scripts: Script) -> Script:
    async def script(asked: Asked, writer: asyncio.StreamWriter) -> None:
        name = asked.path.partition("?")[0].rpartition("/")[2].replace("-", "_")
        await scripts.get(name, says(403))(asked, writer)

    return script


@pytest.mark.parametrize(
    ("script", "found"),
    [
        (says(401), [("reachable", False)]),
        (says(500), [("reachable", False)]),
        (says(200, b"<html>"), [("reachable", False)]),
        (says(200, b'{"entry": []}'), [("reachable", False)]),
        (says(200, b'{"entry": [{}]}'), [("reachable", False)]),
        (by_path(info=says(200, content(version="9"))), [("reachable", True), ("permission", False)]),
        (
            by_path(info=says(200, content(version="9")), current_context=says(200, content(username="t"))),
            [("reachable", True), ("permission", True)],
        ),
    ],
)
async def test_a_sick_one_is_told_apart(impostor: HttpServer, script: Script, found: list[tuple[str, bool]]) -> None:
    impostor.script = script
    health = await examined(impostor.url)
    assert [(one.what, one.ok) for one in health] == found
    assert all(one.ok or one.hint for one in health)


LOGIN = {"username": "a", "password": "b"}


@pytest.mark.parametrize(
    ("values", "complaint"),
    [
        ({"login": LOGIN, "bearer_token": "t"}, "only one of them"),
        ({"login": LOGIN, "basic_auth": LOGIN}, "only one of them"),
        ({"basic_auth": LOGIN, "bearer_token": "t"}, "not both"),
        ({"app": ""}, "must not be empty"),
        ({"owner": "a\nb"}, "line break"),
        ({"searches_at_once": "0"}, "greater than or equal"),
        ({"search_timeout": "1ms"}, "a second or longer"),
        ({"keep": "never"}, "not a duration"),
        ({"hec": {"url": "http://s:8088"}}, "token"),
        ({"web_url": "splunk"}, "not an address"),
    ],
)
def test_a_configuration_that_cannot_work_is_refused(values: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValidationError, match=complaint):
        SplunkConfig.model_validate({"url": "https://s:8089", **values})


@pytest.mark.parametrize(("most", "evidence", "found"), [(8, 4, 4), (8, 20, 7), (2, 4, 1), (1, 4, 1)])
def test_one_place_is_always_left_for_alerts(most: int, evidence: int, found: int) -> None:
    config = SplunkConfig(url="https://s:8089", searches_at_once=most, evidence_at_once=evidence)
    assert config.most_evidence == found
