"""What `tocsin.yaml` may say. Every key has a default but the ones that name something; unknown keys are mistakes.

These are the document's own words. What the rest of Tocsin is handed are the nouns made of them, in `Setup`.
"""

from __future__ import annotations

import ipaddress
import re
import zoneinfo
from dataclasses import replace
from datetime import timedelta
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, StringConstraints

from bot.documents import Duration, Strict, suggest
from bot.model.labels import parse_matcher
from bot.model.log_look import LogLook
from bot.model.retention import Retention
from bot.model.rule import Recordings, Restore, RuleGroup

DEFAULT_FILE = "tocsin.yaml"
SQLITE = "sqlite:///"
_DAY = timedelta(days=1)
_HOOK_SECRET = re.compile(r"[A-Za-z0-9_-]{16,200}")
_HOST_PORT = re.compile(r"(?P<host>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]*):(?P<port>\d{1,5})")


def split_listen(text: str) -> tuple[str, int]:
    """`127.0.0.1:9393` or `[::1]:9393` as host and port; an empty host means every address. ValueError otherwise."""
    match = _HOST_PORT.fullmatch(text)
    if match is None or int(match["port"]) > 65535:
        raise ValueError(f"not an address to listen on: {text!r}; write it like 127.0.0.1:9393 or [::1]:9393")
    return match["host"].strip("[]"), int(match["port"])


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach what listens there."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _is_listen(text: str) -> str:
    split_listen(text)
    return text


def _is_public_url(text: str) -> str:
    parts = urlsplit(text)
    if text and (parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment):
        raise ValueError(f"not an address of a page: {text!r}; write it like https://tocsin.example.net")
    if parts.path.strip("/"):
        raise ValueError(f"{text!r} holds a path, and Tocsin's pages stand at the root of an address; leave it out")
    return text.rstrip("/")


def _is_store_url(text: str) -> str:
    if not text.startswith((SQLITE, "postgresql://")) or text == SQLITE:
        raise ValueError("not a database: write sqlite:///tocsin.db or postgresql://user@host/database")
    return text


def _is_zone(text: str) -> str:
    try:
        known = text == "UTC" or bool(zoneinfo.ZoneInfo(text))
    except (OSError, ValueError, KeyError):
        known = False
    if not known:
        near = suggest(text, zoneinfo.available_timezones()) or "; write it like Europe/Berlin"
        raise ValueError(f"no such time zone: {text!r}{near}")
    return text


def _is_matcher(text: str) -> str:
    parse_matcher(text)
    return text


def _lasts(length: timedelta) -> timedelta:
    if length <= timedelta(0):
        raise ValueError("it must be longer than 0; write it like 30s, 5m or 14d")
    return length


Name = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Some = Annotated[Duration, AfterValidator(_lasts)]
MatcherText = Annotated[str, AfterValidator(_is_matcher)]


def _is_hook_secret(secret: SecretStr) -> SecretStr:
    if not _HOOK_SECRET.fullmatch(secret.get_secret_value()):
        raise ValueError("it must have at least 16 letters, digits, - or _; make one with `openssl rand -hex 24`")
    return secret


HookSecret = Annotated[SecretStr, AfterValidator(_is_hook_secret)]


class Http(Strict):
    """Where Tocsin answers."""

    listen: Annotated[str, AfterValidator(_is_listen)] = Field(
        default="127.0.0.1:9393",
        description="Address and port of the page and the API. Beyond this machine only once somebody in `people` has a"
        " `token`.",
    )
    public_url: Annotated[str, AfterValidator(_is_public_url)] = Field(
        default="",
        description="How people reach the page, for links in reports. Default: the address above.",
    )

    @property
    def host(self) -> str:
        """The host to listen on; empty for every address."""
        return split_listen(self.listen)[0]

    @property
    def port(self) -> int:
        """The port to listen on; 0 takes a free one."""
        return split_listen(self.listen)[1]


