"""Rules that watch a promise: they fire when its error budget burns much faster than it may.

The multi-window, multi-burn-rate alerts of Google's SRE Workbook (chapter 5). A rule fires while more than its share of
the budget would be gone within its long window, and still burns as fast over its short one, so that it ends soon after
the trouble does.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

import promql_parser

from bot.documents import format_duration
from bot.model.rule import AlertRule, Recordings, RuleGroup, Signal
from bot.model.service import WINDOW, Service, Slo
from bot.rules.parser import parse

NAME = "ErrorBudgetBurns"
"""What all of these alerts are called."""
_HOUR = timedelta(hours=1)
_ALMOST = 0.9
"""Of four weeks, the slowest rule of a month."""
_COUNTING = frozenset({"increase", "delta", "idelta", "sum_over_time", "count_over_time"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Burn:
    """So much of the budget is gone within `long`; `short` says whether it still burns."""

    budget: float
    long: timedelta
    short: timedelta
    severity: str

    def rate(self, slo: Slo) -> float:
        """How many times as fast it burns as the promise allows; what is hardly less than once is once."""
        rate = self.budget * (slo.window / self.long)
        return 1.0 if _ALMOST <= rate < 1 else rate


BURNS = (
    Burn(budget=0.02, long=_HOUR, short=timedelta(minutes=5), severity="page"),
    Burn(budget=0.05, long=6 * _HOUR, short=timedelta(minutes=30), severity="page"),
    Burn(budget=0.10, long=24 * _HOUR, short=2 * _HOUR, severity="ticket"),
    Burn(budget=0.10, long=72 * _HOUR, short=6 * _HOUR, severity="ticket"),
)
_EVERY = {"page": timedelta(minutes=1), "ticket": timedelta(minutes=5)}


def groups(service: Service, slo: Slo, *, file: str) -> tuple[RuleGroup, ...]:
    """The rules of one promise: what wakes somebody, every minute; what can wait until the morning, every five.

    `file` says where it is written. A rule that could never fire, or would on what the promise allows, is left out.
    """
    made = []
    for severity, interval in _EVERY.items():
        rules = tuple(_rule(service, slo, burn) for burn in BURNS if burn.severity == severity and _watches(burn, slo))
        if rules:
            made.append(
                RuleGroup(
                    file=file, name=_name(service, slo, severity), source=slo.source, interval=interval, rules=rules,
                    recordings=Recordings.SHADOW,
                )
            )  # fmt: skip
    return tuple(made)


def watching(among: Iterable[RuleGroup], service: Service, slo: Slo) -> tuple[RuleGroup, ...]:
    """Those of these groups that watch this promise."""
    names = {_name(service, slo, severity) for severity in _EVERY}
    return tuple(one for one in among if one.name in names and all(rule.name == NAME for rule in one.rules))


def bad_share(slo: Slo, length: timedelta) -> str:
    """PromQL of the share of events that were bad, over this long.

    Where no event was good there is often no series of good ones: then all are bad, and not none.
    """
    good, total = over(slo.good, length), over(slo.total, length)
    return f"1 - (({good}) or 0 * ({total})) / ({total})"


def over(expr: str, length: timedelta) -> str:
    """The expression, over this long."""
    return expr.replace(WINDOW, format_duration(length))


def is_counted(expr: str) -> bool:
    """Whether it gives numbers of events over its range, as `increase` does; otherwise it is a rate, or an average."""
    found: list[str] = []

    def visit(node: promql_parser.Expr) -> None:
        if isinstance(node, promql_parser.Call):
            found.append(str(node.func.name))

    try:
        promql_parser.walk(parse(over(expr, _HOUR)), visit)
    except ValueError:
        return False
    return any(name in _COUNTING for name in found)


def document(made: Sequence[RuleGroup]) -> Mapping[str, object]:
    """The groups as Prometheus' rule files have them: for those who would rather evaluate them there."""
    return {"groups": [_written(group) for group in made]}


def _name(service: Service, slo: Slo, severity: str) -> str:
    """No name of a service or a promise holds a colon."""
    return f"{service.name}:{slo.name}:{severity}"


def _watches(burn: Burn, slo: Slo) -> bool:
    rate = burn.rate(slo)
    return rate >= 1 and rate * (1 - slo.objective) < 1


def _rule(service: Service, slo: Slo, burn: Burn) -> AlertRule:
    threshold = float(f"{burn.rate(slo) * (1 - slo.objective):.10g}")
    long, short = bad_share(slo, burn.long), bad_share(slo, burn.short)
    labels = {"severity": burn.severity, "service": service.name, "slo": slo.name, "window": format_duration(burn.long)}
    return AlertRule(
        name=NAME,
        expr=f"({long}) > {threshold!r} and ({short}) > {threshold!r}",
        signal=Signal(expr=short, op=">", threshold=threshold),
        labels={**labels, "team": service.owner} if service.owner and "{{" not in service.owner else labels,
        annotations=dict(_annotations(service, slo, burn)),
    )


def _annotations(service: Service, slo: Slo, burn: Burn) -> Iterator[tuple[str, str]]:
    """Nothing that somebody wrote becomes part of a template."""
    long, whole = format_duration(burn.long), format_duration(slo.window)
    gone = format_duration(timedelta(hours=round(slo.window / burn.rate(slo) / _HOUR)))
    promise = f"{slo.name} of {slo.objective * 100:g}% over {whole}"
    yield "summary", f"{service.name} burns the error budget of its {slo.name}"
    yield (
        "description",
        f"{{{{ $value | humanizePercentage }}}} of all events were bad over {long}. It promises {promise}: at this rate"
        f" or a higher one the whole budget is gone within {gone}.",
    )
    links = {"runbook_url": next(iter(service.runbooks), ""), "dashboard": next(iter(service.dashboards.values()), "")}
    for name, link in links.items():
        if link and "{{" not in link:
            yield name, link if "://" in link else f"tocsin:{link}"


def _written(group: RuleGroup) -> Mapping[str, object]:
    rules = [
        {"alert": rule.name, "expr": rule.expr, "labels": dict(rule.labels), "annotations": dict(rule.annotations)}
        for rule in group.rules
        if isinstance(rule, AlertRule)
    ]
    return {"name": group.name, "interval": format_duration(group.interval), "rules": rules}
