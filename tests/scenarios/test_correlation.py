"""Groups of alerts that have to do with each other are one incident, which says why; what is kept apart never meets."""

from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from bot.alerts.groups import INCIDENT
from bot.model.actor import TOCSIN
from bot.model.incident import Incident, IncidentStatus, Severity
from bot.model.matchers import parse_matcher
from bot.model.practice import Correlation, CustomField
from bot.model.route import Route
from bot.model.service import Service
from bot.ports.actions import Occasion
from bot.response import incident_declared, looked_up, own, run_wanted
from bot.runbooks.spec import read_runbook
from tests.scenarios.alerting import ANN, Alerting, alerting

SECONDS = timedelta(seconds=10)
ROUTE = Route(receiver="sre", group_by=("alertname", "cluster"), group_interval=SECONDS)
CATALOGUE = {
    one.name: one
    for one in (
        Service(name="cart", owner="shop", dependencies=("payments",)),
        Service(name="payments", owner="money", matchers=(parse_matcher('namespace="pay"'),)),
        Service(name="search", owner="find"),
    )
}
BY_SERVICE = Correlation(hops=1, apart=("cluster",))


def scene(database: Path, rules: Correlation) -> AbstractAsyncContextManager[Alerting]:
    return alerting(database, ROUTE, services=CATALOGUE, correlation=rules)


async def story(tocsin: Alerting, incident: Incident) -> list[tuple[str, str]]:
    case = await looked_up.case(tocsin.world, ANN, incident.id)
    return [(entry.text, entry.why) for entry in case.timeline]


async def test_services_that_depend_on_each_other_are_one_incident_that_says_why(database: Path) -> None:
    async with scene(database, BY_SERVICE) as tocsin:
        await tocsin.fires("CartErrors", service="cart", cluster="eu", severity="warning")
        await tocsin.passes("2m")
        await tocsin.fires("LedgerSlow", namespace="pay", cluster="eu")
        await tocsin.fires("SearchSlow", service="search", cluster="eu")
        await tocsin.passes("5s")
        cart, search = await tocsin.incidents()
        assert (cart.service, cart.team, len(cart.firing), cart.severity) == ("cart", "shop", 2, Severity.SEV2)
        assert (search.service, search.team) == ("search", "find")
        told = await story(tocsin, cart)
        _, before = await tocsin.why("LedgerSlow")
    joined = 'alert group {}:{alertname="LedgerSlow", cluster="eu"} joins'
    reason = 'cart depends on payments, and it began 2m from group {}:{alertname="CartErrors", cluster="eu"}'
    assert (joined, reason) in told
    assert ("severity rises from SEV3 to SEV2", "an alert of it says so") in told
    assert any(one.text == f"joins {cart.id}: {reason}" for one in before)


async def test_what_is_kept_apart_never_meets(database: Path) -> None:
    both = Correlation(keys=("region",), hops=5, apart=("cluster",))
    async with scene(database, both) as tocsin:
        for cluster in ("eu", "us", ""):
            await tocsin.fires("CartErrors", service="cart", region="west", cluster=cluster)
            await tocsin.fires("LedgerSlow", namespace="pay", region="west", cluster=cluster)
            await tocsin.passes("20s")
        found = await tocsin.incidents()
    assert [len(one.firing) for one in found] == [2, 2, 2]


async def test_what_is_not_grouped_by_a_label_that_is_kept_apart_stays_alone(database: Path) -> None:
    apart = Correlation(keys=("region",), hops=5, apart=("zone",))
    async with scene(database, apart) as tocsin:
        await tocsin.fires("CartErrors", service="cart", region="west", zone="a")
        await tocsin.fires("CartSlow", service="cart", region="west", zone="a")
        await tocsin.passes("20s")
        assert len(await tocsin.incidents()) == 2


