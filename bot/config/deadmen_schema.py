"""What `tocsin.yaml` may say of signs of life: `deadmen`, those that others owe us, and `deadman`, our own."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints

from bot.config.fields import MatcherText, Name, PathSecret, Some, matchers_of
from bot.documents import Duration, Strict
from bot.model.deadman import Deadman, LifeSign

PingName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$")]
_RESERVED = frozenset({"alertname", "deadman", "severity"})


def _are_free(labels: dict[Name, str]) -> dict[Name, str]:
    taken = sorted(_RESERVED & labels.keys())
    if taken:
        raise ValueError(f"{taken[0]!r} is set by Tocsin; leave it out here")
    return labels


class DeadmanEntry(Strict):
    """Something that has to be heard of again and again. While it is not, the alert `DeadmanMissing` fires."""

    name: PingName = Field(
        description="The last part of the address `/ping/NAME`, and the label `deadman` of its alert."
    )
    interval: Some = Field(description="How often it is to be heard.")
    grace: Duration = Field(
        default=timedelta(minutes=1), description="How much later than that it may be before it is missing."
    )
    matchers: tuple[MatcherText, ...] = Field(
        default=(),
        description='Alerts of others that are its signs of life, such as `alertname="Watchdog"`. All must match. Such'
        " alerts are nobody's incident.",
    )
    secret: PathSecret | None = Field(
        default=None,
        description="What pings must end in, `/ping/NAME/SECRET`, as `{env: NAME}` or `{file: PATH}`. Without one,"
        " whoever reaches Tocsin can keep it quiet.",
    )
    severity: Name = Field(default="critical", description="The label `severity` of its alert.")
    labels: Annotated[dict[Name, str], AfterValidator(_are_free)] = Field(
        default_factory=dict, description="Further labels of its alert, such as `team`, for routes to go by."
    )

    @property
    def noun(self) -> Deadman:
        """The same for the rest of Tocsin, which needs no secret."""
        return Deadman(
            name=self.name, interval=self.interval, grace=self.grace, matchers=matchers_of(self.matchers),
            severity=self.severity, labels=self.labels,
        )  # fmt: skip


class LifeSignEntry(Strict):
    """Who is told that Tocsin lives: only while it evaluates its rules on time and its store takes writes."""

    integration: Name = Field(description="A webhook, by its name under `integrations`; it is posted to.")
    every: Some = Field(default=timedelta(minutes=1), description="How often.")

    @property
    def noun(self) -> LifeSign:
        """The same for the rest of Tocsin."""
        return LifeSign(integration=self.integration, every=self.every)
