"""What Go's own text/template made of each of these, and we must too: `answers.jsonl` was written by Go 1.27.3.

Each line has a template, the value it speaks of, and the text Go gave, or its complaint on reading or on executing it.
The data and the functions around them are those below, as a Go program of twenty lines had them.
"""

import json
from collections.abc import Mapping
from pathlib import Path

from bot.rules.gotemplate.builtins import BUILTINS
from bot.rules.gotemplate.execute import ExecError, execute
from bot.rules.gotemplate.parse import ParseError, parse
from bot.rules.gotemplate.values import ANY, AnyMap, CallError, Function, Slice, StringMap, Struct, Value

RESULT, SAMPLE = "main.queryResult", "*main.sample"
DATA = "struct { Labels map[string]string; ExternalLabels map[string]string; ExternalURL string; Value interface {} }"
LABELS = StringMap({"a": "b", "instance": "h1:90", "é": "ü"})
OUTSIDE = StringMap({"ext": "x"})
PROLOGUE = 112
ANSWERS = [json.loads(line) for line in Path(__file__).with_name("answers.jsonl").read_text().splitlines()]


def query(text: str) -> Slice:
    if text == "bad":
        raise CallError("bad query")
    samples = [
        Struct(SAMPLE, {"Labels": StringMap({"__name__": "m", "b": "2", "__value__": "sv"}), "Value": 1.5}),
        Struct(SAMPLE, {"Labels": StringMap({"b": "1"}), "Value": 2e6}),
    ]
    return Slice(RESULT, [] if text == "none" else samples)


def first(result: Slice | None) -> Value:
    if result is None or not result.items:
        raise CallError("first() called on vector with no elements")
    return result.items[0]


def label(name: str, sample: Struct) -> str:
    labels = sample.fields["Labels"]
    assert isinstance(labels, StringMap)
    return labels.get(name, "")


def by_label(name: str, result: Slice) -> Slice:
    def key(sample: Value) -> str:
        assert isinstance(sample, Struct)
        return label(name, sample)

    return Slice(RESULT, sorted(result.items, key=key))


FUNCTIONS: Mapping[str, Function] = {
    "args": Function(
        params=(ANY,), variadic=True, call=lambda *values: AnyMap({f"arg{at}": one for at, one in enumerate(values)})
    ),
    "first": Function(params=(RESULT,), call=first),
    "label": Function(params=("string", SAMPLE), call=label),
    "match": Function(params=("string", "string"), call=lambda pattern, text: pattern in text),
    "query": Function(params=("string",), call=query),
    "reReplaceAll": Function(params=("string", "string", "string"), call=lambda old, new, text: text.replace(old, new)),
    "sortByLabel": Function(params=("string", RESULT), call=by_label),
    "strvalue": Function(params=(SAMPLE,), call=lambda sample: label("__value__", sample)),
    "toLower": Function(params=("string",), call=str.lower),
    "toUpper": Function(params=("string",), call=str.upper),
    "value": Function(params=(SAMPLE,), call=lambda sample: sample.fields["Value"]),
}


Case = Mapping[str, str | float]


def ours(case: Case) -> dict[str, str]:
    """What we make of a case, in the words of the file."""
    text, value = str(case["text"]), float(case["value"])
    variables: dict[str, Value] = {
        "$labels": LABELS,
        "$externalLabels": OUTSIDE,
        "$externalURL": "http://e/",
        "$value": value,
    }
    dot = Struct(DATA, {"Labels": LABELS, "ExternalLabels": OUTSIDE, "ExternalURL": "http://e/", "Value": value})
    try:
        template = parse(text, "__alert_A", {**FUNCTIONS, **BUILTINS}, variables=variables, shift=PROLOGUE)
        return {"out": execute(template, dot, FUNCTIONS, variables=variables)}
    except ParseError as error:
        return {"parse": f"template: __alert_A:{error.line}: {error}"}
    except ExecError as error:
        return {"exec": str(error)}


def test_as_go() -> None:
    kinds = ("out", "parse", "exec")
    theirs = {str(case["text"]): {kind: case[kind] for kind in kinds if kind in case} for case in ANSWERS}
    assert {str(case["text"]): ours(case) for case in ANSWERS} == theirs


def test_there_is_enough_of_each_kind() -> None:
    kinds = ["out" if "out" in case else "exec" if "exec" in case else "parse" for case in ANSWERS]
    assert min(kinds.count(kind) for kind in ("out", "exec", "parse")) > 100
