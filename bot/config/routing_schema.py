"""What `tocsin.yaml` may say of who hears of which alerts: `route`, `receivers`, `inhibit_rules`, `mapping`.

The words are Alertmanager's, so that these parts of an `alertmanager.yml` can be put here as they are. Ours beside
them: `hold`, `occurrences` and `shadow` of a route, `integration` of a webhook, and `mapping`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, Field, model_validator

from bot.config.fields import MatcherText, Name, Some, Theirs, matchers_of
from bot.documents import Duration, Strict, parse_duration
from bot.model.labels import Matcher, MatchOp, value_test
from bot.model.route import FieldMap, InhibitRule, Occurrences, Receiver, Webhook

_OCCURRENCES = re.compile(r"(\d{1,4}) within (\S+)")
_MANY = 1000


def occurrences_of(text: str) -> Occurrences:
    """`3 within 10m`. ValueError says how to write it."""
    match = _OCCURRENCES.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"not a number of occurrences: {text!r}; write it like `3 within 10m`")
    found = Occurrences(count=int(match[1]), within=parse_duration(match[2]))
    if not 1 < found.count <= _MANY or not found.within:
        raise ValueError(f"{text!r} holds nothing back; write 2 to {_MANY} occurrences within some time")
    return found


def _is_occurrences(text: str) -> str:
    occurrences_of(text)
    return text


def _is_regex(text: str) -> str:
    value_test(Matcher(name="-", op=MatchOp.REGEX, value=text))
    return text


RegexText = Annotated[str, AfterValidator(_is_regex)]
_OLD = "As `matchers`, in Alertmanager's old notation: "


def _all_matchers(exact: Mapping[str, str], regex: Mapping[str, str], texts: tuple[str, ...]) -> tuple[Matcher, ...]:
    return (
        *(Matcher(name=name, op=MatchOp.EQUAL, value=value) for name, value in exact.items()),
        *(Matcher(name=name, op=MatchOp.REGEX, value=value) for name, value in regex.items()),
        *matchers_of(texts),
    )


class RouteNode(Theirs):
    """A node of the routing tree, in Alertmanager's words."""

    receiver: Name | None = Field(default=None, description="Who is told; a name under `receivers`.")
    matchers: tuple[MatcherText, ...] = Field(
        default=(), description='Which alerts come this way, such as `severity="critical"`. All must match.'
    )
    match: dict[Name, str] = Field(default_factory=dict, description=f"{_OLD}label to value.")
    match_re: dict[Name, RegexText] = Field(default_factory=dict, description=f"{_OLD}label to regular expression.")
    group_by: tuple[Name, ...] | None = Field(
        default=None, description="Alerts alike in these labels are one incident. `['...']`: every alert is its own."
    )
    group_wait: Duration | None = Field(
        default=None,
        description="How long a new group waits for company before it is told. Default: 0s, an incident opens at once.",
    )
    group_interval: Some | None = Field(
        default=None, description="How long before receivers hear again of a group that changed. Default: 5m."
    )
    repeat_interval: Some | None = Field(
        default=None, description="How long before receivers hear again of a group that did not. Default: 4h."
    )
    mute_time_intervals: tuple[Name, ...] = Field(
        default=(), description="Names under `time_intervals` during which nothing is told. Not inherited."
    )
    active_time_intervals: tuple[Name, ...] = Field(
        default=(), description="Names under `time_intervals` outside of which nothing is told. Not inherited."
    )
    hold: Duration | None = Field(
        default=None, description="An alert that is over sooner is counted, and never told. Default: 0s."
    )
    occurrences: Annotated[str, AfterValidator(_is_occurrences)] | None = Field(
        default=None, description="So many firings before a group is told, such as `3 within 10m`."
    )
    shadow: bool | None = Field(
        default=None, description="Write down what this node would tell, and tell nothing. Default: false."
    )
    continue_: bool = Field(alias="continue", default=False, description="Go on to the next sibling after a match.")
    routes: tuple[RouteNode, ...] = Field(default=(), description="Nodes below; the first that fits takes the alert.")

    @property
    def conditions(self) -> tuple[Matcher, ...]:
        """All matchers, in whichever notation."""
        return _all_matchers(self.match, self.match_re, self.matchers)


