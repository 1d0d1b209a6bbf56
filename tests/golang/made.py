"""Templates nobody wrote: grown from a grammar that knows our kinds of data, and a share of them broken on purpose."""

import random
from collections.abc import Sequence

NUMBERS = (
    "0",
    "1",
    "2",
    "3",
    "-1",
    "7",
    "0x1F",
    "017",
    "1_000",
    "'a'",
    "1e3",
    "1.0",
    "2.5",
    "-0.5",
    "1e21",
    "1000000",
    "2i",
)
TEXTS = (
    '""',
    '"a"',
    '"b"',
    '"x y"',
    "`raw`",
    '"é"',
    r'"\n"',
    r'"\xff"',
    '"<b>&\'"',
    '"12"',
    '"%v"',
    '"\U0001f600"',
    '"m"',
)
FORMATS = (
    "%v",
    "%d",
    "%s",
    "%5.2f",
    "%-6s|",
    "%q",
    "%x",
    "%T",
    "%+v",
    "%#v",
    "%e",
    "%08.3f",
    "%c",
    "%t",
    "%U",
    "%%",
    "%!",
)
MORE_FORMATS = (
    "%6.3v",
    "%+d",
    "% d",
    "%#x",
    "%X",
    "%o",
    "%b",
    "%g",
    "%G",
    "%.3s",
    "%*d",
    "%.*f",
    "%[2]v",
    "%[1]*d",
    "%z",
    "%",
)
DEFINED = ('"t"', '"u"', '"no"')
QUERIES = ('"m"', '"none"', '"bad"')
NAMES = ("eq", "ne", "lt", "le", "gt", "ge", "and", "or", "not", "len", "print", "println", "html", "js", "urlquery")
MORE_NAMES = ("call", "args", "echo", "typeOf", "index", "printf", "eq", "lt", "slice", "nosuch")
VALUES: Sequence[object] = (
    *({"float": text} for text in ("0", "1", "1e6", "0.000012", "-2.5", "123456.789", "inf", "-inf", "nan", "1e21")),
    {"int": 3},
    "text",
    "",
    True,
    None,
    {"texts": {"a": "b"}},
    {"any": {"x": {"int": 1}, "y": "two", "z": None}},
    {"go": "result"},
)


