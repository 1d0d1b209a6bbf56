"""The pages about alerts as a browser without JavaScript reads them."""

import html
import re
from dataclasses import replace
from datetime import timedelta
from functools import partial

from bot.alerts import silencing
from bot.model.deadman import Deadman
from bot.model.ids import SilenceId
from bot.ports.alert_store import Heartbeat
from bot.response import alerts_looked_up
from tests.integrations.web import alert_scene, scene
from tests.integrations.web.house import House


def text_of(page: str) -> str:
    """What one reads: without markup, blanks as they are shown."""
    words = html.unescape(re.sub(r"<[^>]*>", " ", page[page.index("<main") :])).split()
    return re.sub(r" ([,.;])(?= |$)", r"\1", " ".join(words))


async def test_what_fires_is_told_by_group_the_gravest_first_with_what_keeps_each_alert_back(house: House) -> None:
    alert_scene.stage(house.world)
    await alert_scene.tell(house.world)
    async with house.browser("ann") as browser:
        page = (await browser.get("/alerts")).text
    text = text_of(page)
    assert "7 alerts fire, in 5 groups" in text
    assert page.index("OrdersFail") < page.index("LinkFlaps") < page.index("ProbeFails")
    assert re.search(r"to shop · since 14:30:31 · told at 14:31:40 · looked at again in 5 min · INC-1", text)
    assert "inhibited by OrdersFail" in text
    assert "silenced until 16:01:40 by dora: the new volume is being filled, see CHG-1182" in text
    assert "muted by office" in text
    assert "muted by maintenance new-kernels" in text
    assert "held told if it still fires in 4 min 8 s" in text
    assert "shadow: nothing is sent · waits: 1 of 3 firings" in text
    assert f'href="/alerts/{alert_scene.CART.fingerprint}"' in page
    assert 'href="/incidents/INC-1"' in page
    assert '<a href="/alerts" aria-current="page">Alerts</a>' in page


async def test_silences_and_maintenance_are_told_with_owner_and_reason(house: House) -> None:
    alert_scene.stage(house.world)
    async with house.browser("vera") as browser:
        text = text_of((await browser.get("/alerts")).text)
    assert 'alertname="DiskAlmostFull" host=~"db-[0-9]+.*"' in text
    assert "active ends in 1 h 25 min, at 16:01:40 · by dora" in text
    assert "to come begins in 23 h 55 min, at 21 Nov 14:31:40" in text
    assert "new kernels on the database hosts now ends in 1 h 25 min, at 16:01:40 · dora" in text
    assert "payroll is run on the last day of the month to come begins" in text
    assert "End it now" not in text
    assert "For how long" not in text


async def test_whoever_has_to_be_heard_of_is_told_with_the_last_sign_of_life(house: House) -> None:
    every, grace = timedelta(hours=1), timedelta(minutes=5)
    names = ("backup", "<b>cron</b>", "new")
    deadmen = tuple(Deadman(name=name, interval=every, grace=grace, severity="warning") for name in names)
    async with house.browser("vera") as browser:
        nobody = text_of((await browser.get("/alerts")).text)
        house.world.setup = replace(house.world.setup, deadmen=deadmen)
        at = house.world.clock.now()
        beats = (
            Heartbeat(name="backup", seen_at=at - timedelta(minutes=7)),
            Heartbeat(name="<b>cron</b>", seen_at=at - timedelta(hours=3), missing_since=at - timedelta(minutes=115)),
        )
        for beat in beats:
            await house.store.write(partial(lambda tx, beat: tx.heartbeats.put(beat), beat=beat))
        page = (await browser.get("/alerts")).text
    assert "Nobody has to be heard of." in nobody
    assert "<b>cron" not in page
    text = text_of(page)
    missing = r"<b>cron</b> warning missing since [0-9:]{8} · every 1 h, 5 min of grace · last sign 3 h ago"
    assert re.search(missing, text)
    assert "backup warning every 1 h, 5 min of grace · last sign 7 min ago" in text
    assert "new warning every 1 h, 5 min of grace · not waited for yet" in text
    assert text.index("cron") < text.index("backup warning"), "what is missing comes first"


