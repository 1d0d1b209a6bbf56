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
    with pytest.raises(templates.TemplateFailed, match="more than"):
        templates.render("{{ inputs.a ~ inputs.a }}", {"inputs": {"a": "a" * 40_000}})


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
