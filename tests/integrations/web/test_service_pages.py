"""The page of the services, and what an incident's page takes from the catalogue."""

import re

from tests.integrations.web import catalogue
from tests.integrations.web.house import House
from tests.integrations.web.test_alert_pages import text_of


async def test_services_are_told_those_that_hurt_most_first_with_what_is_wrong_now(house: House) -> None:
    await catalogue.list_services(house.world)
    async with house.browser("vera") as browser:
        page = (await browser.get("/services")).text
    text = text_of(page)
    assert text.index("Shopping cart") < text.index("needed by cart")
    assert "cart · tier 1 · shop answers for it · pages by shop-first" in text
    assert "depends on ledger, mail" in text
    assert '<a href="#ledger">ledger</a>, mail' in page
    assert "firing promises availability: 99.9 % over 30 d" in text
    assert re.search(r"SEV2 acknowledged INC-1 More than 5 % of orders fail in cart", text)
    assert "No incident is open" in text
    assert 'href="https://git.shop.example/cart"' in page
    assert "runbook roll-back-release" in text
    assert "&lt;b&gt;" in page
    assert '<a href="/services" aria-current="page">Services</a>' in page


async def test_without_services_the_page_says_where_they_are_written(house: House) -> None:
    async with house.browser("vera") as browser:
        text = text_of((await browser.get("/services")).text)
    assert "No service is listed yet" in text
    assert "service_files:" in text


async def test_an_incident_leads_to_its_service_and_to_its_dashboards_at_the_time_of_the_incident(
    house: House,
) -> None:
    await catalogue.list_services(house.world)
    async with house.browser("vera") as browser:
        page = (await browser.get("/incidents/INC-1")).text
    assert '<a href="/services#cart">cart</a>' in page
    [link] = re.findall(r'href="(https://grafana\.shop\.example/d/cart[^"]*)"', page)
    assert re.search(r"from=1763645\d+&amp;to=17636\d+|from=\d{13}&amp;to=\d{13}", link)
