"""What a run says became of the signal: however it ends, whoever acted, and only what was seen."""

from datetime import timedelta
from pathlib import Path

from bot.alerts.wire import Received
from bot.model.actor import Actor, ActorKind
from bot.model.alert import Alert
from bot.model.automation import RunbookRecord
from bot.model.labels import LabelSet
from bot.model.run import RunStatus, RunVerdict
from bot.response import alerts_taken
from bot.runbooks.autonomy import doing
from bot.testing.searches import FakeSearchSource
from tests.scenarios.runbooks import MEND, with_keys
from tests.scenarios.tocsin import Tocsin, ended, ending, living

LOOK = MEND[: MEND.index("  - id: mend\n")]
WATCHING = LOOK.replace("steps:\n", "watch: 12m\nsteps:\n")
UNSEEN = 'verify: {expr: "errors == 0", within: 1m}'
LOOKED = "verify: {uses: host.run, with: {argv: [look, pods]}}"
SENDER = Actor(kind=ActorKind.SOURCE, name="others", via="api")


def verdicts(said: list[str]) -> list[str]:
    return [text for text in said if text.startswith("verdict of ")]


async def kept_of(tocsin: Tocsin) -> RunbookRecord:
    does = doing(tocsin.world.setup.runbooks["mend"])
    return await tocsin.world.store.read(lambda tx: tx.automation.record("mend", "", does))


async def mended(tocsin: Tocsin) -> None:
    await tocsin.asked()
    await tocsin.answers()


async def test_what_people_do_after_a_look_is_watched(database: Path) -> None:
    async with living(database, [WATCHING]) as tocsin:
        tocsin.fails()
        await tocsin.until(lambda case: case.runs and case.runs[0][0].status is RunStatus.WAITING)
        await tocsin.passes("5m")
        tocsin.recovers()
        case = await tocsin.until(ended)
    assert (case.runs[0][0].status, case.runs[0][0].verdict) == (RunStatus.SUCCEEDED, RunVerdict.RECOVERED)
    (verdict,) = verdicts(tocsin.said(case))
    assert verdict.startswith("verdict of RUN-1: recovered, 5m")
    assert verdict.endswith(" after its last look")


async def test_where_nobody_does_anything_that_is_said_too_and_is_no_failure_of_the_runbook(database: Path) -> None:
    async with living(database, [WATCHING]) as tocsin:
        tocsin.fails()
        case = await tocsin.until(ended, within="13m")
        record = await kept_of(tocsin)
    assert (case.runs[0][0].status, case.runs[0][0].verdict) == (RunStatus.SUCCEEDED, RunVerdict.NOT_RECOVERED)
    assert ending(case) == "every step is done, and changed nothing; the original signal has not recovered"
    assert (record.not_recovered, record.in_a_row) == (1, 0)


async def test_what_people_did_earns_a_runbook_nothing(database: Path) -> None:
    async with living(database, [WATCHING]) as tocsin:
        tocsin.fails()
        await tocsin.until(lambda case: case.runs and case.runs[0][0].status is RunStatus.WAITING)
        tocsin.recovers()
        await tocsin.until(ended)
        record = await kept_of(tocsin)
    assert (record.recovered, record.in_a_row) == (1, 0)


async def test_a_source_that_is_gone_while_it_is_watched_recovers_nothing(database: Path) -> None:
    async with living(database, [WATCHING]) as tocsin:
        tocsin.fails()
        await tocsin.until(lambda case: case.runs and case.runs[0][0].status is RunStatus.WAITING)
        tocsin.goes_blind()
        case = await tocsin.until(ended, within="13m")
    assert case.runs[0][0].verdict is RunVerdict.NOT_SEEN


async def test_who_only_looks_and_watches_nothing_has_no_verdict(database: Path) -> None:
    async with living(database, [LOOK]) as tocsin:
        tocsin.fails()
        case = await tocsin.until(ended)
    assert case.runs[0][0].verdict is RunVerdict.NONE
    assert not verdicts(tocsin.said(case))


async def test_a_run_that_fails_after_its_change_says_what_became_of_the_signal(database: Path) -> None:
    async with living(database, [with_keys(MEND, "mend", UNSEEN)]) as tocsin:
        tocsin.fails()
        await mended(tocsin)
        case = await tocsin.until(ended)
    assert (case.runs[0][0].status, case.runs[0][0].verdict) == (RunStatus.FAILED, RunVerdict.NOT_RECOVERED)
    assert "step mend.verify" in ending(case)


