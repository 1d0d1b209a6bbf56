"""What is told of a group, and why the rest is not."""

from collections.abc import Mapping
from datetime import timedelta

import pytest

from bot.alerts.groups import Group, Groups
from bot.alerts.table import AlertTable, Entry, Received
from bot.alerts.telling import INCIDENT, Suppressed, Telling, needed, tell
from bot.model.alert import Alert
from bot.model.ids import Fingerprint, SilenceId
from bot.model.labels import LabelSet
from bot.model.route import Occurrences, Receiver, Route, Webhook
from bot.model.telling import Reason, Told, Verdict
from tests.unit.alerts import moment

START = 1_000_000.0
HOOK = Receiver(name="sre", webhooks=(Webhook(integration="hook"),))
A, B = Fingerprint("a" * 16), Fingerprint("b" * 16)


def told(*firing: Fingerprint, resolved: tuple[Fingerprint, ...] = (), at: float = START) -> Told:
    """What was told before."""
    return Told(group="g", way="hook", firing=frozenset(firing), resolved=frozenset(resolved), at=moment(at))


@pytest.mark.parametrize(
    ("before", "firing", "resolved", "now", "reason"),
    [
        (None, {A}, set(), START, Reason.FIRST),
        (None, set(), {A}, START, Reason.NONE),
        (told(A), {A}, set(), START + 60, Reason.NONE),
        (told(A), {A, B}, set(), START + 60, Reason.MORE),
        (told(A, B), {A}, {B}, START + 60, Reason.SOME_RESOLVED),
        (told(A, B, resolved=(B,)), {A}, {B}, START + 60, Reason.NONE),
        (told(A), set(), {A}, START + 60, Reason.ALL_RESOLVED),
        (told(resolved=(A,)), set(), {A}, START + 60, Reason.NONE),
        (told(resolved=(A,)), {A}, set(), START + 60, Reason.FIRST),
        (told(A), {A}, set(), START + 3600, Reason.NONE),
        (told(A), {A}, set(), START + 3601, Reason.REPEAT),
    ],
)
def test_whether_there_is_anything_to_say(
    before: Told | None, firing: set[Fingerprint], resolved: set[Fingerprint], now: float, reason: Reason
) -> None:
    found = needed(before, frozenset(firing), frozenset(resolved), send_resolved=True, repeat_after=3600, now=now)
    assert found is reason


def test_some_that_resolved_are_nothing_to_those_who_do_not_want_to_hear_of_it() -> None:
    before = told(A, B)
    assert needed(before, frozenset({A}), frozenset({B}), send_resolved=False, repeat_after=9, now=START) is Reason.NONE


class World:
    """One group, and what is told of it as time passes."""

    def __init__(self, route: Route, receiver: Receiver = HOOK) -> None:
        self.table, self.groups, self.receiver = AlertTable(resolve_timeout=300), Groups(route), receiver

    def fires(self, at: float, instance: str = "a") -> Entry:
        """An alert begins."""
        alert = Alert(
            labels=LabelSet({"alertname": "Down", "instance": instance}), annotations={}, starts_at=moment(at)
        )
        ((entry, _),) = self.table.take([Received.of(alert)], at)
        self.groups.joins(entry, at)
        return entry

    def ends(self, entry: Entry, at: float) -> None:
        """It is over."""
        alert = Alert(labels=entry.label_set(), annotations={}, starts_at=moment(entry.starts_at), ends_at=moment(at))
        self.table.take([Received.of(alert)], at)

    @property
    def group(self) -> Group:
        """The one group."""
        (group,) = self.groups
        return group

    def told(self, now: float, suppressed: Mapping[bytes, Suppressed] | None = None) -> Telling:
        """What is told now; afterwards it was told."""
        group = self.group
        group.told = group.told or {}
        telling = tell(group, self.receiver, suppressed or {}, self.groups.begun_within(group, now), now)
        for one in telling.news:
            firing = frozenset(entry.fingerprint() for entry in telling.firing)
            over = frozenset(entry.fingerprint() for entry in telling.resolved)
            group.told = {
                **group.told,
                one.way: Told(group=group.key, way=one.way, firing=firing, resolved=over, at=moment(now)),
            }
        self.groups.was_flushed(group, now, ended=telling.ended, look_at=telling.held_until)
        return telling


