"""The servers are what they say they are: ready when started, gone when stopped, the same after a restart."""

import json
import urllib.error
import urllib.request
from pathlib import Path

import asyncssh
import psycopg
import pytest
from playwright.async_api import async_playwright

from tests.servers import BROWSER_FLAGS, Postgres, PrometheusServer, Sshd


def plain(url: str) -> str:
    return url.replace("+psycopg", "")


def test_prometheus_answers_outages_and_reloads(prometheus_binary: str, tmp_path: Path) -> None:
    def up() -> list[object]:
        with urllib.request.urlopen(f"{server.url}/api/v1/query?query=vector(1)", timeout=5) as answer:
            return json.load(answer)["data"]["result"]

    with PrometheusServer(tmp_path) as server:
        assert up()
        server.stop()
        with pytest.raises(urllib.error.URLError):
            up()
        server.start()
        assert up()
        server.reload("global: {scrape_interval: 5s}\n")
        with pytest.raises(urllib.error.HTTPError):
            server.reload("no such key: 1\n")


def test_each_database_is_new(postgres: Postgres) -> None:
    first, second = postgres.database(), postgres.database()
    with psycopg.connect(plain(first)) as connection:
        connection.execute("CREATE TABLE alerts (id int)")
    with psycopg.connect(plain(second)) as connection:
        assert connection.execute("SELECT count(*) FROM pg_tables WHERE tablename = 'alerts'").fetchone() == (0,)


async def test_sshd_runs_a_command_for_the_right_key_only(sshd: Sshd, tmp_path: Path) -> None:
    connection = {"username": sshd.user, "known_hosts": str(sshd.known_hosts_file)}
    async with asyncssh.connect(sshd.host, sshd.port, client_keys=[str(sshd.client_key)], **connection) as client:
        assert (await client.run("echo here", check=True)).stdout == "here\n"
    stranger = asyncssh.generate_private_key("ssh-ed25519")
    with pytest.raises(asyncssh.PermissionDenied):
        await asyncssh.connect(sshd.host, sshd.port, client_keys=[stranger], **connection)


async def test_the_browser_draws_letters(chromium: str) -> None:
    """A browser without fonts draws the same empty box for every letter."""
    page_text = "<span id=narrow>iii</span><br><span id=wide>WWW</span>"
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=BROWSER_FLAGS)
        page = await browser.new_page()
        await page.set_content(page_text)
        widths = [await page.locator(f"#{name}").evaluate("e => e.offsetWidth") for name in ("narrow", "wide")]
        await browser.close()
    assert 0 < 2 * widths[0] < widths[1]
