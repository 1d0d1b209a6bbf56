"""What somebody reads whose command was heard, and is not done: because it is old, or because nobody saw its end."""

from __future__ import annotations

from datetime import timedelta

from bot.documents import format_duration
from bot.model.answer import Answer, Press, Tone
from bot.model.utterance import Filled, Missed, Utterance
from bot.model.wording import one_line

_LINE, _SAID, _VALUES = 300, 1000, 2000
_SECOND, _MINUTE = timedelta(seconds=1), timedelta(minutes=1)


def excuse(what: Utterance | Filled, missed: Missed) -> Answer:
    """It says what they had said, so that nothing that was written is lost, and says it again at a click."""
    ago, line = _ago(missed.age), _line(what)
    if missed.begun:
        headline = f"Nobody knows whether this was done: Tocsin did not see its end, {ago}"
        hint = "look how it stands before you say it again"
    else:
        headline = f"Tocsin was away when you said this, {ago}, so it was not done"
        hint = "say it again, if that is still what you want"
    again = Press(label="Say it again", says=what.text) if isinstance(what, Utterance) and what.text else None
    return Answer(
        headline=headline,
        tone=Tone.CAREFUL,
        text=one_line(line, _SAID),
        code=_values(what),
        hint=hint,
        presses=(again,) if again is not None and len(again.says) <= _SAID else (),
        refused=True,
    )


def _line(what: Utterance | Filled) -> str:
    said = what.text if isinstance(what, Utterance) else f"{what.command} (a form)"
    return f"{what.prefix} {said}".strip()


def _values(what: Utterance | Filled) -> str:
    """What was filled in."""
    values = what.values if isinstance(what, Filled) else {}
    return "\n".join(f"{name}: {value}" for name, value in values.items() if value)[:_VALUES]


def _ago(age: timedelta) -> str:
    unit = _SECOND if age < 2 * _MINUTE else _MINUTE
    return f"{format_duration(max(age - age % unit, unit))} ago"
