"""What the doors refuse: other hosts, other sites, unfit bodies, old links, ended sessions."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from typing import Any

import pytest

from bot.errors import StoreUnavailable
from bot.kit.http_in import POLICY
from bot.kit.who_asks import LINK_PATH, secret_hash
from bot.model.actor import person
from bot.model.ids import IncidentId
from tests.integrations.web import scene
from tests.integrations.web.house import ADDRESS, House

API = "/api/v1"


async def notes(house: House) -> int:
    return len(await house.store.read(lambda tx: tx.incidents.timeline(IncidentId("INC-1"))))


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", "127.0.0.1:80", "localhost:9393.evil.example", ""])
@pytest.mark.parametrize("path", ["/", f"{API}/incidents", "/metrics"])
async def test_a_host_that_merely_resolves_to_us_gets_nothing(house: House, host: str, path: str) -> None:
    async with house.program("ann") as program:
        answer = await program.get(path, headers={"host": host})
    assert answer.status_code == 421


async def test_probes_are_answered_by_whatever_name_they_come(house: House) -> None:
    async with house.client() as client:
        for path in ("/-/healthy", "/-/ready"):
            assert (await client.get(path, headers={"host": "10.1.2.3:9393"})).status_code == 200


@pytest.mark.parametrize(
    "origin",
    ["http://evil.example", "null", "https://127.0.0.1:9393", "http://127.0.0.1:9394", "http://localhost:9393"],
)
async def test_a_change_from_another_site_is_refused(house: House, origin: str) -> None:
    before = await notes(house)
    async with house.browser("ann") as browser:
        form = {**await house.csrf(browser), "text": "x"}
        answer = await browser.post("/incidents/INC-1/notes", data=form, headers={"origin": origin})
        del browser.headers["origin"]
        silent = await browser.post("/incidents/INC-1/notes", data=form)
    assert answer.status_code == silent.status_code == 403
    assert await notes(house) == before


async def test_a_token_from_a_page_of_another_site_is_refused(house: House) -> None:
    async with house.program("ann") as program:
        answer = await program.post(
            f"{API}/incidents/INC-1/notes", json={"text": "x"}, headers={"origin": "http://evil.example"}
        )
    assert answer.status_code == 403


@pytest.mark.parametrize("field", [{}, {"csrf": ""}, {"csrf": "x" * 43}, {"csrf": "\u00e9"}])
async def test_a_form_of_another_session_is_refused(house: House, field: dict[str, str]) -> None:
    async with house.browser("ann") as browser:
        answer = await browser.post("/incidents/INC-1/notes", data={**field, "text": "x"})
    assert answer.status_code == 403


async def test_the_api_takes_no_cookie_and_the_page_no_token(house: House) -> None:
    async with house.browser("ann") as browser:
        assert (await browser.get(f"{API}/incidents")).status_code == 401
    async with house.program("ann") as program:
        assert (await program.get("/incidents/INC-1")).status_code == 401


@pytest.mark.parametrize(
    "shown", ["", "Bearer", "Bearer ", "Bearer tcs_nobody", "Basic tcs_ann", "tcs_ann", "Bearer tcs_ann,"]
)
async def test_a_token_nobody_has_is_refused(house: House, shown: str) -> None:
    async with house.client() as client:
        answer = await client.get(f"{API}/incidents", headers={"authorization": shown})
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")


async def test_a_link_signs_in_once_and_looking_at_it_uses_nothing_up(house: House) -> None:
    link, _ = await house.door.make_link(person(scene.ANN, "cli"))
    secret = link.removeprefix(LINK_PATH)
    async with house.client() as client:
        client.headers["origin"] = ADDRESS
        for _ in range(3):  # a chat that shows a preview
            assert (await client.get(link)).status_code == 200
        first = await client.post(LINK_PATH, data={"secret": secret})
        second = await client.post(LINK_PATH, data={"secret": secret})
    assert first.status_code == 303
    assert second.status_code == 403
    cookie = first.headers["set-cookie"]
    assert cookie.startswith("tocsin_session=")
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Domain" not in cookie
    assert secret not in cookie


async def test_a_link_that_many_browsers_send_at_once_opens_one_session(house: House) -> None:
    link, _ = await house.door.make_link(person(scene.ANN, "cli"))
    opened = await asyncio.gather(*(house.door.open_session(link.removeprefix(LINK_PATH)) for _ in range(20)))
    assert sum(secret is not None for secret in opened) == 1


async def test_a_link_lives_ten_minutes(house: House) -> None:
    link, _ = await house.door.make_link(person(scene.ANN, "cli"))
    house.clock.advance(timedelta(minutes=10))
    assert await house.door.open_session(link.removeprefix(LINK_PATH)) is None


async def test_over_https_the_cookie_is_bound_to_this_host_and_never_sent_in_the_clear(house: House) -> None:
    link, _ = await house.door.make_link(person(scene.ANN, "cli"))
    async with house.client("https://tocsin.example.com") as client:
        client.headers["origin"] = "https://tocsin.example.com"
        answer = await client.post(LINK_PATH, data={"secret": link.removeprefix(LINK_PATH)})
        page = await client.get("/")
    assert answer.headers["set-cookie"].startswith("__Host-tocsin=")
    assert "; Secure" in answer.headers["set-cookie"]
    assert page.status_code == 200
    assert page.headers["strict-transport-security"] == "max-age=31536000"


async def test_a_session_falls_idle_after_eight_hours_and_ends_after_a_day(house: House) -> None:
    async with house.browser("ann") as browser:
        for _ in range(3):
            house.clock.advance(timedelta(hours=7, minutes=59))
            assert (await browser.get("/")).status_code == 200
        house.clock.advance(timedelta(minutes=3))
        assert (await browser.get("/")).status_code == 401
    async with house.browser("ann") as browser:
        house.clock.advance(timedelta(hours=8))
        assert (await browser.get("/")).status_code == 401


async def test_signing_out_ends_the_session_and_not_only_the_cookie(house: House) -> None:
    async with house.browser("ann") as browser:
        kept = browser.cookies["tocsin_session"]
        answer = await browser.post("/leave", data=await house.csrf(browser))
        assert "Max-Age=0" in answer.headers["set-cookie"]
        browser.cookies.set("tocsin_session", kept, domain="127.0.0.1")
        assert (await browser.get("/")).status_code == 401


async def test_who_is_no_longer_known_is_out_at_once(house: House) -> None:
    async with house.browser("ann") as browser:
        house.world.setup = scene.setup(without="ann")
        assert (await browser.get("/")).status_code == 401


async def test_the_store_holds_no_secret(house: House, tmp_path: Any) -> None:
    link, _ = await house.door.make_link(person(scene.ANN, "cli"))
    async with house.browser("ann") as browser:
        session = browser.cookies["tocsin_session"]
    kept = b"".join(file.read_bytes() for file in tmp_path.iterdir() if file.is_file())
    assert secret_hash(session).encode() in kept
    assert session.encode() not in kept
    assert link.removeprefix(LINK_PATH).encode() not in kept


async def test_every_answer_says_what_may_be_done_with_it(house: House) -> None:
    async with house.browser("ann") as browser:
        for path in ("/", "/nowhere", "/evidence/EV-1/signal.csv", f"{API}/incidents", "/open/x"):
            headers = (await browser.get(path)).headers
            assert headers["content-security-policy"] == POLICY
            assert headers["x-content-type-options"] == "nosniff"
            assert headers["referrer-policy"] == "same-origin"
            assert "access-control-allow-origin" not in headers


HOSTILE: list[tuple[str, bytes, dict[str, str], int]] = [
    ("too large", b'{"text": "' + b"x" * 1024 * 1024 + b'"}', {}, 413),
    ("compressed", b"\x1f\x8b", {"content-encoding": "gzip"}, 415),
    ("broken", b'{"text": ', {}, 400),
    ("twice the same key", b'{"text": "a", "text": "b"}', {}, 400),
    ("not a number", b'{"text": NaN}', {}, 400),
    ("beyond a float", b'{"text": 1e999}', {}, 400),
    ("a number of 5,000 digits", b'{"text": ' + b"1" * 5000 + b"}", {}, 400),
    ("33 deep", b'{"text":' * 33 + b"1" + b"}" * 33, {}, 400),
    ("100,000 deep", b"[" * 100_000 + b"]" * 100_000, {}, 400),
    ("60,000 values", b'{"text": [' + b"1," * 60_000 + b"1]}", {}, 400),
    ("no UTF-8", b'{"text": "\xff"}', {}, 400),
    ("NUL", b'{"text": "a\\u0000b"}', {}, 400),
    ("half a surrogate pair", b'{"text": "\\ud800"}', {}, 400),
    ("half a surrogate pair as a key", b'{"\\udfff": "x"}', {}, 400),
    ("nothing", b"", {}, 422),
    ("no object", b"[]", {}, 422),
    ("not said to be JSON", b'{"text": "x"}', {"content-type": "text/plain"}, 422),
]


@pytest.mark.parametrize(
    ("body", "headers", "status"), [case[1:] for case in HOSTILE], ids=[case[0] for case in HOSTILE]
)
async def test_a_hostile_body_is_refused_and_changes_nothing(
    house: House, body: bytes, headers: dict[str, str], status: int
) -> None:
    before = await notes(house)
    async with house.program("ann") as program:
        answer = await program.post(
            f"{API}/incidents/INC-1/notes", content=body, headers={"content-type": "application/json", **headers}
        )
    assert answer.status_code == status, answer.text
    assert answer.json()["error"]
    assert await notes(house) == before


@pytest.mark.parametrize(
    "body", [b"text=%00&csrf=x", b"text=%ff", b"text=a&text=b", b"\xff", b"a=1&" * 200 + b"a=1", b"text"]
)
async def test_a_form_no_page_of_ours_sends_is_refused(house: House, body: bytes) -> None:
    async with house.browser("ann") as browser:
        answer = await browser.post(
            "/incidents/INC-1/notes", content=body, headers={"content-type": "application/x-www-form-urlencoded"}
        )
    assert answer.status_code == 400


@pytest.mark.parametrize("path", ["/incidents/INC-1%00", "/incidents/%ff", "/incidents/" + "9" * 500, "/..%2f..%2fetc"])
async def test_a_hostile_address_is_not_found(house: House, path: str) -> None:
    async with house.program("ann") as program:
        assert (await program.get(API + path)).status_code in (400, 404, 422)
    async with house.browser("ann") as browser:
        assert (await browser.get(path)).status_code in (400, 404)


async def test_a_fault_of_ours_is_told_by_its_id_alone(house: House, caplog: pytest.LogCaptureFixture) -> None:
    house.world.setup = None  # type: ignore[assignment]  # nothing that happens, so that nothing foresees it
    async with house.program("ann") as program:
        answer = await program.get(f"{API}/runbooks")
    assert answer.status_code == 500
    assert "NoneType" not in answer.text
    fault = answer.json()["error"].rpartition("fault ")[2].rstrip(")")
    assert fault in caplog.text
    assert "AttributeError" in caplog.text


async def test_a_store_that_is_away_is_503_with_when_to_ask_again(house: House) -> None:
    class Away:
        async def read(self, work: Any) -> Any:
            raise StoreUnavailable("the disk is full")

        write = read

    house.world.store = Away()
    async with house.program("ann") as program:
        answer = await program.get(f"{API}/incidents")
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "5"
    assert json.loads(answer.content)["error"] == "the disk is full"