async def test_labels_in_common_and_time_decide_where_services_do_not_count(database: Path) -> None:
    async with scene(database, Correlation(keys=("region", "cluster"))) as tocsin:
        await tocsin.fires("CartErrors", service="cart", region="west", cluster="eu")
        await tocsin.passes("9m")
        await tocsin.fires("SearchSlow", service="search", region="west", cluster="eu")
        await tocsin.passes("9m")
        await tocsin.fires("Third", region="west", cluster="eu")
        await tocsin.fires("Fourth", service="cart", region="east", cluster="eu")
        await tocsin.passes("5m")
        await tocsin.fires("Fifth", region="east", cluster="eu")
        await tocsin.passes("15m")
        await tocsin.fires("Sixth", region="west", cluster="eu")
        await tocsin.passes("20s")
        found = await tocsin.incidents()
    assert [len(one.firing) for one in found] == [3, 2, 1]


async def test_without_correlation_each_group_is_an_incident(database: Path) -> None:
    async with scene(database, Correlation()) as tocsin:
        await tocsin.fires("CartErrors", service="cart", cluster="eu")
        await tocsin.fires("CartSlow", service="cart", cluster="eu")
        await tocsin.passes("20s")
        assert len(await tocsin.incidents()) == 2


async def test_it_is_over_with_the_last_alert_of_all_its_groups_and_each_of_them_goes_back_to_it(
    database: Path,
) -> None:
    async with scene(database, BY_SERVICE) as tocsin:
        for name in ("CartErrors", "CartSlow"):
            await tocsin.fires(name, service="cart", cluster="eu")
            await tocsin.passes("20s")
        await tocsin.ends("CartSlow", service="cart", cluster="eu")
        await tocsin.passes("20s")
        [half] = await tocsin.incidents()
        assert (half.status, len(half.firing)) == (IncidentStatus.TRIGGERED, 1)
        await tocsin.fires("CartSlow", service="cart", cluster="eu")
        await tocsin.passes("20s")
        [whole] = await tocsin.incidents()
        assert len(whole.firing) == 2, "it has it again"
        for name in ("CartErrors", "CartSlow"):
            await tocsin.ends(name, service="cart", cluster="eu")
        await tocsin.passes("20s")
        [over] = await tocsin.incidents()
        assert over.status is IncidentStatus.RESOLVED
        await tocsin.fires("CartSlow", service="cart", cluster="eu")
        await tocsin.passes("20s")
        [again] = await tocsin.incidents()
    assert (again.status, len(again.firing), again.reopened) == (IncidentStatus.TRIGGERED, 1, 1)


async def test_what_a_group_that_joined_was_told_is_forgotten_with_the_end_of_its_alert(database: Path) -> None:
    over = ("CartErrors", "CartSlow")  # two, so that it does not matter which group the store names first
    async with scene(database, BY_SERVICE) as tocsin:
        for name in ("CartDown", *over):
            await tocsin.fires(name, service="cart", cluster="eu")
            await tocsin.passes("20s")
        for name in over:
            await tocsin.ends(name, service="cart", cluster="eu")
        await tocsin.passes("3s")
        [fewer] = await tocsin.incidents()
        told = await tocsin.world.store.read(lambda tx: tx.tellings.of_incident(fewer.id, INCIDENT))
        await tocsin.dies()
        await tocsin.passes("1m")
        await tocsin.starts()
        for name in over:
            await tocsin.fires(name, service="cart", cluster="eu")
        await tocsin.passes("20s")
        [again] = await tocsin.incidents()
    assert {one for each in told for one in each.firing} == set(fewer.firing)
    assert (len(fewer.firing), len(again.firing)) == (1, 3)


RUNBOOK = """\
runbook: look
title: Look at the cart
triggers: [{match: {service: cart}}]
steps: [{id: a, uses: prometheus.query, with: {expr: up}}]
"""
OF_SERVICE = RUNBOOK.replace("look\n", "own\n").replace("triggers: [{match: {service: cart}}]\n", "")


