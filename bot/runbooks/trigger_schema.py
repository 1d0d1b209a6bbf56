"""What begins a run, as pydantic models of the keys under `triggers:`; part of `schema.py`."""

from __future__ import annotations

from typing import Annotated, Literal

import jmespath
from jmespath.exceptions import JMESPathError
from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, model_validator

from bot.documents import Strict
from bot.model.incident import IncidentStatus, Severity
from bot.model.matchers import parse_matcher
from bot.runbooks import scheduling


def _is_matcher(text: str) -> str:
    parse_matcher(text)
    return text


def _is_cron(text: str) -> str:
    scheduling.validate(text)
    return text


def _is_zone(text: str) -> str:
    scheduling.validate_zone(text)
    return text


def _is_expression(text: str) -> str:
    try:
        jmespath.compile(text)
    except JMESPathError as error:
        first = str(error).splitlines()[0].rstrip(" :")
        raise ValueError(f"not a JMESPath expression: {text!r}: {first}; see https://jmespath.org") from None
    return text


def listed(value: object) -> object:
    """One may be written without the list."""
    return [value] if isinstance(value, str | dict) else value


InputName = Annotated[str, StringConstraints(pattern=r"^[a-z_][a-z0-9_]*$")]
JmesPath = Annotated[str, AfterValidator(_is_expression)]


class IncidentTriggerSpec(Strict):
    """Which changes of an incident begin a run."""

    status: Annotated[list[IncidentStatus], BeforeValidator(listed)] = Field(
        default=[], description="It has become one of these: triggered, acknowledged, mitigated, resolved, closed."
    )
    severity: Annotated[list[Severity], BeforeValidator(listed)] = Field(
        default=[], description="It has become one of these: SEV1 to SEV5."
    )
    service: Annotated[list[str], BeforeValidator(listed)] = Field(
        default=[], description="It is about one of these services."
    )

    @model_validator(mode="after")
    def _names_something(self) -> IncidentTriggerSpec:
        if not self.status and not self.severity and not self.service:
            raise ValueError("this would fit every incident; name a `status`, a `severity` or a `service`")
        return self


class ScheduleSpec(Strict):
    """When the clock begins a run."""

    cron: Annotated[str, AfterValidator(_is_cron)] = Field(
        description="Five fields: minute, hour, day of the month, month, day of the week."
    )
    time_zone: Annotated[str, AfterValidator(_is_zone)] = Field(
        default="UTC", description="The time zone these are in, such as `Europe/Berlin`."
    )
    inputs: dict[InputName, str] = Field(default={}, description="Values for inputs.")


class WebhookSpec(Strict):
    """Which posts of others begin a run."""

    integration: str = Field(description="The integration whose posts, at `/hooks/NAME`, begin a run.")
    when: JmesPath = Field(
        default="", description="A JMESPath expression over the body; only a post for which it is true begins a run."
    )
    inputs: dict[InputName, JmesPath] = Field(
        default={}, description="JMESPath expressions that find the value of each input in the body."
    )


class TriggerSpec(Strict):
    """When a runbook fits, or begins: one of four kinds."""

    match: dict[str, str] = Field(default={}, description="Labels of an alert and the values they must have.")
    matchers: list[Annotated[str, AfterValidator(_is_matcher)]] = Field(
        default=[], description='Conditions on an alert as Alertmanager writes them, such as `job=~"api.*"`.'
    )
    auto: Literal["read"] | None = Field(
        default=None,
        description="`read`: an alert that fits begins a run by itself; reading steps run, all others ask first.",
    )
    incident: IncidentTriggerSpec | None = Field(default=None, description="A change of an incident begins a run.")
    schedule: ScheduleSpec | None = Field(default=None, description="The clock begins a run.")
    webhook: WebhookSpec | None = Field(default=None, description="A post of another system begins a run.")

    @model_validator(mode="after")
    def _is_of_one_kind(self) -> TriggerSpec:
        others = [name for name in ("incident", "schedule", "webhook") if getattr(self, name) is not None]
        alert = bool(self.match or self.matchers)
        if not others and not alert:
            raise ValueError("a trigger without `match` or `matchers` would fit every alert; name at least one label")
        if len(others) + alert > 1:
            kinds = " and ".join([*(["an alert"] if alert else []), *(f"`{name}`" for name in others)])
            raise ValueError(f"this is {kinds} in one; begin a new trigger with `- ` for each")
        if others and self.auto:
            raise ValueError(f"`auto` is for alerts; `{others[0]}` always begins a run")
        return self
