"""What the API says of a saved search: a rule among rules, whose question is no PromQL."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.model.search_job import SearchAnswer
from bot.rules.savedsearches import conf, stanza
from bot.rules.savedsearches.evaluator import Asked, decide, job_of
from tests.integrations.web.conftest import House

SLOT = datetime(2026, 3, 1, 12, tzinfo=UTC)
CONF = """\
[Errors in the shop]
search = index=shop  level=error | where status>=500
enableSched = 1
cron_schedule = */5 * * * *
counttype = number of events
relation = greater than
quantity = 1
alert.suppress = 1
alert.suppress.period = 9999d
"""


@pytest.fixture
async def searched(house: House) -> House:
    """A house with one saved search that fires."""
    home = stanza.Home(file="s.conf", source="splunk")
    groups = stanza.read(conf.parse(CONF, "s.conf"), home).groups
    (group,) = groups
    answer = SearchAnswer(sid="1", count=3, link="https://splunk/sid=1")
    status = decide(group, None, Asked(job=job_of(group, SLOT), answer=answer), SLOT, SLOT).status
    await house.store.write(lambda tx: tx.rules.save(status))
    house.world.setup = replace(house.world.setup, groups=groups)
    return house


async def test_the_list_of_rules_has_it_as_it_is_written(searched: House) -> None:
    async with searched.program("vera") as program:
        listed = (await program.get("/api/v1/rules")).json()
    (group,) = listed["data"]["groups"]
    (rule,) = group["rules"]
    assert (group["name"], group["file"], group["interval"]) == ("Errors in the shop", "s.conf", 300)
    assert rule["query"] == "index=shop  level=error | where status>=500"
    assert (rule["state"], rule["health"], rule["type"]) == ("firing", "ok", "alerting")
    (alert,) = rule["alerts"]
    assert alert["labels"] == {"alertname": "Errors in the shop", "app": "search", "severity": "warning"}
    assert alert["value"] == "3e+00"


async def test_why_has_its_runs_and_nothing_of_a_signal(searched: House) -> None:
    async with searched.program("vera") as program:
        (rule,) = (await program.get("/api/v1/why", params={"rule": "Errors in the shop"})).json()["rules"]
    search = rule["search"]
    assert (search["cron"], search["time_zone"], search["continuous"]) == ("*/5 * * * *", "UTC", False)
    (run,) = search["runs"]
    assert (run["count"], run["triggered"], run["complete"]) == (3, True, True)
    assert run["why"] == "3 results, which is greater than 1"
    assert run["link"] == "https://splunk/sid=1"
    assert search["last_count"] == 3
    assert datetime.fromisoformat(search["quiet"][0]["until"]) == SLOT + timedelta(days=9999)
    assert rule["now"]["series"] == 0
    assert rule["now"]["error"] == ""
