"""Real Alertmanagers, the newest and Debian 12's: they take what we tell them, and amtool shows it."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from tests.integrations.alertmanager.alerts import alert
from tests.integrations.alertmanager.conftest import Opens
from tests.servers import AlertmanagerServer

MINUTE = timedelta(minutes=1)


async def seen(what: Callable[[], object], *, within: float = 10) -> object:
    """What it says once it says something."""
    async with asyncio.timeout(within):
        while True:
            found = await asyncio.to_thread(what)
            if found:
                return found
            await asyncio.sleep(0.05)


def named(server: AlertmanagerServer, name: str) -> list[dict[str, object]]:
    return [one for one in server.alerts() if one["labels"]["alertname"] == name]


async def test_amtool_sees_what_it_was_told(alertmanager: AlertmanagerServer, opened: Opens) -> None:
    now = datetime.now(UTC)
    told = replace(alert("Told", room='küche \\ "1"'), starts_at=now, ends_at=now + 4 * MINUTE)
    async with opened(url=alertmanager.url) as capabilities:
        assert capabilities.alertmanager is not None
        capabilities.alertmanager.tell([told])
        await seen(lambda: named(alertmanager, "Told"))
        assert capabilities.alertmanager.tally.sent == 1
    [shown] = json.loads(alertmanager.amtool("alert", "query", "alertname=Told", "-o", "json"))
    assert shown["labels"] == dict(told.labels)
    assert shown["annotations"] == told.annotations
    assert shown["generatorURL"] == told.generator_url
    cut = now.replace(microsecond=now.microsecond // 1000 * 1000)
    assert datetime.fromisoformat(shown["startsAt"]) == cut
    assert datetime.fromisoformat(shown["endsAt"]) == cut + 4 * MINUTE


async def test_what_is_over_goes_away(alertmanager: AlertmanagerServer, opened: Opens) -> None:
    now = datetime.now(UTC)
    firing = replace(alert("Over"), starts_at=now - MINUTE, ends_at=now + 4 * MINUTE)
    async with opened(url=alertmanager.url) as capabilities:
        assert capabilities.alertmanager is not None
        capabilities.alertmanager.tell([firing])
        await seen(lambda: named(alertmanager, "Over"))
        capabilities.alertmanager.tell([replace(firing, ends_at=now)])
        await seen(lambda: not named(alertmanager, "Over"))


async def test_a_silence_takes_it(alertmanager: AlertmanagerServer, opened: Opens) -> None:
    now = datetime.now(UTC)
    alertmanager.amtool("silence", "add", "alertname=Quiet", "--comment=test", "--author=test", "--duration=10m")
    async with opened(url=alertmanager.url) as capabilities:
        assert capabilities.alertmanager is not None
        capabilities.alertmanager.tell([replace(alert("Quiet"), starts_at=now, ends_at=now + 4 * MINUTE)])
        await seen(lambda: named(alertmanager, "Quiet"))
    assert alertmanager.amtool("alert", "query", "alertname=Quiet", "-o", "json").strip() in ("[]", "null")
    assert json.loads(alertmanager.amtool("alert", "query", "--silenced", "alertname=Quiet", "-o", "json"))


async def test_one_alert_that_is_refused_takes_no_other_with_it(
    alertmanager: AlertmanagerServer, opened: Opens
) -> None:
    now = datetime.now(UTC)
    good = replace(alert("Sound"), starts_at=now, ends_at=now + 4 * MINUTE)
    backwards = replace(alert("Backwards"), starts_at=now, ends_at=now - MINUTE)
    async with opened(url=alertmanager.url) as capabilities:
        assert capabilities.alertmanager is not None
        capabilities.alertmanager.tell([backwards, good])
        await seen(lambda: named(alertmanager, "Sound"))
        await seen(lambda: capabilities.alertmanager and capabilities.alertmanager.tally.failed)
        capabilities.alertmanager.tell([replace(good, annotations={"summary": "again"})])
        await seen(lambda: [one for one in named(alertmanager, "Sound") if one["annotations"] == {"summary": "again"}])
    assert not named(alertmanager, "Backwards")


async def test_the_doctor_says_what_it_is(alertmanager: AlertmanagerServer, opened: Opens) -> None:
    async with opened(url=alertmanager.url) as capabilities:
        reachable, clock = await capabilities.examine()
    assert reachable.ok
    assert reachable.version.startswith("0.")
    assert clock.what == "clock"
    assert not clock.ok, "the clock of these tests stands still, months away"
