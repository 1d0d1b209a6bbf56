"""What stands under `integrations:` for Slack."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr

from bot.documents import Duration, Strict
from bot.kit.way_in import Address
from bot.model.board import RoomPolicy
from bot.model.incident import Incident, IncidentKind, Severity

_PERSON = re.compile(r"[UW][A-Z0-9]{2,20}")
_CHANNEL = re.compile(r"[CG][A-Z0-9]{2,20}")
_COMMAND = re.compile(r"/[a-z0-9_-]{1,31}")
_BRACES = re.compile(r"\{[a-z]*\}|[{}]")
_USER_GROUP = re.compile(r"S[A-Z0-9]{2,20}")
_EMOJI = re.compile(r"[a-z0-9_+'-]{1,100}")
_LONGEST = timedelta(seconds=15)


def check_person(text: str) -> None:
    """ValueError unless this is the id of a person in Slack."""
    if not _PERSON.fullmatch(text):
        raise ValueError(
            f"not the id of somebody in Slack: {text!r}; in Slack see their profile, `...`, *Copy member ID*: U0123ABCD"
        )


def is_channel(text: str) -> bool:
    """Whether this is the id of a channel."""
    return bool(_CHANNEL.fullmatch(text))


def _is_place(text: str) -> str:
    if text and not is_channel(text):
        raise ValueError(f"not the id of a channel: {text!r}; in Slack see its name, *Copy channel ID*: C0123ABCD")
    return text


def _of_the_bot(token: SecretStr) -> SecretStr:
    if not token.get_secret_value().strip().startswith("xoxb-"):
        raise ValueError("it begins with `xoxb-`: the *Bot User OAuth Token* of the app, under *OAuth & Permissions*")
    return token


def _of_the_app(token: SecretStr) -> SecretStr:
    if not token.get_secret_value().strip().startswith("xapp-"):
        raise ValueError(
            "it begins with `xapp-`: the *App-Level Token* with `connections:write`, under *Basic Information*"
        )
    return token


def _of_its_owner(token: SecretStr) -> SecretStr:
    if not token.get_secret_value().strip().startswith("xoxe.xoxp-"):
        raise ValueError(
            "it begins with `xoxe.xoxp-`: the access token under *Your App Configuration Tokens* at api.slack.com/apps"
        )
    return token


def _is_command(name: str) -> str:
    if not _COMMAND.fullmatch(name):
        raise ValueError(f"not a slash command: {name!r}; write it like /tocsin, in small letters")
    return name


def _is_short(length: timedelta) -> timedelta:
    if not timedelta(0) < length <= _LONGEST:
        raise ValueError("it must be longer than 0 and 15s at most: somebody waits to be woken")
    return length


def _is_long(length: timedelta) -> timedelta:
    if length < timedelta(hours=1):
        raise ValueError("it must be 1h at least: people still read there when it is just over")
    return length


def _is_name(name: str) -> str:
    if set(_BRACES.findall(name)) - {"{id}", "{title}", "{service}", "{date}"}:
        raise ValueError("it holds `{id}`, `{title}`, `{service}` and `{date}`, and no other braces")
    return name


def _is_emoji(name: str) -> str:
    plain = name.strip(":")
    if not _EMOJI.fullmatch(plain):
        raise ValueError(f"not the name of an emoji: {name!r}; write it like pushpin, as Slack shows it between colons")
    return plain


def _is_invited(text: str) -> str:
    if not _PERSON.fullmatch(text) and not _USER_GROUP.fullmatch(text):
        raise ValueError(f"not the id of a person or of a user group: {text!r}; they look like U0123ABCD and S0123ABCD")
    return text


class OwnChannel(Strict):
    """Which incidents get a channel of their own, and how it is made."""

    severities: tuple[Severity, ...] = Field(
        default=(Severity.SEV1, Severity.SEV2), description="Severities of incidents that get one."
    )
    kinds: tuple[IncidentKind, ...] = Field(
        default=(IncidentKind.NORMAL, IncidentKind.DRILL), description="Kinds of incidents that get one."
    )
    name: Annotated[str, AfterValidator(_is_name)] = Field(
        default="{id}-{title}",
        description="What it is called, of `{id}`, `{title}`, `{service}` and `{date}`; cut off after 80 characters.",
    )
    private: bool = Field(default=False, description="Only whoever is invited sees it.")
    invite: tuple[Annotated[str, AfterValidator(_is_invited)], ...] = Field(
        default=(),
        description="Ids of people and user groups (`S0123ABCD`) who are invited beside those who work on it.",
    )
    archive_after: Annotated[Duration, AfterValidator(_is_long)] | None = Field(
        default=timedelta(days=7), description="How long after the end it is archived; `null`: never."
    )


class Incidents(Strict):
    """Where incidents are shown."""

    channel: Annotated[str, AfterValidator(_is_place)] = Field(
        default="", description="The channel in which each incident has one message: `C0123ABCD`."
    )
    teams: Mapping[str, Annotated[str, AfterValidator(_is_place)]] = Field(
        default_factory=dict,
        description="By the name of a team, the channel in which its incidents have theirs instead.",
    )
    severities: tuple[Severity, ...] = Field(
        default=tuple(Severity), description="Severities of incidents that are shown."
    )
    thread: bool = Field(
        default=False, description="Whether what people do and say is told in a thread below the message."
    )
    emoji: tuple[Annotated[str, AfterValidator(_is_emoji)], ...] = Field(
        default=("pushpin", "memo"),
        description="With one of these emoji somebody puts a message on the incident's timeline, as with a pin.",
    )
    channel_of_its_own: OwnChannel | None = Field(
        default=None, description="Incidents that get a channel of their own too; left out: none does."
    )

    @property
    def policy(self) -> RoomPolicy:
        """Which incidents get a channel of their own."""
        own = self.channel_of_its_own
        if own is None:
            return RoomPolicy()
        return RoomPolicy(
            severities=frozenset(own.severities), kinds=frozenset(own.kinds), archive_after=own.archive_after
        )

    def place(self, incident: Incident | None) -> str:
        """The channel in which it is shown; empty: in none."""
        if incident is None:
            return self.channel
        return self.teams.get(incident.team, self.channel) if incident.severity in self.severities else ""


class SlackConfig(Strict):
    """One app in one workspace."""

    bot_token: Annotated[SecretStr, AfterValidator(_of_the_bot)] = Field(
        description="The bot's token, `xoxb-...`, as `{env: NAME}` or `{file: PATH}`."
    )
    app_token: Annotated[SecretStr, AfterValidator(_of_the_app)] | None = Field(
        default=None,
        description="The app-level token of *Socket Mode*, `xapp-...`, as `{env: NAME}`: pages get a button by which"
        " they are acknowledged.",
    )
    signing_secret: SecretStr | None = Field(
        default=None,
        description="The *Signing Secret* of the app, where Slack posts what people do to `/hooks/NAME` instead of over"
        " *Socket Mode*.",
    )
    configuration_token: Annotated[SecretStr, AfterValidator(_of_its_owner)] | None = Field(
        default=None,
        description="An *App Configuration Token*, `xoxe.xoxp-...`, for the time of a setup: with it `tocsin doctor`"
        " compares the app with its manifest. It lives 12 hours.",
    )
    channel: Annotated[str, AfterValidator(_is_place)] = Field(
        default="",
        description="The id of the channel in which receivers of this integration are told of groups: `C0123ABCD`.",
    )
    incidents: Incidents | None = Field(
        default=None, description="Where incidents are shown, and what is asked; left out: only people are written to."
    )
    command: Annotated[str, AfterValidator(_is_command)] = Field(
        default="/tocsin", description="The slash command that people type, as the app's manifest names it."
    )
    trust_emails: bool = Field(
        default=False,
        description="Whoever has the e-mail address of one of `people:` there is that person: only where the workspace"
        " checks addresses itself, by single sign-on.",
    )
    url: Address = Field(
        default="https://slack.com/api",
        description="Where Slack's Web API is; `https://slack-gov.com/api` for GovSlack.",
    )
    timeout: Annotated[Duration, AfterValidator(_is_short)] = Field(
        default=timedelta(seconds=10), description="How long to wait for one answer; 15s at most."
    )
