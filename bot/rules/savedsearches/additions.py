"""`action.tocsin.param.*`: what Tocsin adds to a stanza, in keys that Splunk takes for an action's parameters."""

from __future__ import annotations

import re
from datetime import timedelta

from bot.documents import suggest
from bot.model.search import Compared, Comparison, Direction
from bot.rules.savedsearches.keys import KEYS, OURS
from bot.rules.savedsearches.settings import Settings

_OWN = tuple(key.name.removeprefix(OURS) for key in KEYS if key.name.startswith(OURS))
_NAMED = re.compile(r"(label|annotation)\.[A-Za-z_][A-Za-z0-9_]*")
_MONTH = timedelta(days=30)


def comparison(settings: Settings) -> Comparison | None:
    """How rows are compared with those of earlier runs; None where they are not. Notes keys of ours that are not."""
    _check_names(settings)
    if not settings.text(f"{OURS}compare"):
        _note_alone(settings)
        return None
    kind = settings.choice(f"{OURS}compare", Compared, Compared.CHANGE)
    made = Comparison(
        kind=kind,
        keys=settings.fields(f"{OURS}keys"),
        value=settings.text(f"{OURS}value"),
        threshold=settings.number(f"{OURS}threshold", 0),
        direction=settings.choice(f"{OURS}direction", Direction, Direction.BOTH),
        span=settings.length(f"{OURS}span", _MONTH),
    )
    if settings.is_sound(f"{OURS}compare"):
        _check_complete(settings, made)
    return made


def _check_complete(settings: Settings, made: Comparison) -> None:
    needed = {
        "keys": not made.keys and made.kind is not Compared.SPIKE,
        "value": not made.value and (made.kind in (Compared.CHANGE, Compared.SPIKE) or made.threshold > 0),
        "threshold": made.threshold <= 1 and made.kind is Compared.SPIKE,
    }
    for name, lacking in needed.items():
        if lacking:
            more = ", a number above 1" if name == "threshold" else ""
            settings.wrong(f"{OURS}compare", f"`{made.kind}` needs `{OURS}{name}`{more}")


def _check_names(settings: Settings) -> None:
    for name, setting in settings.below(OURS).items():
        if name not in _OWN and not _NAMED.fullmatch(name):
            near = suggest(name, _OWN) or f"; there are: {', '.join(_OWN)}, label.NAME, annotation.NAME"
            settings.wrong(setting.key, f"no parameter of Tocsin's: {name!r}{near}")


def _note_alone(settings: Settings) -> None:
    for name, setting in settings.below(OURS).items():
        if name in _OWN:
            settings.remark(setting.key, f"no effect without `{OURS}compare`")
