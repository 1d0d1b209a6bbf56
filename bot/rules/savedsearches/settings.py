"""The settings of one stanza, read by their kinds: numbers, flags, lengths. What is wrong is noted, and no end."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum
from typing import TypeVar

from bot.documents import Place, suggest
from bot.errors import Complaint, Gravity
from bot.rules.savedsearches import moments
from bot.rules.savedsearches.conf import Setting
from bot.rules.savedsearches.keys import BY_NAME

E = TypeVar("E", bound=StrEnum)
_TRUE = frozenset({"1", "true", "t", "yes", "y", "on"})
_FALSE = frozenset({"0", "false", "f", "no", "n", "off"})
_NUMBER = re.compile(r"-?\d{1,15}(\.\d{1,9})?", re.ASCII)


class Settings:
    """What holds for one stanza. A setting without a value counts as not set, and a bad one as its default.

    Every key is asked for by its name in the file; the name that REST has for it does as well.
    """

    def __init__(self, name: str, values: Mapping[str, Setting], *, file: str, place: Place) -> None:
        self.name = name
        self.values = values
        self._file = file
        self._place = place
        self._wrong: set[str] = set()
        self._complaints: dict[Complaint, None] = {}

    @property
    def complaints(self) -> tuple[Complaint, ...]:
        """What was wrong with the values asked for so far."""
        return tuple(self._complaints)

    def find(self, key: str) -> Setting | None:
        """The setting, if it is there and has a value."""
        known = BY_NAME.get(key)
        for name in (key, known.rest if known else ""):
            setting = self.values.get(name)
            if setting is not None and setting.value:
                return setting
        return None

    def text(self, key: str) -> str:
        """The value as it is written; empty where there is none."""
        setting = self.find(key)
        return setting.value if setting else ""

    def flag(self, key: str, default: bool) -> bool:
        """A boolean in any of Splunk's spellings."""
        setting = self.find(key)
        word = setting.value.lower() if setting else ""
        if setting is not None and word not in _TRUE | _FALSE:
            self.wrong(key, f"{setting.value!r} is neither true nor false; write 1 or 0")
        return word in _TRUE or (word not in _FALSE and default)

    def whole(self, key: str, default: int, *, low: int = 0, high: int = 2**31 - 1) -> int:
        """A whole number within these bounds."""
        setting = self.find(key)
        if setting is None:
            return default
        if re.fullmatch(r"[0-9]{1,10}", setting.value) is None or not low <= int(setting.value) <= high:
            bounds = f"from {low} to {high}" if high < 100 else f"that is {low} or more"
            self.wrong(key, f"{setting.value!r} cannot stand here: a whole number {bounds} is needed")
            return default
        return int(setting.value)

    def number(self, key: str, default: float) -> float:
        """A number, whole or not."""
        setting = self.find(key)
        if setting is None:
            return default
        if _NUMBER.fullmatch(setting.value) is None:
            self.wrong(key, f"{setting.value!r} is no number")
            return default
        return float(setting.value)

    def length(self, key: str, default: timedelta) -> timedelta:
        """A length of time that is not zero."""
        setting = self.find(key)
        if setting is None:
            return default
        try:
            found = moments.length(setting.value)
        except moments.ModifierError as error:
            self.wrong(key, str(error))
            return default
        if not found:
            self.wrong(key, f"{setting.value!r} is no time at all; it must be longer")
        return found or default

    def choice(self, key: str, kinds: type[E], default: E) -> E:
        """One of these words; neither case nor the number of blanks matters."""
        setting = self.find(key)
        if setting is None:
            return default
        words = {kind.value: kind for kind in kinds}
        found = words.get(" ".join(setting.value.lower().replace("_", " ").split()))
        if found is None:
            near = suggest(setting.value.lower(), words) or f"; there are: {', '.join(words)}"
            self.wrong(key, f"{setting.value!r} cannot stand here{near}")
        return found or default

    def fields(self, key: str) -> tuple[str, ...]:
        """Names separated by commas, each once; quotes round a name are not part of it."""
        names = (name.strip().strip('"').strip() for name in self.text(key).split(","))
        return tuple(dict.fromkeys(name for name in names if name))

    def below(self, prefix: str) -> Mapping[str, Setting]:
        """The settings whose key begins with this, by what is left of the key."""
        return {
            key.removeprefix(prefix): setting
            for key, setting in self.values.items()
            if key.startswith(prefix) and setting.value
        }

    @property
    def mistaken(self) -> bool:
        """Whether anything was wrong so far."""
        return bool(self._wrong)

    def is_sound(self, key: str) -> bool:
        """Whether nothing was wrong with the value of this key so far."""
        return key not in self._wrong

    def wrong(self, key: str, message: str) -> None:
        """Notes a mistake in the value of a key; where the key is not set, in the stanza."""
        self._wrong.add(key)
        setting = self.find(key) or self.values.get(key)
        self._complain(setting, setting.value_place if setting else self._place, message, Gravity.ERROR)

    def remark(self, key: str, message: str) -> None:
        """Notes, at a key (empty: at the stanza), something that is no mistake and that people should know."""
        setting = self.find(key) if key else None
        self._complain(setting, setting.place if setting else self._place, message, Gravity.WARNING)

    def _complain(self, setting: Setting | None, place: Place, message: str, gravity: Gravity) -> None:
        path = f"[{setting.stanza}] {setting.key}" if setting else f"[{self.name}]"
        file = setting.file if setting else self._file
        complaint = Complaint(
            file=file, line=place.line, column=place.column, path=path, message=message, gravity=gravity
        )
        self._complaints.setdefault(complaint)
