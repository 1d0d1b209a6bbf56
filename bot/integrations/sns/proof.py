"""Whether a message comes from SNS: signed with AWS's own key, recent, and of a topic we asked for."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from bot.errors import Permanent
from bot.integrations.sns.certificates import Certificates
from bot.kit.posted import Part
from bot.ports.alert_hook import Call

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

NOTIFICATION = "Notification"
CONFIRMATIONS = frozenset({"SubscriptionConfirmation", "UnsubscribeConfirmation"})

_OLDEST = timedelta(hours=1)
_SIGNED = {
    NOTIFICATION: ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    **dict.fromkeys(CONFIRMATIONS, ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type")),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SnsProof:
    """A `Proof`. Signature version 2 alone counts: version 1 is made with SHA-1."""

    topics: frozenset[str]
    certificates: Certificates

    async def why_not(self, call: Call) -> str:
        """See `Proof`. Nobody is asked for a certificate before topic, version and time are right."""
        try:
            message = Part.of(call.body)
            why = self._unfit(message, call)
            return why or await self._forged(message, call)
        except ValueError as error:
            return f"no message of SNS's: {error}"
        except Permanent as error:
            return error.message

    def _unfit(self, message: Part, call: Call) -> str:
        if message.text("Type") not in _SIGNED:
            return "its Type is none that SNS has"
        if message.text("TopicArn") not in self.topics:
            return "its TopicArn is none of `topics`"
        if message.text("SignatureVersion") != "2":
            return "its SignatureVersion is not 2; set it with `aws sns set-topic-attributes`"
        sent_at = message.moment("Timestamp")
        if sent_at is None or abs(call.received_at - sent_at) > _OLDEST:
            return "its Timestamp is missing, or more than an hour away from now"
        return ""

    async def _forged(self, message: Part, call: Call) -> str:
        key = await self.certificates.key(message.text("SigningCertURL"), call.received_at)
        if key is None:
            return "its SigningCertURL leads to no certificate of SNS's"
        try:
            signature = base64.b64decode(message.text("Signature"), validate=True)
        except binascii.Error:
            return "its Signature is no base64"
        return "" if _fits(key, signature, _canonical(message)) else "its Signature does not fit"


def _canonical(message: Part) -> bytes:
    """The text that is signed: names and values in turn, a line each; a Subject that is not there is left out."""
    names = [name for name in _SIGNED[message.text("Type")] if name in message]
    return "".join(f"{name}\n{message.text(name)}\n" for name in names).encode()


def _fits(key: RSAPublicKey, signature: bytes, signed: bytes) -> bool:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.hashes import SHA256

    try:
        key.verify(signature, signed, PKCS1v15(), SHA256())
    except InvalidSignature:
        return False
    return True
