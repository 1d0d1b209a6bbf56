"""What a line means: its command and the values in it, or a mistake that says what to type instead.

    declare sev2 customers cannot pay service=cart
    COMMAND SLOT TEXT...              OPTION=VALUE

A command has slots, read in their order, and options, written `name=value` before or after the text. What cannot be
the value of a slot that may be left out belongs to the next one. A text is kept as it was typed.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from bot.chat.reading import Kind, is_bare, read
from bot.errors import TocsinError
from bot.model.ids import IncidentId

LONGEST = 8000
"""Letters of a line."""
INPUT = "input."
"""Before the names of values that a command takes under names of somebody else's."""
HIDDEN = "-"
_TOKEN = re.compile(r'"[^"\n]*"|[^\s"]*(?:"[^"\n]*"[^\s"]*)+|\S+')
_OPTION = re.compile(r"([A-Za-z_][A-Za-z0-9_-]{0,60})=(.*)", re.DOTALL)
_PLAIN = str.maketrans({"\N{LEFT DOUBLE QUOTATION MARK}": '"', "\N{RIGHT DOUBLE QUOTATION MARK}": '"'})
"""What telephones make of quotes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """One value of a command. `choices` are those of a CHOICE; `before` is a word that may stand before it.

    `label` HIDDEN: an option that only buttons and forms use.
    """

    name: str
    kind: Kind
    help: str
    needed: bool = True
    choices: tuple[str, ...] = ()
    before: str = ""
    label: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verb:
    """One command, whose name is one word or two; `also` are other names of it.

    `inputs`: it takes any `name=value` too. `aside`: it is listed with the command that its first word is.
    """

    name: str
    summary: str
    examples: tuple[str, ...]
    slots: tuple[Slot, ...] = ()
    options: tuple[Slot, ...] = ()
    inputs: bool = False
    also: tuple[str, ...] = ()
    aside: bool = False

    @property
    def usage(self) -> str:
        """How it is written, with what may be left out in brackets."""
        words = [self.name, *(_shown(one) for one in self.slots)]
        words += [f"[{one.name}={one.kind.upper()}]" for one in self.options if one.label != HIDDEN]
        return " ".join([*words, *(["[NAME=VALUE ...]"] if self.inputs else [])])


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A line that was understood: each value by the name of its slot or option, in the form of its kind."""

    verb: str
    values: Mapping[str, str] = field(default_factory=dict)


class Mistake(TocsinError):
    """A line that was not understood. `verb` is the command it was meant for, `near` what may have been meant."""

    def __init__(self, message: str, *, hint: str, verb: Verb | None = None, near: Sequence[str] = ()) -> None:
        super().__init__(message, hint=hint)
        self.verb, self.near = verb, tuple(near)


class Grammar:
    """All commands that there are."""

    def __init__(self, verbs: Sequence[Verb]) -> None:
        self.verbs = {one.name: one for one in verbs}
        self._called = {name: one for one in verbs for name in (one.name, *one.also)}

    def verb(self, name: str) -> Verb | None:
        """The command of this name, or known by it too."""
        return self._called.get(" ".join(name.lower().split()))

    def parse(self, text: str, about: IncidentId | None = None) -> Command:
        """What the line means; `about`: the incident that is meant where it names none. Raises nothing but Mistake."""
        if len(text) > LONGEST:
            raise Mistake(f"that is longer than {LONGEST} letters", hint="say it in fewer words")
        line = text.strip()
        tokens = list(_TOKEN.finditer(line.translate(_PLAIN)))
        verb, used = self._verb(tokens)
        return _Reading(verb, line, tokens[used:], about).command()

    def fit(self, name: str, values: Mapping[str, str]) -> tuple[Command, Mapping[str, str]]:
        """The command that a form asks for, and what is wrong with its values by their names; Mistake: no command."""
        verb = self.verb(name)
        if verb is None:
            raise Mistake(f"there is no command {name!r}", hint="type `help`")
        found, wrong = dict[str, str](), dict[str, str]()
        for slot in (*verb.slots, *verb.options):
            value = values.get(slot.name, "").strip()
            if not value:
                if slot.needed and slot in verb.slots:
                    wrong[slot.name] = f"this is needed: {slot.help}"
                continue
            try:
                found[slot.name] = read(slot.kind, value, slot.choices)
            except ValueError as error:
                wrong[slot.name] = str(error)
        return Command(verb=verb.name, values=found), wrong

    def _verb(self, tokens: Sequence[re.Match[str]]) -> tuple[Verb, int]:
        """Which command, and how many words name it."""
        if not tokens:
            return self._called["help"], 0
        words = [token[0].lower() for token in tokens[:2]]
        for count in (2, 1):
            found = self._called.get(" ".join(words[:count])) if len(words) >= count else None
            if found is not None:
                return found, count
        raise self._unknown(words, [token[0] for token in tokens])

    def _unknown(self, words: Sequence[str], tokens: Sequence[str]) -> Mistake:
        typed = words[0][:40]
        near = difflib.get_close_matches(" ".join(words), self._called, n=1, cutoff=0.75)
        count = 2 if near and " " in near[0] else 1
        near = near or difflib.get_close_matches(words[0], self._called, n=2, cutoff=0.6)
        of_it = [one for one in self.verbs if one.startswith(f"{words[0]} ")]
        meant = [" ".join([name, *tokens[count:]]) for name in near]
        if of_it:
            return Mistake(f"{typed!r} needs a second word", hint=f"there are {', '.join(of_it)}", near=of_it)
        hint = f"did you mean {' or '.join(repr(one[:80]) for one in meant)}?" if meant else "`help` lists them all"
        return Mistake(f"there is no command {typed!r}", hint=hint, near=meant)


