"""People work on an incident: roles, tasks, status updates, and what they are reminded of; in virtual time."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, closing, suppress
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from bot.chat.commands import GRAMMAR
from bot.documents import parse_duration
from bot.engine.bell import Bells
from bot.engine.timers import Timers
from bot.errors import Fenced, NotAllowed, NotFound, Permanent, Temporary
from bot.incidents import reminders
from bot.incidents.tasks import Wish
from bot.kit.telemetry import Telemetry
from bot.model.actor import TOCSIN, VIEWER, Actor, ActorKind, Contact, Person
from bot.model.errand import ErrandKind
from bot.model.escalation import EscalationPolicy, Level, Target, TargetKind
from bot.model.ids import IncidentId, TaskId
from bot.model.incident import Incident, IncidentStatus, Severity
from bot.model.page import Message
from bot.model.reminder import ReminderKind
from bot.model.schedule import Layer, Schedule
from bot.model.status_update import Audience, Readers
from bot.model.task import Aim, TaskKind
from bot.response import (
    incident_changed,
    incident_declared,
    messages,
    reminders_due,
    reminders_set,
    response_seen,
    roles_taken,
    tasks_kept,
    updates_sent,
)
from bot.response.rule_due import LEASE
from bot.testing.pagers import FakePager
from tests.scenarios.tocsin import Tocsin, actor, living
from tests.scenarios.virtual import BEGINNING

ANN, BEN = actor("ann"), actor("ben")
INC = IncidentId("INC-1")
DOWN = Temporary("nobody answers", integration="chat", reason="connection")
NO_SUCH = Permanent("no such address", integration="chat", reason="client")
PEOPLE = {
    name: Person(name=name, contacts=(Contact(integration="chat", address=name), Contact(integration="mail")))
    for name in ("ann", "ben", "cyd")
} | {"dan": Person(name="dan")}
ROTA = Schedule(
    name="rota",
    time_zone="UTC",
    layers=(Layer(name="week", people=(("cyd",),), starts=datetime.fromisoformat("2026-01-05")),),
)
SHOP = EscalationPolicy(
    name="shop",
    levels=(Level(targets=(Target(kind=TargetKind.SCHEDULE, name="rota"),), wait=timedelta(minutes=5)),),
)


@dataclass
class Room:
    """Where people of a Tocsin read what they are sent."""

    tocsin: Tocsin
    chat: FakePager
    mail: FakePager

    async def declares(self, severity: Severity = Severity.SEV1) -> None:
        await incident_declared.declare(self.tocsin.world, ANN, title="it burns", severity=severity)

    async def later(self, time: str) -> None:
        """Lets so much time go by, of which only two seconds at both ends are lived through."""
        await self.tocsin.passes("2s")
        self.tocsin.clock.jumps(parse_duration(time) - timedelta(seconds=4))
        await self.tocsin.passes("2s")

    def read_by(self, name: str) -> Sequence[str]:
        """The subjects of what this person read, in order."""
        return [message.subject for message in self.chat.messages if message.address == name]

    def at(self, subject: str) -> Sequence[float]:
        """After how many minutes messages with these words were sent."""
        return [(one.at - BEGINNING) / timedelta(minutes=1) for one in self.chat.messages if subject in one.subject]

    async def said(self, kind: str) -> Sequence[str]:
        return [entry.text for entry in (await self.tocsin.case()).timeline if entry.kind == kind]


@asynccontextmanager
async def room(database: Path) -> AsyncIterator[Room]:
    async with living(database) as tocsin:
        chat, mail = FakePager(), FakePager()
        tocsin.world.messengers = {"chat": chat, "mail": mail}
        tocsin.world.setup = replace(
            tocsin.world.setup, groups=(), people=PEOPLE, public_url="https://tocsin.example.net"
        )
        epoch = await tocsin.world.store.write(lambda tx: tx.leases.acquire(LEASE, "here", timedelta(days=4000)))
        looking = Timers(
            tocsin.world, lambda: epoch, Bells(tocsin.world.store), Telemetry(), {"reminders": reminders_due.look}
        )
        timers = asyncio.get_running_loop().create_task(looking.run())
        try:
            yield Room(tocsin, chat, mail)
        finally:
            timers.cancel()


# ---- roles -----------------------------------------------------------------------------------------------------------


async def test_whoever_takes_a_role_is_told_what_it_asks_of_them(database: Path) -> None:
    async with room(database) as here:
        await here.declares()
        world = here.tocsin.world
        await roles_taken.give(world, ANN, INC, "commander")
        await roles_taken.give(world, ANN, INC, "commander", "ben")
        await roles_taken.leave(world, BEN, INC, "commander")
        await here.tocsin.passes("5s")
        assert here.read_by("ann") == ["INC-1: you are commander"]
        (told,) = (one for one in here.chat.messages if one.address == "ben")
        assert told.text.splitlines()[0] == "SEV1 it burns"
        assert "Incident commander: You lead" in told.text
        assert told.link == "https://tocsin.example.net/incidents/INC-1"
        assert await here.said("role") == [
            "ann is commander",
            "ben is commander instead of ann",
            "ben is no longer commander",
        ]


async def test_a_role_is_refused_to_whom_it_cannot_be_given(database: Path) -> None:
    async with room(database) as here:
        await here.declares()
        world = here.tocsin.world
        with pytest.raises(NotFound, match="did you mean 'scribe'"):
            await roles_taken.give(world, ANN, INC, "scrib")
        with pytest.raises(NotFound, match="'zoe'"):
            await roles_taken.give(world, ANN, INC, "scribe", "zoe")
        await roles_taken.give(world, ANN, INC, "scribe")
        with pytest.raises(NotAllowed, match="already"):
            await roles_taken.give(world, BEN, INC, "scribe", "ann")
        viewer = Actor(kind=ActorKind.PERSON, name="vera", roles=frozenset({VIEWER}))
        with pytest.raises(NotAllowed, match="vera may not give a role"):
            await roles_taken.leave(world, viewer, INC, "scribe")
        await incident_changed.resolve(world, ANN, INC)
        await incident_changed.close(world, ANN, INC)
        with pytest.raises(NotAllowed, match="closed"):
            await roles_taken.leave(world, ANN, INC, "scribe")


# ---- messages --------------------------------------------------------------------------------------------------------


async def test_a_message_takes_the_next_way_at_once_where_one_is_of_no_use(database: Path) -> None:
    async with room(database) as here:
        here.chat.breaks(NO_SUCH)
        await here.declares()
        await roles_taken.give(here.tocsin.world, ANN, INC, "scribe", "ben")
        await here.tocsin.passes("5s")
        assert [one.subject for one in here.mail.messages] == ["INC-1: you are scribe"]


async def test_a_message_waits_for_its_way_for_a_while_and_then_takes_the_next(database: Path) -> None:
    async with room(database) as here:
        here.chat.breaks(DOWN)
        await here.declares(Severity.SEV3)
        await roles_taken.give(here.tocsin.world, ANN, INC, "scribe", "ben")
        await here.tocsin.passes("1m")
        assert here.mail.messages == []
        assert here.chat.tries > 3
        await here.later("10m")
        assert [one.subject for one in here.mail.messages] == ["INC-1: you are scribe"]


async def test_a_message_that_nobody_takes_is_given_up_after_a_day_and_the_timeline_says_so(database: Path) -> None:
    async with room(database) as here:
        here.chat.breaks(DOWN)
        here.mail.breaks(DOWN)
        await here.declares(Severity.SEV5)
        await roles_taken.give(here.tocsin.world, ANN, INC, "scribe", "ben")
        await here.tocsin.passes("1m")
        await here.later("23h")
        assert await here.said("page") == []
        await here.later("61m")
        assert await here.said("page") == ["ben was not told: INC-1: you are scribe"]
        tries = here.chat.tries
        await here.later("2h")
        assert here.chat.tries == tries


async def test_whoever_cannot_be_reached_is_not_waited_for(database: Path) -> None:
    async with room(database) as here:
        await here.declares()
        await roles_taken.give(here.tocsin.world, ANN, INC, "scribe", "dan")
        here.tocsin.world.messengers = {}
        await roles_taken.give(here.tocsin.world, ANN, INC, "deputy", "ben")
        await here.tocsin.passes("5s")
        assert await here.said("page") == ["ben was not told: INC-1: you are deputy"]
        claimed = await here.tocsin.world.store.write(
            lambda tx: tx.outbox.claim("x", here.tocsin.clock.now(), timedelta(1), [ErrandKind.MESSAGE])
        )
        assert claimed is None


async def test_what_is_posted_to_one_room_arrives_in_order(database: Path) -> None:
    async with room(database) as here:
        here.chat.breaks(DOWN)
        world, list_ = here.tocsin.world, Contact(integration="chat", address="#news")
        for number in range(5):
            await world.store.write(
                lambda tx, number=number: messages.post(
                    tx, TOCSIN, list_, subject=f"{number}", text="x", link="", id=f"{number}", now=world.clock.now()
                )
            )
        await here.tocsin.passes("10s")
        here.chat.breaks(None)
        await here.tocsin.passes("20s")
        assert [one.subject for one in here.chat.messages] == ["0", "1", "2", "3", "4"]


# ---- tasks -----------------------------------------------------------------------------------------------------------


async def test_a_follow_up_says_who_when_and_what_for(database: Path) -> None:
    async with room(database) as here:
        await here.declares()
        world = here.tocsin.world
        with pytest.raises(NotAllowed, match="a follow-up needs an owner and a due date and an aim"):
            await tasks_kept.add(world, ANN, INC, Wish(text="look", kind=TaskKind.FOLLOW_UP))
        with pytest.raises(NotFound, match="'zoe'"):
            await tasks_kept.add(world, ANN, INC, Wish(text="look", owner="zoe"))
        wish = Wish(text="look", kind=TaskKind.FOLLOW_UP, owner="ben", due=date(2026, 12, 1), aim=Aim.DETECT)
        with pytest.raises(NotAllowed, match="no day to do anything by"):
            await tasks_kept.add(world, ANN, INC, replace(wish, due=date(2026, 11, 20)))
        made = await tasks_kept.add(world, ANN, INC, wish)
        with pytest.raises(NotAllowed, match="no day to do anything by"):
            await tasks_kept.change(world, ANN, made.id, due=date(1, 1, 1))
        with pytest.raises(NotAllowed, match="needs an owner"):
            await tasks_kept.change(world, ANN, made.id, owner="")
        moved = await tasks_kept.change(world, ANN, made.id, owner="ann", due=date(2026, 12, 2))
        ended = await tasks_kept.end(world, BEN, made.id, dropped=True, reason="nobody needs it")
        await here.tocsin.passes("5s")
        assert (moved.owner, moved.due, ended.done_by, ended.dropped) == ("ann", date(2026, 12, 2), "ben", True)
        assert here.read_by("ben") == ["INC-1: TASK-1 is yours"]
        assert here.read_by("ann") == []
        assert await here.said("task") == [
            "follow-up TASK-1: look",
            "follow-up TASK-1 is changed: look",
            "follow-up TASK-1 is dropped: look",
        ]
        assert await tasks_kept.open_ones(world, ANN) == []
        with pytest.raises(NotFound):
            await tasks_kept.end(world, ANN, TaskId("TASK-2"))


# ---- reminders -------------------------------------------------------------------------------------------------------


async def test_nobody_leading_is_said_again_and_again_until_somebody_does(database: Path) -> None:
    async with room(database) as here:
        await here.declares(Severity.SEV1)
        await incident_changed.acknowledge(here.tocsin.world, BEN, INC)
        for time in ("5m2s", "5m", "5m", "5m"):
            await here.later(time)
        assert here.at("nobody has led") == [5, 10, 20]
        assert set(here.read_by("ben")) == {
            "INC-1: nobody has led the response for 5m",
            "INC-1: nobody has led the response for 10m",
            "INC-1: nobody has led the response for 20m",
        }
        await roles_taken.give(here.tocsin.world, BEN, INC, "commander")
        await here.later("3h")
        assert here.at("nobody has led") == [5, 10, 20]
        await roles_taken.leave(here.tocsin.world, BEN, INC, "commander")
        left = (here.tocsin.clock.now() - BEGINNING) / timedelta(minutes=1)
        await here.later("4m58s")
        assert len(here.at("nobody has led")) == 3
        await here.tocsin.passes("4s")
        assert here.at("nobody has led")[3:] == [left + 5]


async def test_people_are_to_be_told_as_often_as_the_severity_asks_or_as_was_promised(database: Path) -> None:
    async with room(database) as here:
        await here.declares(Severity.SEV1)
        world = here.tocsin.world
        await roles_taken.give(world, ANN, INC, "commander")
        await here.later("20m")
        sent = await updates_sent.send(world, BEN, INC, Audience.RESPONDERS, "we look")
        assert sent.update.next_at == BEGINNING + timedelta(minutes=50)
        await here.later("30m2s")
        assert here.at("was told") == [50]
        await updates_sent.send(world, BEN, INC, Audience.STAKEHOLDERS, "we look", timedelta(hours=2))
        await here.later("119m58s")
        assert here.at("was told") == [50]
        await here.later("4s")
        (_, again) = here.at("was told")
        assert again == pytest.approx(170, abs=0.05)
        await incident_changed.resolve(world, ANN, INC)
        await here.later("5h")
        assert len(here.at("was told")) == 2


async def test_what_stands_still_is_said_once_nothing_happened_for_long(database: Path) -> None:
    async with room(database) as here:
        await here.declares(Severity.SEV4)
        world = here.tocsin.world
        await here.later("6d")
        await incident_changed.note(world, ANN, INC, "still there")
        await here.later("6d")
        assert await here.said("reminder") == []
        await here.later("24h4s")
        assert await here.said("reminder") == ["reminder: nothing has happened for 7d"]


async def test_a_postmortem_is_due_until_the_incident_is_closed(database: Path) -> None:
    async with room(database) as here:
        await here.declares(Severity.SEV1)
        world = here.tocsin.world
        await roles_taken.give(world, BEN, INC, "commander")
        await incident_changed.resolve(world, ANN, INC)
        await here.later("119h59m")
        assert here.at("postmortem") == []
        await here.later("1m2s")
        await here.later("24h")
        assert here.at("postmortem") == [5 * 24 * 60, 6 * 24 * 60]
        assert here.read_by("ben")[1:] == [
            "INC-1: the postmortem is due; it was resolved 5d ago",
            "INC-1: the postmortem is due; it was resolved 6d ago",
        ]
        await incident_changed.close(world, ANN, INC)
        await here.later("5d")
        assert len(here.at("postmortem")) == 2


async def test_whoever_does_a_follow_up_hears_of_it_in_the_morning_of_its_day_even_when_all_is_closed(
    database: Path,
) -> None:
    async with room(database) as here:
        world = here.tocsin.world
        world.setup = replace(world.setup, time_zone="Europe/Berlin")
        await here.declares(Severity.SEV5)
        wish = Wish(text="look", kind=TaskKind.FOLLOW_UP, owner="cyd", due=date(2026, 11, 24), aim=Aim.PREVENT)
        made = await tasks_kept.add(world, ANN, INC, wish)
        await incident_changed.resolve(world, ANN, INC)
        await incident_changed.close(world, ANN, INC)
        await here.later("52h59m")
        assert here.at("was due") == []
        await here.later("1m2s")
        assert here.at("was due") == [(24 + 24 + 5) * 60]  # from three in the morning, UTC, to nine in Berlin
        assert here.read_by("cyd")[-1] == "INC-1: follow-up TASK-1 was due 2026-11-24: look"
        await tasks_kept.end(world, ANN, made.id)
        await here.later("3d")
        assert len(here.at("was due")) == 1


async def test_a_reminder_that_nobody_is_there_for_goes_to_whoever_is_on_call(database: Path) -> None:
    async with room(database) as here:
        world = here.tocsin.world
        world.setup = replace(
            world.setup, schedules={"rota": ROTA}, escalations={"shop": SHOP}, default_escalation="shop"
        )
        await here.declares(Severity.SEV1)
        await here.later("5m2s")
        assert here.read_by("cyd") == ["INC-1: nobody has led the response for 5m"]
        [told] = here.chat.messages
        assert [one.says for one in told.presses] == ["role INC-1 commander", "snooze INC-1 30m", "snooze INC-1 4h"]


async def test_a_reminder_for_somebody_who_cannot_be_reached_goes_to_whoever_is_on_call(database: Path) -> None:
    async with room(database) as here:
        world = here.tocsin.world
        world.setup = replace(
            world.setup, schedules={"rota": ROTA}, escalations={"shop": SHOP}, default_escalation="shop"
        )
        await here.declares(Severity.SEV1)
        await incident_changed.acknowledge(world, actor("dan"), INC)
        await here.later("5m2s")
        assert here.read_by("cyd") == ["INC-1: nobody has led the response for 5m"]
        [said] = [one for one in (await here.tocsin.case()).timeline if one.kind == "reminder"]
        assert said.why is not None
        assert said.why.startswith("told cyd; dan cannot be reached: no contacts in tocsin.yaml; ")


@pytest.mark.parametrize("kind", ReminderKind)
def test_whatever_a_reminder_offers_is_a_command(kind: ReminderKind) -> None:
    incident = Incident(id=INC, title="x", severity=Severity.SEV1, status=IncidentStatus.TRIGGERED, opened_at=BEGINNING)
    for press in reminders.presses(incident, kind):
        assert GRAMMAR.parse(press.says).values["incident"] == INC


async def test_a_reminder_waits_or_is_stopped_for_good(database: Path) -> None:
    async with room(database) as here:
        await here.declares(Severity.SEV1)
        world = here.tocsin.world
        await incident_changed.acknowledge(world, ANN, INC)
        await reminders_set.snooze(world, ANN, INC, timedelta(hours=1), [ReminderKind.NO_COMMANDER])
        await reminders_set.stop(world, ANN, INC, [ReminderKind.NO_UPDATE, ReminderKind.STALE])
        await here.later("59m58s")
        assert here.at("nobody has led") == []
        await here.later("4s")
        await here.later("5m")
        assert here.at("nobody has led") == [60, 65]
        await reminders_set.stop(world, ANN, INC)
        await here.later("3d")
        assert (here.at("nobody has led"), here.at("was told"), here.at("nothing has")) == ([60, 65], [], [])
        await reminders_set.snooze(world, ANN, INC, timedelta(minutes=1), [ReminderKind.STALE])
        await here.later("2m")
        assert len(here.at("nothing has")) == 1
        with pytest.raises(NotAllowed, match="a year at most"):
            await reminders_set.snooze(world, ANN, INC, timedelta(days=400))
        await incident_changed.resolve(world, ANN, INC)
        await incident_changed.close(world, ANN, INC)
        with pytest.raises(NotAllowed, match="lacks nothing"):
            await reminders_set.snooze(world, ANN, INC, timedelta(hours=1))


async def test_whoever_has_lost_the_lease_reminds_nobody(database: Path) -> None:
    async with living(database) as tocsin:
        world = tocsin.world
        await incident_declared.declare(world, ANN, title="it burns", severity=Severity.SEV1)
        tocsin.clock.jumps(timedelta(minutes=10))
        old = await world.store.write(lambda tx: tx.leases.acquire("reminding", "old", timedelta(0)))
        new = await world.store.write(lambda tx: tx.leases.acquire("reminding", "new", timedelta(days=400)))
        assert (old, new) == (1, 2)
        with suppress(Fenced):
            await reminders_due.look(world, TOCSIN, lease="reminding", epoch=1)
        assert [entry.kind for entry in (await tocsin.case()).timeline] == ["status"]
        assert await reminders_due.look(world, TOCSIN, lease="reminding", epoch=2) == BEGINNING + timedelta(minutes=15)
        assert [entry.text for entry in (await tocsin.case()).timeline][1:] == [
            "reminder: nobody has led the response for 10m"
        ]


async def test_a_row_that_nobody_can_read_holds_up_no_other_reminder(
    database: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with room(database) as here:
        await here.declares()
        await here.declares()
        with closing(sqlite3.connect(database)) as other:
            newer = "UPDATE reminders SET kind = 'of another version' WHERE incident = 'INC-1' AND kind = ?"
            other.execute(newer, [ReminderKind.NO_COMMANDER])
            other.commit()
        await here.later("6m")
        sound = here.tocsin.said(await here.tocsin.case("INC-2"))
        assert "reminder: nobody has led the response for 5m" in sound
        assert "a reminder that is due now is put off: Tocsin met a mistake of its own" in await here.said("reminder")
        assert "reminders met a mistake of ours with INC-1; all others go on" in caplog.text


# ---- updates ---------------------------------------------------------------------------------------------------------


async def test_each_audience_reads_its_own_words_and_the_public_nothing_that_an_alert_wrote(database: Path) -> None:
    async with room(database) as here:
        world = here.tocsin.world
        stakeholders = replace(
            world.setup.readers[Audience.STAKEHOLDERS],
            people=("cyd",),
            contacts=(Contact(integration="chat", address="#bosses"),),
        )
        public = replace(
            world.setup.readers[Audience.PUBLIC], contacts=(Contact(integration="chat", address="#public"),)
        )
        world.setup = replace(
            world.setup,
            readers={**world.setup.readers, Audience.STAKEHOLDERS: stakeholders, Audience.PUBLIC: public},
        )
        await incident_declared.declare(world, ANN, title="<b>$by it burns</b>", severity=Severity.SEV1, service="cart")
        await roles_taken.give(world, ANN, INC, "commander", "ben")
        sent = [await updates_sent.send(world, ANN, INC, audience, "we roll back $id") for audience in Audience]
        assert [one.to for one in sent] == [("ben",), ("cyd", "chat #bosses"), ("chat #public",)]
        await here.tocsin.passes("5s")
        said = {one.address: one for one in here.chat.messages if "you are" not in one.subject}
        assert set(said) == {"ben", "cyd", "#bosses", "#public"}
        assert said["ben"].text.splitlines() == [
            "SEV1 <b>$by it burns</b>",
            "triggered for 0s",
            "led by ben",
            "we roll back $id",
            "Next update by 03:30 UTC.",
        ]
        assert said["#bosses"].text == said["cyd"].text
        assert said["cyd"].text.splitlines()[:2] == [
            "SEV1 <b>$by it burns</b>: we are looking into a problem.",
            "It concerns cart.",
        ]
        told: Message = said["#public"]
        assert told.text.splitlines() == [
            "cart: we are looking into a problem.",
            "we roll back $id",
            "Next update by 03:30 UTC.",
        ]
        assert (told.subject, told.link) == ("cart: we are looking into a problem", "")
        seen = await response_seen.look(world, ANN, INC)
        assert [one.audience for one in seen.updates] == list(Audience)
        assert seen.next_update_at == BEGINNING + timedelta(minutes=30)


async def test_an_update_in_which_nothing_stands_is_refused_and_a_draft_tells_nobody(database: Path) -> None:
    async with room(database) as here:
        world = here.tocsin.world
        bare = Readers(audience=Audience.PUBLIC, template="$service\n$text")
        world.setup = replace(world.setup, readers={**world.setup.readers, Audience.PUBLIC: bare})
        await here.declares()
        with pytest.raises(NotAllowed, match="nothing would be in this update for public"):
            await updates_sent.send(world, ANN, INC, Audience.PUBLIC, " ")
        drafted = await updates_sent.draft(world, ANN, INC, Audience.PUBLIC, "soon")
        assert drafted.text == "soon"
        assert await world.store.read(lambda tx: tx.updates.of_incident(INC)) == []
