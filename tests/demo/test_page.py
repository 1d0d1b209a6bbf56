"""A person approves on the page and watches the shop recover without loading it again: the README's picture."""

import os
import re
import signal
from pathlib import Path

from playwright.sync_api import Page, expect, sync_playwright

from tests.demo.telling import Telling
from tests.house.tree import ROOT
from tests.servers import BROWSER_FLAGS

PICTURE = ROOT / "tests" / "pictures" / "incident.png"
"""In the README. `TOCSIN_PICTURES=1 make test ARGS=tests/demo/test_page.py` takes it anew."""


def take_picture(page: Page) -> None:
    page.set_viewport_size({"width": 1280, "height": 1180})
    shot = page.screenshot(animations="disabled")
    if os.environ.get("TOCSIN_PICTURES"):
        PICTURE.write_bytes(shot)
    assert shot.startswith(b"\x89PNG")


def test_a_person_approves_on_the_page(tmp_path: Path, prometheus_binary: str, chromium: str) -> None:
    with Telling(tmp_path, prometheus_binary) as demo, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=BROWSER_FLAGS)
        demo.says("or on the page: ", within=90)
        link = re.findall(r"on the page: (\S+)", demo.words)[-1]
        page = browser.new_page(viewport={"width": 1280, "height": 1000}, color_scheme="light")
        page.goto(link)
        # on a machine that is busy a service is slow for a moment too, and that has an incident of its own
        incident = re.findall(r"(INC-\d+): ", demo.words)[-1]
        page.get_by_role("link", name=re.compile(rf"\b{incident}\b")).first.click()
        expect(page.get_by_role("img", name=re.compile("signal", re.IGNORECASE)).first).to_be_visible(timeout=30_000)
        take_picture(page)
        page.get_by_role("button", name="Approve").click()
        expect(page.get_by_text("the original signal has recovered").first).to_be_visible(timeout=60_000)
        demo.says("everything keeps running", within=90)
        browser.close()
        demo.send(signal.SIGINT)
        assert demo.ends(within=30) == 0
        assert (demo.folder / "postmortem.html").stat().st_size > 10_000
        assert demo.left_behind(within=5) == []


def test_the_picture_in_the_readme_is_there() -> None:
    assert str(PICTURE.relative_to(ROOT)) in (ROOT / "README.md").read_text()
    assert PICTURE.read_bytes().startswith(b"\x89PNG")