def ways(telling: Telling) -> list[tuple[str, str]]:
    """Who hears, and why."""
    return [(one.way, one.reason.name) for one in telling.news]


def test_the_incident_hears_at_once_and_webhooks_at_their_interval() -> None:
    world = World(Route(receiver="sre"))
    first = world.fires(START)
    assert ways(world.told(START)) == [(INCIDENT, "FIRST"), ("hook", "FIRST")]
    world.fires(START + 10, "b")
    assert ways(world.told(START + 11)) == [(INCIDENT, "MORE")]
    assert ways(world.told(START + 300)) == [("hook", "MORE")]
    world.ends(first, START + 400)
    assert ways(world.told(START + 600)) == [("hook", "SOME_RESOLVED")]
    assert ways(world.told(START + 900)) == []
    assert ways(world.told(START + 600 + 4 * 3600 + 1)) == [("hook", "REPEAT")]


def test_what_is_silenced_inhibited_or_muted_is_not_told_and_the_reason_is_kept() -> None:
    world = World(Route(receiver="sre"))
    one = world.fires(START)
    other = world.fires(START, "b")
    silenced = {one.labels: Suppressed(silenced_by=(SilenceId("6f"),))}
    telling = world.told(START, silenced)
    assert telling.firing == (other,)
    assert (telling.decisions[0].verdict, telling.decisions[0].rule) == (Verdict.SILENCED, "silence 6f")
    assert telling.decisions[0].text == "1 of 2 alerts silenced"
    inhibited = {entry.labels: Suppressed(inhibited_by=(A,)) for entry in (one, other)}
    later = world.told(START + 300, inhibited)
    assert ways(later) == []
    assert later.decisions[0].rule == f"alert {A}"


def test_an_alert_that_is_over_within_its_hold_never_pages() -> None:
    world = World(Route(receiver="sre", hold=timedelta(minutes=2)))
    flap = world.fires(START)
    telling = world.told(START)
    assert ways(telling) == []
    assert (telling.held_until, telling.decisions[0].text) == (START + 120, "1 wait for 0:02:00")
    world.ends(flap, START + 60)
    group = world.group
    telling = tell(group, HOOK, {}, 0, START + 300)
    assert (ways(telling), telling.resolved) == ([], ())
    assert telling.decisions[0].text == "1 resolved within 0:02:00 and never paged"


def test_an_alert_that_outlasts_its_hold_is_told_when_it_is_over_too() -> None:
    world = World(Route(receiver="sre", hold=timedelta(minutes=2)))
    entry = world.fires(START)
    world.told(START)
    assert world.group.next_at == START + 120
    assert ways(world.told(START + 120)) == [(INCIDENT, "FIRST")]
    assert ways(world.told(START + 300)) == [("hook", "FIRST")]
    world.ends(entry, START + 310)
    assert ways(world.told(START + 600))[-1] == ("hook", "ALL_RESOLVED")


def test_a_group_that_wants_several_firings_waits_for_them() -> None:
    world = World(Route(receiver="sre", occurrences=Occurrences(count=2, within=timedelta(minutes=10))))
    entry = world.fires(START)
    telling = world.told(START)
    assert ways(telling) == []
    assert telling.decisions[0].text == "1 of 2 firings within 0:10:00"
    world.ends(entry, START + 60)
    world.told(START + 300)
    world.fires(START + 310)
    assert ways(world.told(START + 311)) == [(INCIDENT, "FIRST"), ("hook", "FIRST")]


def test_a_shadow_route_decides_and_tells_nobody() -> None:
    world = World(Route(receiver="sre", shadow=True))
    world.fires(START)
    telling = world.told(START)
    assert {one.verdict for one in telling.decisions} == {Verdict.NOT_TOLD}