class _Reading:
    """One line on its way to a command."""

    def __init__(self, verb: Verb, line: str, tokens: Sequence[re.Match[str]], about: IncidentId | None) -> None:
        self._verb, self._line, self._about = verb, line, about
        self._tokens = list(tokens)
        self._values: dict[str, str] = {}

    def command(self) -> Command:
        """What it is; Mistake."""
        self._take_options()
        for slot in self._verb.slots:
            if slot.kind is Kind.TEXT:
                self._take_options()
                self._rest(slot)
            elif slot.name not in self._values:
                self._word(slot)
        self._take_options()
        if self._tokens:
            raise self._mistake(f"{self._tokens[0][0][:40]!r} is too much here")
        return Command(verb=self._verb.name, values=self._values)

    def _take_options(self) -> None:
        """Those at the end of the line, and those before what is left of it.

        A slot may be named like one, unless somebody else's names may stand there.
        """
        named = [slot for slot in self._verb.slots if slot.kind is not Kind.TEXT and not self._verb.inputs]
        known = {one.name: one for one in (*named, *self._verb.options)}
        while self._tokens and self._option(self._tokens[-1][0], known):
            self._tokens.pop()
        while self._tokens and self._option(self._tokens[0][0], known):
            self._tokens.pop(0)

    def _option(self, token: str, known: Mapping[str, Slot]) -> bool:
        match = _OPTION.fullmatch(token)
        if match is None:
            return False
        name, value = match[1], _unquoted(match[2])
        slot = known.get(name.lower())
        if slot is not None:
            self._values[slot.name] = self._read(slot, value)
        elif self._verb.inputs:
            self._values[f"{INPUT}{name}"] = value
        return slot is not None or self._verb.inputs

    def _word(self, slot: Slot) -> None:
        if slot.before and self._tokens and self._tokens[0][0].lower() == slot.before:
            self._tokens.pop(0)
        token = self._tokens[0][0] if self._tokens else ""
        if slot.kind is Kind.INCIDENT and self._about is not None:
            self._incident(slot, token)
        elif not token:
            if slot.needed:
                raise self._missing(slot)
        elif slot.needed or slot.kind is Kind.CHOICE:
            self._values[slot.name] = self._read(slot, _unquoted(token))
            self._tokens.pop(0)
        else:
            self._perhaps(slot, token)

    def _incident(self, slot: Slot, token: str) -> None:
        """The one that the place is about, unless another is named."""
        if is_bare(token) and slot is self._verb.slots[0]:
            self._check_bare(slot, token)
        if token and not (is_bare(token) and len(self._tokens) == 1 and self._after(slot) is Kind.SEVERITY):
            self._perhaps(slot, token)
        self._values.setdefault(slot.name, str(self._about))

    def _check_bare(self, slot: Slot, token: str) -> None:
        """A number before a text: it may be an incident, or begin the text, and to guess wrong would do harm."""
        needed = any(one.kind is Kind.TEXT and one.needed for one in self._verb.slots)
        if self._after(slot) is not Kind.TEXT or (len(self._tokens) == 1 and not needed):
            return
        rest = self._line[self._tokens[0].start() :]
        name = self._verb.name
        meant = [f"{name} {self._about} {rest}"]
        if len(self._tokens) > 1:
            meant.insert(0, f"{name} INC-{rest}")
        message = f"{token[:20]} may be the incident INC-{token[:20]}, or the beginning of the text"
        raise Mistake(message, hint=f"write `{meant[0][:80]}` or `{meant[-1][:80]}`", verb=self._verb, near=meant)

    def _after(self, slot: Slot) -> Kind | None:
        place = self._verb.slots.index(slot) + 1
        return self._verb.slots[place].kind if place < len(self._verb.slots) else None

    def _perhaps(self, slot: Slot, token: str) -> None:
        """Where the word cannot be this, it belongs to what follows; "5 hosts are down" has no severity."""
        if slot.kind is Kind.SEVERITY and is_bare(token):
            return
        try:
            self._values[slot.name] = read(slot.kind, _unquoted(token), slot.choices)
        except ValueError:
            return
        self._tokens.pop(0)

    def _rest(self, slot: Slot) -> None:
        if not self._tokens:
            if slot.needed:
                raise self._missing(slot)
            return
        text = self._line[self._tokens[0].start() : self._tokens[-1].end()]
        self._tokens = []
        self._values[slot.name] = self._read(slot, text)

    def _read(self, slot: Slot, word: str) -> str:
        try:
            return read(slot.kind, word, slot.choices)
        except ValueError as error:
            raise self._mistake(str(error)) from None

    def _missing(self, slot: Slot) -> Mistake:
        return self._mistake(f"{self._verb.name} needs {slot.help}")

    def _mistake(self, message: str) -> Mistake:
        hint = f"write it like `{self._verb.examples[0]}`"
        return Mistake(message, hint=hint, verb=self._verb)


def _unquoted(token: str) -> str:
    inside = token[1:-1]
    return inside if len(token) > 1 and token[0] == token[-1] == '"' and '"' not in inside else token.replace('"', "")


def _shown(slot: Slot) -> str:
    words = "|".join(slot.choices) if slot.choices else slot.name.upper()
    return words if slot.needed else f"[{words}]"


def listed(verbs: Sequence[Verb]) -> Iterator[Verb]:
    """Those that stand in the list of all."""
    return (one for one in verbs if not one.aside)
