"""What an Alertmanager posts to its webhook receivers: version 4, or a payload that its operator made up."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from bot.kit.alertmanager_form import alert, alerts, is_form, left_out
from bot.kit.json_mapping import JsonMapping
from bot.kit.listening import SaysAll
from bot.kit.posted import Part, reading
from bot.ports.alert_hook import Call, Heard

_VERSIONS = frozenset({"4"})


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertmanagerHook(SaysAll):
    """An `AlertHook`. `lasts`: how long an alert is believed without being posted again; None: until it is resolved."""

    name: str
    mapping: JsonMapping | None = None
    lasts: timedelta | None = None

    @property
    def proof(self) -> None:
        """Alertmanager does not sign; it can send `Authorization: Bearer`."""
        return

    def read(self, call: Call) -> Heard:
        """See `AlertHook`. The same is posted again with every `repeat_interval`, so that there is no delivery."""
        with reading(self.name, "Alertmanager"):
            body = Part.of(call.body)
            if is_form(body, _VERSIONS):
                found = [
                    alert(one, source=self.name, received_at=call.received_at, lasts=self.lasts, more={})
                    for one in alerts(body)
                ]
                return Heard(alerts=found, note=left_out(body))
            if self.mapping:
                return self.mapping.read(call, body.fields, self.name)
            raise ValueError("it has a `payload` of its own; say with `mapping` how to read it")
