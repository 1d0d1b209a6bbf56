"""What every command is given, and the words in which all of them speak of people, times and incidents."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from datetime import time as datetime_time
from zoneinfo import ZoneInfo

from bot.chat.grammar import INPUT, Mistake, Verb
from bot.documents import suggest
from bot.errors import NotFound
from bot.model.actor import Actor, Person
from bot.model.answer import Answer, Form, Press, Tone
from bot.model.ids import IncidentId
from bot.model.incident import Incident, IncidentStatus
from bot.model.wording import one_line
from bot.response.world import World

SHOWN = 15
"""Lines of a list; more are counted."""
_TITLE = 150
_TONES = {
    IncidentStatus.TRIGGERED: Tone.BAD,
    IncidentStatus.ACKNOWLEDGED: Tone.CAREFUL,
    IncidentStatus.MITIGATED: Tone.CAREFUL,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One command of one person. `known` finds who of our people is called so in the chat it came from."""

    world: World
    actor: Actor
    values: Mapping[str, str]
    known: Mapping[str, str] = field(default_factory=dict)
    known_here: bool = False
    """Whether it was said in a chat, by somebody who is linked to one of our people."""

    @property
    def incident(self) -> IncidentId:
        """The one that it is about."""
        return IncidentId(self.values["incident"])

    def get(self, name: str) -> str:
        """The value of a slot or an option; empty where it was left out."""
        return self.values.get(name, "")

    @property
    def inputs(self) -> Mapping[str, str]:
        """What was given under names of somebody else's."""
        return {name.removeprefix(INPUT): value for name, value in self.values.items() if name.startswith(INPUT)}

    def person(self, name: str = "person") -> str:
        """Whom a value names: by the name in tocsin.yaml, or by the id in the chat; NotFound. Empty: nobody was."""
        word = self.get(name).removeprefix("@")
        if word.lower() in ("", "me"):
            return self.actor.name if word else ""
        people = self.world.setup.people
        found = self.known.get(word) or next((one for one in people if one.lower() == word.lower()), "")
        if not found:
            near = suggest(word, people) or f"; there are {', '.join(sorted(people)) or 'none'}"
            hint = "people are named under `people:` in tocsin.yaml, and linked to a chat by `link`"
            raise NotFound(f"nobody is called {word!r}{near}", hint=hint)
        return found

    def at(self, moment: datetime | None) -> str:
        """A time as the clock of whoever asked shows it; a day too, where it is not today's."""
        if moment is None:
            return ""
        zone = ZoneInfo(self._zone())
        local, now = moment.astimezone(zone), self.world.clock.now().astimezone(zone)
        return f"{local:%H:%M %Z}" if local.date() == now.date() else f"{local:%Y-%m-%d %H:%M %Z}"

    def moment(self, day: str, time: str, later: timedelta = timedelta()) -> datetime:
        """A time as the clock of whoever asked shows it, of a day or else of today, in UTC; `later`: so many days."""
        zone = ZoneInfo(self._zone())
        when = date.fromisoformat(day) if day else self.world.clock.now().astimezone(zone).date()
        return datetime.combine(when + later, datetime_time.fromisoformat(time), zone).astimezone(UTC)

    def _zone(self) -> str:
        who: Person | None = self.world.setup.people.get(self.actor.name)
        return (who.time_zone if who else "") or self.world.setup.time_zone

    def page(self, path: str) -> str:
        """Where more is to be seen."""
        return f"{self.world.setup.public_url}/{path}" if self.world.setup.public_url else ""

    def page_of(self, incident: IncidentId) -> str:
        """The incident's own page."""
        return self.page(f"incidents/{incident}")


def _nothing(values: Mapping[str, str]) -> str:
    return ""


Do = Callable[[Asked], Awaitable[Answer]]
"""What a command does; raises TocsinError, of which the answer is made elsewhere."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """A command, what it does, and the form that asks for what it needs, where it has one.

    `lacks` says, from its values alone, what is missing before anything can be done; nothing, where it is complete.
    """

    verb: Verb
    do: Do
    form: Callable[[Asked], Form] | None = None
    lacks: Callable[[Mapping[str, str]], str] = _nothing


def mistaken(verb: Verb, message: str) -> Mistake:
    """What the command was given cannot be, as its deed sees it."""
    return Mistake(message, hint=f"write it like `{verb.examples[0]}`", verb=verb)


def line(incident: Incident) -> str:
    """An incident in a list."""
    about = f" ({incident.service})" if incident.service else ""
    return f"{incident.id} {incident.severity} {incident.status}: {one_line(incident.headline, _TITLE)}{about}"


def moved(asked: Asked, incident: Incident, what: str) -> Answer:
    """What became of an incident, and what may be done with it now."""
    return Answer(
        headline=f"{incident.id} {what}",
        tone=tone(incident),
        text=one_line(incident.headline, _TITLE),
        facts=facts(asked, incident),
        presses=presses(incident),
        link=asked.page_of(incident.id),
        seen=True,
    )


def tone(incident: Incident) -> Tone:
    """How bad it looks."""
    return _TONES.get(incident.status, Tone.GOOD)


def facts(asked: Asked, incident: Incident) -> tuple[tuple[str, str], ...]:
    """What is said of an incident beside its title; nothing is said that is empty."""
    all_of_them = (
        ("Severity", incident.severity),
        ("Status", incident.status),
        ("Service", incident.service),
        ("Kind", "" if incident.kind == "normal" else incident.kind),
        ("Signal", "" if incident.signal == "none" else incident.signal),
        ("Has it", incident.acknowledged_by),
        ("Commander", incident.commander),
        ("Opened", asked.at(incident.opened_at)),
        ("Resolved", asked.at(incident.resolved_at)),
    )
    return tuple((name, str(value)) for name, value in all_of_them if value)


def presses(incident: Incident) -> tuple[Press, ...]:
    """What may be done with it by a click, as it stands."""
    name, found = incident.id, list[Press]()
    if incident.status is IncidentStatus.TRIGGERED:
        found.append(Press(label="Acknowledge", says=f"ack {name}", tone=Tone.GOOD))
    if incident.is_open:
        sure = f"Say that {name} is over?"
        found += [
            Press(label="Resolve", says=f"resolve {name}", confirm=sure),
            Press(label="Update", says=f"update {name}"),
        ]
        if incident.alerts:
            found += [Press(label="Silence 1h", says=f"silence {name} 1h"), Press(label="Why", says=f"why {name}")]
    found.append(Press(label="Show", says=f"show {name}"))
    return tuple(found)


def cut(lines: Sequence[str], most: int = SHOWN) -> tuple[str, ...]:
    """The first of them, and how many more there are."""
    more = len(lines) - most
    return (*lines[:most], f"and {more} more") if more > 0 else tuple(lines)


def count(number: int, what: str) -> str:
    """`1 incident`, `2 incidents`."""
    return f"{number} {what}{'' if number == 1 else 's'}"