class Garden:
    """Grows one template after the other; the same seed grows the same ones."""

    def __init__(self, seed: str) -> None:
        self._random = random.Random(seed)
        self._variables: list[str] = []

    def question(self) -> dict[str, object]:
        """One question for the oracle, about the data of a rule."""
        self._variables = ["$labels", "$value", "$externalLabels", "$externalURL"]
        text = self._definitions() + self._body(3)
        if self._random.random() < 0.25:
            text = self._broken(text)
        return {"name": "__alert_A", "text": text, "rule": True, "value": self._pick(VALUES)}

    def format(self) -> dict[str, object]:
        """One question about Printf alone."""
        text = "".join(self._verb() + self._pick(("", " ", "x")) for _ in range(self._random.randint(1, 3)))
        count = self._random.choice((0, 1, 1, 1, 2, 2, 3))
        return {"isPrintf": True, "text": text, "printf": [self._printed() for _ in range(count)]}

    def _pick(self, choices: Sequence[object]) -> object:
        return self._random.choice(choices)

    def _word(self, choices: Sequence[str]) -> str:
        return self._random.choice(choices)

    def _verb(self) -> str:
        flags = "".join(sign for sign in "#0+- " if self._random.random() < 0.2)
        width = self._word(("", "", "", "3", "10", "*", "[1]*", "[2]", "[9]"))
        precision = self._word(("", "", "", ".0", ".1", ".4", ".", ".*", ".[1]*"))
        return f"%{flags}{width}{precision}{self._word(tuple('vvvdsqxXtTeEfFgGbcoOUwz%é'))}"

    def _printed(self) -> object:
        number = self._random.choice((self._random.uniform(-10, 10), self._random.lognormvariate(0, 20), 0.0, 5e-324))
        kinds: Sequence[object] = (
            {
                "int": self._random.choice(
                    (0, 1, -1, 65, 255, 0x1F600, 2**63 - 1, -(2**63), self._random.randint(-99, 9999))
                )
            },
            {"float": repr(number)},
            *VALUES[:-1],
            "é\U0001f600",
            'a"b\n`',
            "\x7f\u00a0\ufeff",
        )
        return self._pick(kinds)

    # Bodies

    def _definitions(self) -> str:
        if self._random.random() > 0.15:
            return ""
        name, outer = self._word(('"t"', '"u"', '"__alert_A"')), self._variables
        self._variables = ["$"]
        text = f"{{{{ define {name} }}}}{self._body(1)}{{{{ end }}}}"
        self._variables = outer
        return text

    def _body(self, depth: int) -> str:
        known = len(self._variables)
        text = "".join(self._item(depth) for _ in range(self._random.randint(1, 3)))
        del self._variables[known:]
        return text

    def _item(self, depth: int) -> str:
        kinds = ["text", "action", "action", "action", "declare", "assign", "comment", "template"]
        if depth:
            kinds += ["if", "if", "with", "range", "range", "block"]
        match self._word(kinds):
            case "text":
                return self._word(("a", " b ", "\n", "\n  c\n", "é", "}}", "{ {"))
            case "action":
                return self._braced(self._pipe(2))
            case "declare":
                value, name = self._pipe(1), self._word(("$x", "$y", "$labels"))
                self._variables.append(name)
                return self._braced(f"{name} := {value}")
            case "assign":
                return self._braced(f"{self._word(self._variables)} = {self._pipe(1)}")
            case "comment":
                return self._word(("{{/* c */}}", " {{- /* c */ -}} ", "{{/* */ -}}  x"))
            case "template":
                name, dot = self._word(DEFINED), self._word(("", ".", self._pipe(1)))
                return self._braced(f"template {name} {dot}")
            case "block":
                return (
                    f"{self._braced(f'block {chr(34)}k{chr(34)} {self._pipe(1)}')}{self._body(0)}{self._braced('end')}"
                )
            case "range":
                return self._range(depth)
            case kind:
                return self._branch(kind, depth)

    def _branch(self, kind: str, depth: int) -> str:
        known = len(self._variables)
        condition = self._pipe(1)
        if self._random.random() < 0.3:
            condition = f"$c := {condition}"
            self._variables.append("$c")
        text = self._braced(f"{kind} {condition}") + self._body(depth - 1)
        if self._random.random() < 0.3:
            text += self._braced(f"else {kind} {self._pipe(1)}") + self._body(depth - 1)
        if self._random.random() < 0.4:
            text += self._braced("else") + self._body(depth - 1)
        del self._variables[known:]
        return text + self._braced("end")

    def _range(self, depth: int) -> str:
        over = self._word(
            (
                "$labels",
                "3",
                '(query "m")',
                'query "none"',
                "$value",
                ". ",
                "(args 1 `b` 2.5)",
                "0",
                "-1",
                self._pipe(1),
            )
        )
        known = len(self._variables)
        match self._random.randint(0, 3):
            case 0:
                over = f"$k, $v := {over}"
                self._variables += ["$k", "$v"]
            case 1:
                over = f"$v := {over}"
                self._variables.append("$v")
            case 2 if "$x" in self._variables:
                over = f"$x = {over}"
        text = self._braced(f"range {over}") + self._body(depth - 1)
        if self._random.random() < 0.25:
            text += self._braced(self._word(("break", "continue")))
        if self._random.random() < 0.25:
            text += self._braced("else") + self._body(depth - 1)
        del self._variables[known:]
        return text + self._braced("end")

    def _braced(self, inner: str) -> str:
        left = self._word(("{{ ", "{{ ", "{{", "{{- "))
        right = self._word((" }}", " }}", "}}", " -}}"))
        return left + inner + right

    # Pipelines

    def _pipe(self, depth: int) -> str:
        text = self._command(depth)
        while self._random.random() < 0.25:
            text += " | " + self._call(depth, piped=True)
        return text

    def _command(self, depth: int) -> str:
        return self._call(depth) if self._random.random() < 0.6 else self._argument(depth)

    def _argument(self, depth: int) -> str:
        kinds = ["number", "text", "variable", "field", "dot"]
        if depth:
            kinds += ["paren", "paren", "chain"]
        match self._word(kinds):
            case "number":
                return self._word(NUMBERS)
            case "text":
                return self._word(TEXTS)
            case "variable":
                return self._word(self._variables) + self._word(("", "", "", ".a", ".instance", ".no", ".a.b"))
            case "field":
                return self._word(
                    (
                        ".Labels",
                        ".Value",
                        ".Labels.a",
                        ".Value.a",
                        ".Nope",
                        ".ExternalURL",
                        ".x",
                        "$.Value",
                        "$",
                        "true",
                    )
                )
            case "dot":
                return self._word((".", ".", "nil", "false", "$"))
            case "chain":
                fields = self._word((".Value", ".Labels", ".Labels.b", ".x", ".arg0", ".arg9", ".arg9.x"))
                return f"({self._command(depth - 1)}){fields}"
            case _:
                return f"({self._pipe(depth - 1)})"

    def _call(self, depth: int, *, piped: bool = False) -> str:
        typed = {
            "printf": lambda: [
                f'"{self._word(FORMATS + MORE_FORMATS)}{self._word(FORMATS)}"',
                *self._some(depth, 0, 3),
            ],
            "label": lambda: [self._word(('"b"', '"no"')), '(query "m" | first)'],
            "first": lambda: [f"(query {self._word(QUERIES)})"],
            "value": lambda: ['(query "m" | first)'],
            "sortByLabel": lambda: ['"b"', '(query "m")'],
            "query": lambda: [self._word((*QUERIES, "$externalURL"))],
            "toUpper": lambda: [self._word((*TEXTS, "$labels.a"))],
            "match": lambda: [self._word(TEXTS), self._word(TEXTS)],
            "reReplaceAll": lambda: [self._word(TEXTS), self._word(TEXTS), "$labels.instance"],
            "half": lambda: [self._word((*NUMBERS, "$value"))],
            "twice": lambda: [self._word(NUMBERS)],
            "yes": lambda: [self._word(("true", "false", "1", "nil"))],
            "add": lambda: [self._word(NUMBERS) for _ in range(self._random.randint(0, 3))],
            "slice": lambda: [self._word(("$labels.instance", '(query "m")', *TEXTS)), *self._numbers(0, 3)],
            "index": lambda: [self._word(("$labels", '(query "m")', "(args 1 2)", *TEXTS)), *self._numbers(0, 2)],
        }
        if self._random.random() < 0.5:
            name = self._word(tuple(typed))
            arguments = typed[name]()
        else:
            name = self._word(NAMES + MORE_NAMES)
            arguments = self._some(depth, 0 if self._random.random() < 0.1 else 1, 3 if name != "not" else 1)
        if piped and arguments:
            arguments = arguments[:-1]
        return " ".join([name, *arguments])

    def _some(self, depth: int, least: int, most: int) -> list[str]:
        return [self._argument(max(0, depth - 1)) for _ in range(self._random.randint(least, most))]

    def _numbers(self, least: int, most: int) -> list[str]:
        choices = ("0", "1", "2", "9", "-1", '"a"', "1.0", "nil", "'a'")
        return [self._word(choices) for _ in range(self._random.randint(least, most))]

    # Mistakes

    def _broken(self, text: str) -> str:
        at = self._random.randrange(len(text) + 1)
        to = min(len(text), at + self._random.randint(1, 4))
        signs = (
            "{{",
            "}}",
            "{{-",
            "-}}",
            "|",
            ":=",
            "=",
            ",",
            "(",
            ")",
            ".",
            "$",
            '"',
            "`",
            "'",
            "\n",
            " ",
            "end",
            "else",
        )
        more = (
            "%",
            "1",
            "/*",
            "*/",
            "nil",
            "é",
            "$no",
            ".5",
            "0x",
            "+",
            "-",
            "\\",
            "\x00",
            "@",
            "break",
            "define",
            "\t",
            "_",
        )
        match self._random.randint(0, 3):
            case 0:
                return text[:at] + text[to:]
            case 1:
                return text[:at] + self._word(signs + more) + text[at:]
            case 2:
                return text[:at] + self._word(signs + more) + text[to:]
            case _:
                return text[:at] + text[at:to] * 2 + text[to:]
