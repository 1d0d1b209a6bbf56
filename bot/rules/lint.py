"""What experience knows of alert rules that are valid and will still be regretted. Conservative: only what can be said.

A line `# tocsin: ignore no-for` within a rule silences that check for it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

import promql_parser

from bot.documents import Document, Path, Place, format_duration
from bot.model.rule import AlertRule, RecordingRule, RuleGroup
from bot.rules.impossible import contradiction, reasons
from bot.rules.parser import parse
from bot.rules.selectors import selectors

_NOISY = timedelta(minutes=10)
_NEEDS_TWO = frozenset({"rate", "irate", "increase", "delta", "idelta", "deriv"})
_VALUE = re.compile(r"\{\{[^}]*(?:\$value|(?<![\w)])\.Value)\b")
_IGNORE = re.compile(r"#\s*tocsin:\s*ignore\s+([\w, -]+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing that is looked for: `why` it matters, what to `do` about it. `needs` says whom else it asks."""

    what: str
    why: str
    do: str
    needs: str = ""


CHECKS: Mapping[str, Check] = {
    "no-for": Check(
        what="an alert on a value that moves from moment to moment, without `for`",
        why="one bad sample wakes somebody, and the alert flaps",
        do="give it `for`, or look at a longer range",
    ),
    "no-runbook": Check(
        what="an alert without the annotation `runbook_url`",
        why="whoever is woken has to find out what to do",
        do="add `runbook_url`, even if the page behind it is short",
    ),
    "no-severity": Check(
        what="an alert without the label `severity`",
        why="routing cannot tell what may wait until the morning",
        do="add `severity`, such as `page` or `ticket`",
    ),
    "value-in-label": Check(
        what="`$value` in a label",
        why="each new value is another alert: it never fires for long, and never resolves as itself",
        do="put the value into an annotation",
    ),
    "never-fires": Check(
        what="a comparison that can never be true",
        why="the rule watches nothing, and looks as if it did",
        do="correct the comparison; a ratio is between 0 and 1, a percentage between 0 and 100",
    ),
    "float-equal": Check(
        what="`==` with a number that is not whole",
        why="measured values are hardly ever equal to it",
        do="compare with `>` or `<`",
    ),
    "short-range": Check(
        what="a rate over less than four scrapes",
        why="one scrape that is late or lost, and there is no rate at all",
        do="look at a range of at least four scrape intervals",
    ),
    "duplicate": Check(
        what="two alerts with the same name and labels, or two recordings that are alike in all",
        why="nobody can tell them apart",
        do="remove one, or give them different labels",
    ),
    "no-series": Check(
        what="a series that the source does not have",
        why="the rule cannot fire, and nobody is told",
        do="correct the name or the label, or see why nothing exports it",
        needs="--source",
    ),
    "nobody-acted": Check(
        what="an alert whose incidents nobody acknowledged",
        why="an alert that nobody acts on teaches people to ignore alerts",
        do="make it rarer, make it a ticket, or delete it",
        needs="a running Tocsin",
    ),
}
"""Every check by its id, which is what `ignore` names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """One finding: which check, about which rule, where, and what exactly was seen."""

    check: str
    rule: str
    document: Document
    path: Path
    seen: str

    @property
    def place(self) -> Place:
        """Where in the file."""
        return self.document.values.get(self.path) or self.document.place(self.path)

    @property
    def text(self) -> str:
        """What is wrong, why that matters and what to do."""
        check = CHECKS[self.check]
        return f"{self.rule}: {self.seen}: {check.why}; {check.do}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """A rule file that was read: its groups stand in the document's order."""

    document: Document
    groups: tuple[RuleGroup, ...]


def lint(files: Sequence[Read], *, scrape_interval: timedelta) -> Iterator[Advice]:
    """Everything that can be said of these files without asking anybody, file by file."""
    known: dict[tuple[str, ...], str] = {}
    for file in files:
        for group, rule, path in rules_of(file):
            found = list(_of_one(rule, path, file.document, scrape_interval))
            same = _identity(rule)
            if same in known:
                seen = f"the same name and labels as in {known[same]}"
                found.append(_advice("duplicate", rule, file.document, path, seen))
            known.setdefault(same, f"group {group.name} of {file.document.file}")
            yield from kept(found)


