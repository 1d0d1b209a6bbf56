"""Go's own tables for text/template and fmt, read from the installed toolchain: in our domain, what they say holds.

What is outside our domain is left out by category, and how many that are is written down here, so that nothing slips
out of the test unseen. The counts are those of the toolchain in the lock file.
"""

import collections
import re
from collections.abc import Mapping, Sequence

from bot.rules.gotemplate.numbers import number
from tests.golang import Cell, Go
from tests.golang.twin import answer

EXEC = "text/template/exec_test.go"
METHODS = re.compile(
    r"\.(Method\d|GetU|Copy|MAdd|MyError|TrueFalse|[A-Z]\w*Func\w*|Tmpl|Str\b|Err\b|V[012]\b|W[012]\b)"
)
OTHER_KINDS = re.compile(
    r"\.(U16|MII|MI\d+S|MUI\d+S|AI|PAI|PI|PS|PSI|NIL|E?UPI|EmptyUPI|SICap|ComplexZero|NonEmpty\w+)\b"
)
OTHER_NUMBERS = re.compile(r"\.(Uthree|Ufour|NegOne|Three)\b")
TYPED_NIL = re.compile(r"\.(NilPtr|Ptr|V1|Map|NonNilMap|unexported)\b")
OWN_FUNCTIONS = re.compile(r"\b(stringer|vfunc|count|die)\b")
ABSENT = re.compile(r"\.(Unknown|MSI\.NO|MSI `|MSI ``|foo)")
DATA: Mapping[str, object] = {
    "nil": None,
    "0": {"int": 0},
    "tVal": {"go": "T"},
    "T{}": {"go": "T"},
    "123": {"int": 123},
    "13": {"int": 13},
    "15.1": {"float": "15.1"},
    "true": True,
    "'.'": {"int": 46},
    "'e'": {"int": 101},
    "'P'": {"int": 80},
}


UNFIT = object()
SPECIAL = {
    "posInf": "inf",
    "negInf": "-inf",
    "NaN": "nan",
    "math.Inf(1)": "inf",
    "math.Inf(-1)": "-inf",
    "math.NaN()": "nan",
}
Skipped = collections.Counter[str]


def text(cell: Cell) -> str | None:
    return None if isinstance(cell, str) else cell["text"]


def masked(answer: Mapping[str, str]) -> dict[str, str]:
    """Without the addresses of pointers, which differ from run to run."""
    return {kind: re.sub(r"0x[0-9a-f]{6,}", "0x", words) for kind, words in answer.items()}


def outside(template: str) -> str | None:
    """Why a template is outside our domain."""
    for why, pattern in (
        ("methods, functions and channels as values", METHODS),
        ("other kinds of numbers, arrays and pointers", OTHER_KINDS),
        ("unsigned numbers", OTHER_NUMBERS),
        ("typed nil pointers and what cannot be exported", TYPED_NIL),
        ("functions of those tests with such values", OWN_FUNCTIONS),
        ("a missing key of a map of numbers", ABSENT),
    ):
        if pattern.search(template):
            return why
    return None


def executable(rows: Sequence[Sequence[Cell]], skipped: Skipped) -> list[tuple[dict[str, object], str, bool]]:
    """The rows of a table of templates that we can ask: the question, the output, and whether there is one."""
    cases = []
    for name, template, output, data, good in rows:
        asked, wanted = text(template), text(output)
        known = DATA.get(data, UNFIT) if isinstance(data, str) else text(data)
        if asked is None or wanted is None or known is UNFIT:
            skipped["data or text made by Go code"] += 1
        elif why := outside(asked):
            skipped[why] += 1
        else:
            cases.append(({"name": text(name), "text": asked, "value": known}, wanted, good == "true"))
    return cases


def test_what_go_executes(golang: Go) -> None:
    skipped: Skipped = collections.Counter()
    cases = executable(golang.table(EXEC, "execTests"), skipped)
    differing = []
    # The tables say only that something fails; with which words, Go itself says
    for (question, output, good), theirs in zip(cases, golang.fill(question for question, _, _ in cases), strict=True):
        ours = answer(question)
        if ours != theirs or (ours.get("out") == output) != good:
            differing.append((question["text"], output, good, theirs, ours))
    assert differing == []
    assert (len(cases), skipped) == (
        206,
        {
            "data or text made by Go code": 35,
            "typed nil pointers and what cannot be exported": 1,
            "a missing key of a map of numbers": 9,
            "other kinds of numbers, arrays and pointers": 40,
            "methods, functions and channels as values": 59,
            "functions of those tests with such values": 6,
        },
    )


