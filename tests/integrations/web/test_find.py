"""Incidents found on the page: by the words of their story, narrowed, and page by page."""

import re
from dataclasses import replace
from datetime import timedelta

from bot.model.ids import IncidentId
from bot.model.incident import IncidentStatus, Severity
from bot.ports.store import Tx
from bot.web.incident_list import PAGE
from tests.contracts.store_nouns import entry, incident
from tests.integrations.web.house import House


async def many(house: House, count: int, **fields: object) -> None:
    """So many more incidents, opened one minute after the other."""
    await house.store.write(
        lambda tx: [tx.incidents.put(incident(number, **fields)) for number in range(100, 100 + count)]
    )


def listed(page: str) -> list[str]:
    """The incidents that a page links to as rows."""
    return re.findall(r'class="row" href="/incidents/(INC-\d+)"', page)


async def test_what_was_found_is_shown_with_where_it_stands(house: House) -> None:
    async with house.browser("vera") as browser:
        page = (await browser.get("/incidents", params={"q": "orders cart"})).text
        home = (await browser.get("/")).text
    assert listed(page) == ["INC-1"]
    assert "<mark>orders</mark>" in page
    assert re.search(r'<p class="passage"><a href="/incidents/INC-1#entry-\d+">', page)
    assert 'value="orders cart"' in page
    assert 'action="/incidents" class="find"' in home


async def test_a_search_that_cannot_be_made_says_how_to_make_it(house: House) -> None:
    async with house.browser("vera") as browser:
        page = (await browser.get("/incidents", params={"q": "-cart"})).text
        none = (await browser.get("/incidents", params={"q": "nowhere at all"})).text
    assert "no word to look for" in page
    assert "words in a row" in page
    assert "No incident is like that." in none


async def test_text_that_means_harm_is_only_text(house: House) -> None:
    harm = "<script>alert(1)</script> needle"

    def work(tx: Tx) -> None:
        tx.incidents.put(incident(7, title=harm, service='"><b>'))
        tx.incidents.tell(entry("INC-7", harm))

    await house.store.write(work)
    async with house.browser("vera") as browser:
        page = (await browser.get("/incidents", params={"q": 'needle "><script>alert(1)', "team": '"><i>'})).text
        found = (await browser.get("/incidents", params={"q": "needle script"})).text
    assert listed(found) == ["INC-7"]
    assert "&lt;<mark>script</mark>&gt;" in found
    for text in (page, found):
        assert "<script>alert" not in text
        assert "<b>" not in text
        assert "<i>" not in text


async def test_a_long_list_comes_page_by_page(house: House) -> None:
    await many(house, PAGE + 3, status=IncidentStatus.CLOSED, team="web")
    seen = list[str]()
    async with house.browser("vera") as browser:
        address = "/incidents?status=over&team=web"
        while address:
            page = (await browser.get(address)).text
            seen += listed(page)
            more = re.search(r'href="([^"]+)" rel="next"', page)
            address = more[1].replace("&amp;", "&") if more else ""
    assert seen == [f"INC-{number}" for number in range(102 + PAGE, 99, -1)]


async def test_the_entrance_shows_the_gravest_however_many_are_open(house: House) -> None:
    grave = replace(incident(99, severity=Severity.SEV1), id=IncidentId("INC-99"))
    old = replace(grave, opened_at=grave.opened_at - timedelta(days=300))
    await house.store.write(lambda tx: tx.incidents.put(old))
    await many(house, 130, severity=Severity.SEV4)
    async with house.browser("vera") as browser:
        page = (await browser.get("/")).text
    assert "132 open incidents" in page
    assert 'href="/incidents?status=open">All 132 that are open' in page
    assert listed(page)[0] == "INC-99"
    assert "INC-1" in listed(page)
    assert "(132) Incidents" in page


async def test_a_note_is_said_better_on_the_page_and_struck_out(house: House) -> None:
    async with house.browser("ann") as ann, house.browser("vera") as vera:
        csrf = await house.csrf(ann)
        await ann.post("/incidents/INC-1/notes", data={"text": "it was the <cache>", **csrf})
        page = (await ann.get("/incidents/INC-1")).text
        place = re.search(r'action="(/incidents/INC-1/timeline/\d+)/amend"', page)[1]
        sent = await ann.post(f"{place}/amend", data={"text": "it was the disk", "reason": "seen in df", **csrf})
        changed = (await vera.get("/incidents/INC-1")).text
        stale = await ann.post(f"{place}/strike", data={"reason": "rubbish", **csrf})
        latest = re.search(r'action="(/incidents/INC-1/timeline/\d+)/amend"', (await ann.get("/incidents/INC-1")).text)[
            1
        ]
        again = await ann.post(f"{latest}/amend", data={"text": "it was the wire", **csrf})
        old = await ann.post(f"{latest}/strike", data={"reason": "rubbish", **csrf})
        refused = await vera.post(f"{place}/strike", data=await house.csrf(vera))
    assert sent.headers["location"].startswith("/incidents/INC-1#entry-")
    assert '<p class="what">it was the disk</p>' in changed
    assert "<del>it was the &lt;cache&gt;</del>" in changed
    assert "Changed by ann" in changed
    assert "/timeline/" not in changed, "whoever only looks gets no form"
    assert stale.status_code == 303
    assert (again.status_code, old.status_code, refused.status_code) == (303, 409, 403)
