"""Pages as a browser without JavaScript reads them, over a real store."""

import re
from dataclasses import replace

from bot.model.evidence import Attachment, EvidenceKind
from bot.model.ids import EvidenceId
from bot.model.run import OutputChunk
from tests.integrations.web import scene
from tests.integrations.web.house import PIXEL, House


async def test_the_list_shows_what_is_open_first_and_what_else_needs_somebody(house: House) -> None:
    async with house.browser("ann") as browser:
        page = (await browser.get("/")).text
    assert "1 open incident" in page
    assert page.index("More than 5 % of orders fail in cart") < page.index("Checkout is slow for customers in Norway")
    assert "Tocsin cannot see prom-eu" in page
    assert "Roll cart back from 2.14.0 to 2.13.4?" in page


async def test_an_incident_shows_who_what_why_and_when_in_the_readers_zone(house: House) -> None:
    async with house.browser("ann") as browser:
        page = (await browser.get("/incidents/INC-1")).text
    assert (
        '<time datetime="2026-11-20T13:31:40Z" title="2026-11-20 13:31:40 UTC" data-said="at">14:31:40</time>' in page
    )
    assert "acknowledged by ann" in page
    assert "ann on the page" in page
    assert "23 % of the orders of cart fail" in page
    assert "4 min 12 s" in page


async def test_an_approval_shows_exactly_what_would_be_done_and_binds_the_answer_to_it(house: House) -> None:
    async with house.browser("ann") as browser:
        page = (await browser.get("/incidents/INC-1")).text
    for word in ("/opt/shop/release", "rollback", "--service=cart", "--to", "2.13.4"):
        assert f'<code class="word">{word}</code>' in page
    assert "cart-1.shop.example" in page
    assert "changes something" in page
    assert "+release: 2.13.4" in page
    assert "/opt/shop/release forward --service=cart --to 2.14.0" in page
    assert "25 min left" in page
    assert "(ann, ben)" in page
    assert f'name="plan_hash" value="{scene.PLAN.hash}"' in page
    assert f">{scene.PLAN.hash[:12]}<" in page


async def test_who_cannot_answer_is_told_why_and_gets_no_buttons(house: House) -> None:
    async with house.browser("rudi") as browser:
        page = (await browser.get("/incidents/INC-1")).text
    assert "You cannot answer" in page
    assert 'value="approve"' not in page


async def test_evidence_shows_its_chart_in_words_too_and_gives_its_data(house: House) -> None:
    async with house.browser("vera") as browser:
        page = (await browser.get("/incidents/INC-1")).text
        assert 'alt="The share of failed orders rises' in page
        picture = await browser.get("/evidence/EV-1/signal.png")
        data = await browser.get("/evidence/EV-1/signal.csv")
        again = await browser.get("/evidence/EV-1/signal.png", headers={"if-none-match": picture.headers["etag"]})
    assert picture.content == PIXEL
    assert picture.headers["content-type"] == "image/png"
    assert data.headers["content-disposition"] == 'attachment; filename="signal.csv"'
    assert again.status_code == 304


async def test_an_image_that_somebody_showed_is_shown_and_can_do_nothing(house: House) -> None:
    name = '"><script>alert(1)</script>.jpg'
    file = Attachment.of("picture.jpg", "image/jpeg", b"\xff\xd8\xff<script>alert(1)</script>")
    told = {"question": "What ann showed", "alt_text": name, "summary": name, "attachment_names": (file.name,)}
    shown = replace(
        scene.evidence(PIXEL), id=EvidenceId("EV-9"), kind=EvidenceKind.PICTURE, attachments=(file,), **told
    )
    await house.world.store.write(lambda tx: tx.evidence.put(shown))
    async with house.browser("vera") as browser:
        page = (await browser.get("/incidents/INC-1")).text
        picture = await browser.get("/evidence/EV-9/picture.jpg")
    assert '<img src="/evidence/EV-9/picture.jpg" alt="&#34;&gt;&lt;script&gt;' in page
    assert "<script>alert" not in page
    assert picture.headers["content-type"] == "image/jpeg"
    assert picture.headers["content-disposition"] == 'inline; filename="picture.jpg"'
    assert picture.headers["x-content-type-options"] == "nosniff"


async def test_a_run_shows_where_each_step_stands(house: House) -> None:
    async with house.browser("ann") as browser:
        page = (await browser.get("/runs/RUN-1")).text
    states = re.findall(r'<span class="state">(\w+)</span>', page)
    assert states == ["succeeded", "succeeded", "asking", "waiting"]
    assert "2.14.0  cart  2026-11-20 13:29  dora" in page


async def test_a_run_shows_what_a_step_prints_while_it_runs(house: House) -> None:
    said = "<script>alert(1)</script>\n50 %\n"
    chunk = OutputChunk(run=scene.RUN, step="recovered", attempt=1, at=scene.NOW, text=said)
    async with house.browser("vera") as browser:
        assert "What it prints now" not in (await browser.get("/runs/RUN-1")).text
        await house.store.write(lambda tx: tx.outputs.append([chunk]))
        page = (await browser.get("/runs/RUN-1")).text
    assert (
        '<pre tabindex="0" aria-label="What it prints now">&lt;script&gt;alert(1)&lt;/script&gt;\n50 %\n</pre>' in page
    )


async def test_unknown_is_a_state_of_its_own_with_since_when(house: House) -> None:
    async with house.browser("ann") as browser:
        page = (await browser.get("/rules")).text
    assert '<span class="rule is-unknown">unknown</span>' in page
    assert 'title="2026-11-20 13:21:40 UTC"' in page
    assert "connection refused by 10.4.0.12:9090" in page
    assert page.index("DiskAlmostFull") < page.index("OrdersFail")


async def test_a_report_is_a_document_without_scripts_or_origin(house: House) -> None:
    async with house.browser("ann") as browser:
        html = await browser.get("/incidents/INC-1/report.html")
        text = await browser.get("/incidents/INC-1/report.md")
        other = await browser.get("/incidents/INC-1/report.pdf")
    assert html.status_code == text.status_code == 200
    assert "sandbox" in html.headers["content-security-policy"]
    assert "script-src" not in html.headers["content-security-policy"]
    assert text.headers["content-disposition"] == 'attachment; filename="INC-1.md"'
    assert other.status_code == 404


async def test_what_is_not_there_is_said_on_a_page_with_what_to_do(house: House) -> None:
    async with house.browser("ann") as browser:
        missing = await browser.get("/incidents/INC-99")
        nowhere = await browser.get("/nowhere")
    assert missing.status_code == nowhere.status_code == 404
    assert "<code>tocsin incident list</code>" in missing.text
    assert "INC-99" in missing.text
