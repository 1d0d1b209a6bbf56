"""Documents: raw scalars, every mistake at once, each at its place, with a suggestion."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field

from bot.documents import Duration, Strict, dotted, format_duration, parse_duration, read, suggest, validate
from bot.errors import Complaint, DocumentError, Gravity


class Inner(Strict):
    """A mapping in a list."""

    name: str = Field(pattern="^[a-z]+$", description="A name in lower case.")
    wait: Duration = timedelta(seconds=1)


class Outer(Strict):
    """A document."""

    title: str
    parts: list[Inner] = Field(default=[], min_length=1)
    by_name: dict[str, Inner] = Field(default={})
    count: int = 1


def complaints(text: str) -> list[str]:
    with pytest.raises(DocumentError) as caught:
        validate(read(text, "f.yaml"), Outer)
    return [str(complaint) for complaint in caught.value.complaints]


@pytest.mark.parametrize("scalar", ["on", "no", "012", "12:30", "1.0", "2024-01-01", "0x1f", "1e3", ".inf", "True"])
def test_scalars_stay_what_was_written(scalar: str) -> None:
    assert read(f"a: {scalar}\nb: [{scalar}]", "f").value == {"a": scalar, "b": [scalar]}


@pytest.mark.parametrize(
    ("scalar", "value"), [("~", None), ("null", None), ("", None), ("'~'", "~"), ('"null"', "null")]
)
def test_null_is_nothing_unless_it_is_quoted(scalar: str, value: str | None) -> None:
    assert read(f"a: {scalar}", "f").value == {"a": value}


def test_an_empty_document_is_nothing_and_only_the_first_one_counts() -> None:
    assert read("", "f").value is None
    assert read("# only a comment", "f").value is None
    assert read("a: 1\n---\nb: 2", "f").value == {"a": "1"}


def test_every_mistake_is_found_at_its_place_in_the_order_of_the_file() -> None:
    text = "titel: x\nparts:\n  - name: A1\n    wait: 5\n  - nam: b\nby_name: {x: {name: b, extra: 1}}\ncount: many\n"
    assert complaints(text) == [
        "f.yaml:1:1: titel: unknown key 'titel'; did you mean 'title'?",
        "f.yaml:3:11: parts[0].name: 'A1' cannot stand here. A name in lower case.",
        "f.yaml:4:11: parts[0].wait: not a duration: '5'; write it like 90s, 15m, 1h30m or 2d",
        "f.yaml:5:5: parts[1].nam: unknown key 'nam'; did you mean 'name'?",
        "f.yaml:6:24: by_name.x.extra: unknown key 'extra'",
        "f.yaml:7:8: count: a whole number is needed here",
    ]


def test_a_list_is_not_blamed_for_its_items() -> None:
    assert complaints("title: x\nparts:\n  - name: B\n") == [
        "f.yaml:3:11: parts[0].name: 'B' cannot stand here. A name in lower case."
    ]


def test_a_missing_key_is_blamed_on_what_should_hold_it() -> None:
    assert complaints("count: 3") == ["f.yaml:1:1: title: this key is required"]
    assert complaints("[1, 2]") == ["f.yaml:1:1: a mapping is needed here: `key: value`"]


def test_a_key_set_twice_is_a_mistake_wherever_it_stands() -> None:
    assert complaints("title: a\ntitle: b\nparts: [{name: a, name: b}]") == [
        "f.yaml:2:1: title: key 'title' is already set at line 1; keep one",
        "f.yaml:3:19: parts[0].name: key 'name' is already set at line 3; keep one",
    ]


def test_what_is_not_yaml_is_said_with_its_place() -> None:
    with pytest.raises(DocumentError, match=r"^f:3:1: not YAML: ") as caught:
        read("a: 1\nb: [", "f")
    assert caught.value.hint


def test_anchors_and_merges_work_and_bombs_do_not() -> None:
    document = read("a: &x {name: b, wait: 5s}\nb: {<<: *x, wait: 6s}\nc: {<<: [*x, {z: 1}]}", "f")
    assert document.value == {
        "a": {"name": "b", "wait": "5s"},
        "b": {"name": "b", "wait": "6s"},
        "c": {"name": "b", "wait": "5s", "z": "1"},
    }
    bomb = "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 9))
    with pytest.raises(DocumentError, match="expands too far"):
        read(bomb, "f")
    with pytest.raises(DocumentError, match=r"nests too deep|it cannot be read"):
        read("[" * 500 + "]" * 500, "f")


def test_odd_keys_and_merges_are_complained_about() -> None:
    document = read("? [a, b]\n: 1\n<<: x\n", "f")
    assert [complaint.message for complaint in document.complaints] == [
        'a key must be a plain word; a text that begins with `{` or `[` needs quotes: "{{ inputs.name }}"',
        "`<<` merges mappings only",
    ]


def test_part_of_a_document_is_validated_where_it_stands() -> None:
    document = read("parts:\n  - name: good\n    wait: 1m\n  - name: 1\n", "f")
    assert validate(document, Inner, path=("parts", 0)).wait == timedelta(minutes=1)
    with pytest.raises(DocumentError, match=r"^f:4:11: parts\[1\].name: "):
        validate(document, Inner, path=("parts", 1))


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("0", 0), ("90s", 90), ("1h30m", 5400), ("1d2h", 93600), ("1w", 604800), ("1y", 31536000), ("100ms", 0.1)],
)
def test_durations_are_prometheus_own(text: str, seconds: float) -> None:
    assert parse_duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["", "5", "1.5h", "-1s", "1m1h", "s", "1 m", "99999999999y"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="duration"):
        parse_duration(text)


@given(st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=10_000)))
def test_a_duration_written_is_read_back_to_the_millisecond(length: timedelta) -> None:
    assert abs(parse_duration(format_duration(length)) - length) <= timedelta(milliseconds=0.5)


@given(st.text(max_size=200))
def test_any_text_is_read_or_complained_about(text: str) -> None:
    assert all(one.line >= 1 and one.column >= 1 and one.message for one in mistakes(text))


def mistakes(text: str) -> tuple[Complaint, ...]:
    try:
        validate(read(text, "f"), Outer)
    except DocumentError as error:
        return error.complaints
    return ()


def test_words() -> None:
    assert dotted(("steps", 0, "with", "argv", 2)) == "steps[0].with.argv[2]"
    assert suggest("use", ["uses", "with"]) == "; did you mean 'uses'?"
    assert suggest("zzz", ["uses"]) == ""
    warning = Complaint(file="f", line=0, column=0, path="", message="m", gravity=Gravity.WARNING)
    assert str(warning) == "f: warning: m"
