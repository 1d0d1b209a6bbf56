"""Splunk's `.conf` text: what stands where, what counts, and what is wrong."""

import pytest

from bot.documents import Place
from bot.rules.savedsearches.conf import Conf, Setting, layered, parse


def values(conf: Conf) -> dict[str, dict[str, str]]:
    return {one.name: {key: setting.value for key, setting in conf.settings(one).items()} for one in conf.stanzas}


def told(text: str) -> list[str]:
    return [str(complaint) for complaint in parse(text, "f.conf").complaints]


def setting(text: str, key: str, *, stanza: int = 0) -> Setting:
    return parse(text, "f.conf").stanzas[stanza].settings[key]


def test_stanzas_and_settings() -> None:
    conf = parse("[One]\na = 1\nb=2\n\n[Two words]\n  c  =  3  \n", "f.conf")
    assert values(conf) == {"One": {"a": "1", "b": "2"}, "Two words": {"c": "3"}}
    assert conf.complaints == ()


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("k = a=b==c", "a=b==c"),
        ("k = a # b", "a # b"),
        ("k = ", ""),
        ("k =", ""),
        ("k = [x]", "[x]"),
        ('k = "quoted"', '"quoted"'),
        ("k = a\tb", "a\tb"),
        ("k = a \\\nb", "a \nb"),
        ("k = a\\\n  b \\\n  | c", "a\n  b \n  | c"),
        ("k = a \\\n# b \\\n[c]", "a \n# b \n[c]"),
        ("k = a \\\n\nl = 1", "a"),
        ("k = \\\n a", "a"),
        ("k = a\\", "a"),
        ("k = a\\b", "a\\b"),
        ("k = \\\\\nb", "\\\nb"),
        ("k = a\u2028b", "a\u2028b"),
        ("k = %20$x$", "%20$x$"),
    ],
)
def test_values(text: str, value: str) -> None:
    assert setting(f"[S]\n{text}", "k").value == value
    assert setting(f"[S]\n{text}".replace("\n", "\r\n"), "k").value == value


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("[a b]", "a b"),
        ("  [a]  ", "a"),
        ("[a]b]", "a]b"),
        ("[[a]]", "[a]"),
        ("[errors [prod] - 5xx]", "errors [prod] - 5xx"),
        ("[a%20b%2Fc]", "a%20b%2Fc"),
        ("[a = b]", "a = b"),
        ("[# a]", "# a"),
        ("[Ошибки]", "Ошибки"),
    ],
)
def test_names_of_stanzas(header: str, name: str) -> None:
    conf = parse(f"{header}\nk = 1\n", "f.conf")
    assert values(conf) == {name: {"k": "1"}}
    assert conf.complaints == ()


def test_comments_and_blank_lines_are_nothing() -> None:
    assert values(parse("# [x]\n\n  # k = 0\n[S]\n#k = 0 \\\nk = 1\n \t\n", "f.conf")) == {"S": {"k": "1"}}


def test_a_byte_order_mark_is_no_text() -> None:
    assert values(parse("\ufeff[S]\r\nk = 1\r\n", "f.conf")) == {"S": {"k": "1"}}


def test_what_all_stanzas_have() -> None:
    conf = parse("a = 1\nb = 1\n[default]\nb = 2\nc = 2\n[S]\nc = 3\n[T]\n", "f.conf")
    assert values(conf) == {"S": {"a": "1", "b": "2", "c": "3"}, "T": {"a": "1", "b": "2", "c": "2"}}
    assert conf.stanzas[0].settings.keys() == {"c"}


def test_places() -> None:
    text = "[S]\n  key  =  value\nlong = a \\\n  b\nlater =\\\n\\\n  c\n[T]\nk = 1"
    assert (setting(text, "key").place, setting(text, "key").value_place) == (Place(2, 3), Place(2, 11))
    assert (setting(text, "long").place, setting(text, "long").value_place) == (Place(3, 1), Place(3, 8))
    assert (setting(text, "later").place, setting(text, "later").value_place) == (Place(5, 1), Place(7, 3))
    assert setting(text, "k", stanza=1).place == Place(9, 1)
    assert parse(text, "f.conf").stanzas[1].place == Place(8, 1)