async def test_a_group_that_joins_is_looked_into_and_brings_what_was_not_offered_yet(database: Path) -> None:
    runbooks = {one.name: one for one in (read_runbook(RUNBOOK, "a.yaml"), read_runbook(OF_SERVICE, "b.yaml"))}
    search = replace(CATALOGUE["search"], dependencies=("cart",), runbooks=("own",))
    async with scene(database, BY_SERVICE) as tocsin:
        setup = replace(tocsin.world.setup, runbooks=runbooks, services={**CATALOGUE, "search": search})
        tocsin.world.setup = setup
        await tocsin.fires("SearchSlow", service="search", cluster="eu")
        for name in ("CartErrors", "CartSlow"):
            await tocsin.passes("20s")
            await tocsin.fires(name, service="cart", cluster="eu")
        await tocsin.passes("20s")
        [incident] = await tocsin.incidents()
        told = [text for text, _ in await story(tocsin, incident)]
    assert [text for text in told if text.startswith("runbook")] == [
        "runbook own fits: Look at the cart",
        "runbook look fits: Look at the cart",
    ]


async def test_a_group_that_joined_has_its_incident_after_a_restart_too(database: Path) -> None:
    async with scene(database, BY_SERVICE) as tocsin:
        await tocsin.fires("CartErrors", service="cart", cluster="eu")
        await tocsin.fires("CartSlow", service="cart", cluster="eu")
        await tocsin.passes("20s")
        await tocsin.dies()
        await tocsin.starts()
        await tocsin.fires("CartSlow", service="cart", cluster="eu", pod="b")
        await tocsin.passes("20s")
        [found] = await tocsin.incidents()
    assert len(found.firing) == 3


async def test_alerts_join_what_a_person_declared_of_their_service_or_a_near_one(database: Path) -> None:
    async with scene(database, Correlation(hops=1)) as tocsin:
        mine = await incident_declared.declare(
            tocsin.world, ANN, title="nobody can pay", severity=Severity.SEV3, service="payments"
        )
        await tocsin.passes("2m")
        await tocsin.fires("CartErrors", service="cart", cluster="eu")
        await tocsin.fires("SearchSlow", service="search", cluster="eu")
        await tocsin.passes("10s")
        first, other = await tocsin.incidents()
        told = await story(tocsin, first)
        await tocsin.ends("CartErrors", service="cart", cluster="eu")
        await tocsin.passes("10s")
        over, _ = await tocsin.incidents()
    assert (first.id, len(first.firing), first.severity, other.service) == (mine.id, 1, Severity.SEV2, "search")
    why = "cart depends on payments, and it began 2m from when INC-1 was declared"
    assert ('alert group {}:{alertname="CartErrors", cluster="eu"} joins', why) in told
    assert (over.is_open, over.firing) == (True, ()), "a person says when it is over"


async def test_what_a_person_declared_is_compared_by_its_fields_and_kept_apart_by_them(database: Path) -> None:
    rules = Correlation(keys=("region",), apart=("cluster",))
    fields = {name: CustomField(name=name) for name in ("region", "cluster")}
    async with scene(database, rules) as tocsin:
        tocsin.world.setup = replace(tocsin.world.setup, custom_fields=fields)
        for said in ({"region": "west", "cluster": "eu"}, {"region": "west"}):
            await incident_declared.declare(tocsin.world, ANN, title="it burns", severity=Severity.SEV3, fields=said)
        for cluster in ("eu", "us"):
            await tocsin.fires("CartErrors", region="west", cluster=cluster)
        await tocsin.passes("10s")
        found = await tocsin.incidents()
    assert [len(one.firing) for one in found] == [1, 0, 1], "without a cluster nobody knows what is to be kept apart"


def by_name(name: str, alertname: str, more: str = "") -> str:
    """A runbook that an alert of this name begins."""
    begins = f"triggers: [{{match: {{alertname: {alertname}}}, auto: read}}]\n{more}"
    return f"runbook: {name}\ntitle: Look\n{begins}steps: [{{id: a, uses: prometheus.query, with: {{expr: up}}}}]\n"


