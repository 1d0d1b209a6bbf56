"""Where the words of reports come from: `templates/`, loaded once, escaped for what they become."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import DictLoader, Environment, StrictUndefined, Template
from markupsafe import Markup

from bot.model.wording import lines, one_line
from bot.reports.markdown import escape

_NUMBER_WITH_UNIT = re.compile(r"(\d) (%|[num\N{MICRO SIGN}]?s|min|h|d|[kMGT]|[KMGT]?i?B(?:/s)?)(?![\w/])")
_FILES = ("phrases.jinja", "postmortem.md.jinja", "postmortem.html.jinja", "postmortem.css")


@cache
def _sources() -> DictLoader:
    folder = files("bot.reports").joinpath("templates")
    return DictLoader({name: folder.joinpath(name).read_text(encoding="utf-8") for name in _FILES})


# Any: whatever a template prints.
def _plain(value: Any) -> Any:
    return one_line(value) if isinstance(value, str) else value


def _for_markdown(value: Any) -> Markup:
    return value if isinstance(value, Markup) else Markup(escape(str(value)))  # noqa: S704 - escaped, for Markdown


def _for_html(value: Any) -> Any:
    return lines(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _prose(text: str) -> str:
    """A sentence in which no number is parted from its unit at the end of a line."""
    return _NUMBER_WITH_UNIT.sub("\\1\N{NO-BREAK SPACE}\\2", text)


@cache
def document(name: str) -> Template:
    """The template of a whole document. All it prints is escaped, for HTML or for Markdown by its name."""
    markdown = name.endswith(".md.jinja")
    environment = Environment(
        loader=_sources(),
        autoescape=True,
        finalize=_for_markdown if markdown else _for_html,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["prose"] = _prose
    return environment.get_template(name)


@cache
def _phrases() -> Any:  # Any: a template's macros are known by name only
    environment = Environment(
        loader=_sources(),
        autoescape=False,  # noqa: S701 - plain text; it is escaped where it is put into a document
        finalize=_plain,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("phrases.jinja").module


def phrase(macro: str, /, **facts: object) -> str:
    """One sentence of `templates/phrases.jinja`, as plain text on one line."""
    return one_line(getattr(_phrases(), macro)(**facts))
