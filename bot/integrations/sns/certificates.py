"""The certificates SNS signs with: from AWS's own hosts alone, and kept, since thousands of messages share one."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

Fetch = Callable[[str], Awaitable[bytes]]
"""Asks an address of AWS; Temporary and Permanent as `HttpOut` raises them."""

_HOST = re.compile(r"sns\.[a-z0-9-]{3,}\.amazonaws\.com(\.cn)?")
_MOST_KEPT = 16


def is_of_aws(url: str) -> bool:
    """Whether an address is one of SNS itself, over https, at its own port, and nothing in it says otherwise."""
    try:
        parts = urlsplit(url)
        plain = parts.port is None and parts.username is None and parts.password is None and not parts.fragment
    except ValueError:
        return False
    printable = url.isascii() and url.isprintable() and " " not in url and "\\" not in url
    return parts.scheme == "https" and plain and printable and _HOST.fullmatch(parts.netloc) is not None


class Certificates:
    """The public keys in them, by the address they were had from."""

    def __init__(self, fetch: Fetch) -> None:
        self._fetch = fetch
        self._kept: dict[str, tuple[RSAPublicKey, datetime, datetime]] = {}

    async def key(self, url: str, now: datetime) -> RSAPublicKey | None:
        """The key; None where this is no address of SNS's, no certificate, or one out of its time. Temporary."""
        if not is_of_aws(url) or not urlsplit(url).path.endswith(".pem"):
            return None
        if url not in self._kept:
            read = _read(await self._fetch(url))
            if read is None:
                return None
            while len(self._kept) >= _MOST_KEPT:
                self._kept.pop(next(iter(self._kept)))
            self._kept[url] = read
        key, begins, ends = self._kept[url]
        return key if begins <= now <= ends else None


def _read(pem: bytes) -> tuple[RSAPublicKey, datetime, datetime] | None:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

    try:
        certificate = x509.load_pem_x509_certificate(pem)
        key = certificate.public_key()
    except ValueError:
        return None
    if not isinstance(key, RSAPublicKey):
        return None
    return key, certificate.not_valid_before_utc, certificate.not_valid_after_utc
