"""One verifier for all that sign with a shared secret: which header, which hash, how it is written, what is signed.

Whoever posts proves that it knows the secret before anything it says is read. Every secret is tried, so that one can be
replaced by the next without a gap; all comparisons take the same time.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

from pydantic import SecretStr

from bot.ports.alert_hook import Call

WINDOW = timedelta(seconds=300)
"""How far a signed time may be from ours."""

_MOST_SIGNATURES = 16
_TIMESTAMP = re.compile(r"[0-9]{1,12}")
_PART = re.compile(r"\{(body|timestamp|id)\}")
_WHSEC = "whsec_"


class Hash(StrEnum):
    """What the signature is a keyed hash of."""

    SHA256 = "sha256"
    SHA512 = "sha512"


class Written(StrEnum):
    """How its bytes are written."""

    HEX = "hex"
    BASE64 = "base64"


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """How one vendor signs. Names of headers are lower case.

    `parts` is what is signed: `{body}`, and `{timestamp}` and `{id}` from their headers, with what stands between them.
    `between` separates several signatures in the header; nothing: there is one. `prefix` stands before each.
    """

    header: str
    prefix: str = ""
    hash: Hash = Hash.SHA256
    written: Written = Written.HEX
    parts: str = "{body}"
    timestamp_header: str = ""
    id_header: str = ""
    between: str = ""


STANDARD = Signed(
    header="webhook-signature",
    prefix="v1,",
    written=Written.BASE64,
    parts="{id}.{timestamp}.{body}",
    timestamp_header="webhook-timestamp",
    id_header="webhook-id",
    between=" ",
)
"""Standard Webhooks (standardwebhooks.com)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """A `Proof`: calls are signed in this way with one of these secrets."""

    signed: Signed
    secrets: Sequence[bytes] = field(repr=False)

    async def why_not(self, call: Call) -> str:
        """See `Proof`."""
        return self.flaw(call)

    def flaw(self, call: Call) -> str:
        """Why the call is not believed; nothing: it is."""
        shown = call.header(self.signed.header)
        if not shown:
            return f"{self.signed.header} is missing, or there twice"
        late = self._late(call)
        if late:
            return late
        signed = self._signed(call)
        if signed is None:
            return f"{self.signed.id_header} is missing, or there twice"
        found = self._candidates(shown)
        fits = False
        for secret in self.secrets:
            made = self._made(secret, signed)
            for candidate in found:
                fits |= hmac.compare_digest(candidate, made)
        return "" if fits else f"{self.signed.header} does not fit the body"

    def _late(self, call: Call) -> str:
        name = self.signed.timestamp_header
        if not name:
            return ""
        said = call.header(name)
        if not _TIMESTAMP.fullmatch(said):
            return f"{name} is no time"
        away = abs(int(said) - call.received_at.timestamp())
        return f"{name} is {away:.0f} s away from now" if away > WINDOW.total_seconds() else ""

    def _signed(self, call: Call) -> bytes | None:
        """The bytes that are signed; None where the id among them is missing."""
        known = {
            "body": call.body,
            "timestamp": call.header(self.signed.timestamp_header).encode("latin-1", "replace"),
            "id": call.header(self.signed.id_header).encode("latin-1", "replace"),
        }
        if self.signed.id_header and not known["id"]:
            return None
        pieces = _PART.split(self.signed.parts)
        return b"".join(known[piece] if at % 2 else piece.encode() for at, piece in enumerate(pieces))

    def _candidates(self, shown: str) -> Sequence[bytes]:
        between = self.signed.between
        each = [one.strip(" ") for one in shown.split(between)[:_MOST_SIGNATURES]] if between else [shown]
        return [one.encode("utf-8", "replace") for one in each]

    def _made(self, secret: bytes, signed: bytes) -> bytes:
        """The signature as it is to be shown, prefix included: what is compared is never decoded."""
        digest = hmac.new(secret, signed, self.signed.hash.value).digest()
        text = digest.hex().encode() if self.signed.written is Written.HEX else base64.b64encode(digest)
        return self.signed.prefix.encode() + text


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedSecrets:
    """Secrets that stand in a call in the clear, kept as hashes only."""

    hashes: Sequence[bytes] = field(repr=False)

    @classmethod
    def of(cls, secrets: Sequence[SecretStr]) -> SharedSecrets:
        """These, as they are configured."""
        return cls(hashes=[_hash(secret.get_secret_value()) for secret in secrets])

    def hold(self, shown: str) -> bool:
        """Whether this is one of them. All are compared, so that the time taken tells nothing."""
        fits = False
        for known in self.hashes:
            fits |= hmac.compare_digest(known, _hash(shown))
        return fits and bool(shown)


def keys(secrets: Sequence[SecretStr]) -> Sequence[bytes]:
    """Configured secrets as keys of a hash."""
    return [secret.get_secret_value().encode() for secret in secrets]


def standard_key(secret: str) -> bytes:
    """The key in a secret of Standard Webhooks, `whsec_` and base64. ValueError that says what it should look like."""
    try:
        key = base64.b64decode(secret.removeprefix(_WHSEC), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) < 16:
        raise ValueError("not a secret of Standard Webhooks; it is `whsec_` and the base64 of at least 16 bytes")
    return key


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8", "replace")).digest()
