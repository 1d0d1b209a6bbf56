"""Addresses that a report may lead to."""

from __future__ import annotations

import re
from urllib.parse import quote, urlsplit, urlunsplit

LONGEST = 8192
_HOST = re.compile(r"[A-Za-z0-9._:\[\]-]+")
_KEPT = "%/:=&?~+!$,;@-._*"


def followable(url: str) -> str:
    """The address, with every character that could end it early percent-encoded; empty when it is none to follow.

    Only http and https, with a host, without a user name or password.
    """
    url = url.strip()
    if len(url) > LONGEST or not url.isprintable():
        return ""
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return ""
    if not usable or not _HOST.fullmatch(parts.netloc):
        return ""
    path, query, fragment = (
        quote(part, safe=_KEPT, errors="replace") for part in (parts.path, parts.query, parts.fragment)
    )
    return urlunsplit((parts.scheme, parts.netloc, path, query, fragment))
