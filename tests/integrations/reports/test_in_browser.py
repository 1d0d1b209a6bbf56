"""A report as people get it: a signal asked for, charted, drawn, written down, and opened in a real browser."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, async_playwright

from bot.charts.client import ChartWorker
from bot.evidence import charts, collector, questions
from bot.model.evidence import Evidence
from bot.model.ids import EvidenceId
from bot.model.labels import LabelSet
from bot.model.report import ReportFormat
from bot.reports.postmortem import draft
from bot.reports.render import render
from bot.testing.metrics import FakeMetricSource
from tests.servers import BROWSER_FLAGS
from tests.unit.evidence import signals
from tests.unit.reports import cases
from tests.unit.reports.hostile import HOSTILE

pytestmark = pytest.mark.anyio
ZONE = "Europe/Berlin"


def shop(at: datetime) -> dict[LabelSet, float]:
    bad = cases.at(102) <= at < cases.at(175)
    return {LabelSet({"service": "checkout"}): 0.42 if bad else 0.004, LabelSet({"service": "cart"}): 0.002}


@pytest.fixture(scope="module")
async def evidence(anyio_backend: str) -> Evidence:
    """The signal of the story, collected as Tocsin collects it."""
    source = FakeMetricSource("prom")
    source.shows(signals.EXPR, shop)
    now = cases.at(300)
    asked = questions.signal_questions(cases.INCIDENT, [cases.alert()], signals.setup(), now)
    (answer,) = await collector.collect(asked, {"prom": source})
    marks = charts.incident_marks([cases.alert()], cases.case().runs, now)
    chart = charts.signal_chart(answer, marks, ZONE)
    async with ChartWorker() as drawer:
        png = await drawer.draw(chart, width=charts.WIDTH, height=charts.HEIGHT)
    return charts.signal_evidence(answer, chart, png, evidence_id=EvidenceId("EV-2"), collected_at=now)


@pytest.fixture(scope="module")
def report(evidence: Evidence, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file somebody is sent."""
    case = cases.case(evidence=[cases.step_evidence(1), evidence])
    text = render(
        draft(case, time_zone=ZONE, now=cases.at(600)),
        ReportFormat.HTML,
        time_zone=ZONE,
        public_url="https://tocsin.example",
    )
    path = tmp_path_factory.mktemp("report") / "INC-7.html"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
async def browser(chromium: str) -> AsyncIterator[Browser]:
    async with (
        async_playwright() as playwright,
        await playwright.chromium.launch(executable_path=chromium, args=BROWSER_FLAGS) as launched,
    ):
        yield launched


class Watched:
    """A page, with every request and complaint it made."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.asked: list[str] = []
        self.said: list[str] = []
        page.on("request", lambda request: self.asked.append(request.url))
        page.on("console", lambda message: self.said.append(message.text))
        page.on("pageerror", lambda error: self.said.append(str(error)))


def test_the_evidence_says_what_happened(evidence: Evidence) -> None:
    assert evidence.summary == (
        "The signal of service=checkout rose above 5 % at 15:01:44 UTC+01:00, peaked at 42 % at 15:01:44 UTC+01:00, "
        "and was below it again at 15:02:56 UTC+01:00, 1 min 12 s later."
    )
    assert "15:02:38 UTC+01:00 Switch back to the release that ran before" in evidence.alt_text


async def test_it_opens_without_asking_anybody_for_anything(browser: Browser, report: Path) -> None:
    async with await browser.new_context() as context:
        watched = Watched(await context.new_page())
        await watched.page.goto(report.as_uri())
        assert [url for url in watched.asked if not url.startswith("data:")] == [report.as_uri()]
        assert watched.said == []
        assert await watched.page.title() == "INC-7: checkout fails 41 % of its requests"
        widths = await watched.page.eval_on_selector_all("img", "images => images.map(one => one.naturalWidth)")
        assert widths == [charts.WIDTH]


async def test_its_data_can_be_saved(browser: Browser, report: Path, evidence: Evidence) -> None:
    async with await browser.new_context() as context:
        page = await context.new_page()
        await page.goto(report.as_uri())
        async with page.expect_download() as started:
            await page.get_by_role("link", name="The data as CSV").click()
        download = await started.value
        assert download.suggested_filename == "EV-2-signal.csv"
        saved = await asyncio.to_thread(Path(await download.path()).read_bytes)
    assert saved == evidence.attachments[1].content


@pytest.mark.parametrize("width", [360, 1100])
@pytest.mark.parametrize("hostile", [False, True])
async def test_it_fits_on_a_phone_and_on_a_desk(
    browser: Browser, report: Path, evidence: Evidence, tmp_path: Path, width: int, hostile: bool
) -> None:
    path = report
    if hostile:
        long = max(HOSTILE, key=len)
        case = cases.case(
            incident_=cases.incident(title=long, service=long),
            evidence=[replace(evidence, query=long, summary=long)],
            timeline_=[replace(entry, text=long, why=long) for entry in cases.story()],
        )
        path = tmp_path / "hostile.html"
        form = ReportFormat.HTML
        text = render(draft(case, time_zone=ZONE, now=cases.at(600)), form, time_zone=ZONE, public_url="")
        path.write_text(text, encoding="utf-8")
    async with await browser.new_context(viewport={"width": width, "height": 900}) as context:
        page = await context.new_page()
        await page.goto(path.as_uri())
        assert await page.evaluate("document.documentElement.scrollWidth") <= width


async def test_it_is_dark_where_the_reader_wants_it_dark_and_light_on_paper(browser: Browser, report: Path) -> None:
    colour = "getComputedStyle(document.body).backgroundColor"
    async with await browser.new_context(color_scheme="dark") as context:
        page = await context.new_page()
        await page.goto(report.as_uri())
        assert await page.evaluate(colour) == "rgb(15, 20, 25)"
        await page.emulate_media(media="print")
        assert await page.evaluate(colour) == "rgb(255, 255, 255)"
