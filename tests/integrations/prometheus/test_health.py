"""What the doctor finds, at a real Prometheus and at sick ones."""

import asyncio
import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import SecretStr, ValidationError

from bot.integrations.prometheus import integration
from bot.integrations.prometheus.config import PrometheusConfig
from bot.kit.http_out import HttpOut
from bot.kit.plugin import Tools
from bot.kit.redaction import Redactor
from bot.ports.actions import Health
from bot.testing.clock import FakeClock
from tests.integrations.http_server import Asked, HttpServer, Script, says
from tests.servers import PrometheusServer


async def examined(url: str, skew: timedelta = timedelta(0)) -> Sequence[Health]:
    async with HttpOut() as http:
        clock = FakeClock(datetime.now(UTC) - skew)
        tools = Tools(name="prom", clock=clock, http=http, redactor=Redactor())
        async with integration.open(PrometheusConfig(url=url, timeout=timedelta(seconds=2)), tools) as opened:
            return await opened.examine()


async def test_a_healthy_one_has_a_version_and_the_time(prometheus: PrometheusServer) -> None:
    reachable, permission, clock = await examined(prometheus.url)
    assert [health.ok for health in (reachable, permission, clock)] == [True, True, True]
    assert reachable.version.split(".")[0] in ("2", "3")
    assert clock.skew is not None
    assert abs(clock.skew) < timedelta(seconds=5)


@pytest.mark.parametrize(("skew", "word"), [(timedelta(minutes=2), "ahead of"), (timedelta(minutes=-2), "behind")])
async def test_a_clock_that_is_off_is_seen(prometheus: PrometheusServer, skew: timedelta, word: str) -> None:
    *_, clock = await examined(prometheus.url, skew)
    assert not clock.ok
    assert word in clock.detail
    assert "NTP" in clock.hint


def by_path(**scripts: Script) -> Script:
    async def script(asked: Asked, writer: asyncio.StreamWriter) -> None:
        name = asked.path.partition("?")[0].rpartition("/")[2]
        await scripts[name](asked, writer)

    return script


TIME = json.dumps({"status": "success", "data": {"resultType": "scalar", "result": [1, "1e300"]}}).encode()


@pytest.mark.parametrize(
    ("script", "found"),
    [
        (says(401), [("reachable", False)]),
        (says(500), [("reachable", False)]),
        (by_path(buildinfo=says(404), query=says(403)), [("reachable", True), ("permission", False)]),
        (
            by_path(buildinfo=says(200, b"<html>"), query=says(200, b"<html>")),
            [("reachable", True), ("permission", False)],
        ),
        (
            by_path(buildinfo=says(200, b'{"data": []}'), query=says(200, TIME)),
            [("reachable", True), ("permission", False)],
        ),
    ],
)
async def test_a_sick_one_is_told_apart(impostor: HttpServer, script: Script, found: list[tuple[str, bool]]) -> None:
    impostor.script = script
    health = await examined(impostor.url)
    assert [(one.what, one.ok) for one in health] == found
    assert all(one.ok or one.hint for one in health)


@pytest.mark.parametrize(
    ("values", "complaint"),
    [
        ({}, "url"),
        ({"url": "prometheus:9090"}, "not an address"),
        ({"url": "ftp://prometheus"}, "not an address"),
        ({"url": "http://[::1"}, "not an address"),
        ({"url": "http://ann:secret@prometheus"}, "no password in the address"),
        ({"url": "http://prometheus/?a=b"}, "ends before"),
        ({"url": "http://p", "timeout": "0s"}, "longer than nothing"),
        ({"url": "http://p", "timeout": "soon"}, "not a duration"),
        ({"url": "http://p", "bearer_token": "a", "basic_auth": {"username": "a", "password": "b"}}, "not both"),
        ({"url": "http://p", "tls": {"cert": "/a"}}, "together"),
        ({"url": "http://p", "headers": {"X Y": "a"}}, "not the name of a header"),
        ({"url": "http://p", "headers": {"X-Y": "a\r\nb: c"}}, "line break"),
        ({"url": "http://p", "headers": {"authorization": "a"}}, "bearer_token"),
        ({"url": "http://p", "proxy": "a"}, "proxy"),
    ],
)
def test_a_configuration_that_cannot_work_is_refused(values: dict[str, object], complaint: str) -> None:
    with pytest.raises(ValidationError, match=complaint) as caught:
        PrometheusConfig.model_validate(values)
    assert "secret" not in "".join(error["msg"] for error in caught.value.errors())


def test_a_configuration_from_text() -> None:
    config = PrometheusConfig.model_validate(
        {"url": "http://p:9090/prefix/", "timeout": "1m", "headers": {"X-Scope-OrgID": "7"}}
    )
    assert (config.url, config.timeout) == ("http://p:9090/prefix", timedelta(minutes=1))
    assert config.headers == {"X-Scope-OrgID": SecretStr("7")}
