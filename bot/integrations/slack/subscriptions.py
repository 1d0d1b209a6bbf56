"""Whether the app in Slack is set up as its manifest says: Slack tells that to whoever holds a configuration token."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from bot.errors import IntegrationError
from bot.integrations.slack.api import Api, Refusal
from bot.integrations.slack.letters import Json
from bot.kit.redaction import visible
from bot.ports.actions import Health

_WHAT = "subscriptions"
_LONGEST = 100
_EVENTS = ("settings", "event_subscriptions", "bot_events")
_SCOPES = ("oauth_config", "scopes", "bot")
_SOCKET = ("settings", "socket_mode_enabled")
_CLICKS = ("settings", "interactivity", "is_enabled")
_MAKE_ONE = (
    "make a token under *Your App Configuration Tokens* at api.slack.com/apps, and write it, `xoxe.xoxp-...`, as"
    " `configuration_token` into tocsin.yaml; it lives 12 hours"
)
_OWNER = (
    "whoever made `configuration_token` must own this app or be a collaborator of it, in the workspace of the token"
)
_HINTS = {
    "app_not_eligible": _OWNER,
    "app_not_found": _OWNER,
    "app_not_owned_by_manager_app": _OWNER,
    "invalid_app_id": _OWNER,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscriptions:
    """Compares the app in Slack with the manifest that is `wanted`.

    `bot` asks as the bot, `owner` with the configuration token; None: there is none, and nothing can be known.
    """

    bot: Api
    owner: Api | None
    wanted: Json

    async def examine(self, bot_id: str) -> Health:
        """What differs, and where that is mended. That nobody can look fails nothing: it is said."""
        if self.owner is None:
            detail = "event subscriptions were not checked: Slack tells them only to a configuration token"
            return Health(what=_WHAT, ok=True, detail=detail, hint=f"to have event subscriptions checked, {_MAKE_ONE}")
        try:
            about = await self.bot.call("bots.info", repeatable=True, bot=bot_id)
        except IntegrationError as error:
            return _unknown(error, error.hint)
        app = _text(about, "bot", "app_id")
        try:
            found = (await self.owner.call("apps.manifest.export", repeatable=True, app_id=app)).get("manifest")
        except IntegrationError as error:
            return _unknown(error, _hint(error))
        differing = list(_differing(self.wanted, found))
        if not differing:
            detail = f"Slack brings {', '.join(_names(found, *_EVENTS))}, and the app is as its manifest says"
            return Health(what=_WHAT, ok=True, detail=visible(detail))
        says, mend = ("; ".join(parts) for parts in zip(*differing, strict=True))
        hint = f"{mend}: at api.slack.com/apps, or write there under *App Manifest* what `tocsin slack manifest` prints"
        return Health(what=_WHAT, ok=False, detail=f"the app {says}", hint=hint)


def _unknown(error: IntegrationError, hint: str) -> Health:
    return Health(what=_WHAT, ok=False, detail=f"event subscriptions were not checked: {error.message}", hint=hint)


def _hint(error: IntegrationError) -> str:
    """The other tokens are mended otherwise."""
    if error.reason == "auth":
        return f"{_MAKE_ONE}; or leave `configuration_token` out, when all is set up"
    return _HINTS.get(error.word, error.hint) if isinstance(error, Refusal) else error.hint


def _differing(wanted: Json, found: object) -> Iterator[tuple[str, str]]:
    """What is not as wanted, and what to do. More than that the app may have."""
    if events := _missing(wanted, found, *_EVENTS):
        yield f"is not subscribed to {events}", f"add {events} under *Event Subscriptions*, *Subscribe to bot events*"
    if scopes := _missing(wanted, found, *_SCOPES):
        yield f"does not ask for {scopes}", f"add {scopes} under *OAuth & Permissions* and install it again"
    if _in(wanted, *_SOCKET) and not _in(found, *_SOCKET):
        yield "has Socket Mode off", "turn on *Socket Mode*"
    if _in(found, *_SOCKET) and not _in(wanted, *_SOCKET):
        yield "has Socket Mode on, so that Slack posts nothing", "turn off *Socket Mode*"
    if not _in(found, *_CLICKS):
        yield "has interactivity off", "turn on *Interactivity & Shortcuts*"
    there = _addresses(found)
    for place, url in _addresses(wanted).items():
        if place not in there:
            yield f"has no {place}", f"add {place} under *Slash Commands*"
        elif not there[place].endswith(urlsplit(url).path):
            said = visible(there[place])[:_LONGEST] or "nowhere"
            yield f"posts {place} to {said}", f"write Tocsin's address and {urlsplit(url).path} as its *Request URL*"


def _addresses(manifest: object) -> Mapping[str, str]:
    """Where what is posted to; empty over Socket Mode. Where Tocsin is for Slack we do not know, only how it ends."""
    commands = _in(manifest, "features", "slash_commands")
    return {
        "events": _text(manifest, "settings", "event_subscriptions", "request_url"),
        "clicks": _text(manifest, "settings", "interactivity", "request_url"),
        **{_text(one, "command"): _text(one, "url") for one in (commands if isinstance(commands, list) else [])},
    }


def _missing(wanted: Json, found: object, *path: str) -> str:
    there = _names(found, *path)
    return ", ".join(one for one in _names(wanted, *path) if one not in there)


def _names(manifest: object, *path: str) -> list[str]:
    listed = _in(manifest, *path)
    return [str(one) for one in listed] if isinstance(listed, list) else []


def _text(manifest: object, *path: str) -> str:
    return str(_in(manifest, *path) or "")


def _in(manifest: object, *path: str) -> object:
    """What stands there; None where nothing does, whatever Slack left out."""
    for name in path:
        manifest = manifest.get(name) if isinstance(manifest, dict) else None
    return manifest
