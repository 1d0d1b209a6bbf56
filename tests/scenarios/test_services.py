"""What an incident takes from the service catalogue: whose it is, and what it took of what was promised."""

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from bot.documents import format_duration
from bot.model.evidence import EvidenceKind
from bot.model.incident import IncidentStatus
from bot.model.labels import LabelSet
from bot.model.service import Service, Slo
from tests.scenarios.tocsin import living

GOOD, TOTAL = "sum(increase(good[$window]))", "sum(increase(all[$window]))"
SLO = Slo(name="availability", objective=0.99, good=GOOD, total=TOTAL, source="prom", counted=True)
CART = Service(name="cart", owner="shop", slos=(SLO,))


async def test_an_incident_is_its_services_and_measured_once_it_is_over(database: Path) -> None:
    async with living(database) as tocsin:
        tocsin.world.setup = replace(tocsin.world.setup, services={"cart": CART})
        for seconds in range(60, 3600):
            length = format_duration(timedelta(seconds=seconds))
            tocsin.prom.shows(GOOD.replace("$window", length), {LabelSet(): 990})
            tocsin.prom.shows(TOTAL.replace("$window", length), {LabelSet(): 1000})
        tocsin.prom.shows(TOTAL.replace("$window", "30d"), {LabelSet(): 20_000})
        tocsin.fails()
        case = await tocsin.until(lambda case: case.incident.firing)
        assert (case.incident.service, case.incident.team) == ("cart", "shop")
        await tocsin.passes("5m")
        tocsin.recovers()
        await tocsin.passes("2m")
        case = await tocsin.case()
    assert case.incident.status is IncidentStatus.RESOLVED
    [found] = [one for one in case.evidence if one.kind is EvidenceKind.IMPACT]
    assert "10 of 1,000 events were bad (1 %)" in found.summary
    assert found.summary.endswith("; that is 5 % of the error budget of 99 % over 30 d")
    assert found.value["bad"] == 10
    [signal, *_] = [one for one in case.evidence if one.kind is EvidenceKind.SIGNAL and one.value["spells"]]
    went_bad = datetime.fromisoformat(signal.value["spells"][0][0])
    assert found.window.start == went_bad < case.incident.opened_at
    assert found.link
    told = [entry for entry in case.timeline if found.id in entry.evidence]
    assert [entry.why for entry in told] == ["taken after every alert was over"]
