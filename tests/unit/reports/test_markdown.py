import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

from bot.model.wording import lines, one_line
from bot.reports.markdown import code, escape, fenced
from tests.unit.reports.hostile import HOSTILE

READER = MarkdownIt("commonmark").enable(["table", "strikethrough"])


def inline(markdown: str) -> list[Token]:
    """What a reader makes of one paragraph; it must be one."""
    tokens = READER.parse(markdown)
    assert [token.type for token in tokens] == ["paragraph_open", "inline", "paragraph_close"], markdown
    return tokens[1].children or []


@pytest.mark.parametrize("text", HOSTILE)
def test_text_is_read_as_the_text_it_is(text: str) -> None:
    plain = one_line(text)
    if plain:
        children = inline(escape(text))
        assert {token.type for token in children} <= {"text", "text_special"}
        assert "".join(token.content for token in children) == plain


@pytest.mark.parametrize("text", HOSTILE)
def test_text_in_a_cell_stays_in_its_cell(text: str) -> None:
    tokens = READER.parse(f"| a | b |\n| --- | --- |\n| {escape(text)} | last |\n")
    assert [token.type for token in tokens].count("td_open") == 2
    cells = [token.content for token in tokens if token.type == "inline"]
    assert cells[-1] == "last"


@pytest.mark.parametrize("text", HOSTILE)
def test_text_in_a_list_opens_no_other_block(text: str) -> None:
    tokens = READER.parse(f"- {escape(text) or 'x'}\n- next\n")
    assert [token.type for token in tokens].count("list_item_open") == 2
    assert not {"heading_open", "hr", "fence", "code_block", "blockquote_open", "html_block"} & {
        token.type for token in tokens
    }


@pytest.mark.parametrize("text", HOSTILE)
def test_code_ends_where_it_ends(text: str) -> None:
    children = inline(f"x{code(text)}x")
    assert [token.type for token in children] == ["text", "code_inline", "text"]
    assert children[1].content == (one_line(text) or "(empty)")


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_in_a_block_ends_it(text: str) -> None:
    tokens = READER.parse(f"{fenced(text, 'csv')}\n\nafter\n")
    assert [token.type for token in tokens][:2] == ["fence", "paragraph_open"]
    assert tokens[0].content == f"{lines(text)}\n"
    assert tokens[0].info == "csv"


def test_ordinary_text_stays_readable_as_it_is() -> None:
    for text in ("INC-7: checkout fails 41 % of its requests", "took 12.5 s, at 14:02:10", "-1 s", "+2 min", "#7"):
        assert escape(text) == text
