"""Whatever somebody calls a service: documents show it, tables hold it, and nothing takes it for more than text."""

import csv
import io
import math
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from bot.evidence.dashboards import dashboard_link
from bot.evidence.tables import as_csv
from bot.model.labels import LabelSet
from bot.model.sample import Series, Window
from bot.model.wording import duration, number, one_line
from bot.reports.links import followable
from bot.reports.markdown import code, escape, fenced

SYNTAX = st.text(st.sampled_from("\\`*_[](){}<>#+-.!|~&$=:;'\"/@%^\t\r\n\x00 aA1é\u202e"), max_size=30)
TEXT = SYNTAX | st.text(st.characters(), max_size=30)
START = datetime(2026, 11, 22, 14, 0, tzinfo=UTC)
READER = MarkdownIt("commonmark").enable(["table", "strikethrough"])


@given(TEXT)
def test_markdown_shows_text_as_it_is(text: str) -> None:
    if plain := one_line(text):
        tokens = READER.parse(escape(text))
        assert [token.type for token in tokens] == ["paragraph_open", "inline", "paragraph_close"]
        assert "".join(token.content for token in tokens[1].children or ()) == plain


@given(TEXT, TEXT)
def test_markdown_keeps_text_in_its_cell_and_its_block(one: str, other: str) -> None:
    document = (
        f"| a | b |\n| --- | --- |\n| {escape(one)} | {escape(other)} |\n\n- {code(one)}\n\n{fenced(other)}\n\nend\n"
    )
    kinds = [token.type for token in READER.parse(document)]
    assert kinds.count("td_open") == 2
    assert kinds.count("list_item_open") == 1
    assert kinds.count("fence") == 1
    assert kinds[-3:] == ["paragraph_open", "inline", "paragraph_close"]
    assert not {"html_block", "heading_open", "hr", "blockquote_open", "code_block"} & set(kinds)


@given(st.lists(st.tuples(st.dictionaries(TEXT, TEXT, max_size=3), st.floats()), max_size=5))
def test_a_table_holds_every_value_and_no_formula(rows: list[tuple[dict[str, str], float]]) -> None:
    series = [
        Series(labels=LabelSet(labels), points=((START + timedelta(seconds=place), value),))
        for place, (labels, value) in enumerate(rows)
    ]
    table = as_csv(series)
    table.encode()
    first, *others = csv.reader(io.StringIO(table))
    assert [len(row) for row in others] == [len(first)] * len(rows)
    for row, (_, value) in zip(others, rows, strict=True):
        assert float(row[1]) == value or math.isnan(value)
    assert not any(cell.startswith(tuple("=+-@\t\r")) for row in (first, *others) for cell in (row[0], *row[2:]))


@given(TEXT, st.dictionaries(st.sampled_from(["a", "pod"]), TEXT))
def test_an_address_is_followed_only_where_it_leads(text: str, labels: dict[str, str]) -> None:
    window = Window(start=START, end=START + timedelta(hours=1))
    for url in (text, f"https://{text}", f"https://host.example/{text}", f"https://host.example/d/x?var-pod=&{text}"):
        for link in (followable(url), followable(dashboard_link(url, labels, window))):
            assert link == "" or link.startswith(("http://", "https://"))
            assert not set(link) & set("\"'<>\\`()[]{}|^ \n\r\t") or "[" in link.split("/")[2]


@given(st.floats(), st.sampled_from(["", "ratio", "percent", "seconds", "bytes", "bytes/s"]))
def test_every_number_has_short_words(value: float, unit: str) -> None:
    assert 0 < len(number(value, unit)) <= 24


@given(st.timedeltas())
def test_every_duration_has_short_words(length: timedelta) -> None:
    assert 0 < len(duration(length)) <= 24