async def test_in_a_storm_what_is_not_shown_is_counted_and_can_be_asked_for(house: House) -> None:
    alert_scene.stage(house.world)
    alert_scene.storm(house.world, groups=60, alerts=15)
    async with house.browser("ann") as browser:
        page = (await browser.get("/alerts")).text
        one = (await browser.get("/alerts", params={"filter": 'service="service-059"'})).text
        named = text_of((await browser.get("/alerts", params={"filter": "LinkFlaps"})).text)
        none = text_of((await browser.get("/alerts", params={"filter": "service=~'('"})).text)
    text = text_of(page)
    assert "907 alerts fire, in 65 groups" in text
    assert page.count("<article") == alerts_looked_up.MOST_GROUPS
    assert "not told yet · looked at again now InstanceDown" in text
    assert "5 more are not on this page: more of this group" in text
    assert "15 more groups with 184 alerts are not on this page" in text
    assert page.index("service-059") < page.index("service-003") < page.index("LinkFlaps") < page.index("service-058")
    assert "15 alerts fire, in 1 group " in text_of(one)
    assert len(re.findall(r'<a class="name" href="/alerts/[0-9a-f]{16}"', one)) == 15
    assert "not on this page" not in one
    assert 'value="service=&#34;service-059&#34;"' in one
    assert "1 alert fires, in 1 group" in named
    assert "Nothing was left out: " in none
    assert "907 alerts fire" in none


async def test_when_nothing_fires_it_says_how_alerts_get_here(house: House) -> None:
    house.world.alerts.table.leads = True
    async with house.browser("ann") as browser:
        first = (await browser.get("/alerts")).text
        alert_scene.stage(house.world)
        house.clock.advance(timedelta(minutes=20))
        later = text_of((await browser.get("/alerts")).text)
    assert "No alert fires None has come in since Tocsin started." in text_of(first)
    assert '<details class="sources" id="sources" open>' in first
    assert "static_configs" in first
    assert "What fired lately is over." in later
    assert 'targets: ["tocsin.example.com"]' in later


async def test_one_that_stands_by_says_so(house: House) -> None:
    async with house.browser("ann") as browser:
        assert "This Tocsin stands by." in (await browser.get("/alerts")).text


async def test_the_way_of_an_alert_is_told_decision_by_decision_with_its_rules(house: House) -> None:
    alert_scene.stage(house.world)
    await alert_scene.tell(house.world)
    async with house.browser("ann") as browser:
        told = text_of((await browser.get(f"/alerts/{alert_scene.CART.fingerprint}")).text)
        silenced = text_of((await browser.get(f"/alerts/{alert_scene.DISK.fingerprint}")).text)
        inhibited = text_of((await browser.get(f"/alerts/{alert_scene.SLOW.fingerprint}")).text)
        held = text_of((await browser.get(f"/alerts/{alert_scene.FLAP.fingerprint}")).text)
    assert "firing INC-1 acknowledged" in told
    assert "Fires since 14:30:31, last heard at 14:35:52; over in 4 min unless it is heard of again." in told
    assert "routed To shop. route {}" in told
    assert "With 1 more, in a group that is looked at in 5 min, and whose incident was last told at 14:31:40" in told
    assert 'group {}:{service="cart"}' in told
    assert "told first notification: 1 firing, 0 resolved, to incident 14:31:40 · route {}, receiver shop" in told
    assert (
        f"silenced Until 16:01:40 by dora: the new volume is being filled, see CHG-1182 silence {alert_scene.SILENCE}"
        in silenced
    )
    assert 'route {}/{team="db"}' in silenced
    assert "inhibited OrdersFail" in inhibited
    assert "held Not told before it has fired for 5 min: that is in 4 min 8 s" in held


async def test_an_alert_that_is_over_for_long_is_known_when_somebody_was_told(house: House) -> None:
    alert_scene.stage(house.world)
    await alert_scene.tell(house.world)
    house.clock.advance(timedelta(hours=2))
    table = house.world.alerts.table
    house.world.alerts.heard([], 0)
    table.ended(house.clock.now().timestamp())
    table.forget(house.clock.now().timestamp())
    async with house.browser("ann") as browser:
        known = await browser.get(f"/alerts/{alert_scene.CART.fingerprint}")
        unknown = await browser.get(f"/alerts/{alert_scene.FLAP.fingerprint}")
        for wrong in ("nothing", "%3Cscript%3E", "0" * 4096):
            answer = await browser.get(f"/alerts/{wrong}")
            assert (answer.status_code, "no fingerprint of an alert" in answer.text) == (404, True), wrong
    assert "Fired from 14:30:31 to 14:39:52." in text_of(known.text)
    assert "first notification" in known.text
    assert unknown.status_code == 404
    assert "is forgotten half an hour after it is over" in unknown.text


