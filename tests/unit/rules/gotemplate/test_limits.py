"""What a template of ours may not do, and says so: more than is sensible, or what Go can and we cannot."""

import pytest

from bot.rules.gotemplate.builtins import BUILTINS
from bot.rules.gotemplate.execute import execute
from bot.rules.gotemplate.limits import ExecError, Limits
from bot.rules.gotemplate.nodes import Template
from bot.rules.gotemplate.parse import ParseError, parse
from bot.rules.gotemplate.values import Function, Slice, Struct

FEW = Limits(output=100, rounds=10, depth=3)


def read(text: str) -> Template:
    return parse(text, "t", BUILTINS)


def filled(text: str) -> str:
    return execute(read(text), Struct("data", {}), {}, limits=FEW)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("x" * 101, "template: t: the text is longer than 100 characters"),
        ('{{ printf "%101d" 1 }}', "the text is longer than 100 characters"),
        ("{{ range 11 }}{{ end }}", "ranges go through more than 10 items"),
        ("{{ range 5 }}{{ range 3 }}{{ end }}{{ end }}", "ranges go through more than 10 items"),
        ("{{ range 9999999999999 }}{{ end }}", "ranges go through more than 10 items"),
        ('{{ define "a" }}{{ template "a" }}{{ end }}{{ template "a" }}', "exceeded maximum template depth (3)"),
        ('{{ template "t" }}', "exceeded maximum template depth (3)"),
        ('{{ printf "%1000001d" 1 }}', "a width or precision above 1000000 is not supported"),
    ],
)
def test_what_ends_an_execution(text: str, complaint: str) -> None:
    with pytest.raises(ExecError) as raised:
        filled(text)
    assert str(raised.value).endswith(complaint)


@pytest.mark.parametrize(
    ("text", "complaint", "line", "column"),
    [
        ("{{ if 1 }}" * 101 + "{{ end }}" * 101, "nests deeper than 100, which is not supported", 1, 1004),
        ("{{ " + "(" * 101 + "1" + ")" * 101 + " }}", "nests deeper than 100, which is not supported", 1, 104),
        (
            "{{ if 1 }}" + "{{ else if 1 }}" * 100 + "{{ end }}",
            "nests deeper than 100, which is not supported",
            1,
            10 + 99 * 15 + 9,
        ),
    ],
)
def test_what_is_refused(text: str, complaint: str, line: int, column: int) -> None:
    with pytest.raises(ParseError) as raised:
        read(text)
    assert str(raised.value) == complaint
    assert (raised.value.line, raised.value.column) == (line, column)


def test_nesting_up_to_the_limit_works() -> None:
    assert filled("{{ if 1 }}" * 100 + "x" + "{{ end }}" * 100) == "x"
    assert filled("{{ " + "(" * 100 + "1" + ")" * 100 + " }}") == "1"


def test_depth_multiplied_by_depth_is_no_crash() -> None:
    inner = "{{ if 1 }}" * 99 + '{{ template "a" }}' + "{{ end }}" * 99
    with pytest.raises(ExecError, match="nests too deep"):
        execute(read(f'{{{{ define "a" }}}}{inner}{{{{ end }}}}{{{{ template "a" }}}}'), None, {})


def test_what_functions_raise_themselves_passes_through() -> None:
    def stop() -> str:
        raise KeyError("mine")

    template = parse("{{ stop }}", "t", {"stop"})
    with pytest.raises(KeyError, match="mine"):
        execute(template, None, {"stop": Function(params=(), call=stop)})


def test_a_pointer_inside_a_list_has_no_address() -> None:
    dot = Slice("[]*sample", [Struct("*sample", {"Value": 1.5})])
    assert execute(read('{{ . }} {{ printf "%#v" . }}'), dot, {}) == (
        "[0xc000000000] []*sample{(*sample)(0xc000000000)}"
    )
