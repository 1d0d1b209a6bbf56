"""What `tocsin.yaml` says of `services`, those that teams run, and of `correlation`: which groups are one incident."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints

from bot.config.fields import MatcherText, Name, Some, matchers_of
from bot.documents import Duration, Strict
from bot.model.practice import Correlation
from bot.model.service import WINDOW, Service, Slo

Label = Annotated[str, StringConstraints(pattern=r"^[a-zA-Z_][a-zA-Z0-9_]*$")]
ServiceName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$")]


def _share(written: object) -> object:
    """`99.9%` is 0.999."""
    if not isinstance(written, str) or not written.endswith("%"):
        return written
    try:
        return round(float(written[:-1]) / 100, 9)
    except ValueError:
        return written


def _is_objective(share: float) -> float:
    if not 0.5 <= share < 1:
        raise ValueError("an objective is at least 50% and less than 100%; write it like 99.9% or 0.999")
    return share


def _is_address(text: str) -> str:
    parts = urlsplit(text)
    if text and (parts.scheme not in ("http", "https") or not parts.hostname):
        raise ValueError(f"not an address of a page: {text!r}; write it like https://grafana.example.net/d/cart")
    return text


def _over_a_window(expr: str) -> str:
    if WINDOW not in expr:
        raise ValueError(f"write {WINDOW} where its range goes: sum(rate(http_requests_total[{WINDOW}]))")
    return expr


def _is_long(window: timedelta) -> timedelta:
    if window < timedelta(days=7):
        raise ValueError("a promise holds for 7d at least: a shorter one burns before anybody could be told")
    return window


Address = Annotated[str, AfterValidator(_is_address)]
_Expr = Annotated[str, StringConstraints(min_length=1, max_length=10_000), AfterValidator(_over_a_window)]


class SloEntry(Strict):
    """A promise, watched by burn-rate rules; what an incident took of it is measured when that is over."""

    name: ServiceName = Field(description="What is promised, such as `availability`.")
    objective: Annotated[float, BeforeValidator(_share), AfterValidator(_is_objective)] = Field(
        description="How much of all events is good: `99.9%` or `0.999`."
    )
    good: _Expr = Field(
        description="PromQL of the good events, with `$window` where the range goes:"
        ' `sum(rate(http_requests_total{job="cart", code!~"5.."}[$window]))`.'
    )
    total: _Expr = Field(description="The same of all events.")
    source: Name = Field(description="The integration that is asked, by its name under `integrations`.")
    window: Annotated[Duration, AfterValidator(_is_long)] = Field(
        default=timedelta(days=30), description="The time over which it is promised: 7 days at least."
    )

    @property
    def noun(self) -> Slo:
        """The same for the rest of Tocsin."""
        return Slo(
            name=self.name, objective=self.objective, good=self.good, total=self.total, source=self.source,
            window=self.window,
        )  # fmt: skip


class ServiceEntry(Strict):
    """One service: what a team runs, who answers for it, and what it promises."""

    name: ServiceName = Field(description="What alerts call it in their label `service`, or else `job`.")
    title: str = Field(default="", description="What people call it.")
    owner: str = Field(default="", description="The team. Default: what its alerts say in their label `team`.")
    tier: Annotated[int, Field(ge=1, le=5)] = Field(default=3, description="1 is what hurts most when it fails.")
    matchers: tuple[MatcherText, ...] = Field(
        default=(), description='Which alerts are its too, such as `namespace=~"cart-.*"`. All must match.'
    )
    dependencies: tuple[ServiceName, ...] = Field(default=(), description="The services it cannot do without.")
    dashboards: dict[Name, Address] = Field(
        default_factory=dict,
        description="A title to an address. Of Grafana, the time is set to that of the incident, and each `var-NAME` to"
        " the label NAME.",
    )
    runbooks: tuple[Name, ...] = Field(
        default=(), description="Names of runbooks here, or addresses of pages that tell what to do."
    )
    repository: Address = Field(default="", description="Where its code is.")
    escalation: str = Field(default="", description="Who is paged for it, by the name under `escalations`.")
    slo: tuple[SloEntry, ...] = Field(default=(), description="What it promises.")

    @property
    def noun(self) -> Service:
        """The same for the rest of Tocsin."""
        return Service(
            name=self.name, title=self.title, owner=self.owner, tier=self.tier, matchers=matchers_of(self.matchers),
            dependencies=self.dependencies, dashboards=self.dashboards, runbooks=self.runbooks,
            repository=self.repository, escalation=self.escalation, slos=tuple(slo.noun for slo in self.slo),
        )  # fmt: skip


class ServicesFile(Strict):
    """A file of services."""

    services: tuple[ServiceEntry, ...] = Field(default=(), description="What your teams run.")


class CorrelationEntry(Strict):
    """Which alert groups are one incident. Without `keys` and `hops`, each group is one of its own."""

    keys: tuple[Label, ...] = Field(
        default=(), description="Labels: groups that share the values of all of them are one incident."
    )
    hops: Annotated[int, Field(ge=0, le=5)] | None = Field(
        default=None,
        description="Groups whose services depend on each other in so many steps are one incident; 0: those of the same"
        " service. Default: services do not count.",
    )
    within: Some = Field(default=timedelta(minutes=10), description="Only groups that begin this long apart at most.")
    apart: tuple[Label, ...] = Field(
        default=(),
        description="Labels: groups that differ in one of them are never one incident, such as `cluster`. A group that"
        " is not grouped by it stays alone.",
    )
    reopen: Duration = Field(
        default=timedelta(minutes=15),
        description="A group that fires again so soon after its incident was resolved reopens it.",
    )

    @property
    def noun(self) -> Correlation:
        """The same for the rest of Tocsin."""
        return Correlation(keys=self.keys, hops=self.hops, within=self.within, apart=self.apart, reopen=self.reopen)
