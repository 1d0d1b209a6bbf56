"""No value becomes SPL, wherever it stands; read back by a little reader that shares nothing with ours."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.errors import Permanent
from bot.integrations.splunk.spl import fill, piped, whole
from bot.testing.contracts import HOSTILE


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("index=a", "search index=a"),
        ("search index=a", "search index=a"),
        ("  SEARCH index=a", "  SEARCH index=a"),
        ("searching", "search searching"),
        ("| tstats count", "| tstats count"),
        (" \n| tstats count", " \n| tstats count"),
        ("`macro`", "search `macro`"),
        ("search\tindex=a", "search\tindex=a"),
    ],
)
def test_search_is_left_out_by_people_and_not_by_us(written: str, sent: str) -> None:
    assert whole(written) == sent


def test_a_search_over_rows_is_a_pipe_further() -> None:
    assert (
        piped("| loadjob a", "search count>1")
        == piped("| loadjob a", " | search count>1")
        == ("| loadjob a | search count>1")
    )


@pytest.mark.parametrize(
    ("search", "value", "filled"),
    [
        ('host="$x"', "web1", 'host="web1"'),
        ('search host="$x" OR "$x"', "a b", 'search host="a b" OR "a b"'),
        ('host IN ("$x", "b")', "a", 'host IN ("a", "b")'),
        ('a | where user="$x" | stats count', 'O"Hara', 'a | where user="O\\"Hara" | stats count'),
        ('a | eval b="$x"', "c:\\d\\", 'a | eval b="c:\\\\d\\\\"'),
        ('| where a="$x-$y"', "*", '| where a="*-why"'),
        ('a [search b="$x" | fields b] c="$x"', "v", 'a [search b="v" | fields b] c="v"'),
        ('a ```host="$x"``` b="$x"', "v", 'a ```host="$x"``` b="v"'),
        ("| where 'odd name'=\"$x\"", "v", "| where 'odd name'=\"v\""),
        ('`macro("a b")` host="$x"', "v", '`macro("a b")` host="v"'),
        ('a "\\\\$x"', "v", 'a "\\\\v"'),
        ('host="$x$"', "v", 'host="v$"'),
        ("price=$5", "v", "price=$5"),
        ("don't touch what has no variables", "v", "don't touch what has no variables"),
    ],
)
def test_a_variable_is_its_value(search: str, value: str, filled: str) -> None:
    assert fill(search, {"x": value, "y": "why"}, "splunk") == filled


@pytest.mark.parametrize(
    "search",
    [
        "host=$x",
        "search $x",
        '`macro("$x")`',
        "`macro($x)` a",
        '| map search="search host=$x"',
        '| map [search host="$x"] | rex "$x"',
        '| savedsearch name host="$x"',
        '| rest "/services/$x"',
        '| inputlookup "$x"',
        'a | rex field=b "(?<c>$x)"',
        'a | where match(b, "$x")',
        'a | where searchmatch("b=$x")',
        'a | where like(b, "%$x%")',
        'a | eval c="d".searchmatch("b=$x")',
        'a | dbxquery query="select $x"',
        '| loadjob "$x"',
        'don\'t "$x"',
        '| where \'a"b\'="$x"',
        'a \\"b="$x"',
        'a="\\$x"',
        'a="$x',
        '"$unknown"',
        'a [search b="c" | map search="$x"]',
    ],
)
def test_where_a_value_could_become_more_it_is_refused(search: str) -> None:
    with pytest.raises(Permanent) as caught:
        fill(search, {"x": "v"}, "splunk")
    assert (caught.value.reason, bool(caught.value.hint)) == ("client", True)


@pytest.mark.parametrize("value", ["a|b", "[a", "a]", "`a`", "a\nb", "a\r", "\x00", "\u2028", "\x85", "\ud800"])
def test_what_no_literal_holds_safely_is_refused(value: str) -> None:
    for search in ('host="$x"', '| where host="$x"'):
        with pytest.raises(Permanent, match=r"\$x"):
            fill(search, {"x": value}, "splunk")


def test_a_wildcard_is_refused_where_it_would_be_one() -> None:
    with pytest.raises(Permanent, match="where"):
        fill('host="$x"', {"x": "web*"}, "splunk")
    assert fill('| where host="$x"', {"x": "web*"}, "splunk") == '| where host="web*"'


def read(search: str, *, single: bool) -> tuple[list[str], list[str]]:
    """What stands outside strings, and what stands in each, its escapes undone. `single`: `'` quotes too."""
    outside, inside, text, place, quote = [], [], "", 0, ""
    while place < len(search):
        letter = search[place]
        if not quote and search.startswith("```", place) and "```" in search[place + 3 :]:
            end = search.index("```", place + 3) + 3
            text, place = text + search[place:end], end
            continue
        if quote == '"' and letter == "\\" and place + 1 < len(search):
            text, place = text + search[place + 1], place + 2
            continue
        if letter == quote:
            (inside if quote == '"' else outside).append(text)
            text, quote = "", ""
        elif not quote and (letter == '"' or (single and letter == "'")):
            outside.append(text)
            text, quote = "", letter
        else:
            text += letter
        place += 1
    (outside if not quote else inside).append(text)
    return outside, inside


def holds(search: str, value: str) -> None:
    try:
        filled = fill(search, {"x": value}, "splunk")
    except Permanent:
        return
    for letter in "|[]`":
        assert filled.count(letter) == search.count(letter)
    for single in (False, True):
        outside, strings = read(search, single=single)
        outside_now, strings_now = read(filled, single=single)
        assert outside_now == outside
        assert strings_now == [text.replace("$x", value) for text in strings]


PIECES = [
    '"',
    "'",
    "\\",
    "|",
    "[",
    "]",
    "`",
    "```",
    "$x",
    "$",
    " ",
    "a",
    "=",
    "search",
    "where",
    "map",
    "eval",
    "(",
    ")",
]
VALUES = st.one_of(
    st.sampled_from(HOSTILE), st.text(st.sampled_from("\"\\'|[]`$x *=\n,()a"), max_size=8), st.text(max_size=8)
)


@given(st.lists(st.sampled_from([*PIECES, '"$x"', '="$x"', "| where "]), max_size=12).map("".join), VALUES)
@example('"\\$x"', '"')
@example('"$x\\"', "\\")
@example('\'a"\'="$x"', '" OR "')
@example('a="$x" b="$x"', "\\")
def test_no_value_leaves_its_quotes(search: str, value: str) -> None:
    """Whatever search it is: the value is what stands in the string, and nothing outside of one has changed."""
    holds(search, value)


@given(VALUES)
def test_no_value_leaves_its_quotes_where_it_may_stand(value: str) -> None:
    for search in ('host="$x" "b"', 'a "c $x d" | where e="$x" f="\\"$x\\""', 'a [search b="$x"] | eval c="$x\\\\"'):
        holds(search, value)
