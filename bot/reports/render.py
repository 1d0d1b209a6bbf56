"""A postmortem as one self-contained file."""

from __future__ import annotations

from bot.model.report import Postmortem, ReportFormat


def render(postmortem: Postmortem, format: ReportFormat, *, time_zone: str, public_url: str) -> str:
    """The file's text. `time_zone` is the reader's, an IANA name; `public_url` is how people reach the page, or empty."""
    return f"# {postmortem.summary}\n"