def test_what_is_there_twice_counts_as_the_last_one_says() -> None:
    text = "[S]\na = 1\nb = 1\n[T]\n[S]\na = 2\na = 3\n"
    assert values(parse(text, "f.conf")) == {"S": {"a": "3", "b": "1"}, "T": {}}
    assert told(text) == [
        "f.conf:5:1: warning: [S]: this stanza is there at line 1 already; they count as one, and what is set last"
        " wins",
        "f.conf:6:1: warning: [S] a: 'a' is set at line 2 already; the last one counts",
        "f.conf:7:1: warning: [S] a: 'a' is set at line 6 already; the last one counts",
    ]


def test_every_mistake_is_told_at_once() -> None:
    text = "[S]\nnonsense\n= 1\n[T\nk = 1\n[ ]\nk = 1\n[U] x\nk = 1 \n| where n = 1\nby host = 2\n"
    assert told(text) == [
        "f.conf:2:1: warning: [S]: ignored: neither a stanza, `[name]`, nor a setting, `key = value`",
        "f.conf:3:1: warning: [S]: ignored: neither a stanza, `[name]`, nor a setting, `key = value`",
        "f.conf:4:1: a stanza begins with `[name]` in one line, and this one has no `]`",
        "f.conf:6:1: a stanza needs a name: `[name]`",
        "f.conf:8:1: warning: [U]: 'x' after the stanza's `]` is ignored; write a comment in a line of its own",
        "f.conf:10:1: warning: [U]: ignored: this looks like more of a search: a line goes on only if the one before it"
        " ends with `\\`, nothing after it",
        "f.conf:11:1: warning: [U]: 'by host' is no key; this looks like more of a search: a line goes on only if the"
        " one before it ends with `\\`, nothing after it",
    ]
    assert values(parse(text, "f.conf")) == {"S": {}, "U": {"k": "1", "by host": "2"}}


def test_a_blank_after_the_backslash_breaks_a_search_and_is_told() -> None:
    (complaint,) = told("[S]\nsearch = a \\ \n| stats count\n")
    assert complaint.startswith("f.conf:3:1: warning: [S]: ignored: this looks like more of a search")


def test_layers_are_laid_over_each_other_setting_by_setting() -> None:
    default = parse("[default]\nx = 1\ny = 1\n[S]\na = 1\nb = 1\n[T]\na = 1\n", "default/f.conf")
    local = parse("[default]\ny = 2\n[S]\nb = 2\ny = 3\n[U]\n", "local/f.conf")
    both = layered([default, local])
    assert values(both) == {
        "S": {"x": "1", "y": "3", "a": "1", "b": "2"},
        "T": {"x": "1", "y": "2", "a": "1"},
        "U": {"x": "1", "y": "2"},
    }
    (first, _, last) = both.stanzas
    assert (first.file, first.place) == ("default/f.conf", Place(4, 1))
    assert (last.file, last.place) == ("local/f.conf", Place(6, 1))
    found = both.settings(first)
    assert [(found[key].file, found[key].place.line) for key in ("a", "b", "x")] == [
        ("default/f.conf", 5),
        ("local/f.conf", 4),
        ("default/f.conf", 2),
    ]


def test_a_stanza_of_default_wins_over_what_local_says_of_all() -> None:
    both = layered([parse("[S]\na = 1\n", "d"), parse("[default]\na = 2\n", "l")])
    assert values(both) == {"S": {"a": "1"}}


def test_layers_keep_their_complaints() -> None:
    assert [one.file for one in layered([parse("x", "d"), parse("[", "l")]).complaints] == ["d", "l"]
