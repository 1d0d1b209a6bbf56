"""Templates in runbooks: expressions only, strict, sandboxed; what comes in as data never becomes syntax."""

import pytest

from bot.runbooks import templates

DATA = {
    "inputs": {"host": "web1", "count": "3"},
    "steps": {"look": {"status": "succeeded", "result": {"items": 2, "value": 0.5, "keys": ["a"]}}},
}


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("plain", "plain"),
        ("{{ inputs.host }}:9100", "web1:9100"),
        ("{{ steps.look.result.items }}", "2"),
        ("{{ inputs.count | int + 1 }}", "4"),
        ("{{ steps.look.result['keys'][0] }}", "a"),
        ("{{ [1, inputs.host] | join(', ') | upper }}", "1, WEB1"),
        ("{{ 1234.567 | round(-100000000) }} {{ 1.25 | round(1) }}", "0.0 1.2"),
        ("{{ {'b': 1, 'a': [inputs.host]} | tojson }}", '{"a": ["web1"], "b": 1}'),
        ("{{ inputs.host.split('b') | last }} {{ 7 % 4 }}", "1 3"),
        ("{{ 'yes' if steps.look.result.value > 0.1 else 'no' }}", "yes"),
    ],
)
def test_renders(text: str, made: str) -> None:
    assert templates.render(text, DATA) == made


@pytest.mark.parametrize(
    "text",
    [
        "{{ inputs.hots }}",
        "{{ steps.other.result.value }}",
        "{{ nothing }}",
        "{{ inputs.__class__ }}",
        "{{ ''.__class__.__mro__ }}",
        "{{ inputs.host.__init__.__globals__ }}",
        "{{ 'a' * 200000000 }}",
        "{{ 9 ** 9 ** 9 }}",
        "{{ range(10) }}",
        "{{ 1 / 0 }}",
        "{{ inputs.update({'a': 'b'}) }}",
        "{{ '%200000000d' % 1 }}",
        "{{ 'a'.ljust(200000000) }}",
        "{{ '{:>200000000}'.format(1) }}",
        "{{ 'a' | center(200000000) }}",
        "{{ inputs.host | replace('', inputs.host) }}",
        "{{ [1] | batch(200000000, 0) | list }}",
        "{{ ([inputs.host] * 9999) | join(inputs.host) }}",
    ],
)
def test_refuses_what_is_missing_or_not_allowed(text: str) -> None:
    with pytest.raises(templates.TemplateFailed) as caught:
        templates.render(text, DATA)
    assert caught.value.hint


def test_data_is_never_read_as_a_template() -> None:
    hostile = {"inputs": {"host": "{{ 7 * 7 }}{% for x in y %}"}}
    assert templates.render("{{ inputs.host }}", hostile) == "{{ 7 * 7 }}{% for x in y %}"


def test_output_is_bounded() -> None:
    long = {"inputs": {"a": "a" * 40_000}}
    with pytest.raises(templates.TemplateFailed, match="more than"):
        templates.render("{{ inputs.a ~ inputs.a }}", long)
    with pytest.raises(templates.TemplateFailed, match="longer than"):
        templates.render("{{ inputs.a | list | join(inputs.a) }}", long)


def test_a_filter_that_is_not_there_is_a_mistake_before_it_runs() -> None:
    with pytest.raises(ValueError, match="there is no filter 'center' here; there are abs, default"):
        templates.check_text("{{ inputs.host | center(80) }}")


@pytest.mark.parametrize("value", ['"} or vector(1)', "a b", "1}", "$x", "a,b", "", "x\ny"])
def test_into_a_program_only_words_and_numbers_are_filled(value: str) -> None:
    data = {"inputs": {"name": value, "pod": "cart-7d9:9100", "count": 2.5, "each": ["a"]}}
    text = 'up{pod="{{ inputs.pod }}"} > {{ inputs.count }}'
    assert templates.render(text, data, templates.Filling.LANGUAGE) == 'up{pod="cart-7d9:9100"} > 2.5'
    if value:
        with pytest.raises(templates.TemplateFailed, match="is filled in"):
            templates.render('up{pod="{{ inputs.name }}"}', data, templates.Filling.LANGUAGE)
    with pytest.raises(templates.TemplateFailed, match="no single value"):
        templates.render("{{ inputs.each }}", data, templates.Filling.SYNTAX)


@pytest.mark.parametrize("text", ["{% for x in y %}{% endfor %}", "{% set a = 1 %}", "{{ unclosed", "{{ a b }}"])
def test_statements_and_broken_templates_are_complained_about(text: str) -> None:
    with pytest.raises(ValueError, match=r"only \{\{ expressions|not a template"):
        templates.check_text(text)


def test_a_condition_is_a_bare_expression() -> None:
    with pytest.raises(ValueError, match="without braces"):
        templates.check_condition("{{ steps.look.result.items > 1 }}")
    assert templates.holds("steps.look.result.items > 1", DATA)
    assert not templates.holds("steps.look.status == 'failed'", DATA)
    assert templates.holds("", DATA)


def test_a_missing_name_in_a_condition_is_an_error_and_never_false() -> None:
    with pytest.raises(templates.TemplateFailed, match="other"):
        templates.holds("steps.other.result.items > 1", DATA)


def test_names_are_the_longest_paths() -> None:
    found = templates.names_in("{{ steps.look.result.items > inputs['host'] and run.id }}{{ f(x).y }}")
    assert found >= {("steps", "look", "result", "items"), ("inputs", "host"), ("run", "id"), ("f",), ("x",)}


def test_only_leaves_are_rendered() -> None:
    value = {"{{ inputs.host }}": ["{{ inputs.host }}", 3, None, {"a": "{{ inputs.count }}"}]}
    assert templates.render_leaves(value, DATA) == {"{{ inputs.host }}": ["web1", 3, None, {"a": "3"}]}