def test_what_go_compares(golang: Go) -> None:
    skipped: Skipped = collections.Counter()
    cases = []
    for expr, truth, _ in golang.table(EXEC, "cmpTests"):
        asked = text(expr) or ""
        if why := outside(asked):
            skipped[why] += 1
        else:
            cases.append(({"name": "c", "text": f"{{{{{asked}}}}}", "value": {"go": "T"}}, text(truth)))
    for (question, truth), theirs in zip(cases, golang.fill(question for question, _ in cases), strict=True):
        assert answer(question) == theirs
        assert theirs.get("out", "") == truth
    assert (len(cases), skipped) == (
        65,
        {
            "unsigned numbers": 41,
            "methods, functions and channels as values": 2,
            "typed nil pointers and what cannot be exported": 9,
        },
    )


def test_what_go_reads_and_refuses(golang: Go) -> None:
    """Its tables of texts to lex and to parse: what Go makes of each of them, we do, complaints included."""
    skipped: Skipped = collections.Counter()
    questions: list[dict[str, object]] = []
    for file, table in (
        ("text/template/parse/parse_test.go", "parseTests"),
        ("text/template/parse/parse_test.go", "errorTests"),
        ("text/template/parse/lex_test.go", "lexTests"),
        ("text/template/multi_test.go", "multiParseTests"),
        ("text/template/multi_test.go", "multiExecTests"),
    ):
        for name, template, *_ in golang.table(file, table):
            asked = text(template)
            if asked is None:
                skipped["text made by Go code"] += 1
            elif why := outside(asked):
                skipped[why] += 1
            else:
                questions.append({"name": text(name), "text": asked, "value": {"go": "T"}})
    theirs = golang.fill(questions)
    differing = [
        (question["text"], go, ours)
        for question, go in zip(questions, theirs, strict=True)
        if masked(ours := answer(question)) != masked(go)
    ]
    assert differing == []
    assert (len(questions), skipped) == (194, {"text made by Go code": 2})


def test_the_numbers_go_reads(golang: Go) -> None:
    skipped: Skipped = collections.Counter()
    read = 0
    for source, *rest in golang.table("text/template/parse/parse_test.go", "numberTests"):
        is_int, is_uint, is_float, is_complex = (cell == "true" for cell in [*rest, *["false"] * 4][:4])
        written = text(source) or ""
        read += 1
        try:
            value = number(written)
        except ValueError:
            assert not any((is_int, is_uint, is_float, is_complex)), written
            continue
        assert any((is_int, is_uint, is_float, is_complex)), written
        assert isinstance(value, float) <= is_float, written
        assert isinstance(value, int) <= (is_int or is_uint), written
    assert (read, skipped) == (52, {})


def formatted(cell: Cell) -> object:
    """A value of one of the tables of fmt, as `Go.fill` takes it; UNFIT for what is none of ours."""
    if not isinstance(cell, str):
        return cell["text"]
    if cell in ("true", "false"):
        return cell == "true"
    if cell == "nil":
        return None
    if cell in SPECIAL:
        return {"float": SPECIAL[cell]}
    try:
        value = number(cell)
    except ValueError:
        return UNFIT
    if isinstance(value, float):
        return {"float": repr(value)}
    if isinstance(value, complex):
        return UNFIT
    return {"int": value} if -(1 << 63) <= value < 1 << 63 else UNFIT


def arguments(cell: Cell) -> list[object]:
    """The values of a row of `reorderTests`: SE{1, "a"}."""
    listed = re.fullmatch(r"SE\{(.*)\}", str(cell)) or re.fullmatch(r"(nil)", str(cell))
    words = re.findall(r'"[^"]*"|[^,\s]+', listed[1]) if listed and listed[1] != "nil" else []
    return [formatted({"text": word[1:-1]} if word[0] == '"' else word) for word in words]


def test_what_go_formats(golang: Go) -> None:
    skipped: Skipped = collections.Counter()
    cases: list[tuple[dict[str, object], str]] = []
    for table in ("fmtTests", "reorderTests"):
        for template, value, output in golang.table("fmt/fmt_test.go", table):
            values = arguments(value) if table == "reorderTests" else [formatted(value)]
            asked, wanted = text(template), text(output)
            if any(one is UNFIT for one in values):
                skipped["values of other kinds"] += 1
            elif asked is None or wanted is None:
                skipped["text made by Go code"] += 1
            elif any(int(digits) > 1_000_000 for digits in re.findall(r"\d+", asked)):
                skipped["a width above our limit"] += 1
            else:
                cases.append(({"isPrintf": True, "text": asked, "printf": values}, wanted))
    differing = []
    for (question, wanted), theirs in zip(cases, golang.fill(question for question, _ in cases), strict=True):
        ours = answer(question)
        # The table's own words hold for what is printed as %#v and of other types too, Go's answer for all
        if ours != theirs:
            differing.append((question["text"], question["printf"], wanted, theirs, ours))
    assert differing == []
    assert (len(cases), skipped) == (
        400,
        {"values of other kinds": 428, "text made by Go code": 10, "a width above our limit": 5},
    )
