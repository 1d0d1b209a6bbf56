"""What is told of a group now: who is silenced, inhibited, muted or held back, and whether there is anything new.

Alertmanager's notification pipeline as one function of what is known and of `now`; its answer holds every reason.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from bot.alerts.groups import INCIDENT, Group, stands
from bot.alerts.table import Entry, fingerprint_all
from bot.model.ids import Fingerprint, SilenceId
from bot.model.route import Receiver, Webhook
from bot.model.telling import Decision, Reason, Told, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Suppressed:
    """What keeps an alert from being told; nothing: it is told."""

    silenced_by: tuple[SilenceId, ...] = ()
    inhibited_by: tuple[Fingerprint, ...] = ()
    muted_by: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.silenced_by or self.inhibited_by or self.muted_by)

    @property
    def verdict(self) -> Verdict:
        """Why, in one word: the first of what it is kept back by."""
        return Verdict.INHIBITED if self.inhibited_by else Verdict.MUTED if self.muted_by else Verdict.SILENCED


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """What one way of the receiver has to be told; `webhook` None: the incident."""

    way: str
    reason: Reason
    webhook: Webhook | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """What is told of a group, and why the rest is not: `decisions` are those that were not made the last time too.

    `noted` are all of them, for the next time. `kept_back` counts the alerts that are not told, by why. `held_until`:
    when a held back alert may be told. `ended`: all that are over, told of or not.
    """

    firing: tuple[Entry, ...]
    resolved: tuple[Entry, ...]
    news: tuple[News, ...]
    decisions: tuple[Decision, ...]
    noted: frozenset[tuple[str, str, str]]
    kept_back: Mapping[Verdict, int]
    held_until: float = float("inf")
    ended: tuple[Entry, ...] = ()

    def heard_by(self, acknowledged_by: str) -> tuple[tuple[News, ...], tuple[Decision, ...]]:
        """What is told, and what was decided, once it is known who has the group's incident ("": nobody).

        Who has acknowledged knows that it still fires: an acknowledgement outlasts every repeat.
        """
        if not acknowledged_by:
            return self.news, self.decisions
        kept = tuple(one for one in self.news if one.reason is not Reason.REPEAT)
        text = f"acknowledged by {acknowledged_by}"
        return kept, tuple(
            replace(one, verdict=Verdict.NOT_TOLD, text=f"{one.text}; {text}")
            if one.text.startswith(f"{Reason.REPEAT}: ")
            else one
            for one in self.decisions
        )


def tell(
    group: Group,
    receiver: Receiver,
    suppressed: Mapping[bytes, Suppressed],
    begun: int,
    now: float,
) -> Telling:
    """`suppressed`: by the alert's labels, those that are not told now. `begun`: see `Groups.begun_within`.

    Before the group's time has come (it is only looked at) nobody hears but its incident.
    """
    at = datetime.fromtimestamp(now, UTC)
    free = [entry for key, entry in group.entries.items() if key not in suppressed]
    held = [entry for entry in free if _held(group, entry, now)]
    kept_back = {entry.labels for entry in held}
    firing = tuple(entry for entry in free if entry.firing(now) and entry.labels not in kept_back)
    resolved = tuple(entry for entry in free if not entry.firing(now) and entry.labels not in kept_back)
    ends = [entry.starts_at + group.route.hold.total_seconds() for entry in held if entry.firing(now)]
    decisions = [*_suppressions(group, suppressed, at), *_holds(group, held, now, at)]
    wanted = group.route.occurrences
    if wanted is not None and begun < wanted.count and not stands(group.told):
        text = f"{begun} of {wanted.count} firings within {wanted.within}"
        decisions.append(Decision(at=at, verdict=Verdict.HELD, text=text, rule=f"occurrences of route {group.path}"))
        held, firing = [*held, *firing], ()
    news = tuple(_news(group, receiver, firing, resolved, now))
    noted = {(one.verdict, one.text, one.rule): one for one in decisions}
    fresh = [one for key, one in noted.items() if key not in group.noted]
    return Telling(
        firing=firing,
        resolved=resolved,
        news=news,
        decisions=(*fresh, *_told(group, receiver, news, firing, resolved, at)),
        noted=frozenset(noted),
        kept_back=Counter([*(why.verdict for why in suppressed.values()), *(Verdict.HELD for _ in held)]),
        held_until=min(ends, default=float("inf")),
        ended=tuple(entry for entry in group.entries.values() if not entry.firing(now)),
    )


def needed(
    before: Told | None, firing: frozenset[Fingerprint], resolved: frozenset[Fingerprint], *,
    send_resolved: bool, repeat_after: float, now: float,
) -> Reason:  # fmt: skip
    """Whether there is anything to say beside what was said: Alertmanager's `needsUpdate`, with its reason."""
    if before is None:
        return Reason.FIRST if firing else Reason.NONE
    if not firing <= before.firing:
        return Reason.MORE if before.firing else Reason.FIRST
    if not firing:
        return Reason.ALL_RESOLVED if before.firing else Reason.NONE
    if send_resolved and not resolved <= before.resolved:
        return Reason.SOME_RESOLVED
    return Reason.REPEAT if before.at.timestamp() + repeat_after < now else Reason.NONE