class WebhookEntry(Theirs):
    """An address that is told, in Alertmanager's payload."""

    integration: Name = Field(description="Where to: an integration that uses `webhook`, by its name.")
    send_resolved: bool = Field(default=True, description="Tell of alerts that are over too.")
    max_alerts: int = Field(default=0, ge=0, description="How many alerts of a group at most; 0: all.")

    @model_validator(mode="before")
    @classmethod
    def _no_address(cls, value: Any) -> Any:  # Any: what a document holds, before it is validated
        if isinstance(value, Mapping) and {"url", "url_file", "http_config"} & set(value):
            raise ValueError(
                "an address is set up under `integrations`, as `NAME: {use: webhook, url: ...}`, and named here with"
                " `integration: NAME`"
            )
        return value


class ReceiverEntry(Theirs):
    """Somebody that routes point to."""

    name: Name = Field(description="What routes call it.")
    webhook_configs: tuple[WebhookEntry, ...] = Field(
        default=(), description="Addresses that are told beside the incident that is opened."
    )

    @property
    def noun(self) -> Receiver:
        """The same for the rest of Tocsin."""
        webhooks = tuple(
            Webhook(integration=one.integration, send_resolved=one.send_resolved, max_alerts=one.max_alerts)
            for one in self.webhook_configs
        )
        return Receiver(name=self.name, webhooks=webhooks)


class InhibitEntry(Theirs):
    """While a cause fires, its symptoms are not told."""

    name: str = Field(default="", description="What `tocsin why` calls it.")
    source_matchers: tuple[MatcherText, ...] = Field(default=(), description="The cause: an alert that fires.")
    source_match: dict[Name, str] = Field(default_factory=dict, description=f"{_OLD}label to value.")
    source_match_re: dict[Name, RegexText] = Field(
        default_factory=dict, description=f"{_OLD}label to regular expression."
    )
    target_matchers: tuple[MatcherText, ...] = Field(default=(), description="The symptoms: alerts that are not told.")
    target_match: dict[Name, str] = Field(default_factory=dict, description=f"{_OLD}label to value.")
    target_match_re: dict[Name, RegexText] = Field(
        default_factory=dict, description=f"{_OLD}label to regular expression."
    )
    equal: tuple[Name, ...] = Field(
        default=(), description="Labels in which both must be equal; two that lack a label are equal in it."
    )

    @property
    def noun(self) -> InhibitRule:
        """The same for the rest of Tocsin."""
        return InhibitRule(
            name=self.name,
            source=_all_matchers(self.source_match, self.source_match_re, self.source_matchers),
            target=_all_matchers(self.target_match, self.target_match_re, self.target_matchers),
            equal=self.equal,
        )


class MapEntry(Strict):
    """How words of others become ours."""

    source: str = Field(
        default="", description="Whose alerts: an integration, by its name. Default: those of every source."
    )
    labels: dict[Name, Name] = Field(
        default_factory=dict, description="Labels that get another name: theirs to ours, such as `{host: instance}`."
    )
    severities: dict[str, Name] = Field(
        default_factory=dict, description="Values of the label `severity`: theirs to ours, such as `{P1: critical}`."
    )
    identity: tuple[Name, ...] = Field(
        default=(),
        description="Alerts alike in these labels are one; the other labels become annotations, which no matcher sees."
        " Default: by all labels.",
    )
    shadow: bool = Field(default=False, description="Write down what this would change, and change nothing.")

    @property
    def noun(self) -> FieldMap:
        """The same for the rest of Tocsin."""
        return FieldMap(
            source=self.source, labels=dict(self.labels), severities=dict(self.severities), identity=self.identity,
            shadow=self.shadow,
        )  # fmt: skip
