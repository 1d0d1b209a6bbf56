"""What a workspace holds: people, groups, channels with their messages, views and files. It checks no token."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from bot.testing.slack.words import Json, Refused

TEAM, DOMAIN, APP, BOT, BOT_ID = "T0SHOP", "shop", "A0TOCSIN", "U0TOCSIN", "B0TOCSIN"
FOREIGN_TEAM = "T0OTHER"


@dataclass(slots=True)
class User:
    """Somebody in the workspace. `team` is another one for guests of shared channels."""

    id: str
    name: str
    real_name: str
    email: str = ""
    team: str = TEAM
    deleted: bool = False
    is_bot: bool = False
    is_restricted: bool = False
    is_ultra_restricted: bool = False
    tz: str = "Etc/UTC"

    def shown(self) -> Json:
        """As the API shows it."""
        return {
            "id": self.id,
            "team_id": self.team,
            "name": self.name,
            "real_name": self.real_name,
            "deleted": self.deleted,
            "tz": self.tz,
            "is_bot": self.is_bot,
            "is_admin": False,
            "is_restricted": self.is_restricted,
            "is_ultra_restricted": self.is_ultra_restricted,
            "is_app_user": False,
            "is_stranger": self.team != TEAM,
            "profile": {"real_name": self.real_name, "display_name": self.name, "email": self.email},
        }


@dataclass(slots=True)
class Group:
    """People who are called by one handle."""

    id: str
    handle: str
    name: str
    users: list[str]


@dataclass(slots=True)
class Channel:
    """A conversation. `kind`: channel, private or im. `unseen`: what only one person sees of it."""

    id: str
    name: str
    kind: str = "channel"
    creator: str = BOT
    created: int = 0
    topic: str = ""
    purpose: str = ""
    archived: bool = False
    members: list[str] = field(default_factory=list)
    messages: list[Json] = field(default_factory=list)
    unseen: list[tuple[str, Json]] = field(default_factory=list)
    pins: list[str] = field(default_factory=list)
    pinned_by: dict[str, str] = field(default_factory=dict)
    bookmarks: list[Json] = field(default_factory=list)
    canvas: str = ""

    @property
    def type(self) -> str:
        """As events call its kind."""
        return {"im": "im", "private": "group"}.get(self.kind, "channel")

    def message(self, ts: str, error: str = "message_not_found") -> Json:
        """The one of that time; refused where there is none."""
        for one in self.messages:
            if one["ts"] == ts:
                return one
        raise Refused(error)

    def shown(self) -> Json:
        """As the API shows it."""
        shown: Json = {
            "id": self.id,
            "created": self.created,
            "is_archived": self.archived,
            "is_im": self.kind == "im",
            "is_mpim": False,
            "is_channel": self.kind == "channel",
            "is_group": False,
            "is_private": self.kind != "channel",
            "context_team_id": TEAM,
        }
        if self.kind == "im":
            return {**shown, "user": next(one for one in self.members if one != BOT), "is_open": True}
        return {
            **shown,
            "name": self.name,
            "name_normalized": self.name,
            "creator": self.creator,
            "is_general": False,
            "is_shared": False,
            "is_member": BOT in self.members,
            "topic": {"value": self.topic, "creator": BOT, "last_set": self.created},
            "purpose": {"value": self.purpose, "creator": BOT, "last_set": self.created},
            "num_members": len(self.members),
        }


@dataclass(slots=True)
class Trigger:
    """What lets an app open a view, for a few seconds and once."""

    id: str
    user: str
    ends: float
    used: bool = False


@dataclass(slots=True)
class Respond:
    """An address at which an interaction may be answered: five times, for half an hour."""

    id: str
    user: str
    channel: str
    ts: str
    ends: float
    left: int = 5


PEOPLE = (
    User("U0ANN", "ann", "Ann Arbor", "ann@example.net"),
    User("U0BEN", "ben", "Ben Nevis", "ben@example.net"),
    User("U0GONE", "gone", "Gone Girl", "gone@example.net", deleted=True),
    User("U0GUEST", "guest", "Gus Guest", "gus@example.net", is_restricted=True),
    User("U0ALIEN", "alien", "Al Ien", "al@example.org", team=FOREIGN_TEAM),
)


class Workspace:
    """One workspace, with a channel or two. `heard` is told of every event that an app may subscribe to."""

    def __init__(self, heard: Callable[[Json], None], clock: Callable[[], float] = time.time) -> None:
        self.clock, self.heard = clock, heard
        self._numbers = itertools.count(1)
        self._last_ts = 0
        self.forget()

    def forget(self) -> None:
        """As it was at the beginning."""
        self.users = {one.id: User(**{name: getattr(one, name) for name in User.__slots__}) for one in PEOPLE}
        self.users[BOT] = User(BOT, "tocsin", "Tocsin", is_bot=True)
        self.groups = {"S0SRE": Group("S0SRE", "sre", "SRE", ["U0ANN", "U0BEN"])}
        self.channels: dict[str, Channel] = {}
        self.views: dict[str, Json] = {}
        self.homes: dict[str, Json] = {}
        self.files: dict[str, Json] = {}
        self.canvases: dict[str, str] = {}
        self.triggers: dict[str, Trigger] = {}
        self.responds: dict[str, Respond] = {}
        self.make("general", members=[*self.users])
        self.make("sre", members=["U0ANN", "U0BEN", BOT])

    # ---- people and channels ------------------------------------------------------------------------------------

    def user(self, id: str, error: str = "user_not_found") -> User:
        """Who has this id."""
        if id not in self.users:
            raise Refused(error)
        return self.users[id]

    def channel(self, id: str) -> Channel:
        """The conversation with this id, or of this name with its `#`; for a person's id the one with the app."""
        if id in self.users:
            return self.direct([id])
        for one in self.channels.values():
            if id in (one.id, f"#{one.name}"):
                return one
        raise Refused("channel_not_found")

    def writable(self, id: str, *, must_be_in: bool = True) -> Channel:
        """The same, if the app may write there."""
        found = self.channel(id)
        if found.kind == "private" and BOT not in found.members:
            raise Refused("channel_not_found")
        if found.archived:
            raise Refused("is_archived")
        if must_be_in and BOT not in found.members:
            raise Refused("not_in_channel")
        return found

    def make(self, name: str, *, private: bool = False, members: Sequence[str] = (BOT,)) -> Channel:
        """A channel."""
        if any(one.name == name for one in self.channels.values()):
            raise Refused("name_taken")
        first, kind = ("G", "private") if private else ("C", "channel")
        made = Channel(self.id(first), name, kind, created=int(self.clock()), members=list(members))
        self.channels[made.id] = made
        return made

    def direct(self, users: Sequence[str]) -> Channel:
        """The conversation of the app with somebody."""
        if len(users) != 1:
            raise Refused("not_enough_users" if not users else "too_many_users")
        user = self.user(users[0])
        if user.deleted:
            raise Refused("user_disabled")
        if user.is_bot:
            raise Refused("cannot_dm_bot")
        for one in self.channels.values():
            if one.kind == "im" and user.id in one.members:
                return one
        made = Channel(self.id("D"), f"@{user.name}", "im", created=int(self.clock()), members=[user.id, BOT])
        self.channels[made.id] = made
        return made

    # ---- messages -----------------------------------------------------------------------------------------------

    def add(self, channel: Channel, user: str, **fields: object) -> Json:
        """A message, and the event of it. A thread knows its replies."""
        ts = self.ts()
        message: Json = {"type": "message", "user": user, "ts": ts, "team": TEAM, "text": ""}
        if user == BOT:
            message.update(bot_id=BOT_ID, app_id=APP)
        message.update({name: value for name, value in fields.items() if value is not None})
        parent = message.get("thread_ts")
        if parent:
            self._reply(channel.message(parent, "thread_not_found"), message)
        channel.messages.append(message)
        self.heard({**message, "channel": channel.id, "channel_type": channel.type, "event_ts": ts})
        return message

    def changed(self, channel: Channel, message: Json, before: Json) -> None:
        """A message is another one now."""
        self._of_message(channel, "message_changed", {"message": message, "previous_message": before})

    def removed(self, channel: Channel, message: Json) -> None:
        """A message is no more."""
        channel.messages.remove(message)
        self._of_message(channel, "message_deleted", {"previous_message": message, "deleted_ts": message["ts"]})

    def _of_message(self, channel: Channel, subtype: str, about: Json) -> None:
        ts = self.ts()
        said = {"type": "message", "subtype": subtype, "channel": channel.id, "ts": ts, "event_ts": ts}
        self.heard({**said, "channel_type": channel.type, **about})

    @staticmethod
    def _reply(parent: Json, reply: Json) -> None:
        if parent.get("thread_ts") not in (None, parent["ts"]):
            raise Refused("thread_not_found")
        parent["thread_ts"] = parent["ts"]
        parent["reply_count"] = parent.get("reply_count", 0) + 1
        parent["latest_reply"] = reply["ts"]

    # ---- what an interaction brings -----------------------------------------------------------------------------

    def trigger(self, user: str) -> str:
        """Good for one view, soon."""
        made = Trigger(self.id("1.2."), user, self.clock() + 3.0)
        self.triggers[made.id] = made
        return made.id

    def pulled(self, id: str) -> Trigger:
        """Uses it up."""
        found = self.triggers.get(id)
        if found is None:
            raise Refused("invalid_trigger_id")
        if found.used:
            raise Refused("exchanged_trigger_id")
        if self.clock() > found.ends:
            raise Refused("expired_trigger_id")
        found.used = True
        return found

    def respond(self, user: str, channel: str, ts: str) -> str:
        """The end of an address at which the interaction may be answered."""
        made = Respond(self.id("R"), user, channel, ts, self.clock() + 1800.0)
        self.responds[made.id] = made
        return made.id

    # ---- names and times ----------------------------------------------------------------------------------------

    def ts(self) -> str:
        """A time that no other message has: seconds with six places."""
        self._last_ts = max(self._last_ts + 1, int(self.clock() * 1_000_000))
        seconds, micros = divmod(self._last_ts, 1_000_000)
        return f"{seconds}.{micros:06d}"

    def id(self, first: str) -> str:
        """An id that nothing else has."""
        return f"{first}{next(self._numbers):08X}"

    def named(self, name: str) -> Channel:
        """A channel by its name or id; `@ann`: what the app and Ann say to each other."""
        for one in self.channels.values():
            if name in (one.name, one.id):
                return one
        for user in self._called(name):
            return self.direct([user.id])
        raise Refused("channel_not_found")

    def _called(self, name: str) -> Iterator[User]:
        return (one for one in self.users.values() if name == f"@{one.name}")