def rules_of(file: Read) -> Iterator[tuple[RuleGroup, AlertRule | RecordingRule, Path]]:
    """Every rule with its place in the document."""
    for at, group in enumerate(file.groups):
        for number, rule in enumerate(group.rules):
            yield group, rule, ("groups", at, "rules", number)


def kept(found: Sequence[Advice]) -> Iterator[Advice]:
    """Those that no comment of their rule silences."""
    for advice in found:
        if advice.check not in _silenced(advice.document, advice.path[:4]):
            yield advice


def _advice(check: str, rule: AlertRule | RecordingRule, document: Document, path: Path, seen: str) -> Advice:
    return Advice(check=check, rule=rule.name, document=document, path=path, seen=seen)


def _of_one(
    rule: AlertRule | RecordingRule, path: Path, document: Document, scrape_interval: timedelta
) -> Iterator[Advice]:
    expr: Path = (*path, "expr")
    for name, length in _short_ranges(rule.expr, scrape_interval):
        seen = f"{name}() over {format_duration(length)}, with a sample every {format_duration(scrape_interval)}"
        yield _advice("short-range", rule, document, expr, seen)
    if isinstance(rule, AlertRule):
        yield from _of_alert(rule, path, document)


def _of_alert(rule: AlertRule, path: Path, document: Document) -> Iterator[Advice]:
    expr: Path = (*path, "expr")
    if _noisy(rule):
        yield _advice("no-for", rule, document, expr, "it fires at the first sample")
    if "runbook_url" not in rule.annotations:
        yield _advice("no-runbook", rule, document, path, "no runbook_url")
    if "severity" not in rule.labels:
        yield _advice("no-severity", rule, document, path, "no severity")
    for label, text in rule.labels.items():
        if _VALUE.search(text):
            yield _advice("value-in-label", rule, document, (*path, "labels", label), f"label {label} holds the value")
    for reason in [*reasons(rule.expr, rule.signal), contradiction(rule.expr)]:
        if reason:
            yield _advice("never-fires", rule, document, expr, reason)
    signal = rule.signal
    if signal.op == "==" and signal.threshold is not None and not signal.threshold.is_integer():
        yield _advice("float-equal", rule, document, expr, f"== {signal.threshold:g}")


def _noisy(rule: AlertRule) -> bool:
    """A comparison of something that moves, at once: not of a range that is long enough to be calm by itself."""
    if rule.hold or rule.keep_firing_for or rule.signal.threshold is None:
        return False
    ranges = [one.over for one in selectors(rule.expr)]
    return not any(length is not None and length >= _NOISY for length in ranges)


def _short_ranges(expr: str, scrape_interval: timedelta) -> Iterator[tuple[str, timedelta]]:
    """Each function that needs two samples and is given less than four scrapes, with the range it has."""
    found: list[tuple[str, timedelta]] = []

    def visit(node: promql_parser.Expr) -> None:
        if isinstance(node, promql_parser.Call) and str(node.func.name) in _NEEDS_TWO:
            over = node.args[0]
            if isinstance(over, promql_parser.MatrixSelector) and over.range < 4 * scrape_interval:
                found.append((str(node.func.name), over.range))

    try:
        promql_parser.walk(parse(expr), visit)
    except ValueError:
        return
    yield from dict.fromkeys(found)


def _identity(rule: AlertRule | RecordingRule) -> tuple[str, ...]:
    """What makes two rules one. Several may record parts of one series, so of those the expression counts too."""
    labels = (f"{name}={value}" for name, value in sorted(rule.labels.items()))
    return (rule.name, *labels, *((rule.expr,) if isinstance(rule, RecordingRule) else ()))


def _silenced(document: Document, path: Path) -> frozenset[str]:
    """What comments between the beginning of this rule and that of the next one ignore."""
    start = document.place(path).line
    starts = [place.line for other, place in document.places.items() if len(other) in (2, 4) and place.line > start]
    lines = document.text.splitlines()[start - 1 : min(starts, default=10**9) - 1]
    named = [found[1] for line in lines if (found := _IGNORE.search(line))]
    return frozenset(word.strip() for text in named for word in re.split(r"[,\s]+", text))


def checks_table() -> str:
    """Every check, as Markdown, for the README of the rules."""
    rows = [
        f"| `{name}` | {check.what}{f' (asks {check.needs})' if check.needs else ''} | {check.why}; {check.do} |"
        for name, check in CHECKS.items()
    ]
    return "\n".join(["| check | what it finds | why, and what to do |", "|---|---|---|", *rows])
