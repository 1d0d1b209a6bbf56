"""What `tocsin.yaml` may say. Every key has a default but the ones that name something; unknown keys are mistakes.

These are the document's own words. What the rest of Tocsin is handed are the nouns made of them, in `Setup`.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import replace
from datetime import timedelta
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, StringConstraints

from bot.config.automation_schema import AutomationEntry
from bot.config.deadmen_schema import DeadmanEntry, LifeSignEntry
from bot.config.escalations_schema import ContactEntry, EscalationEntry
from bot.config.fields import MatcherText, Name, PathSecret, Some, Zone, matchers_of
from bot.config.oncall_schema import ScheduleEntry
from bot.config.practice_schema import CustomFieldEntry, RoleEntry, SeverityEntry
from bot.config.routing_schema import InhibitEntry, MapEntry, ReceiverEntry, RouteNode
from bot.config.services_schema import CorrelationEntry, ServiceEntry
from bot.config.times_schema import MaintenanceEntry, TimeIntervalEntry
from bot.config.updates_schema import UpdatesEntry
from bot.documents import Duration, Strict
from bot.model.actor import Person
from bot.model.log_look import LogLook
from bot.model.retention import Retention
from bot.model.rule import Recordings, Restore, RuleGroup

DEFAULT_FILE = "tocsin.yaml"
SQLITE = "sqlite:///"
_DAY = timedelta(days=1)
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
    hook_secret: PathSecret | None = Field(
        default=None,
        description="Where the vendor posts alerts to Tocsin: the last part of the address `/hooks/NAME/SECRET`, at"
        " least 16 letters and digits, as `{env: NAME}` or `{file: PATH}`. Or it is sent as `Authorization: Bearer`."
        " What sends to Tocsin as to an Alertmanager shows it so too, or as the password of basic authentication.",
    )
    previous_hook_secret: PathSecret | None = Field(
        default=None, description="The secret before, which is taken too until every vendor has the new one."
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
    time_zone: Zone | None = Field(
        default=None,
        description="Of saved searches, the zone of their schedules and of `@d`. Default: `time_zone` of this file.",
    )

    def applied(self, group: RuleGroup) -> RuleGroup:
        """A group of these files, as this entry has it."""
        return replace(
            group, recordings=self.recordings, restore=self.restore, alertmanagers=self.alertmanagers,
            external_labels=self.external_labels, external_url=self.external_url, resend_delay=self.resend_delay,
        )  # fmt: skip


class PersonEntry(Strict):
    """Somebody who may act."""

    name: Name = Field(description="Shown wherever this person does something.")
    email: str = Field(default="", description="E-mail address.")
    chat: dict[str, str] = Field(
        default_factory=dict,
        description="Who they are in each chat, by the name of its integration: `{slack: U0123}`. Their contacts say so"
        " already where they are reached through it.",
    )
    roles: frozenset[Name] = Field(
        default=frozenset(),
        description="What approvals ask for, such as `on-call`. A `viewer` only looks.",
    )
    token: SecretStr | None = Field(default=None, description="Opens the API to this person, as a secret.")
    contacts: tuple[ContactEntry, ...] = Field(
        default=(), max_length=20, description="How they are reached: tried in this order until one way works."
    )
    time_zone: Zone | None = Field(
        default=None, description="The zone of times that they are told. Default: `time_zone` of this file."
    )

    @property
    def noun(self) -> Person:
        """The same for the rest of Tocsin, which needs no token."""
        return Person(
            name=self.name, email=self.email, chat=dict(self.chat), roles=self.roles,
            contacts=tuple(contact.noun for contact in self.contacts), time_zone=self.time_zone or "",
        )  # fmt: skip


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
            matchers=matchers_of(self.matchers),
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
    inhibit_rules: tuple[InhibitEntry, ...] = Field(
        default=(), description="Which alerts are not told while another fires."
    )
    time_intervals: tuple[TimeIntervalEntry, ...] = Field(
        default=(), description="Names for times, for routes that are muted or active then."
    )
    maintenance: tuple[MaintenanceEntry, ...] = Field(
        default=(), description="Planned work, during which what it touches is not told."
    )
    mapping: tuple[MapEntry, ...] = Field(
        default=(), description="How words of others become ours, one after the other, before anything else is done."
    )
    deadmen: tuple[DeadmanEntry, ...] = Field(
        default=(), description="Signs of life that are missed when they do not come: Watchdog alerts, pings of jobs."
    )
    deadman: LifeSignEntry | None = Field(
        default=None, description="Who outside is told that Tocsin lives, so that its death is noticed."
    )
    resolve_timeout: Some = Field(
        default=timedelta(minutes=5),
        description="After this long an alert is over whose sender said no end, or nothing.",
    )
    services: tuple[ServiceEntry, ...] = Field(
        default=(), description="What your teams run: who answers for it, what it depends on, what it promises."
    )
    service_files: tuple[Name, ...] = Field(
        default=(), description="Files with more of them under `services`, such as `services.yaml`; `*` and `**` work."
    )
    correlation: CorrelationEntry = Field(
        default=CorrelationEntry(), description="Which alert groups are one incident, beyond `group_by`."
    )
    people: tuple[PersonEntry, ...] = Field(default=(), description="Who may act.")
    schedules: tuple[ScheduleEntry, ...] = Field(default=(), description="Who is on call when.")
    escalations: tuple[EscalationEntry, ...] = Field(
        default=(), description="Who is woken for an incident, one after the other, until somebody has it."
    )
    default_escalation: str = Field(
        default="",
        description="The escalation of incidents whose service names none, and of those whose own cannot be followed."
        " Default: the first wake nobody, the others everybody who has `contacts` and is no `viewer`.",
    )
    bundle_pages: Duration = Field(
        default=timedelta(minutes=5),
        description="Who was paged within this time, and has not answered, hears of further incidents together at its"
        " end; at once of a graver one. `0s`: of each by itself. PagerDuty, Opsgenie and Slack are told of each at"
        " once: there each is followed and answered by itself.",
    )
    status_updates: tuple[UpdatesEntry, ...] = Field(
        default=(), description="Who is told how incidents stand, and in which words."
    )
    severities: tuple[SeverityEntry, ...] = Field(
        default=(), description="What SEV1 to SEV5 mean here, where Tocsin's own words do not fit."
    )
    roles: tuple[RoleEntry, ...] = Field(
        default=(),
        description="The roles of an incident. Default: `commander`, `deputy`, `scribe`, `communications`,"
        " `subject-expert`. There is always a `commander`.",
    )
    custom_fields: tuple[CustomFieldEntry, ...] = Field(default=(), description="Fields of your own for incidents.")
    automation: AutomationEntry = Field(
        default=AutomationEntry(), description="How far runs may go by themselves, and how much they may touch."
    )
    evidence: EvidenceEntry = Field(default=EvidenceEntry(), description="What is collected for incidents.")
    log: Log = Field(default=Log(), description="What Tocsin writes to standard error.")
    time_zone: Zone = Field(
        default="UTC", description="The zone of times in reports and messages, such as `Europe/Berlin`."
    )
    retention: RetentionTimes = Field(default=RetentionTimes(), description="How long things are kept.")
