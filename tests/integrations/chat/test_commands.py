"""Every command there is, typed by somebody who may; a command without a line here fails."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot.chat.commands import DEEDS, GRAMMAR, Chat
from bot.model.actor import Actor, person
from bot.model.answer import Answer
from bot.model.board import Card, CardKind
from bot.model.chat_link import ChatLink
from bot.model.ids import IncidentId, SilenceId
from bot.model.incident import Severity
from bot.model.matchers import parse_matcher
from bot.model.run import ApprovalStatus
from bot.model.runbook import Risk
from bot.model.silence import Silence
from bot.model.utterance import Filled, Speaker, Utterance
from bot.response import incident_declared
from tests.hostile import corpus
from tests.integrations.web import scene
from tests.integrations.web.house import House

HOURS = timedelta(hours=2)
SILENCE = "6f3a2c1e-0000-4000-8000-000000000001"


@dataclass(frozen=True)
class Line:
    """What somebody types, what they type before it, and a word of the answer."""

    text: str
    says: str
    before: Sequence[str] = ()
    by: str = "ann"


LINES = (
    Line("help", "What you can type"),
    Line("declare sev2 customers cannot pay", "INC-3 is declared"),
    Line("declare customers cannot pay service=shop sev1", "INC-3 is declared"),
    Line("list", "1 open incident"),
    Line("show INC-1", "INC-1 More than 5 % of orders fail in cart"),
    Line("catchup 1", "INC-1 up to now"),
    Line("ack 3", "INC-3 is yours, ann", ["declare sev3 x"]),
    Line("assign 1 ben", "INC-1 is ben's now"),
    Line("severity 1 sev1 all regions", "INC-1 is SEV1"),
    Line("status 1 mitigated rolled back", "INC-1 is mitigated"),
    Line("resolve 1 rolled back", "INC-1 is resolved"),
    Line("more 1", "What may be done with INC-1"),
    Line("fill note incident=INC-1", "note: "),
    Line("note 1 the cache was cold", "Noted in INC-1"),
    Line("merge 3 into 1 the same release", "INC-1 holds INC-3 too", ["declare sev3 x"]),
    Line("search orders", "INC-1"),
    Line("update 1 we roll back", "INC-1: wrote down for stakeholders"),
    Line("role 1 scribe ben", "INC-1 has ben as scribe"),
    Line("role leave 1 scribe", "INC-1 has nobody as scribe", ["role 1 scribe"]),
    Line("role list 1", "Who does what in INC-1"),
    Line("task 1 call the provider owner=ben", "TASK-1 call the provider, ben"),
    Line("task list", "1 open task", ["task 1 call"]),
    Line("task done TASK-1", "TASK-1 is done", ["task 1 call"]),
    Line("task drop 1 no need", "TASK-1 is dropped", ["task 1 call"]),
    Line(
        "followup 1 watch the queue owner=ann due=2026-12-31 aim=detect", "TASK-1 watch the queue, ann, by 2026-12-31"
    ),
    Line("snooze 1 30m", "Nobody is reminded of INC-1 until"),
    Line("why OrdersFail", "OrdersFail"),
    Line("silence 1h service=cart known", "Silenced until"),
    Line("silence service=cart until=clear known", "Silenced until it is over, "),
    Line("silence list", "1 silence"),
    Line(f"silence end {SILENCE}", "The silence ended"),
    Line("maintenance", "No planned work is under way"),
    Line("maintenance", 'service="cart"', ["maintenance plan 2h service=cart at=23:59 a new database"]),
    Line("maintenance plan 2h service=cart a new database", "Planned work from"),
    Line("oncall", "On call now"),
    Line("page 1 rudi the queue is yours", "INC-1: rudi is being woken"),
    Line("runbook list", "1 runbook"),
    Line("runbook show roll-back-release", "roll-back-release: Roll back a bad release"),
    Line("runbook rehearse roll-back-release INC-1", "roll-back-release would do this; nothing was changed"),
    Line("runbook run roll-back-release INC-1", "RUN-2 of roll-back-release begins"),
    Line("run cancel run-1 we mend it by hand", "RUN-1 of roll-back-release is cancelled: nothing more of it begins"),
    Line("approve", "1 question to answer"),
    Line("approve", "APR-1 waits for others: ", by="vera"),
    Line("approve APR-1", "Roll cart back from 2.14.0 to 2.13.4?"),
    Line(f"approve APR-1 yes plan_hash={scene.PLAN.hash}", "APR-1 is approved"),
    Line("reject APR-1 not now", "APR-1 is rejected"),
    Line("automation", "Automation runs"),
    Line("automation pause a bad release", "Automation is paused by ann: no step begins"),
    Line("automation pause a flood", "Under way: 0 steps"),
    Line("automation resume", "Automation runs again", ["automation pause x"]),
    Line("evidence 1", "INC-1: 1 piece of evidence"),
    Line("report 1", "The report of INC-1, as it stands"),
    Line("stats", "2 incidents since"),
    Line("whoami", "You are ann"),
    Line("link", "In the chat, type this once, until"),
)


LOOKS = (
    "help", "list", "show", "catchup", "search", "role list", "task list", "why", "silence list", "maintenance",
    "oncall", "whoami", "link", "runbook list", "runbook show", "runbook rehearse", "automation", "evidence", "report",
    "stats", "more", "fill",
)  # fmt: skip


@pytest.fixture
async def world(house: House) -> House:
    now = house.clock.now()
    kept = Silence(
        id=SilenceId(SILENCE), matchers=(parse_matcher("alertname=X"),), starts_at=now, updated_at=now,
        ends_at=now + timedelta(hours=1), created_by="ann", comment="x",
    )  # fmt: skip
    await house.store.write(lambda tx: tx.silences.put(kept))
    house.world.alerts.silences.put(kept)
    return house


def ann(house: House, name: str = "ann") -> Actor:
    return person(house.world.setup.people[name], "chat in slack")


async def said(house: House, chat: Chat, text: str, by: str = "ann", about: str = "") -> Answer:
    what = Utterance(text=text, about=IncidentId(about) if about else None, prefix="/tocsin")
    return await chat.asked(ann(house, by), what)


def all_of(answer: Answer) -> str:
    """Everything that is read in it."""
    facts = [f"{name}: {value}" for name, value in answer.facts]
    return "\n".join([answer.headline, answer.text, *facts, *answer.items, answer.code, answer.hint])


def test_every_command_has_a_line() -> None:
    assert {GRAMMAR.parse(line.text).verb for line in LINES} == set(DEEDS)


@pytest.mark.parametrize("line", LINES, ids=[line.text for line in LINES])
async def test_a_command_does_what_it_says(world: House, chat: Chat, line: Line) -> None:
    for text in line.before:
        assert not (await said(world, chat, text, line.by)).refused
    answer = await said(world, chat, line.text, line.by)
    assert line.says in all_of(answer), all_of(answer)
    assert not answer.refused


@pytest.mark.parametrize("line", LINES, ids=[line.text for line in LINES])
async def test_what_is_typed_can_be_filled_in(world: House, chat: Chat, line: Line) -> None:
    command = GRAMMAR.parse(line.text)
    asked = await said(world, chat, f"fill {command.verb}")
    if command.verb in ("help", "fill"):  # they are no command that anybody fills in
        assert asked.refused
        return
    assert asked.form is not None
    blanks = {blank.name for blank in asked.form.blanks}
    known = {slot.name for slot in (*GRAMMAR.verbs[command.verb].slots, *GRAMMAR.verbs[command.verb].options)}
    if command.values.keys() <= blanks <= known:
        again, wrong = GRAMMAR.fit(command.verb, command.values)
        assert (again, wrong) == (command, {})


async def test_the_same_answers_come_over_the_api(world: House) -> None:
    async with world.program("ann") as api:
        answer = (await api.post("/api/v1/chat", json={"text": "list"})).json()
        assert answer["headline"] == "1 open incident"
        assert answer["presses"][0]["says"] == "resolve INC-1"
        wrong = (await api.post("/api/v1/chat", json={"text": "akc 7"})).json()
        assert wrong["refused"]
        assert [press["says"] for press in wrong["presses"]] == ["ack 7"]
        form = (await api.post("/api/v1/chat", json={"text": "declare"})).json()["form"]
        values = {**form["fixed"], "title": "x", "severity": "sev4", "text": "y"}
        made = (await api.post("/api/v1/chat", json={"command": form["command"], "values": values})).json()
        assert made["headline"] == "INC-3 is declared"


async def test_a_drill_is_declared_as_one_and_shown_as_one(world: House, chat: Chat) -> None:
    made = await said(world, chat, "declare sev4 the cellar burns kind=drill")
    assert ("Kind", "drill") in made.facts
    assert made.text == "[drill] the cellar burns"
    seen = await said(world, chat, "list")
    assert "INC-3 SEV4 triggered: [drill] the cellar burns" in seen.items
    wrong = await said(world, chat, "declare sev4 the cellar burns kind=dril")
    assert wrong.refused
    assert "drill" in f"{wrong.headline} {wrong.hint}"


async def test_whoever_merges_is_told_how_to_take_it_back(world: House, chat: Chat) -> None:
    await said(world, chat, "declare sev3 x")
    hint = (await said(world, chat, "merge 3 into 1")).hint
    assert hint == "for ten minutes its page, or `tocsin incident unmerge INC-3`, takes it out again"


async def test_a_viewer_looks_and_changes_nothing(world: House, chat: Chat) -> None:
    for line in LINES:
        answer = await said(world, chat, line.text, "vera")
        changes = "may not" in answer.headline
        looks = GRAMMAR.parse(line.text).verb in LOOKS or line.text in ("approve", "approve APR-1")
        assert changes or looks or answer.refused, (line.text, answer.headline)
        assert not (changes and looks), line.text


async def test_what_is_wrong_is_taught(world: House, chat: Chat) -> None:
    mistakes = {
        "akc 1": "did you mean 'ack 1'?",
        "ack": "ack needs the incident, such as INC-7",
        "severity 1 sev9": "is no severity",
        "runbok list": "did you mean 'runbook list'?",
        "role": "role needs the incident",
        "ack 1": "it is acknowledged",
        "show 99": "INC-99",
        "task 1 x owner=an": "did you mean 'ann'?",
        "help akc": "did you mean 'ack'?",
        "followup 1 x": "owner",
        "silence 1h": "an incident, or labels",
        "maintenance plan 2h new kernels": "say what it concerns",
        "maintenance plan a=b new kernels": "say for how long",
        "maintenance plan 2h a=b": "say what is done",
        "maintenance plan 2h a=b day=2026-12-31 x": "at=22:00",
        "maintenance plan 2h a=b at=25:00 x": "is no time of the day",
        "maintenance plan 2h a=b day=2001-01-01 at=9:00 x": "is over",
        "maintenance plan 2h a=b day=9999-12-31 at=9:00 x": "more than a year away",
        "maintenance plan 2h a=b day=0001-01-01 at=0:00 x": "is",
        "maintenance plan 2h a=~( x": "regular expression",
        "why Nothing": "no alert rule is called 'Nothing'",
    }
    for text, hint in mistakes.items():
        answer = await said(world, chat, text)
        assert answer.refused, text
        assert hint in all_of(answer), all_of(answer)
    assert "`/tocsin" in all_of(await said(world, chat, "ack")) or "/tocsin ack INC-7" in all_of(
        await said(world, chat, "ack")
    )


async def test_help_explains_each_command(world: House, chat: Chat) -> None:
    everything = all_of(await said(world, chat, "help"))
    for name, deed in DEEDS.items():
        assert deed.verb.aside or f"{name} — " in everything, name
        told = all_of(await said(world, chat, f"help {name}"))
        assert deed.verb.summary in told
        assert deed.verb.examples[0] in told


async def test_each_command_is_a_button_of_its_help(world: House, chat: Chat) -> None:
    for name in DEEDS.keys() - {"help", "fill"}:
        [press] = (await said(world, chat, f"help {name}")).presses
        answer = await said(world, chat, press.says)
        assert not answer.refused, press.says
        assert answer.form is not None if press.says.startswith("fill ") else press.says == name


async def test_a_place_that_is_about_an_incident_needs_no_number(world: House, chat: Chat) -> None:
    assert (await said(world, chat, "note the cache was cold", about="INC-1")).headline == "Noted in INC-1"
    unclear = await said(world, chat, "note 12 hosts are cold", about="INC-1")
    assert [press.says for press in unclear.presses] == ["note INC-12 hosts are cold", "note INC-1 12 hosts are cold"]


async def test_planned_work_begins_when_it_is_due_where_they_are(world: House, chat: Chat) -> None:
    setup, now = world.world.setup, world.clock.now()
    people = {**setup.people, "ann": replace(setup.people["ann"], time_zone="Asia/Kolkata")}
    world.world.setup = replace(setup, people=people)
    local = (now + timedelta(hours=3)).astimezone(ZoneInfo("Asia/Kolkata"))
    before = (now - timedelta(hours=3)).astimezone(ZoneInfo("Asia/Kolkata"))
    for words, start in (
        (f"at={local:%H:%M}", now + timedelta(hours=3)),
        (f"at={before:%H:%M}", now + timedelta(hours=21)),
        (f"day={local + timedelta(days=9):%Y-%m-%d} at={local:%H:%M}", now + timedelta(days=9, hours=3)),
    ):
        answer = await said(world, chat, f"maintenance plan 2h service=cart host=~web.* {words} a new database")
        name = SilenceId(answer.presses[0].says.removeprefix("silence end "))
        kept = await world.store.read(lambda tx, name=name: tx.silences.get(name))
        assert (kept.starts_at, kept.ends_at) == (start.replace(second=0, microsecond=0), kept.starts_at + HOURS)
        assert [str(one) for one in kept.matchers] == ['service="cart"', 'host=~"web.*"']
        assert (kept.comment, kept.created_by) == ("a new database", "ann")
    listed = await said(world, chat, "maintenance")
    assert (listed.headline, len(listed.items)) == ("No planned work is under way", 3)
    await said(world, chat, "maintenance plan 1h service=shop now")
    assert (await said(world, chat, "maintenance")).headline == "Planned work is under way"
    form = (await said(world, chat, "maintenance plan")).form
    assert form is not None
    values = {**form.fixed, "labels": 'service="db"', "length": "1h", "reason": "x"}
    made = await chat.asked(ann(world), Filled(command=form.command, values=values))
    assert made.items == ('service="db"',)


async def test_a_hundred_say_the_same_at_once_and_it_is_done_once(world: House, chat: Chat) -> None:
    rehearsed = await said(world, chat, "runbook rehearse roll-back-release INC-1")
    run = next(press for press in rehearsed.presses if press.says.startswith("runbook run"))
    declared = await incident_declared.declare(world.world, ann(world), title="x", severity=Severity.SEV3)
    approve = f"approve APR-1 yes plan_hash={scene.PLAN.hash}"
    for text, done in ((run.says, 1), (approve, 1), (f"ack {declared.id}", 1)):
        answers = await asyncio.gather(*(said(world, chat, text) for _ in range(100)))
        assert sum(not one.refused for one in answers) == done, text
    runs = await world.store.read(lambda tx: tx.runs.list())
    assert [one.id for one in runs] == ["RUN-2", "RUN-1"]
    approval = await world.store.read(lambda tx: tx.approvals.get(scene.APR))
    assert approval.given_by == ("ann",)


async def test_an_approval_is_about_the_plan_that_was_seen(world: House, chat: Chat) -> None:
    card = await said(world, chat, "approve APR-1")
    yes = next(press for press in card.presses if press.label == "Approve")
    assert "argv: /opt/shop/release rollback --service=cart --to 2.13.4\n-release: 2.14.0" in card.code
    assert dict(card.facts)["Who may"] == "ann, ben (on-call)"
    assert not yes.confirm
    other = yes.says.replace(scene.PLAN.hash, "0" * 64)
    assert (await said(world, chat, other)).refused
    assert not (await said(world, chat, yes.says)).refused
    assert (await world.store.read(lambda tx: tx.approvals.get(scene.APR))).status is ApprovalStatus.APPROVED


async def test_whoever_is_to_destroy_something_says_so_twice(world: House, chat: Chat) -> None:
    grave = replace(scene.PLAN, risk=Risk.DESTRUCTIVE)
    covered = replace(scene.PLAN, summary="restart the cart")
    asked = scene.approval(plan=grave, count=2, covers=(covered,))
    await world.store.write(lambda tx: tx.approvals.put(asked))
    card = await said(world, chat, "approve APR-1")
    assert dict(card.facts)["Who may"].startswith("2 different people, of ann, ")
    (other,) = card.items
    assert other.startswith("the same yes is for: restart the cart (host: cart-1.shop.example argv: /opt/shop/release")
    assert [press.confirm for press in card.presses if press.label == "Approve"] == [grave.summary]


async def test_of_several_incidents_each_is_a_click_away(world: House, chat: Chat) -> None:
    await said(world, chat, "declare sev1 nobody can pay")
    assert [press.says for press in (await said(world, chat, "list")).presses] == ["show INC-3", "show INC-1"]


async def test_a_hint_says_what_is_typed_here(world: House, chat: Chat) -> None:
    for text, here in (("show 99", "`list`"), ("task done TASK-99", "`task list`")):
        assert here in (await said(world, chat, text)).hint, text


async def test_how_loud_a_chat_was_is_told(world: House, chat: Chat) -> None:
    about, now = scene.INC, world.clock.now()
    shown = Card(
        integration="slack", kind=CardKind.INCIDENT, about=about, incident=about, made_at=now, posts={"triggered": 2},
        edits=7, held=1,
    )  # fmt: skip
    await world.store.write(lambda tx: tx.cards.put(shown))
    facts = dict((await said(world, chat, "stats")).facts)
    budget = "2 at most of one incident in a phase, of 2, 1 held back"
    assert facts["Messages"] == f"slack: 2 in shared channels, 7 edits; {budget}"


async def test_what_was_done_is_on_record_with_its_door(world: House, chat: Chat) -> None:
    await said(world, chat, "note 1 the cache was cold")
    entry = (await world.store.read(lambda tx: tx.incidents.timeline(scene.INC)))[-1]
    assert (entry.text, entry.actor.name, entry.actor.via) == ("the cache was cold", "ann", "chat in slack")
    [kept] = await world.store.read(lambda tx: tx.audit.list(object=scene.INC, limit=1))
    assert (kept.act, kept.actor.via) == ("write a note", "chat in slack")


async def test_hostile_text_is_kept_as_it_is(world: House, chat: Chat, tmp_path: Path) -> None:
    for text in corpus(tmp_path / "canary")[::20]:
        answer = await said(world, chat, f"note 1 x{text}x")
        assert not answer.refused, text


async def test_who_is_unknown_types_a_code_once(world: House, chat: Chat) -> None:
    def as_(user: str = "U1") -> Speaker:
        return Speaker(integration="slack", user=user)

    stranger = await chat.said(as_(), Utterance(text="ack 1"))
    assert stranger.refused
    assert "`tocsin people link NAME slack U1`" in stranger.hint
    code = (await said(world, chat, "link")).code.removeprefix("/tocsin link ")
    assert (await chat.said(as_("U2"), Utterance(text="link AAAA-AAAA-AAAA-AAAA"))).refused
    typed = await asyncio.gather(*(chat.said(as_(), Utterance(text=f"link {code.lower()}")) for _ in range(20)))
    assert sum("You are ann here from now on" in one.headline for one in typed) == 1
    assert (await chat.said(as_(), Utterance(text="whoami"))).headline == "You are ann"
    assert (await chat.said(as_("U2"), Utterance(text=f"link {code}"))).refused
    again = (await said(world, chat, "link")).code.removeprefix("/tocsin link ")
    world.clock.advance(timedelta(minutes=11))
    assert (await chat.said(as_("U2"), Utterance(text=f"link {again}"))).refused
    assert (await said(world, chat, "assign 1 @U1")).headline == "nobody is called 'U1'; there are ann, ben, rudi, vera"
    assigned = await chat.said(as_(), Utterance(text="assign 1 @U1"))
    assert assigned.headline == "INC-1 is ann's now"
    acts = [one.act for one in await world.store.read(lambda tx: tx.audit.list(object="ann"))]
    assert acts.count("say who they are in a chat") == 3


async def test_an_admin_links_and_unlinks(world: House, chat: Chat) -> None:
    who = {"integration": "slack", "user": "U7"}
    async with world.program("ben") as ben, world.program("ann") as ann_:
        assert (await ann_.post("/api/v1/people/rudi/links", json=who)).status_code == 403
        assert (await ben.post("/api/v1/people/rudi/links", json=who)).status_code == 201
        assert (await ben.post("/api/v1/people/ann/links", json=who)).status_code == 409
        assert (await ben.post("/api/v1/people/nobody/links", json=who)).status_code == 404
        rudi = Speaker(integration="slack", user="U7")
        assert (await chat.said(rudi, Utterance(text="whoami"))).headline == "You are rudi"
        assert (await chat.said(replace(rudi, integration="other"), Utterance(text="whoami"))).refused
        assert (await ann_.get("/api/v1/people")).json()["links"][0]["person"] == "rudi"
        assert (await ann_.post("/api/v1/people/rudi/unlink", json=who)).status_code == 403
        assert (await ben.post("/api/v1/people/rudi/unlink", json=who)).status_code == 200
        assert (await chat.said(rudi, Utterance(text="whoami"))).refused
        assert (await ben.post("/api/v1/people/rudi/unlink", json=who)).status_code == 404
        assert (await ann_.post("/api/v1/people/me/code")).json()["says"].startswith("/tocsin link ")


async def test_an_equal_address_is_a_suggestion_unless_the_workspace_is_trusted(world: House, chat: Chat) -> None:
    people = world.world.setup.people
    known = replace(people["ann"], email="Ann@example.net")
    world.world.setup = replace(world.world.setup, people={**people, "ann": known})
    speaker = Speaker(integration="slack", user="U1", email="ann@example.net")
    unsure = await chat.said(speaker, Utterance(text="whoami"))
    assert unsure.refused
    assert "you may be ann" in unsure.text
    assert "`tocsin people link ann slack U1`" in unsure.hint
    sure = await chat.said(replace(speaker, trusted=True), Utterance(text="whoami"))
    assert sure.headline == "You are ann"
    assert (await chat.said(replace(speaker, trusted=True, email=""), Utterance(text="whoami"))).refused
    world.world.setup = replace(world.world.setup, people={**people, "ann": known, "ben": replace(known, name="ben")})
    assert "several people" in (await chat.said(replace(speaker, trusted=True), Utterance(text="whoami"))).headline


async def test_in_the_channel_of_an_incident_and_below_its_message_it_is_meant(world: House, chat: Chat) -> None:
    linked = ChatLink(integration="slack", user="U1", person="ann", at=world.clock.now(), by="ben")
    about, now = scene.INC, world.clock.now()
    room = Card(integration="slack", kind=CardKind.ROOM, about=about, incident=about, made_at=now, place="C7")
    await world.store.write(lambda tx: tx.chat_links.put(linked))
    await world.store.write(lambda tx: tx.cards.put(room))
    ann_ = Speaker(integration="slack", user="U1")
    said_ = await chat.said(ann_, Utterance(text="note the cache was cold", place="C7"))
    assert said_.headline == "Noted in INC-1"
    assert (await chat.said(ann_, Utterance(text="note the cache was cold", place="C8"))).refused
    shown = replace(room, kind=CardKind.INCIDENT, place="C8", ref="1.2")
    await world.store.write(lambda tx: tx.cards.put(shown))
    below = Utterance(text="note the cache was cold", place="C8", thread="1.2")
    assert (await chat.said(ann_, below)).headline == "Noted in INC-1"
    assert (await chat.said(ann_, replace(below, thread="3.4"))).refused
    assert (await chat.said(replace(ann_, integration="other"), Utterance(text="list", place="C7"))).refused
