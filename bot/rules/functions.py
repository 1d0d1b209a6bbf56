"""Prometheus' functions for templates, with the types Go gives their parameters.

`query` is not among them: it needs a source, and is made for each rendering.
"""

from __future__ import annotations

import ipaddress
import math
import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from urllib.parse import quote_plus, urlsplit

from bot.documents import parse_duration
from bot.rules import times
from bot.rules.gotemplate.numbers import can_backquote, parse_float, quoted, shortest
from bot.rules.gotemplate.values import ANY, AnyMap, CallError, Function, Slice, StringMap, Struct, Value, go_type
from bot.rules.regex import RegexError, compiled, expanded

RESULT = "template.queryResult"
SAMPLE = "*template.sample"

_LARGE = ("", "k", "M", "G", "T", "P", "E", "Z", "Y")
_LARGE_1024 = ("", "ki", "Mi", "Gi", "Ti", "Pi", "Ei", "Zi", "Yi")
_SMALL = ("", "m", "u", "n", "p", "f", "a", "z", "y")
_JOINS = "'\u2019.:\u00b7"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def sample(labels: Mapping[str, str], value: float) -> Struct:
    """One sample of a query's result, as templates see it."""
    return Struct(SAMPLE, {"Labels": StringMap(labels), "Value": value})


def _number(value: Value) -> float:
    match value:
        case bool() | None:
            raise CallError(f"can't convert {go_type(value)} to float")
        case int() | float():
            return float(value)
        case str():
            try:
                return parse_float(value)
            except ValueError as error:
                raise CallError(str(error)) from None
        case _:
            raise CallError(f"can't convert {go_type(value)} to float")


def _four(value: float) -> str:
    """Go's %.4g."""
    return format(value, ".4g") if math.isfinite(value) else shortest(value)


def _humanize(value: Value) -> str:
    number = _number(value)
    if number == 0 or not math.isfinite(number):
        return _four(number)
    return _scaled(number, _LARGE, 1000) if abs(number) >= 1 else _small(number)


def _humanize1024(value: Value) -> str:
    number = _number(value)
    return _four(number) if abs(number) <= 1 or not math.isfinite(number) else _scaled(number, _LARGE_1024, 1024)


def _scaled(number: float, prefixes: tuple[str, ...], step: int) -> str:
    at = 0
    while abs(number) >= step and at < len(prefixes) - 1:
        number /= step
        at += 1
    return _four(number) + prefixes[at]


def _small(number: float) -> str:
    at = 0
    while abs(number) < 1 and at < len(_SMALL) - 1:
        number *= 1000
        at += 1
    return _four(number) + _SMALL[at]


def _humanize_duration(value: Value) -> str:
    number = _number(value)
    if not math.isfinite(number):
        return _four(number)
    if number == 0:
        return "0s"
    if abs(number) < 1:
        return f"{_small(number)}s"
    sign = "-" if number < 0 else ""
    number = abs(number)
    whole = int(number)
    if whole >= 2**63:  # Go converts what int64 cannot hold into its smallest number
        return f"{sign}-106751991167300d -15h -30m -8s"
    days, hours, minutes, seconds = whole // 86400, whole // 3600 % 24, whole // 60 % 60, whole % 60
    if days:
        return f"{sign}{days}d {hours}h {minutes}m {seconds}s"
    if hours:
        return f"{sign}{hours}h {minutes}m {seconds}s"
    if minutes:
        return f"{sign}{minutes}m {seconds}s"
    return f"{sign}{_four(number)}s"


def _humanize_percentage(value: Value) -> str:
    return f"{_four(_number(value) * 100)}%"


def _humanize_timestamp(value: Value) -> str:
    number = _number(value)
    if not math.isfinite(number):
        return _four(number)
    # Prometheus counts nanoseconds here, refuses what they cannot count, and then cuts them to milliseconds
    nanoseconds = number * 1e9
    if not -(2**63) < nanoseconds < 2**63:
        raise CallError(f"{shortest(number)} cannot be represented as a nanoseconds timestamp since it overflows int64")
    time = _EPOCH + timedelta(milliseconds=math.trunc(int(nanoseconds) / 1_000_000))
    fraction = f".{time.microsecond // 1000:03d}".rstrip("0") if time.microsecond else ""
    return f"{time:%Y-%m-%d %H:%M:%S}{fraction} +0000 UTC"


def _to_time(value: Value) -> Value:
    # Counted in nanoseconds, kept in milliseconds
    counted = times.seconds(_number(value), "nanoseconds timestamp")
    return times.time(math.trunc(counted / 1_000_000) * 1_000_000, pointer=True)


def _match(pattern: str, text: str) -> bool:
    try:
        return compiled(_whole(pattern)).search(_whole(text)) is not None
    except RegexError as error:
        raise CallError(str(error)) from None


def _replace_all(pattern: str, replacement: str, text: str) -> str:
    try:
        regex = compiled(_whole(pattern))
    except RegexError as error:
        shown = f"`{pattern}`" if can_backquote(pattern) else quoted(pattern)
        raise CallError(f"regexp: Compile({shown}): {error}") from None
    text = _whole(text)
    parts = []
    end = 0
    for number, found in enumerate(regex.finditer(text)):
        # Go takes no empty match right behind another match
        if number == 0 or found.end() > end:
            parts += [text[end : found.start()], expanded(replacement, found)]
            end = found.end()
    return "".join([*parts, text[end:]])


def _whole(text: str) -> str:
    """The text with a sign of its own for each byte that is not UTF-8, which RE2 cannot take."""
    return _LONE.sub("\ufffd", text)


