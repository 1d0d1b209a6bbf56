"""What `tocsin doctor` finds out about Slack: whether it answers, as whom, what the bot may do there, and its clock."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from bot.errors import IntegrationError
from bot.integrations.slack.api import Api
from bot.integrations.slack.subscriptions import Subscriptions
from bot.integrations.slack.writing import Writing
from bot.kit.clocks import clock, skew_of
from bot.kit.redaction import visible
from bot.ports.actions import Health
from bot.ports.clock import Clock

_CHANNEL = "channel"
_SKEW = timedelta(seconds=60)


@dataclass(frozen=True, slots=True, kw_only=True)
class Examination:
    """Asks one workspace; no message is written to find out.

    `scopes` are those it needs, and what for; `channels` those it writes to, and what stands there. Where people are
    heard, `subscriptions` knows what Slack is to bring, and `socket` says how it is with what they click.
    """

    api: Api
    writing: Writing
    clock: Clock
    scopes: Mapping[str, str]
    channels: Mapping[str, str]
    subscriptions: Subscriptions | None
    socket: Callable[[], Awaitable[Health]] | None

    async def examine(self) -> Sequence[Health]:
        """What cannot be told for want of the one before is left out."""
        try:
            said, answer = await self.api.ask("auth.test", repeatable=True)
        except IntegrationError as error:
            return [_ill("permission" if error.reason == "auth" else "reachable", error)]
        user, team = (visible(str(said.get(name, "?")))[:40] for name in ("user", "team"))
        found = [Health(what="reachable", ok=True, detail=f"answers as {user} in {team}")]
        if "x-oauth-scopes" in answer.headers:
            found.append(_scopes(answer.headers["x-oauth-scopes"], self.scopes))
        skew = skew_of(answer.headers.get("date"), self.clock.now())
        if skew is not None:
            found.append(clock(skew, allowed=_SKEW, because="messages say when something happened by our clock"))
        found += [await self._room(channel, what) for channel, what in self.channels.items()]
        if self.subscriptions is not None:
            found.append(await self.subscriptions.examine(str(said.get("bot_id", ""))))
        return [*found, await self.socket()] if self.socket is not None else found

    async def _room(self, channel: str, what: str) -> Health:
        """Whether the bot reads there, and anybody may still write. Where it may not ask that, it may be so."""
        try:
            await self.writing.newest(channel)
        except IntegrationError as error:
            return _ill(_CHANNEL, error)
        try:
            about = (await self.api.call("conversations.info", repeatable=True, channel=channel)).get("channel")
        except IntegrationError:
            about = {}
        if isinstance(about, dict) and about.get("is_archived"):
            hint = "open it again, or name another one in tocsin.yaml"
            return Health(what=_CHANNEL, ok=False, detail=f"{channel} is archived", hint=hint)
        return Health(what=_CHANNEL, ok=True, detail=f"reads {channel}, where {what}")


def _ill(what: str, error: IntegrationError) -> Health:
    return Health(what=what, ok=False, detail=error.message, hint=error.hint)


def _scopes(given: str, needed: Mapping[str, str]) -> Health:
    have = {one.strip() for one in given.split(",")}
    missing = [scope for scope in needed if scope not in have]
    if not missing:
        return Health(what="permission", ok=True, detail=f"has {', '.join(needed)}")
    why = "; ".join(f"{scope} to {needed[scope]}" for scope in missing)
    hint = f"add {', '.join(missing)} to the app under *OAuth & Permissions* and install it again"
    return Health(what="permission", ok=False, detail=f"lacks {why}", hint=hint)