async def test_what_it_did_not_see_itself_has_not_recovered_even_where_the_series_is_gone(database: Path) -> None:
    async with living(database, [with_keys(MEND, "mend", UNSEEN)]) as tocsin:
        tocsin.hosts.effect = tocsin.shares.clear  # as the series of a pod that was deleted
        tocsin.fails()
        await mended(tocsin)
        case = await tocsin.until(ended)
    assert case.runs[0][0].verdict is RunVerdict.NOT_RECOVERED
    told = next(entry for entry in case.timeline if entry.text.startswith("verdict of "))
    assert told.why == "approved by ann; step mend.verify did not see that it helped"


async def test_nobody_agreed_and_nothing_changed_so_that_there_is_nothing_to_judge(database: Path) -> None:
    async with living(database, [MEND]) as tocsin:
        tocsin.fails()
        await tocsin.asked()
        await tocsin.answers(approve=False)
        case = await tocsin.until(ended)
    assert case.runs[0][0].verdict is RunVerdict.NONE


async def test_a_signal_whose_series_is_gone_has_not_recovered(database: Path) -> None:
    async with living(database, [MEND]) as tocsin:
        tocsin.hosts.effect = tocsin.shares.clear  # as those of a target that does not come back
        tocsin.fails()
        await mended(tocsin)
        case = await tocsin.until(ended, within="7m")
        record = await kept_of(tocsin)
    assert (case.runs[0][0].status, case.runs[0][0].verdict) == (RunStatus.FAILED, RunVerdict.NOT_SEEN)
    assert (record.recovered, record.not_seen) == (0, 1)
    told = next(entry for entry in case.timeline if entry.text.endswith("could not be seen"))
    assert told.why == "prom tells nothing more of what it was about: {'service': 'cart'}"


async def test_a_series_that_comes_back_well_has_recovered(database: Path) -> None:
    async with living(database, [MEND]) as tocsin:
        tocsin.hosts.effect = tocsin.shares.clear
        tocsin.fails()
        await mended(tocsin)
        await tocsin.passes("61s")  # between two looks: the one at 60 s has seen nothing
        tocsin.recovers()  # the host has booted
        case = await tocsin.until(ended)
    assert case.runs[0][0].verdict is RunVerdict.RECOVERED
    assert verdicts(tocsin.said(case)) == ["verdict of RUN-1: recovered, 1m2s after its last change"]


async def test_what_was_wrong_is_gone_and_what_it_was_wrong_with_is_well(database: Path) -> None:
    async with living(database, [MEND]) as tocsin:
        tocsin.hosts.effect = tocsin.shares.clear  # as a counter of errors after a restart
        others = '__name__!~"up|scrape_.*|probe_.*|ALERTS.*|.*:.*"'
        tocsin.prom.shows(f'count({{{others}, service="cart"}})', {LabelSet(): 12})
        tocsin.fails()
        await mended(tocsin)
        case = await tocsin.until(ended)
    assert case.runs[0][0].verdict is RunVerdict.RECOVERED


async def test_a_series_is_gone_with_its_pod_and_the_runbook_saw_itself_that_it_helped(database: Path) -> None:
    async with living(database, [with_keys(MEND, "mend", LOOKED)]) as tocsin:
        tocsin.hosts.effect = tocsin.shares.clear
        tocsin.fails()
        await mended(tocsin)
        case = await tocsin.until(ended)
    assert (case.runs[0][0].status, case.runs[0][0].verdict) == (RunStatus.SUCCEEDED, RunVerdict.RECOVERED)
    told = next(entry for entry in case.timeline if entry.text == "the original signal has recovered")
    assert told.why.endswith("; the runbook itself saw that it helped")


async def test_where_people_act_a_series_that_is_gone_is_waited_for(database: Path) -> None:
    async with living(database, [WATCHING]) as tocsin:
        tocsin.fails()
        await tocsin.until(lambda case: case.runs and case.runs[0][0].status is RunStatus.WAITING)
        tocsin.shares.clear()
        case = await tocsin.until(ended, within="13m")
    assert (case.runs[0][0].status, case.runs[0][0].verdict) == (RunStatus.SUCCEEDED, RunVerdict.NOT_SEEN)


