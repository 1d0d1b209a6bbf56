"""Saved searches: the written tables of expected triggers and runs, in virtual time, through the store and restarts."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot.model.actor import TOCSIN
from bot.model.errand import Errand, ErrandKind
from bot.model.incident import IncidentStatus, SignalState
from bot.response import evidence_wanted, looked_up, why_asked
from tests.scenarios.search_table import CONF, SCHEDULES, TABLE, Line, Timed, above, each, quiet
from tests.scenarios.searching import DOWN, by, groups_of, lacking, n, searching, slow
from tests.soak import sample

EVERY = timedelta(minutes=5)
README = Path("rules/splunk/README.md")


def conf_of(line: Line) -> str:
    return CONF.format(name=line.name, cron="*/5 * * * *", more=line.settings)


@pytest.mark.parametrize("line", TABLE, ids=lambda line: line.name)
async def test_each_run_comes_to_what_is_expected(database: Path, line: Line) -> None:
    async with searching(database, groups_of(conf_of(line))) as tocsin:
        tocsin.finds(*line.runs)
        await tocsin.starts()
        await tocsin.passes(EVERY * len(line.runs) + timedelta(seconds=1))
        assert " ".join(tocsin.signs()) == line.expected


@pytest.mark.parametrize("line", sample([one for one in TABLE if len(one.runs) > 2], 15), ids=lambda line: line.name)
async def test_a_restart_between_two_runs_changes_nothing(database: Path, line: Line) -> None:
    async with searching(database, groups_of(conf_of(line))) as tocsin:
        tocsin.finds(*line.runs)
        await tocsin.passes(timedelta(seconds=1))
        for _ in line.runs:
            await tocsin.starts()
            await tocsin.passes(EVERY)
            await tocsin.stops()
        assert " ".join(tocsin.signs()) == line.expected


@pytest.mark.parametrize("line", SCHEDULES, ids=lambda line: line.name)
async def test_it_runs_when_it_is_due(database: Path, line: Timed) -> None:
    zone = ZoneInfo(line.zone)
    beginning = datetime.fromisoformat(line.beginning).replace(tzinfo=zone).astimezone(UTC)
    groups = groups_of(line.conf, time_zone=line.zone)
    async with searching(database, groups, beginning=beginning) as tocsin:
        tocsin.finds(slow(n(0), line.takes))
        for away in (False, True, False)[: 3 if line.away else 1]:
            if not away:
                await tocsin.starts()
            await tocsin.passes(timedelta(hours=line.away if away else line.lasts))
            await tocsin.stops()
        runs = tocsin.runs
        assert " ".join(one.slot.astimezone(zone).strftime(line.shown) for one in runs) == line.expected
        assert runs[-1].status.missed == line.missed
        jobs = tocsin.splunk.started
        assert [one.scheduled_at for one in jobs][: len(runs)] == [one.slot for one in runs]
        assert all(job.latest == job.scheduled_at for job in jobs), "however late they ran"
        assert len({job.key for job in jobs}) == len(jobs)


async def test_a_day_of_25_hours_is_looked_at_whole(database: Path) -> None:
    conf = CONF.format(name="Daily", cron="0 6 * * *", more=above(0)).replace("= -5m", "= -1d@d").replace("now", "@d")
    beginning = datetime(2026, 10, 25, 12, tzinfo=UTC)
    async with searching(database, groups_of(conf, time_zone="Europe/Berlin"), beginning=beginning) as tocsin:
        tocsin.finds(n(0))
        await tocsin.starts()
        await tocsin.passes(timedelta(days=1))
        (job,) = tocsin.splunk.started
        assert job.earliest == datetime(2026, 10, 24, 22, tzinfo=UTC)
        assert job.latest == datetime(2026, 10, 25, 23, tzinfo=UTC)


async def test_a_crash_in_mid_search_takes_the_same_run_up_again(database: Path) -> None:
    async with searching(database, groups_of(CONF.format(name="Slow", cron="*/15 * * * *", more=above(0)))) as tocsin:
        tocsin.splunk.clients_die = True
        tocsin.finds(n(0), slow(n(1), 10), n(0))
        await tocsin.starts()
        await tocsin.passes(timedelta(minutes=33))
        await tocsin.stops()
        await tocsin.passes(timedelta(minutes=2))
        await tocsin.starts()
        await tocsin.passes(timedelta(minutes=6))
        assert tocsin.signs() == ["-", "F"]
        assert tocsin.runs[-1].slot == tocsin.runs[0].slot + timedelta(minutes=15)
        assert tocsin.runs[-1].at == tocsin.runs[-1].slot + timedelta(minutes=10), "not ten minutes from the restart"
        assert len(tocsin.splunk.started) == 2
        assert tocsin.runs[-1].status.missed == 0


async def test_a_stop_in_mid_search_ends_it_and_the_same_is_asked_again(database: Path) -> None:
    async with searching(database, groups_of(CONF.format(name="Slow", cron="*/15 * * * *", more=above(0)))) as tocsin:
        tocsin.finds(n(0), slow(n(1), 10), n(0))
        await tocsin.starts()
        await tocsin.passes(timedelta(minutes=33))
        await tocsin.stops()
        assert [job.scheduled_at.minute for job in tocsin.splunk.ended_early] == [30]
        await tocsin.starts()
        await tocsin.passes(timedelta(minutes=11))
        _, first, second = tocsin.splunk.started
        assert first == second
        assert tocsin.signs() == ["-", "F"]


async def test_what_fires_mutes_its_suppression_group_of_the_same_owner(database: Path) -> None:
    muted = f"{above(0)}\n{quiet('12m')}\nalert.suppress.group_name = shop"
    texts = [CONF.format(name=name, cron="*/5 * * * *", more=muted) for name in ("A", "B", "C")]
    owners = ["ann", "ann", "ben"]
    groups = [group for text, owner in zip(texts, owners, strict=True) for group in groups_of(text, owner=owner)]
    groups = [replace(g, search=replace(g.search, search=f"{g.search.search} {g.name}")) for g in groups if g.search]
    async with searching(database, groups) as tocsin:
        tocsin.finds(n(1), n(1), n(0), n(1), by_name="A")
        tocsin.finds(n(1), n(1), n(1), n(1), by_name="B")
        tocsin.finds(n(1), n(1), n(1), n(1), by_name="C")
        await tocsin.starts()
        await tocsin.passes(4 * EVERY + timedelta(seconds=1))
        assert tocsin.signs("C") == ["F", "f", "f", "f"], "another owner's"
        first, other = sorted((tocsin.signs("A"), tocsin.signs("B")), reverse=True)
        assert first[:2] == ["q", "q"], "due together, only one of them is told of"
        assert other[:2] == ["F", "f"]


async def test_who_is_told_can_rely_on_it_until_long_after_the_next_run(database: Path) -> None:
    daily = CONF.format(name="Daily", cron="0 6 * * *", more=above(0))
    async with searching(database, groups_of(daily)) as tocsin:
        tocsin.finds(n(1))
        await tocsin.starts()
        await tocsin.passes(timedelta(hours=4))
        ((at, alert),) = tocsin.ears.told
        assert alert.ends_at is not None
        assert alert.ends_at - at >= timedelta(days=2)
        assert alert.starts_at == at


async def test_a_search_that_takes_longer_than_its_alerts_are_valid_still_tells_them(database: Path) -> None:
    async with searching(database, groups_of(CONF.format(name="Slow", cron="* * * * *", more=above(0)))) as tocsin:
        tocsin.finds(slow(n(1), 30))
        await tocsin.starts()
        await tocsin.passes(timedelta(minutes=32))
        ((at, alert),) = tocsin.ears.told
        assert alert.ends_at is not None
        assert alert.ends_at > at
        assert [one.sign for one in tocsin.runs] == ["F"]


async def test_an_incident_opens_says_when_it_cannot_be_seen_and_resolves(database: Path) -> None:
    async with searching(database, groups_of(CONF.format(name="Errors", cron="*/5 * * * *", more=each()))) as tocsin:
        tocsin.finds(by(a=1), DOWN, by(a=1), by())
        seen = []
        await tocsin.starts()
        await tocsin.passes(timedelta(seconds=1))
        for _ in range(4):
            await tocsin.passes(EVERY)
            (incident,) = await tocsin.world.store.read(lambda tx: tx.incidents.list())
            seen.append((incident.status, incident.signal))
        triggered = IncidentStatus.TRIGGERED
        assert seen == [
            (triggered, SignalState.FIRING),
            (triggered, SignalState.UNKNOWN),
            (triggered, SignalState.FIRING),
            (IncidentStatus.RESOLVED, SignalState.CLEAR),
        ]


async def test_why_and_evidence_tell_what_the_runs_came_to(database: Path) -> None:
    async with searching(database, groups_of(CONF.format(name="Errors", cron="*/5 * * * *", more=above(5)))) as tocsin:
        tocsin.finds(n(2), DOWN, n(7), n(6))
        await tocsin.starts()
        await tocsin.passes(4 * EVERY + timedelta(seconds=1))
        (told,) = await why_asked.why(tocsin.world, TOCSIN, "Errors", since=timedelta(hours=1))
        assert told.searched is not None
        assert [run.count for run in told.searched.memory.runs] == [6, 7, None, 2]
        assert told.searched.memory.runs[0].why == "6 results, which is greater than 5"
        assert told.searched.memory.runs[2].why == "connection refused"
        assert told.searched.next_at == tocsin.runs[-1].slot + EVERY
        assert told.now.error == "", "a saved search is asked when it is due, and then only"
        assert "splunk.example.com" in told.searched.memory.runs[0].link
        (incident,) = await tocsin.world.store.read(lambda tx: tx.incidents.list())
        wanted = Errand(
            kind=ErrandKind.EVIDENCE_WANTED, dedup_key="e", due_at=tocsin.world.clock.now(),
            payload={"incident": incident.id, "reason": "opened"},
        )  # fmt: skip
        await evidence_wanted.evidence_due(tocsin.world, TOCSIN, wanted)
        (evidence,) = (await looked_up.case(tocsin.world, TOCSIN, incident.id)).evidence
        assert evidence.unavailable == ""
        assert evidence.query == "index=shop error"
        assert "7" in evidence.summary
        assert evidence.value["threshold"] == "5.0"
        assert evidence.link.startswith("https://splunk.example.com")


async def test_evidence_of_a_search_that_saw_nothing_says_so(database: Path) -> None:
    async with searching(database, groups_of(CONF.format(name="Errors", cron="*/5 * * * *", more=above(5)))) as tocsin:
        tocsin.finds(lacking(n(7)))
        await tocsin.starts()
        await tocsin.passes(EVERY + timedelta(seconds=1))
        (incident,) = await tocsin.world.store.read(lambda tx: tx.incidents.list())
        wanted = Errand(
            kind=ErrandKind.EVIDENCE_WANTED, dedup_key="e", due_at=tocsin.world.clock.now(),
            payload={"incident": incident.id, "reason": "opened"},
        )  # fmt: skip
        await evidence_wanted.evidence_due(tocsin.world, TOCSIN, wanted)
        (evidence,) = (await looked_up.case(tocsin.world, TOCSIN, incident.id)).evidence
        assert "7 results, which is greater than 5" in evidence.unavailable


def test_every_line_names_a_fact_or_is_assumed_and_the_readme_says_so() -> None:
    assumed = {
        line.fact.removeprefix("assumed: ") for line in (*TABLE, *SCHEDULES) if line.fact.startswith("assumed: ")
    }
    text = " ".join(README.read_text().split())
    assert [fact for fact in assumed if fact not in text] == []
    assert [
        line.name for line in (*TABLE, *SCHEDULES) if not line.fact.startswith(("assumed: ", "1 ", "2 ", "3 ", "4 "))
    ] == []
    assert [name for name, times in Counter(line.name for line in TABLE).items() if times > 1] == []
