"""Rule files with a mistake somewhere: small changes to expressions and to the shape of files that are right."""

import random
import re
from collections.abc import Sequence

import yaml

from tests.corpora import rule_files
from tests.corpora.expressions import EXPRESSIONS
from tests.corpora.verdicts import expression

WORD = re.compile(r'"(?:\\.|[^"])*"|[A-Za-z_:][\w:]*|[0-9.]+[a-z]*|\s+|[=!<>~]+|.', re.DOTALL)
RULE = re.compile(r"\s*- (?:alert|record):")
SIGNED_RANGE = re.compile(r"\[[^\]\[\"'`]*[-+]")
SIGNS = (*"\"'`\\_.0{}()[]=!~,:@#-+ ", "5m", "é", "")
SCALARS = (
    *("5", "''", "~", "null", "[]", "{}", "on", "1.0", "1m", "5m", "-1", "x", "'x'", "{a: b}", "[a]", "0x10"),
    *("'{{ $value }}'", "'{{ nope }}'", "'{{ end }}'", "'{{ if $value }}'", "{{ $value }}", "&a x", "*a", "# x"),
    *("!!int 5", "!!str x", "|\n      up\n", "é", "1e3", "up", "up ==", "sum(up)", "0", "1y", "__name__", '"\\xe9"'),
)
KEYS = (
    *("name", "interval", "limit", "labels", "rules", "alert", "record", "expr", "for", "annotations", "foo"),
    *("query_offset", "keep_firing_for", "severity", "__name__", "''", "<<", "a b", "groups"),
)


def expressions() -> list[str]:
    """The expressions of the table and of every rule file at hand."""
    written = [
        str(rule["expr"])
        for file in rule_files()
        for group in yaml.safe_load(file.read_text())["groups"]
        for rule in group["rules"]
    ]
    return [*EXPRESSIONS, *written]


def mutated_expressions(seed: str, count: int) -> list[str]:
    """Rule files of one rule each, whose expression was right before one or two of its words changed.

    Signs in square brackets are left out: Prometheus takes some that promql-parser does not, and nobody writes them.
    """
    chance = random.Random(seed)
    known = [expr for expr in expressions() if expr.strip()]
    words = sorted({word for expr in known for word in WORD.findall(expr) if word.strip()})
    mutated = ("".join(_mutated(chance, WORD.findall(chance.choice(known)), words)) for _ in range(count))
    return [expression(text) for text in mutated if not SIGNED_RANGE.search(text)]


def _mutated(chance: random.Random, words: list[str], known: Sequence[str]) -> list[str]:
    for _ in range(chance.randint(1, 2)):
        at = chance.randrange(len(words)) if words else 0
        match chance.randint(0, 5):
            case 0:
                del words[at : at + 1]
            case 1:
                words.insert(at, chance.choice(known))
            case 2:
                words[at : at + 1] = [chance.choice(known)]
            case 3:
                words[at:at] = words[at : at + 1]
            case 4 if words:
                other = chance.randrange(len(words))
                words[at], words[other] = words[other], words[at]
            case _ if words:
                cut = chance.randrange(len(words[at]) + 1)
                words[at] = words[at][:cut] + chance.choice(SIGNS) + words[at][cut + chance.randint(0, 1) :]
    return words


def mutated_files(seed: str, count: int) -> list[str]:
    """Rule files whose lines were right before one or two of them changed."""
    chance = random.Random(seed)
    files = [file.read_text().splitlines(keepends=True) for file in rule_files()]
    mutated = []
    for _ in range(count):
        lines = list(chance.choice(files))
        # A file is cut to two of its rules: what comes after the mistake matters little, and time is short
        rules = [at for at, line in enumerate(lines) if RULE.match(line)]
        first = chance.randrange(len(rules))
        lines = lines[: rules[0]] + lines[rules[first] : [*rules, len(lines), len(lines)][first + 2]]
        for _ in range(chance.randint(1, 2)):
            _mutate(chance, lines)
        mutated.append("".join(lines))
    return mutated


def _mutate(chance: random.Random, lines: list[str]) -> None:
    at = chance.randrange(len(lines))
    line = lines[at]
    indent = line[: len(line) - len(line.lstrip(" -"))]
    key = line.strip(" -\n").partition(":")[0]
    match chance.randint(0, 6):
        case 0:
            del lines[at]
        case 1:
            lines.insert(at, line)
        case 2:
            lines[at] = f"{indent}{key}: {chance.choice(SCALARS)}\n"
        case 3:
            lines[at] = f"{indent}{chance.choice(KEYS)}:{line.partition(':')[2] or chr(10)}"
        case 4:
            lines.insert(at, f"{indent.replace('-', ' ')}{chance.choice(KEYS)}: {chance.choice(SCALARS)}\n")
        case 5:
            lines[at] = chance.choice((" ", "  ", "- ", "")) + line
        case _:
            cut = chance.randrange(len(line))
            lines[at] = line[:cut] + chance.choice(SIGNS) + line[cut + chance.randint(0, 1) :]
