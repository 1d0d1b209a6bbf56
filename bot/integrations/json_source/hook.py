"""What a source of JSON posts, as the configuration says to read it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from bot.integrations.json_source.config import JsonSourceConfig
from bot.kit.json_in import read_json
from bot.kit.listening import SaysAll
from bot.kit.posted import reading
from bot.kit.signatures import Signature
from bot.ports.alert_hook import Call, Heard


@dataclass(frozen=True, slots=True, kw_only=True)
class JsonSourceHook(SaysAll):
    """An `AlertHook`."""

    name: str
    config: JsonSourceConfig

    @property
    def proof(self) -> Signature | None:
        """As it is configured."""
        return self.config.signature.proof() if self.config.signature else None

    def read(self, call: Call) -> Heard:
        """See `AlertHook`."""
        with reading(self.name, "this source"):
            heard = self.config.mapping.read(call, read_json(call.body), self.name)
            header = self.config.delivery_header.lower()
            return replace(heard, delivery=heard.delivery or (call.header(header) if header else ""))