class Store(Strict):
    """Where everything is kept."""

    url: Annotated[str, AfterValidator(_is_store_url)] = Field(
        default="sqlite:///tocsin.db",
        description="`sqlite:///FILE` or `postgresql://user@host/database`. A relative file is beside this file.",
        repr=False,
    )
    password: SecretStr | None = Field(default=None, description="PostgreSQL's password, as a secret.")


class Integration(BaseModel):
    """One integration; the keys beside `use` are the integration's own."""

    model_config = ConfigDict(extra="allow", frozen=True)

    use: str = Field(description="Which integration this is. Its other keys are in that integration's README.")
    hook_secret: HookSecret | None = Field(
        default=None,
        description="Where the vendor posts alerts to Tocsin: the last part of the address `/hooks/NAME/SECRET`, at"
        " least 16 letters and digits, as `{env: NAME}` or `{file: PATH}`.",
    )


class RuleFiles(Strict):
    """Rule files that one source is asked about."""

    files: tuple[Name, ...] = Field(
        min_length=1,
        description="Rule files in Prometheus' format, or Splunk's `savedsearches.conf`; `*` and `**` work.",
    )
    source: Name = Field(description="The integration that is asked, by its name under `integrations`.")
    interval: Some = Field(default=timedelta(minutes=1), description="How often, for groups that do not say.")
    recordings: Recordings = Field(
        default=Recordings.ASSUMED,
        description="What becomes of recorded series and `ALERTS`. `write`: back to the source by remote write."
        " `assume-recorded`: a Prometheus evaluates the same files and records them. `shadow`: evaluated, not written.",
    )
    restore: Restore = Field(
        default=Restore.EXACT,
        description="After a restart. `exact`: all goes on as it was. `prometheus`: as Prometheus restores `for`.",
    )
    alertmanagers: tuple[Name, ...] = Field(
        default=(), description="Alertmanagers to tell too, by their names under `integrations`."
    )
    resend_delay: Duration = Field(
        default=timedelta(minutes=1),
        description="How long after it was told an alert that still fires is told again: Prometheus'"
        " `--rules.alert.resend-delay`.",
    )
    external_labels: dict[Name, str] = Field(
        default_factory=dict,
        description="The source's own: `$externalLabels` in templates, and on what Alertmanagers are told.",
    )
    external_url: str = Field(default="", description="`$externalURL` in templates: where people reach the source.")
    app: str = Field(
        default="",
        description="Of saved searches, the app they run in. Default: as the path says,"
        " `APP/default/savedsearches.conf`; else `search`.",
    )
    owner: str = Field(
        default="",
        description="Of saved searches, as whom they run. Default: as the path says, `users/OWNER/APP/local`; else"
        " `nobody`.",
    )
    time_zone: Annotated[str, AfterValidator(_is_zone)] | None = Field(
        default=None,
        description="Of saved searches, the zone of their schedules and of `@d`. Default: `time_zone` of this file.",
    )

    def applied(self, group: RuleGroup) -> RuleGroup:
        """A group of these files, as this entry has it."""
        return replace(
            group, recordings=self.recordings, restore=self.restore, alertmanagers=self.alertmanagers,
            external_labels=self.external_labels, external_url=self.external_url, resend_delay=self.resend_delay,
        )  # fmt: skip


class RouteNode(Strict):
    """A node of the routing tree, in Alertmanager's words. What is left out is inherited from the node above."""

    receiver: Name | None = Field(default=None, description="Who is told; a name under `receivers`.")
    matchers: tuple[MatcherText, ...] = Field(
        default=(), description='Which alerts come this way, such as `severity="critical"`. All must match.'
    )
    group_by: tuple[Name, ...] | None = Field(
        default=None, description="Alerts alike in these labels are one incident. `['...']`: every alert is its own."
    )
    group_wait: Duration | None = Field(
        default=None, description="How long a new group waits for company before it is an incident. Default: 0s."
    )
    continue_: bool = Field(alias="continue", default=False, description="Go on to the next sibling after a match.")
    routes: tuple[RouteNode, ...] = Field(default=(), description="Nodes below; the first that fits takes the alert.")


class ReceiverEntry(Strict):
    """Somebody that routes point to."""

    name: Name = Field(description="What routes call it.")


