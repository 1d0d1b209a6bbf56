"""What to ask for where a rule's expression returns an alert no more: is anything still told of what it was about?

Nothing in an answer means one of two things: it is well again, or nobody tells of it any more. A target that is gone, a
pod that was deleted and a disk that was taken out all look as if they had recovered.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from bot.model.labels import LabelSet
from bot.rules.promql import signal
from bot.rules.selectors import metrics, selectors

_LABEL, _METRIC = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*"), re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
_SAID_BY_OTHERS = "up|scrape_.*|probe_.*|ALERTS.*|.*:.*"
"""What Prometheus, a blackbox exporter and recording rules go on saying of what does not answer itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """A question that is answered only where something is still told.

    of_it: the answer holds others too, and only a series with the alert's own labels counts.
    """

    expr: str
    variables: Mapping[str, str] = field(default_factory=dict)
    of_it: bool = False


def traces(expr: str, labels: LabelSet) -> Iterator[Trace]:
    """The questions, the most exact one first; `labels` are those of the series that the expression returned.

    First what the rule compares, without its comparison. Where that is gone (a counter of errors is, after a restart,
    and a pod that waits for nothing has no reason to wait), whatever else there is of the same thing: labels that the
    rule puts conditions on say what was wrong, and the others what it was wrong with. Of a sum over everything, that
    the metrics are there.
    """
    compared = signal(expr)
    if compared.threshold is not None:
        yield Trace(expr=compared.expr, of_it=True)
    plain = {name: value for name, value in labels.items() if _LABEL.fullmatch(name)}
    conditions = {name for one in selectors(expr) for name, _, _ in one.labels}
    thing = {name: value for name, value in plain.items() if name not in conditions} or plain
    if thing:
        matchers = ", ".join(f'{name}="${name}"' for name in thing)
        yield Trace(expr=f'count({{__name__!~"{_SAID_BY_OTHERS}", {matchers}}})', variables=thing)
    elif not labels:
        counts = [f"count({name})" for name in sorted(metrics(expr)) if _METRIC.fullmatch(name)]
        if counts:
            yield Trace(expr=" and on () ".join(counts))
