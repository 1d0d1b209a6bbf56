r"""SPL as text: made whole for the server, and filled with values that can never become syntax.

`$name` may stand inside double quotes, where a search compares: `search host="$host"`, `where user="$user"`. The value
is escaped for the string (`\` and `"`) and compared as it is. Some values are refused, because quotes do not hold them
everywhere: Splunk expands macros in backticks before it reads quotes, and looks for pipes and subsearches with a reader
of its own; no literal can hold a line break safely; and the `search` command has no way to write `*` but as a wildcard.

What reads its strings as something else once more - `map`, `savedsearch`, `rest`, macros, `searchmatch()`, regular
expressions - cannot be filled at all.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.documents import suggest
from bot.errors import Permanent

_TOKEN = re.compile(
    r"""(?P<comment>```.*?```)
      | (?P<macro>`[^`]*`)
      | (?P<literal>"(?:[^"\\]|\\.)*")
      | (?P<name>'[^'"|\[\]`]*')
      | (?P<loose>\$[A-Za-z_]\w*)
      | (?P<pipe>\|)
      | (?P<open>\[)
      | (?P<close>\])
      | (?P<odd>["'`]|\\["'`|\[\]])""",
    re.VERBOSE | re.DOTALL | re.ASCII,
)
_VARIABLE = re.compile(r"\$([A-Za-z_]\w*)", re.ASCII)
_COMMAND = re.compile(r"\s*(\w*)", re.ASCII)
_HALF_ESCAPE = re.compile(r"(?<!\\)(?:\\\\)*\\$")
_COMPARISON = re.compile(r"[=<>]\s*$")
_STARTS = re.compile(r"\s*(\||search\s)", re.IGNORECASE)
_NEVER = re.compile(r"[|\[\]`\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_SHOWN = 40


def whole(search: str) -> str:
    """The search as a server takes it, with the `search` that people leave out."""
    return search if _STARTS.match(search) else f"search {search}"


def piped(before: str, search: str) -> str:
    """What a search makes of the rows of another."""
    return f"{before} | {search.strip().removeprefix('|').strip()}"


def fill(search: str, variables: Mapping[str, str], integration: str) -> str:
    """The search with every `$name` replaced by its escaped value.

    Raises Permanent (`client`) for a name that no variable has, for one that stands where a value could become more
    than a value, and for a value that no literal can hold.
    """
    return _Filling(variables, integration).filled(search) if _VARIABLE.search(search) else search


@dataclass(slots=True)
class _Filling:
    """Reads a search from left to right. `before` is what stands in the command before the next literal."""

    variables: Mapping[str, str]
    integration: str
    before: str = ""
    outside: list[str] = field(default_factory=list)

    def filled(self, search: str) -> str:
        """The whole text."""
        parts: list[str] = []
        end = 0
        self.before = search[: len(search) - len(search.lstrip())] + ("" if _STARTS.match(search) else "search ")
        for token in _TOKEN.finditer(search):
            between = search[end : token.start()]
            self.before += between
            parts += [between, self._token(token.lastgroup or "", token[0])]
            end = token.end()
        return "".join([*parts, search[end:]])

    def _token(self, kind: str, text: str) -> str:
        match kind:
            case "literal":
                text = self._literal(text)
                self.before += '""'
            case "pipe":
                self.before = ""
            case "open":
                self.outside.append(self.before)
                self.before = ""
            case "close":
                self.before = (self.outside.pop() if self.outside else "") + "[]"
            case "loose":
                raise self._mistake(f'{text} stands outside a string: write it as field="{text}"')
            case "odd":
                raise self._mistake(
                    f"{text} stands where it is not clear what it quotes; put the text in double quotes"
                )
            case "macro" if _VARIABLE.search(text):
                raise self._mistake(f"no variable may stand inside a macro: {text[:_SHOWN]}")
            case "macro" | "name":
                self.before += text
            case _:
                pass  # a comment says nothing
        return text

    def _literal(self, text: str) -> str:
        pieces = _VARIABLE.split(text[1:-1])  # text, name, text, name, ..., text
        if len(pieces) == 1:
            return text
        command = self._command(pieces[1])
        for index in range(1, len(pieces), 2):
            if _HALF_ESCAPE.search(pieces[index - 1]):
                raise self._mistake(f"${pieces[index]} may not follow a backslash")
            pieces[index] = self._escaped(pieces[index], command)
        return f'"{"".join(pieces)}"'

    def _command(self, name: str) -> str:
        """The command that the literal belongs to, if that one compares with it."""
        found = _COMMAND.match(self.before)
        command = found[1].lower() if found else ""
        if command == "search" or (command in ("where", "eval") and _COMPARISON.search(self.before)):
            return command
        raise self._mistake(f'${name} may stand only where something is compared, as in `search field="${name}"`')

    def _escaped(self, name: str, command: str) -> str:
        if name not in self.variables:
            raise self._mistake(f"no variable is called ${name}{suggest(name, self.variables)}")
        value = self.variables[name]
        if odd := _NEVER.search(value):
            raise self._mistake(f"the value of ${name} holds {odd[0]!r}, which no literal of SPL holds safely")
        if command == "search" and "*" in value:
            message = f"the value of ${name} holds `*`, which `search` takes for a wildcard: compare with `| where`"
            raise self._mistake(message)
        return value.replace("\\", "\\\\").replace('"', '\\"')

    def _mistake(self, message: str) -> Permanent:
        return Permanent(message, integration=self.integration, reason="client", hint="correct the search")