async def test_an_incident_names_its_alerts_and_leads_to_them(house: House) -> None:
    alert_scene.stage(house.world)
    await alert_scene.tell(house.world)
    async with house.browser("ann") as browser:
        page = (await browser.get("/incidents/INC-1")).text
    assert f'href="/alerts/{alert_scene.CART.fingerprint}">OrdersFail</a>' in page
    assert f'href="/alerts/{scene.ALERT}">{scene.ALERT}</a>' in page


async def test_alerts_are_silenced_and_a_silence_ends_before_its_time(house: House) -> None:
    alert_scene.stage(house.world)
    async with house.browser("ann") as browser:
        csrf = await house.csrf(browser)
        form = {**csrf, "matchers": "OrdersFail", "lasts": "90m", "comment": "we roll it back"}
        made = await browser.post("/silences", data=form)
        page = text_of((await browser.get("/alerts")).text)
        (silence,) = [one for one in house.world.alerts.silences.all() if one.comment == "we roll it back"]
        ended = await browser.post(f"/silences/{silence.id}/expire", data=csrf)
        house.clock.advance(timedelta(seconds=1))
        after = text_of((await browser.get("/alerts")).text)
    assert made.status_code == ended.status_code == 303
    assert made.headers["location"] == "/alerts#silences"
    assert "silenced until 16:05:52 by ann: we roll it back" in page
    assert (silence.created_by, silence.ends_at) == ("ann", scene.NOW + timedelta(minutes=90))
    kept = await house.store.read(lambda tx: tx.silences.get(silence.id))
    assert kept.ends_at == scene.NOW
    assert "we roll it back" not in after


async def test_a_silence_until_it_is_over_says_so(house: House) -> None:
    alert_scene.stage(house.world)
    async with house.browser("ann") as browser:
        form = {"matchers": "OrdersFail", "lasts": "4h", "comment": "known", "until": "clear"}
        made = await browser.post("/silences", data={**await house.csrf(browser), **form})
        page = text_of((await browser.get("/alerts")).text)
    assert made.status_code == 303
    assert "active ends when nothing of it fires any more, at the latest in 4 h, at " in page
    (silence,) = [one for one in house.world.alerts.silences.all() if one.comment == "known"]
    assert silencing.waits(silence, scene.NOW)


async def test_a_silence_that_cannot_be_says_what_to_write_instead(house: House) -> None:
    alert_scene.stage(house.world)
    right = {"matchers": 'service="cart"', "lasts": "2h", "comment": "why not"}
    wrong = [
        ({"matchers": "service=~("}, "regular expression"),
        ({"matchers": "=x"}, "not a matcher"),
        ({"matchers": ""}, "a silence needs a matcher"),
        ({"matchers": 'service=~".*"'}, "must not match the empty string"),
        ({"lasts": "long"}, "not a duration"),
        ({"lasts": "0"}, "no time at all"),
        ({"lasts": "9999999y"}, ""),
        ({"comment": "  "}, "a silence needs a comment"),
    ]
    async with house.browser("ann") as browser:
        csrf = await house.csrf(browser)
        for change, said in wrong:
            answer = await browser.post("/silences", data={**csrf, **right, **change})
            assert answer.status_code == 403, (change, answer.text)
            assert said in html.unescape(answer.text).lower(), (change, answer.text)
        missing = await browser.post("/silences/00000000-0000-0000-0000-000000000000/expire", data=csrf)
        assert missing.status_code == 404
        no_csrf = await browser.post("/silences", data=right)
        assert no_csrf.status_code == 403
    async with house.browser("vera") as browser:
        csrf = await house.csrf(browser)
        refused = await browser.post("/silences", data={**csrf, **right})
        kept = await browser.post(f"/silences/{alert_scene.SILENCE}/expire", data=csrf)
    assert refused.status_code == kept.status_code == 403
    assert {one.id for one in house.world.alerts.silences.all()} == {
        alert_scene.SILENCE,
        SilenceId(alert_scene.TO_COME),
    }
