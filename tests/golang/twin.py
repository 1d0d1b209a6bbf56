"""The data and functions of `oracle.go` once more, in the types of our interpreter, and what it makes of a question."""

import re
from collections.abc import Callable, Mapping

from bot.rules.gotemplate.builtins import BUILTINS
from bot.rules.gotemplate.execute import execute
from bot.rules.gotemplate.limits import ExecError
from bot.rules.gotemplate.parse import ParseError, parse
from bot.rules.gotemplate.printing import sprintf
from bot.rules.gotemplate.values import ANY, AnyMap, CallError, Function, Slice, StringMap, Struct, Value, go_type

RESULT, SAMPLE = "main.queryResult", "*main.sample"
DATA = "struct { Labels map[string]string; ExternalLabels map[string]string; ExternalURL string; Value interface {} }"
LABELS = StringMap({"a": "b", "instance": "h1:90", "é": "ü"})
OUTSIDE = StringMap({"ext": "x"})
PROLOGUE = (
    "{{$labels := .Labels}}{{$externalLabels := .ExternalLabels}}{{$externalURL := .ExternalURL}}{{$value := .Value}}"
)


def query(text: str) -> Slice:
    if text == "bad":
        raise CallError("bad query")
    samples = [
        Struct(SAMPLE, {"Labels": StringMap({"__name__": "m", "b": "2", "__value__": "sv"}), "Value": 1.5}),
        Struct(SAMPLE, {"Labels": StringMap({"b": "1"}), "Value": 2e6}),
    ]
    return Slice(RESULT, [] if text in ("none", "many") else samples)


def first(result: Slice | None) -> Value:
    if result is None or not result.items:
        raise CallError("first() called on vector with no elements")
    return result.items[0]


def label(name: str, sample: Value) -> str:
    labels = field("Labels", sample)
    assert isinstance(labels, StringMap)
    return labels.get(name, "")


def by_label(name: str, result: Slice | None) -> Slice:
    return Slice(RESULT, sorted(result.items if result else (), key=lambda sample: label(name, sample)))


def field(name: str, sample: Value) -> Value:
    if not isinstance(sample, Struct):
        raise CallError("runtime error: invalid memory address or nil pointer dereference")
    return sample.fields[name]


def whole(text: str) -> str:
    return re.sub("[\udc80-\udcff]", "\ufffd", text)


def die() -> Value:
    raise CallError("die")


def told(number: int, *texts: str) -> str:
    return f"{number} [{' '.join(texts)}]\n"


def made(*texts: str) -> StringMap:
    return StringMap(zip(texts[::2], texts[1::2], strict=False))


def _f(call: Callable[..., Value], *params: str, variadic: bool = False) -> Function:
    return Function(params=params, call=call, variadic=variadic)


FUNCTIONS: Mapping[str, Function] = {
    "args": _f(lambda *values: AnyMap({f"arg{at}": one for at, one in enumerate(values)}), ANY, variadic=True),
    "first": _f(first, RESULT),
    "label": _f(label, "string", SAMPLE),
    "match": _f(lambda pattern, text: pattern in text, "string", "string"),
    "query": _f(query, "string"),
    "reReplaceAll": _f(lambda old, new, text: text.replace(old, new), "string", "string", "string"),
    "sortByLabel": _f(by_label, "string", RESULT),
    "strvalue": _f(lambda sample: label("__value__", sample), SAMPLE),
    "toLower": _f(lambda text: whole(text).lower(), "string"),
    "toUpper": _f(lambda text: whole(text).upper(), "string"),
    "value": _f(lambda sample: field("Value", sample), SAMPLE),
    "half": _f(lambda number: number / 2, "float64"),
    "twice": _f(lambda number: number * 2, "int"),
    "yes": _f(lambda truth: f"yes:{'true' if truth else 'false'}", "bool"),
    "add": _f(lambda *numbers: sum(numbers), "int", variadic=True),
    "contains": _f(lambda text, part: part in text, "string", "string"),
    "dddArg": _f(told, "int", "string", variadic=True),
    "die": _f(die),
    "echo": _f(lambda value: value, ANY),
    "makemap": _f(made, "string", variadic=True),
    "mapOfThree": _f(lambda: AnyMap(three=3)),
    "oneArg": _f(lambda text: f"oneArg={text}", "string"),
    "returnInt": _f(lambda: 7),
    "twoArgs": _f(lambda one, two: f"twoArgs={one}{two}", "string", "string"),
    "typeOf": _f(go_type, ANY),
    "valueString": _f(lambda text: "value is ignored", "string"),
    "zeroArgs": _f(lambda: "zeroArgs"),
}


