"""How a team works on incidents: what its severities mean, which roles there are, what belongs together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from bot.model.incident import COMMANDER, Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class SeverityLevel:
    """What a severity means here. `update_every`: how often people are told how an incident of it stands; None: never.

    `pages`: whether it wakes anybody.
    """

    severity: Severity
    means: str
    update_every: timedelta | None = None
    pages: bool = True
    commander_within: timedelta | None = None
    """After this long without a commander somebody is reminded; None: never."""
    postmortem_within: timedelta | None = None
    """After this long without a postmortem somebody is reminded; None: none is due."""
    stale_after: timedelta | None = None
    """After this long in which nothing happened somebody is reminded; None: never."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """A part somebody takes in an incident, and what they are told when they do."""

    name: str
    title: str
    instructions: str


SEVERITIES: Mapping[Severity, SeverityLevel] = {
    level.severity: level
    for level in (
        SeverityLevel(
            severity=Severity.SEV1,
            means="most people cannot use the service, or data is being lost",
            update_every=timedelta(minutes=30),
            commander_within=timedelta(minutes=5),
            postmortem_within=timedelta(days=5),
            stale_after=timedelta(hours=2),
        ),
        SeverityLevel(
            severity=Severity.SEV2,
            means="many people are hindered, or something important does not work",
            update_every=timedelta(hours=1),
            commander_within=timedelta(minutes=10),
            postmortem_within=timedelta(days=10),
            stale_after=timedelta(hours=6),
        ),
        SeverityLevel(
            severity=Severity.SEV3,
            means="some people are hindered, and there is a way around it",
            update_every=timedelta(hours=4),
            stale_after=timedelta(days=1),
        ),
        SeverityLevel(
            severity=Severity.SEV4,
            means="few people notice; it can wait until the morning",
            pages=False,
            stale_after=timedelta(days=7),
        ),
        SeverityLevel(severity=Severity.SEV5, means="nobody notices yet", pages=False, stale_after=timedelta(days=14)),
    )
}
"""What the severities mean where the documents say nothing else."""
ROLES: Mapping[str, Role] = {
    role.name: role
    for role in (
        Role(
            name=COMMANDER,
            title="Incident commander",
            instructions="You lead: decide, hand out tasks, and keep everybody to one plan. You do not repair anything"
            " yourself. Say who has which role, and hand over before you are tired.",
        ),
        Role(
            name="deputy",
            title="Deputy",
            instructions="You stand beside the commander: keep an eye on time and open tasks, ask what was overlooked,"
            " and take over when asked.",
        ),
        Role(
            name="scribe",
            title="Scribe",
            instructions="You write down what is decided and seen, with times, as notes on the timeline.",
        ),
        Role(
            name="communications",
            title="Communications",
            instructions="You tell everybody outside the response how it stands, as often as was promised, and keep"
            " their questions away from those who work.",
        ),
        Role(
            name="subject-expert",
            title="Subject expert",
            instructions="You know the part that is broken: look into it, propose what to do, and do it once the"
            " commander agrees.",
        ),
    )
}
"""The roles there are where the documents say nothing else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomField:
    """A field of incidents that a team wants; with `choices` it takes no other value."""

    name: str
    title: str = ""
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Correlation:
    """Which alert groups are one incident.

    Groups that share the values of all of `keys` (labels), or whose services depend on each other within `hops` (0:
    the same service, None: services do not count), and that begin `within` this long of each other. Never those that
    differ in one of `apart`. A group that fires again less than `reopen` after its incident was resolved reopens that
    one.
    """

    keys: tuple[str, ...] = ()
    hops: int | None = None
    within: timedelta = timedelta(minutes=10)
    apart: tuple[str, ...] = ()
    reopen: timedelta = timedelta(minutes=15)
