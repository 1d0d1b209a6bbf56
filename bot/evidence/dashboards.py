"""Links into dashboards, with absolute times and the alert's own labels."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from urllib.parse import SplitResult, parse_qsl, urlencode, urlsplit, urlunsplit

from bot.model.incident import Incident
from bot.model.sample import Window
from bot.model.service import Service

LONGEST = 4096
_LEAD = timedelta(minutes=10)
"""The least that is shown of the time before an incident."""
_GRAFANA_PATHS = ("/d/", "/d-solo/", "/dashboard/", "/explore")
_PROMETHEUS_PATHS = ("/graph", "/query")


def dashboard_link(url: str, labels: Mapping[str, str], window: Window) -> str:
    """The dashboard a rule names, shown over this window; empty when the address is not one to offer.

    Grafana: `from` and `to` are set, and each `var-NAME` that the address holds is set to the alert's label NAME.
    Prometheus: the range and end of each panel are set. Any other page is linked as it was written. Only http and https
    addresses are offered, and none that carries a user name or password.
    """
    parts = _safe(url)
    if parts is None:
        return ""
    path = parts.path
    if any(part in path for part in _GRAFANA_PATHS):
        return _grafana(parts, labels, window)
    if path.rstrip("/").endswith(_PROMETHEUS_PATHS):
        return _prometheus(parts, window)
    return urlunsplit(parts)


def of_incident(
    service: Service | None, incident: Incident, labels: Mapping[str, str], now: datetime
) -> Mapping[str, str]:
    """The dashboards of an incident's service, by title, over the time of the incident and a little before.

    `labels` are those of one of its alerts.
    """
    if service is None:
        return {}
    start, end = incident.detected_at or incident.opened_at, incident.resolved_at or now
    window = Window(start=start - max((end - start) / 4, _LEAD), end=end)
    links = {title: dashboard_link(address, labels, window) for title, address in service.dashboards.items()}
    return {title: link for title, link in links.items() if link}


def _safe(url: str) -> SplitResult | None:
    url = url.strip()
    if (
        len(url) > LONGEST
        or not url.isascii()
        or any(c.isspace() or not c.isprintable() or c in "\"'<>\\`" for c in url)
    ):
        return None
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        return None
    return parts if usable and "@" not in parts.netloc else None


def _grafana(parts: SplitResult, labels: Mapping[str, str], window: Window) -> str:
    query: list[tuple[str, str]] = []
    for name, value in parse_qsl(parts.query, keep_blank_values=True):
        label = name.removeprefix("var-")
        if name in ("from", "to"):
            continue
        pair = (name, labels[label]) if label != name and label in labels else (name, value)
        if pair not in query:
            query.append(pair)
    query += [("from", _milliseconds(window.start)), ("to", _milliseconds(window.end))]
    return urlunsplit(parts._replace(query=urlencode(query, errors="replace")))


def _prometheus(parts: SplitResult, window: Window) -> str:
    query = parse_qsl(parts.query, keep_blank_values=True)
    panels = dict.fromkeys(name.partition(".")[0] for name, _ in query if name.endswith(".expr"))
    moved = {f"{panel}.{key}" for panel in panels for key in ("range_input", "end_input", "moment_input")}
    query = [pair for pair in query if pair[0] not in moved]
    end = f"{window.end.astimezone(UTC):%Y-%m-%d %H:%M:%S}"
    for panel in panels:
        query += [
            (f"{panel}.range_input", f"{max(1, round(window.length.total_seconds()))}s"),
            (f"{panel}.end_input", end),
            (f"{panel}.moment_input", end),
        ]
    return urlunsplit(parts._replace(query=urlencode(query, errors="replace")))


def _milliseconds(at: datetime) -> str:
    return str(round(at.timestamp() * 1000))