def _pointer(text: str) -> Struct:
    return Struct("*main.U", {"V": text})


def _ints(*numbers: int) -> Slice:
    return Slice("[]int", numbers)


T = Struct(
    "*main.T",
    {
        "True": True,
        "I": 17,
        "X": "x",
        "S": "xyz",
        "FloatZero": 0.0,
        "U": _pointer("v"),
        "SI": _ints(3, 4, 5),
        "SIEmpty": _ints(),
        "SB": Slice("[]bool", (True, False)),
        "MSI": AnyMap(one=1, two=2, three=3),
        "MSIone": AnyMap(one=1),
        "MSIEmpty": AnyMap(),
        "MXI": AnyMap(one=1),
        "SMSI": Slice("[]map[string]interface {}", (AnyMap(one=1, two=2), AnyMap(eleven=11, twelve=12))),
        "Empty0": None,
        "Empty1": 3,
        "Empty2": "empty2",
        "Empty3": _ints(7, 8),
        "Empty4": _pointer("UinEmpty"),
        "NegOne": -1,
        "Three": 3,
        "Ptr": _pointer("v"),
        "NilPtr": None,
        "Iface1": "iface1",
        "NilIface": None,
        "Map": AnyMap(),
        "NonNilMap": AnyMap(),
    },
    frozenset({"Empty0", "Empty1", "Empty2", "Empty3", "Empty4", "Iface1", "NilIface"}),
)
"""Go's own test data, as far as it is of our kinds; its typed nil pointers are not."""


def value(told: object) -> Value:
    """What a value of a question is here."""
    match told:
        case {"int": int(number)}:
            return number
        case {"float": str(number)}:
            return float(number)
        case {"texts": dict(texts)}:
            return StringMap(texts)
        case {"any": dict(values)}:
            return AnyMap({name: value(one) for name, one in values.items()})
        case {"go": "T"}:
            return T
        case {"go": "result"}:
            return query("")
        case str() | bool() | None:
            return told
        case _:
            raise ValueError(f"no value of ours: {told!r}")


def answer(question: Mapping[str, object]) -> dict[str, str]:
    """What we make of a question, as `Go.fill` tells what Go makes of it."""
    text, name = str(question["text"]), str(question.get("name", ""))
    if question.get("isPrintf"):
        values = question["printf"]
        assert isinstance(values, list)
        return _told("out", sprintf(text, [value(one) for one in values]))
    dot, variables, shift = value(question.get("value")), {}, 0
    if question.get("rule"):
        fields: dict[str, Value] = {
            "Labels": LABELS,
            "ExternalLabels": OUTSIDE,
            "ExternalURL": "http://e/",
            "Value": dot,
        }
        dot, shift = Struct(DATA, fields, frozenset({"Value"})), len(PROLOGUE)
        variables = dict(zip(("$labels", "$externalLabels", "$externalURL", "$value"), fields.values(), strict=True))
    try:
        template = parse(text, name, {**FUNCTIONS, **BUILTINS}, variables=variables, shift=shift)
        return _told("out", execute(template, dot, FUNCTIONS, variables=variables))
    except ParseError as error:
        return _told("parse", f"template: {name}:{error.line}: {error}")
    except ExecError as error:
        return _told("exec", str(error))


def _told(kind: str, words: str) -> dict[str, str]:
    try:
        words.encode()
    except UnicodeEncodeError:
        return {f"{kind}-hex": words.encode(errors="surrogateescape").hex()}
    return {kind: words}