async def test_every_alert_of_a_group_begins_what_fits_it_and_once(database: Path) -> None:
    """Whichever came first, with it or later, and also when the incident is reopened."""
    needs = "inputs: {pod: {from: alert.labels.pod}}\n"
    texts = (by_name("slow", "Slow"), by_name("down", "Down"), by_name("needy", "Full", needs))
    runbooks = {one.name: one for one in (read_runbook(text, "a.yaml") for text in texts)}
    route = replace(ROUTE, group_by=("service",), group_wait=SECONDS)
    async with alerting(database, route, correlation=Correlation()) as tocsin:
        tocsin.world.setup = replace(tocsin.world.setup, runbooks=runbooks)
        for name in ("Errors", "Slow"):
            await tocsin.fires(name, service="cart")
        await tocsin.passes("20s")
        assert [run.runbook.name for run in await tocsin.world.store.read(lambda tx: tx.runs.list())] == ["slow"]
        for name in ("Down", "Slow", "Full"):
            await tocsin.passes("20s")
            await tocsin.fires(name, service="cart", zone="b")
        await tocsin.passes("20s")
        await tocsin.fires("Full", service="cart", zone="c")
        await tocsin.passes("20s")
        await tocsin.fires("Full", service="cart", pod="a")
        await tocsin.passes("20s")
        await tocsin.resolves()
        await tocsin.fires("Down", service="cart", zone="d")
        await tocsin.passes("20s")
        [incident] = await tocsin.incidents()
        told = await story(tocsin, incident)
        runs = await tocsin.world.store.read(lambda tx: tx.runs.list(incident=incident.id))
    assert sorted(run.runbook.name for run in runs) == ["down", "needy", "slow"]
    assert [text for text, _ in told if "did not start" in text] == ["runbook needy fits, but did not start"]
    assert {run.inputs["pod"] for run in runs if run.inputs} == {"a"}


async def test_a_run_of_an_incident_is_for_the_alert_that_its_runbook_fits(database: Path) -> None:
    """And not for whichever came first: that may be about another host, and over by now."""
    needs = "inputs: {pod: {from: alert.labels.pod}}\n"
    texts = (by_name("down", "Down", needs), by_name("full", "Full", needs).replace(", auto: read", ""))
    plain = by_name("plain", "None", needs)
    runbooks = {one.name: one for one in (read_runbook(text, "a.yaml") for text in (*texts, plain))}
    route = replace(ROUTE, group_by=("service",), group_wait=SECONDS)
    async with alerting(database, route) as tocsin:
        tocsin.world.setup = replace(tocsin.world.setup, runbooks=runbooks)
        await tocsin.fires("Down", service="cart", pod="a")
        await tocsin.fires("Full", service="cart", pod="b")
        await tocsin.fires("Full", service="cart", pod="c")
        await tocsin.passes("20s")
        for name, pod in (("Down", "a"), ("Full", "b")):
            await tocsin.ends(name, service="cart", pod=pod)
        await tocsin.passes("20s")
        [incident] = await tocsin.incidents()
        begun = {}
        for name in runbooks:
            run = await run_wanted.start(tocsin.world, ANN, name, incident_id=incident.id)
            begun[name] = (run.inputs["pod"], run.signal_labels["alertname"])
        running = own.offered(tocsin.world, TOCSIN)["runbook.run"][own.NAME]
        below = Occasion(run=run.id, step="act", incident=incident.id)
        plan = await running.plan(running.spec.params.model_validate({"runbook": "down"}), below)
        rehearsed = await running.plan(
            running.spec.params.model_validate({"runbook": "down"}), replace(below, run=None)
        )
    assert begun == {"down": ("a", "Down"), "full": ("c", "Full"), "plain": ("c", "Full")}
    assert (plan.summary, rehearsed.summary) == ("run down with pod=c", "run down with pod=a")
