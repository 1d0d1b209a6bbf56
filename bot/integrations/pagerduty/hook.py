"""Who may speak for PagerDuty, and which of its two languages a call is in."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace

from pydantic import SecretStr

from bot.integrations.pagerduty import events, webhook
from bot.kit.posted import Part
from bot.kit.signatures import SharedSecrets, Signature, Signed, keys
from bot.ports.alert_hook import Call, Heard

SIGNED = Signed(header="x-pagerduty-signature", prefix="v1=", between=",")
"""How PagerDuty signs its webhooks, version 3; several signatures while a secret is replaced."""

ANSWERED_WITHIN_S = 2.0
"""PagerDuty waits 5 s for the answer to its webhook, and gives up on whoever keeps it waiting."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PagerDutyProof:
    """A `Proof`: webhooks are signed, and events hold their `routing_key`."""

    signature: Signature
    enqueue_keys: SharedSecrets

    async def why_not(self, call: Call) -> str:
        """See `Proof`."""
        if call.path not in events.DOORS:
            return self.signature.flaw(call)
        try:
            shown = Part.of(call.body).text("routing_key")
        except ValueError as error:
            return f"no event: {error}"
        return "" if self.enqueue_keys.hold(shown) else "its routing_key is none of `enqueue_keys`"


KeysOf = Callable[[str], Awaitable[Sequence[str]]]
"""The keys of the alerts that an incident of PagerDuty's, known by its id, stands for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PagerDutyHook:
    """An `AlertHook`. `pages`: people are paged through the service that posts here. `within_s`: see `complete`."""

    name: str
    proof: PagerDutyProof
    pages: bool = False
    keys_of: KeysOf | None = None
    within_s: float = ANSWERED_WITHIN_S
    doors: frozenset[str] = events.DOORS

    @classmethod
    def of(
        cls,
        webhook_secrets: Sequence[SecretStr],
        enqueue_keys: Sequence[SecretStr],
        name: str,
        *,
        pages: bool = False,
        keys_of: KeysOf | None = None,
    ) -> PagerDutyHook:
        """Whoever knows one of these is believed; webhooks and events each have their own."""
        signature = Signature(signed=SIGNED, secrets=keys(webhook_secrets))
        return cls(
            name=name,
            proof=PagerDutyProof(signature=signature, enqueue_keys=SharedSecrets.of(enqueue_keys)),
            pages=pages,
            keys_of=keys_of,
        )

    def read(self, call: Call) -> Heard:
        """See `AlertHook`."""
        if call.path in events.DOORS:
            return events.read(call, self.name)
        return webhook.read(call, self.name, pages=self.pages)

    async def complete(self, call: Call, heard: Heard) -> Heard:
        """An incident without a key of its own stands for alerts: PagerDuty is asked for theirs.

        Where it does not tell them soon, its log does, which is asked for what no webhook brought.
        """
        if self.keys_of is None:
            return heard
        try:
            async with asyncio.timeout(self.within_s):
                changes = [
                    one if len(one.refs) > 1 else replace(one, refs=(*one.refs, *await self.keys_of(one.refs[0])))
                    for one in heard.changes
                ]
        except TimeoutError:
            return heard
        return replace(heard, changes=changes)
