"""A group of alerts as one message of a channel: how many fire, which, since when, and where to look."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence

from bot.integrations.slack import mrkdwn
from bot.integrations.slack.letters import FIRING, OVER, Json, Letter, bar, leads, payload_of, section
from bot.integrations.slack.presses import buttons
from bot.kit.posted import web_link
from bot.model.alert import Alert, AlertStatus
from bot.model.answer import Press
from bot.model.told_group import ToldGroup

GROUP = "tocsin_group"
_MOST_ALERTS = 10
_LONGEST_TITLE, _LONGEST_WORDS, _LONGEST_ALERT = 300, 1500, 190
_LONGEST_LINK = 3000
_LONGEST_LABELS, _LONGEST_SAYING = 5000, 2000
_SILENCES = {"Silence 1h": "1h", "Silence 4h": "4h", "Silence until clear": "until=clear"}
_NAME = re.compile(r"(?!until$)[A-Za-z_][A-Za-z0-9_]{0,60}", re.IGNORECASE)
_VALUE = re.compile(r"(?!~)[^\"\u201c\u201d\n\r]+")
"""Labels that a command says as they are: one that it understood otherwise would silence more than was meant."""
_WORDS = ("summary", "description", "message")
_LINKS = {"runbook_url": "Runbook", "dashboard_url": "Dashboard"}
"""Annotations that lead somewhere, and what the button says."""


def key_of(telling: ToldGroup) -> str:
    """By this the message of a group is known, whoever wrote it."""
    named = f"{telling.receiver}\n{telling.key}".encode(errors="surrogatepass")
    return hashlib.sha256(named).hexdigest()[:32]


def of_group(telling: ToldGroup, *, answered: bool = False) -> Letter:
    """All that is said of it now. `answered`: a click on a button is heard, so that there are some."""
    fires = telling.status is AlertStatus.FIRING
    words = _words(telling.common_annotations)
    said = [words, "\n".join(_listed(telling))]
    blocks = [section(one) for one in said if one]
    shown = {"type": "mrkdwn", "text": f"{_counted(telling)}, {mrkdwn.moment(telling.at)}", "verbatim": True}
    blocks.append({"type": "context", "elements": [shown]})
    elements = [*buttons(_presses(telling) if answered else ()), *_links(telling)]
    if elements:
        blocks.append({"type": "actions", "elements": elements})
    payload = {"key": key_of(telling), "id": telling.id, "fires": "yes" if fires else "", "labels": _labels(telling)}
    return Letter(
        id=telling.id,
        text=f"{'Firing' if fires else 'Resolved'}: {_title(telling)}",
        attachments=bar(FIRING if fires else OVER, blocks),
        metadata={"event_type": GROUP, "event_payload": payload},
        link=_page(telling),
    )


def written(metadata: object) -> Mapping[str, str] | None:
    """What a message says for programs, where it is one of a group: `key`, `id`, `fires`."""
    payload = payload_of(metadata, GROUP)
    return payload if payload is not None and {"key", "id", "fires"} <= payload.keys() else None


def _title(telling: ToldGroup) -> str:
    """What it is, in bold, and by which labels it is one group."""
    name = telling.common_labels.get("alertname", "") or telling.group_labels.get("alertname", "")
    rest = [value for label, value in telling.group_labels.items() if label != "alertname"]
    about = mrkdwn.fitting(mrkdwn.line(", ".join(rest)), _LONGEST_TITLE)
    return f"*{mrkdwn.escaped(mrkdwn.line(name)[:_LONGEST_TITLE]) or 'alerts'}* {about}".strip()


def _words(annotations: Mapping[str, str]) -> str:
    said = [mrkdwn.lines(annotations[name]) for name in _WORDS if annotations.get(name)]
    return mrkdwn.fitting("\n".join(said), _LONGEST_WORDS)


def _listed(telling: ToldGroup) -> Iterator[str]:
    """One line an alert: those that fire first."""
    alerts = sorted(telling.alerts, key=lambda alert: alert.ends_at is not None)
    for alert in alerts[:_MOST_ALERTS]:
        yield _line(alert, telling)
    more = len(alerts) - _MOST_ALERTS + telling.truncated if len(alerts) > _MOST_ALERTS else telling.truncated
    if more:
        yield f"and {more} more"


def _line(alert: Alert, telling: ToldGroup) -> str:
    own = {name: value for name, value in alert.labels.items() if name not in telling.common_labels}
    labels = mrkdwn.line(", ".join(f"{name}={value}" for name, value in own.items()) or alert.name)
    own_words = "" if telling.common_annotations.get("summary") else alert.annotations.get("summary", "")
    about = f"{labels}: {mrkdwn.line(own_words)}" if own_words else labels
    shown = mrkdwn.fitting(about, _LONGEST_ALERT)
    if alert.ends_at is None:
        return f"• {shown}, since {mrkdwn.moment(alert.starts_at)}"
    return f"• ended: {shown}, {mrkdwn.moment(alert.ends_at)}"


def _counted(telling: ToldGroup) -> str:
    fire = sum(alert.ends_at is None for alert in telling.alerts)
    ended = len(telling.alerts) - fire
    return f"{fire} firing" + (f", {ended} ended" if ended else "")


def _presses(telling: ToldGroup) -> Iterator[Press]:
    """What may be done by a click while it fires."""
    if telling.status is not AlertStatus.FIRING:
        return
    labels = telling.common_labels
    known = all(_NAME.fullmatch(name) and _VALUE.fullmatch(value) for name, value in labels.items())
    matchers = " ".join(f'{name}="{value}"' for name, value in labels.items())
    if known and "alertname" in labels and len(matchers) < _LONGEST_SAYING - 50:
        for label, length in _SILENCES.items():
            yield Press(label=label, says=f"silence {length} {matchers}")
    if re.fullmatch(r"\w{1,100}", labels.get("alertname", "")):
        yield Press(label="Why", says=f"why {labels['alertname']}")


def _links(telling: ToldGroup) -> Iterator[Json]:
    for name, words in _LINKS.items():
        link = web_link(telling.common_annotations.get(name, ""))
        if link and len(link) <= _LONGEST_LINK:
            yield leads(words, name, link)
    link = web_link(next((alert.generator_url for alert in telling.alerts if alert.generator_url), ""))
    if link and len(link) <= _LONGEST_LINK:
        yield leads("Source", "source", link)
    if link := _page(telling):
        yield leads("Open in Tocsin", "open", link)


def _page(telling: ToldGroup) -> str:
    return f"{telling.external_url}/alerts" if web_link(telling.external_url) else ""


def _labels(telling: ToldGroup) -> str:
    """As they are, for whoever acts on the group by its message; nothing where they are too many."""
    text = json.dumps(dict(telling.common_labels))
    return text if len(text) <= _LONGEST_LABELS else ""


def newest(messages: Sequence[Json], key: str) -> Json | None:
    """Of messages, the newest first, that of this group."""
    for one in messages:
        payload = written(one.get("metadata"))
        if payload is not None and payload["key"] == key:
            return one
    return None
