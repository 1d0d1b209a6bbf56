"""What a test may set: tokens, scopes, limits, how events come, and what goes wrong."""

from __future__ import annotations

from collections import defaultdict, deque

from pydantic import BaseModel, ConfigDict, Field

from bot.testing.slack.methods import POSTING, TIERS, Method
from bot.testing.slack.words import Asked
from bot.testing.wire import Fault

BOT_TOKEN = "xoxb-simulated-0123456789-bot"  # noqa: S105 - made up
APP_TOKEN = "xapp-1-A0TOCSIN-simulated-0123456789"  # noqa: S105 - made up
CONFIGURATION_TOKEN = "xoxe.xoxp-1-simulated-0123456789"  # noqa: S105 - made up
SIGNING_SECRET = "simulated-signing-secret-0123456789"  # noqa: S105 - made up
SCOPES = (
    "app_mentions:read bookmarks:write canvases:write channels:history channels:join channels:manage channels:read"
    " chat:write commands files:read files:write groups:history groups:read groups:write im:history im:read im:write"
    " pins:read pins:write reactions:read reactions:write usergroups:read users:read users:read.email"
)
EVENTS = (
    "app_home_opened",
    "app_mention",
    "channel_archive",
    "channel_rename",
    "member_joined_channel",
    "message",
    "pin_added",
    "reaction_added",
)
_MINUTE = 60.0


class Urls(BaseModel):
    """Where Slack posts to in place of a socket."""

    model_config = ConfigDict(extra="forbid")

    events: str = ""
    interactivity: str = ""
    commands: str = ""


class Settings(BaseModel):
    """Everything that is so until a test says otherwise.

    `limits`: calls are counted, and too many answered with 429; `channel_s`: seconds between two messages of a channel.
    `skew_s`: how far its clock is ahead of ours. `acknowledge_s`: how long it waits for an acknowledgement;
    `redeliveries`: how often an event that nobody acknowledged comes again. Where `urls` has one, it posts there.
    `file_s`: seconds until an uploaded file can be shown in a block. `command` and `interactivity` are what the app's
    manifest says of them, beside scopes, events and addresses; `expired`: the configuration token's 12 hours are over.
    """

    model_config = ConfigDict(extra="forbid")

    scopes: str = SCOPES
    revoked: bool = False
    inactive: bool = False
    limits: bool = False
    tiers: dict[int, int] = Field(default_factory=lambda: dict(TIERS))
    channel_s: float = 1.0
    skew_s: float = 0.0
    file_s: float = 0.0
    events: tuple[str, ...] = EVENTS
    acknowledge_s: float = Field(default=3.0, gt=0)
    redeliveries: int = Field(default=3, ge=0)
    urls: Urls = Urls()
    command: str = "/tocsin"
    interactivity: bool = True
    expired: bool = False


class SlackFault(Fault):
    """As everywhere, and `error`: `ok: false` with this word; `cut`: the connection ends in place of the answer."""

    error: str = ""
    cut: bool = False


class SlackFaults(BaseModel):
    """What goes wrong from now on; of each request the first that is about it."""

    model_config = ConfigDict(extra="forbid")

    faults: list[SlackFault]

    def met(self, method: str, path: str) -> SlackFault | None:
        """The one that is about this request, used once more."""
        found = next((one for one in self.faults if one.meets(method, path)), None)
        if found is not None and found.times is not None:
            found.times -= 1
            if not found.times:
                self.faults.remove(found)
        return found


class Limits:
    """How often each method was called in the last minute, and when each channel was last written to."""

    def __init__(self) -> None:
        self._calls: defaultdict[str, deque[float]] = defaultdict(deque)
        self._posts: dict[str, float] = {}

    def wait(self, asked: Asked, method: Method, settings: Settings, now: float) -> float:
        """Seconds until this may be asked; 0: it may be, and is counted."""
        if not settings.limits:
            return 0.0
        if method.tier == POSTING:
            channel = asked.text("channel")
            left = self._posts.get(channel, now - settings.channel_s) + settings.channel_s - now
            if left <= 0:
                self._posts[channel] = now
            return max(left, 0.0)
        calls = self._calls[asked.method]
        while calls and now - calls[0] >= _MINUTE:
            calls.popleft()
        if len(calls) >= settings.tiers[method.tier]:
            return _MINUTE - (now - calls[0])
        calls.append(now)
        return 0.0