def fingerprints(entries: Sequence[Entry]) -> frozenset[Fingerprint]:
    """The identities of these alerts."""
    fingerprint_all(entries)
    return frozenset(entry.fingerprint() for entry in entries)


def _news(
    group: Group, receiver: Receiver, firing: Sequence[Entry], resolved: Sequence[Entry], now: float
) -> Iterable[News]:
    if not firing and not resolved:
        return  # all of it is suppressed, which is no news: least of all that it were over
    told = group.told or {}
    ways: list[Webhook | None] = [None, *(receiver.webhooks if group.due_at <= now else ())]
    are_firing, are_over = fingerprints(firing), fingerprints(resolved)
    for webhook in ways:
        way = webhook.integration if webhook else INCIDENT
        repeat = group.route.repeat_interval.total_seconds() if webhook else float("inf")
        reason = needed(
            told.get(way), are_firing, are_over,
            send_resolved=webhook.send_resolved if webhook else False, repeat_after=repeat, now=now,
        )  # fmt: skip
        if reason is not Reason.NONE:
            yield News(way=way, reason=reason, webhook=webhook)


def _held(group: Group, entry: Entry, now: float) -> bool:
    """Not told yet, and over or still within its hold: a flap as long as it ends in time."""
    hold = group.route.hold.total_seconds()
    if not hold:
        return False
    told = (group.told or {}).get(INCIDENT)
    if told is not None and entry.fingerprint() in told.firing:
        return False
    return (now if entry.firing(now) else entry.ends_at) < entry.starts_at + hold


def _suppressions(group: Group, suppressed: Mapping[bytes, Suppressed], at: datetime) -> Iterable[Decision]:
    found: dict[tuple[Verdict, str], int] = {}
    for key, why in suppressed.items():
        if key in group.entries:
            for verdict, rules in (
                (Verdict.INHIBITED, why.inhibited_by),
                (Verdict.MUTED, why.muted_by),
                (Verdict.SILENCED, why.silenced_by),
            ):
                if rules:
                    found[verdict, rules[0]] = found.get((verdict, rules[0]), 0) + 1
                    break
    words = {Verdict.INHIBITED: "alert", Verdict.MUTED: "time interval", Verdict.SILENCED: "silence"}
    for (verdict, rule), count in found.items():
        text = f"{count} of {len(group.entries)} alerts {verdict}"
        yield Decision(at=at, verdict=verdict, text=text, rule=f"{words[verdict]} {rule}")


def _holds(group: Group, held: Sequence[Entry], now: float, at: datetime) -> Iterable[Decision]:
    over = sum(not entry.firing(now) for entry in held)
    rule = f"hold of route {group.path}"
    if over:
        text = f"{over} resolved within {group.route.hold} and never paged"
        yield Decision(at=at, verdict=Verdict.HELD, text=text, rule=rule)
    if len(held) > over:
        yield Decision(at=at, verdict=Verdict.HELD, text=f"{len(held) - over} wait for {group.route.hold}", rule=rule)


def _told(
    group: Group,
    receiver: Receiver,
    news: Sequence[News],
    firing: Sequence[Entry],
    resolved: Sequence[Entry],
    at: datetime,
) -> Iterable[Decision]:
    for one in news:
        verdict = Verdict.NOT_TOLD if group.route.shadow else Verdict.TOLD
        shadow = " (shadow: recorded, nothing is sent)" if group.route.shadow else ""
        text = f"{one.reason}: {len(firing)} firing, {len(resolved)} resolved, to {one.way}{shadow}"
        yield Decision(at=at, verdict=verdict, text=text, rule=f"route {group.path}, receiver {receiver.name}")
