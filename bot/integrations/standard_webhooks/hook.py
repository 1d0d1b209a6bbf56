"""What a sender of Standard Webhooks posts: signed with its id and its time, JSON of any shape."""

from __future__ import annotations

from dataclasses import dataclass, replace

from bot.integrations.standard_webhooks.config import StandardWebhooksConfig
from bot.kit.json_in import read_json
from bot.kit.json_mapping import JsonMapping
from bot.kit.listening import SaysAll
from bot.kit.posted import reading
from bot.kit.signatures import STANDARD, Signature, standard_key
from bot.ports.alert_hook import Call, Heard


@dataclass(frozen=True, slots=True, kw_only=True)
class StandardWebhooksHook(SaysAll):
    """An `AlertHook`."""

    name: str
    proof: Signature
    mapping: JsonMapping

    @classmethod
    def of(cls, config: StandardWebhooksConfig, name: str) -> StandardWebhooksHook:
        """As it is configured."""
        secrets = [standard_key(secret.get_secret_value()) for secret in config.secrets]
        return cls(name=name, proof=Signature(signed=STANDARD, secrets=secrets), mapping=config.mapping)

    def read(self, call: Call) -> Heard:
        """See `AlertHook`. `webhook-id` is signed, and the same when the same is posted again."""
        with reading(self.name, "this sender"):
            heard = self.mapping.read(call, read_json(call.body), self.name)
            return replace(heard, delivery=call.header(STANDARD.id_header) or heard.delivery)