async def others_say(tocsin: Tocsin, *, ends_in: int | None) -> None:
    """An alert of somebody else's, which no rule of ours follows."""
    now = tocsin.clock.now()
    alert = Alert(
        labels=LabelSet({"alertname": "Fails", "service": "till"}), annotations={}, source="others",
        starts_at=now - timedelta(minutes=1), ends_at=None if ends_in is None else now + timedelta(minutes=ends_in),
    )  # fmt: skip
    await alerts_taken.take(tocsin.world, SENDER, [Received.of(alert)])


async def test_others_say_that_it_is_over(database: Path) -> None:
    async with living(database, [MEND]) as tocsin:
        await others_say(tocsin, ends_in=None)
        await mended(tocsin)
        await others_say(tocsin, ends_in=0)
        case = await tocsin.until(ended)
    assert case.runs[0][0].verdict is RunVerdict.RECOVERED


async def test_others_go_on_saying_that_it_fires(database: Path) -> None:
    async with living(database, [MEND]) as tocsin:
        await others_say(tocsin, ends_in=4)
        await mended(tocsin)
        for _ in range(6):
            await tocsin.passes("1m")
            await others_say(tocsin, ends_in=4)  # the same alert, with a later end
        case = await tocsin.until(ended)
    assert case.runs[0][0].verdict is RunVerdict.NOT_RECOVERED


async def test_who_says_nothing_more_does_not_say_that_it_is_over(database: Path) -> None:
    async with living(database, [MEND]) as tocsin:
        await others_say(tocsin, ends_in=4)  # as Prometheus does; then it dies
        await mended(tocsin)
        case = await tocsin.until(ended, within="7m")
    assert case.runs[0][0].verdict is RunVerdict.NOT_SEEN


async def test_a_saved_search_says_at_its_next_run_that_it_has_recovered(database: Path) -> None:
    async with living(database, [MEND]) as tocsin:
        tocsin.fails()
        await tocsin.asked()
        tocsin.world.searches = {"prom": FakeSearchSource("prom")}
        tocsin.hosts.effect = tocsin.recovers
        await tocsin.answers()
        case = await tocsin.until(ended)
    assert case.runs[0][0].verdict is RunVerdict.RECOVERED
    told = next(entry for entry in case.timeline if entry.text == "the original signal has recovered")
    assert told.why.endswith(" UTC does not find it any more")


async def test_a_saved_search_that_still_finds_it_has_not_recovered(database: Path) -> None:
    async with living(database, [MEND]) as tocsin:
        tocsin.world.searches = {"prom": FakeSearchSource("prom")}
        tocsin.fails()
        await mended(tocsin)
        case = await tocsin.until(ended, within="7m")
    assert case.runs[0][0].verdict is RunVerdict.NOT_RECOVERED


async def test_a_saved_search_that_fails_says_nothing(database: Path) -> None:
    async with living(database, [MEND]) as tocsin:
        tocsin.world.searches = {"prom": FakeSearchSource("prom")}
        tocsin.fails()
        await tocsin.asked()
        tocsin.goes_blind()
        await tocsin.answers()
        case = await tocsin.until(ended, within="7m")
    assert case.runs[0][0].verdict is RunVerdict.NOT_SEEN


async def test_a_saved_search_that_ran_before_the_change_says_nothing_of_it(database: Path) -> None:
    async with living(database, [MEND]) as tocsin:
        tocsin.world.searches = {"prom": FakeSearchSource("prom")}
        tocsin.fails()
        await tocsin.asked()
        tocsin.recovers()
        await tocsin.passes("20s")
        tocsin.world.sources = {}  # it does not run again
        await tocsin.answers()
        case = await tocsin.until(ended, within="7m")
    assert case.runs[0][0].verdict is RunVerdict.NOT_SEEN


async def test_what_was_over_before_anything_was_changed_earns_a_runbook_nothing(database: Path) -> None:
    async with living(database, [MEND]) as tocsin:
        tocsin.fails()
        await tocsin.asked()
        tocsin.recovers()  # by itself, while people were asked
        await tocsin.passes("1m")
        await tocsin.answers()
        case = await tocsin.until(ended)
        record = await kept_of(tocsin)
    assert (case.runs[0][0].status, case.runs[0][0].verdict) == (RunStatus.SUCCEEDED, RunVerdict.NONE)
    assert "the original signal had recovered before anything was changed" in tocsin.said(case)
    assert not verdicts(tocsin.said(case))
    assert (record.succeeded, record.recovered, record.in_a_row) == (1, 0, 0)
