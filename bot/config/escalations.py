"""Escalations as the document says them, what is wrong between them and the rest, and who could not be reached."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from bot.config.escalations_schema import ContactEntry, LevelEntry
from bot.config.schema import Config
from bot.config.services_schema import ServiceEntry
from bot.documents import Path, suggest
from bot.kit.plugin import Integration
from bot.model.escalation import EscalationPolicy

Found = Iterator[tuple[Path, str]]


def escalations(config: Config) -> Mapping[str, EscalationPolicy]:
    """By name."""
    return {entry.name: entry.noun for entry in config.escalations}


def mistakes(config: Config) -> Found:
    """Names that are there twice or mean nothing."""
    names = [entry.name for entry in config.escalations]
    intervals = [entry.name for entry in config.time_intervals]
    for index, entry in enumerate(config.escalations):
        place: Path = ("escalations", index)
        if entry.name in names[:index]:
            yield (*place, "name"), f"there is another escalation {entry.name!r}; give one of them another name"
        if entry.during and entry.during not in intervals:
            near = suggest(entry.during, intervals) or "; add it under `time_intervals`"
            yield (*place, "during"), f"no time interval is called {entry.during!r}{near}"
        for number, level in enumerate(entry.levels):
            yield from _targets(level, (*place, "levels", number), config)
    if config.default_escalation and config.default_escalation not in names:
        yield ("default_escalation",), _unknown(config.default_escalation, names)


def of_services(entries: Sequence[ServiceEntry], config: Config) -> Found:
    """Services that name an escalation that is not there."""
    names = [entry.name for entry in config.escalations]
    for index, entry in enumerate(entries):
        if entry.escalation and entry.escalation not in names:
            yield ("services", index, "escalation"), _unknown(entry.escalation, names)


def contact_mistakes(config: Config, manifests: Mapping[str, Integration]) -> Found:
    """Contacts through what is no integration, or one that wakes nobody."""
    able = [name for name, manifest in manifests.items() if "pager" in manifest.provides]
    for index, person in enumerate(config.people):
        for number, contact in enumerate(person.contacts):
            name = contact.integration
            place: Path = ("people", index, "contacts", number, "integration")
            if name not in config.integrations:
                near = suggest(name, able) or "; add it, such as `mail: {use: smtp, ...}`"
                yield place, f"no integration is called {name!r}{near}"
            elif name in manifests and name not in able:
                yield place, f"{name!r} ({manifests[name].name}) wakes nobody{_those(able)}"
            elif name in manifests:
                yield from _address(contact, manifests[name], (*place[:-1], "address"))


def _address(contact: ContactEntry, manifest: Integration, place: Path) -> Found:
    try:
        if manifest.reaches is not None:
            manifest.reaches(contact.address)
    except ValueError as error:
        yield place, str(error)


def unwise(config: Config, services: Sequence[str]) -> Found:
    """Escalations that nothing leads to, and people who are to be woken and cannot be.

    `services` are the escalations that services name.
    """
    used = {config.default_escalation, *services}
    mute = {person.name for person in config.people if not person.contacts}
    for index, entry in enumerate(config.escalations):
        if entry.name not in used:
            message = "no incident leads here; name it as `default_escalation`, or as the `escalation` of a service"
            yield ("escalations", index, "name"), message
        for number, level in enumerate(entry.levels):
            for which, name in enumerate(level.people):
                if name in mute:
                    message = f"{name} cannot be reached; write `contacts` for them under `people`"
                    yield ("escalations", index, "levels", number, "people", which), message
    yield from _on_call(config, mute)


def _on_call(config: Config, mute: set[str]) -> Found:
    """Schedules that are escalated to, of people who named no way to be reached."""
    paged = {name for entry in config.escalations for level in entry.levels for name in level.schedules}
    for index, schedule in enumerate(config.schedules):
        named = {person for layer in schedule.layers for turn in layer.people for person in _turn(turn)}
        silent = sorted(named & mute) if schedule.name in paged else []
        if silent:
            message = f"on call, and cannot be reached: {', '.join(silent)}; write `contacts` for them under `people`"
            yield ("schedules", index), message


def _turn(turn: str | Sequence[str]) -> Sequence[str]:
    return (turn,) if isinstance(turn, str) else turn


def _targets(level: LevelEntry, place: Path, config: Config) -> Found:
    people, schedules = [one.name for one in config.people], [one.name for one in config.schedules]
    for number, name in enumerate(level.people):
        if name not in people:
            near = suggest(name, people) or "; add them there"
            yield (*place, "people", number), f"nobody in `people` is called {name!r}{near}"
    for number, name in enumerate(level.schedules):
        if name not in schedules:
            near = suggest(name, schedules) or "; add it under `schedules`"
            yield (*place, "schedules", number), f"no schedule is called {name!r}{near}"


def _unknown(name: str, names: Sequence[str]) -> str:
    return f"no escalation is called {name!r}{suggest(name, names) or '; add it under `escalations`'}"


def _those(able: Sequence[str]) -> str:
    return f"; these do: {', '.join(able)}" if able else "; add one that does, such as one that uses `smtp`"