_LONE = re.compile(r"[\udc80-\udcff]")


def _title(text: str) -> str:
    """The first letter of each word large, the rest as it is: Unicode's words, so `it's` is one and `3rd` is `3Rd`."""
    titled = []
    inside = False
    for at, sign in enumerate(text := _whole(text)):
        titled.append(sign if inside else sign.title())
        joins = sign in _JOINS and text[at - 1 : at].isalpha() and text[at + 1 : at + 2].isalpha()
        stays = sign.isalnum() or sign == "_" or joins or unicodedata.combining(sign) > 0
        inside = sign.isalpha() or (inside and stays)
    return "".join(titled)


def _upper(text: str) -> str:
    """Letter by letter, as Go does: what has no single large letter stays."""
    return "".join(_single(sign, sign.upper(), sign.title()) for sign in _whole(text))


def _lower(text: str) -> str:
    return "".join(sign.lower()[0] for sign in _whole(text))


def _single(sign: str, *choices: str) -> str:
    return next((choice for choice in choices if len(choice) == 1), sign)


def _split(host_port: str) -> tuple[str, str] | None:
    """Go's net.SplitHostPort; None where it fails."""
    if host_port.startswith("["):
        host, bracket, rest = host_port[1:].partition("]")
        good = bracket and rest.startswith(":") and ":" not in rest[1:]
        return (host, rest[1:]) if good and not set("[]") & set(host + rest) else None
    host, colon, port = host_port.partition(":")
    return (host, port) if colon and ":" not in port and not set("[]") & set(host_port) else None


def _strip_port(host_port: str) -> str:
    parts = _split(host_port)
    return parts[0] if parts else host_port


def _strip_domain(host_port: str) -> str:
    host, port = _split(host_port) or (host_port, "")
    try:
        ipaddress.ip_address(host)
    except ValueError:
        short = host.split(".")[0]
        if not port:
            return short
        return f"[{short}]:{port}" if ":" in short else f"{short}:{port}"
    return host_port


def _parse_duration(text: str) -> float:
    try:
        length = parse_duration(text.removeprefix("-"))
    except ValueError:
        reason = "empty duration string" if not text else f"not a valid duration string: {quoted(text)}"
        raise CallError(reason) from None
    return -length.total_seconds() if text.startswith("-") else length.total_seconds()


def _first(result: Slice | None) -> Value:
    if result is None or not result.items:
        raise CallError("first() called on vector with no elements")
    return result.items[0]


def _sort_by_label(name: str, result: Slice | None) -> Slice:
    return Slice(RESULT, sorted(result.items if result else (), key=lambda one: _label(name, one).encode()))


def _label(name: str, one: Value) -> str:
    labels = _of(one, "Labels")
    return labels.get(name, "") if isinstance(labels, StringMap) else ""


def _value(one: Value) -> Value:
    return _of(one, "Value")


def _strvalue(one: Value) -> str:
    return _label("__value__", one)


def _of(one: Value, name: str) -> Value:
    if not isinstance(one, Struct):
        raise CallError("runtime error: invalid memory address or nil pointer dereference")
    return one.fields[name]


def _args(*values: Value) -> AnyMap:
    return AnyMap({f"arg{index}": value for index, value in enumerate(values)})


def _link(tab: int) -> Callable[[str], str]:
    return lambda expr: f"/graph?g0.expr={quote_plus(expr)}&g0.tab={tab}"


def _text(call: Callable[[str], Value]) -> Function:
    return Function(params=("string",), call=call)


def _any(call: Callable[[Value], Value]) -> Function:
    return Function(params=(ANY,), call=call)


FUNCTIONS: Mapping[str, Function] = {
    "args": Function(params=(ANY,), call=_args, variadic=True),
    "first": Function(params=(RESULT,), call=_first),
    "graphLink": _text(_link(0)),
    "humanize": _any(_humanize),
    "humanize1024": _any(_humanize1024),
    "humanizeDuration": _any(_humanize_duration),
    "humanizePercentage": _any(_humanize_percentage),
    "humanizeTimestamp": _any(_humanize_timestamp),
    "label": Function(params=("string", SAMPLE), call=_label),
    "match": Function(params=("string", "string"), call=_match),
    "parseDuration": _text(_parse_duration),
    "reReplaceAll": Function(params=("string", "string", "string"), call=_replace_all),
    "safeHtml": _text(lambda text: text),
    "sortByLabel": Function(params=("string", RESULT), call=_sort_by_label),
    "stripDomain": _text(_strip_domain),
    "stripPort": _text(_strip_port),
    "strvalue": Function(params=(SAMPLE,), call=_strvalue),
    "tableLink": _text(_link(1)),
    "title": _text(_title),
    "toDuration": _any(lambda value: times.duration(times.seconds(_number(value), "duration"), pointer=True)),
    "toLower": _text(_lower),
    "toTime": _any(_to_time),
    "toUpper": _text(_upper),
    "urlQueryEscape": _text(quote_plus),
    "value": Function(params=(SAMPLE,), call=_value),
}
"""Those that need nothing but their arguments."""


def about(external_url: str, at: datetime) -> Mapping[str, Function]:
    """The functions that speak of where and when a template is filled in."""
    seconds = (at - _EPOCH) // timedelta(milliseconds=1) / 1000
    return {
        "externalURL": Function(params=(), call=lambda: external_url),
        "now": Function(params=(), call=lambda: seconds),
        "pathPrefix": Function(params=(), call=lambda: urlsplit(external_url).path),
    }