class PersonEntry(Strict):
    """Somebody who may act."""

    name: Name = Field(description="Shown wherever this person does something.")
    email: str = Field(default="", description="E-mail address.")
    chat: dict[str, str] = Field(
        default_factory=dict, description="The person's id on each platform: `{slack: U0123}`."
    )
    roles: frozenset[Name] = Field(
        default=frozenset(),
        description="What approvals ask for, such as `on-call`. A `viewer` only looks.",
    )
    token: SecretStr | None = Field(default=None, description="Opens the API to this person, as a secret.")


class Log(Strict):
    """What Tocsin writes to standard error."""

    level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="This and everything graver is written."
    )
    format: Literal["auto", "json", "text"] = Field(
        default="auto", description="One event a line. `auto`: text on a terminal, JSON otherwise."
    )


class RetentionTimes(Strict):
    """How long things are kept. Incidents, evidence and the audit record are kept for good."""

    raw: Some = Field(default=14 * _DAY, description="Alerts as they came in.")
    evaluations: Some = Field(default=7 * _DAY, description="The record of rule evaluations.")
    alerts: Some = Field(default=90 * _DAY, description="Resolved alerts.")
    steps: Some = Field(default=90 * _DAY, description="What the steps of runs printed.")

    @property
    def noun(self) -> Retention:
        """The same for the store."""
        return Retention(raw=self.raw, evaluations=self.evaluations, alerts=self.alerts, steps=self.steps)


class LogLookEntry(Strict):
    """One search of logs that is made for incidents, around them and in the time before."""

    title: Name = Field(default="What do the logs say?", description="The question, as people read it.")
    source: Name = Field(description="The integration that is asked, by its name under `integrations`.")
    query: Annotated[str, StringConstraints(min_length=1, max_length=10_000)] = Field(
        description="The search, in the source's language. `$service` inside a quoted text is that label of the alert;"
        " alerts without the label are not asked about."
    )
    matchers: tuple[MatcherText, ...] = Field(
        default=(), description='Which alerts it is made for, such as `team="shop"`. All must match.'
    )
    by: str = Field(
        default="", description="A field of the lines, such as `service`, by whose values they are counted."
    )

    @property
    def noun(self) -> LogLook:
        """The same for the rest of Tocsin."""
        return LogLook(
            title=self.title, source=self.source, query=self.query, by=self.by,
            matchers=tuple(parse_matcher(text) for text in self.matchers),
        )  # fmt: skip


class EvidenceEntry(Strict):
    """What is collected for every incident besides its signals."""

    logs: tuple[LogLookEntry, ...] = Field(default=(), description="Searches of logs.")


class Config(Strict):
    """The whole of `tocsin.yaml`."""

    http: Http = Field(default=Http(), description="Where Tocsin answers.")
    store: Store = Field(default=Store(), description="Where everything is kept.")
    integrations: dict[str, Integration] = Field(
        default_factory=dict, description="What Tocsin talks to: a name of yours to `{use: ..., ...}`."
    )
    rules: tuple[RuleFiles, ...] = Field(default=(), description="Alert rules, and whom to ask about them.")
    runbooks: tuple[Name, ...] = Field(default=(), description="Runbook files; `*` and `**` work. None unless named.")
    route: RouteNode | None = Field(
        default=None,
        description="Which alerts are one incident, and who hears. Default: by `alertname`, `cluster`, `service`.",
    )
    receivers: tuple[ReceiverEntry, ...] = Field(default=(), description="Those that routes point to.")
    people: tuple[PersonEntry, ...] = Field(default=(), description="Who may act.")
    evidence: EvidenceEntry = Field(default=EvidenceEntry(), description="What is collected for incidents.")
    log: Log = Field(default=Log(), description="What Tocsin writes to standard error.")
    time_zone: Annotated[str, AfterValidator(_is_zone)] = Field(
        default="UTC", description="The zone of times in reports and messages, such as `Europe/Berlin`."
    )
    retention: RetentionTimes = Field(default=RetentionTimes(), description="How long things are kept.")
