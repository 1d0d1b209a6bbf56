"""What Grafana's webhook contact point posts: Alertmanager's form, with values and links to dashboards."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bot.integrations.grafana.config import GrafanaConfig
from bot.kit.alertmanager_form import alert, alerts, is_form, left_out
from bot.kit.listening import SaysAll
from bot.kit.posted import Part, as_text, reading
from bot.kit.signatures import Signature, Signed, keys
from bot.model.alert import Alert
from bot.ports.alert_hook import Call, Heard

_VERSIONS = frozenset({"1"})
_LINKS = {
    "dashboardURL": "dashboard_url",
    "panelURL": "panel_url",
    "silenceURL": "silence_url",
    "imageURL": "image_url",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class GrafanaHook(SaysAll):
    """An `AlertHook`."""

    name: str
    config: GrafanaConfig

    @property
    def proof(self) -> Signature | None:
        """The contact point's HMAC signature, where one is set up."""
        config = self.config
        if not config.signing_secrets:
            return None
        timed = config.timestamp_header.lower()
        signed = Signed(
            header=config.signature_header.lower(),
            parts="{timestamp}:{body}" if timed else "{body}",
            timestamp_header=timed,
        )
        return Signature(signed=signed, secrets=keys(config.signing_secrets))

    def read(self, call: Call) -> Heard:
        """See `AlertHook`. The same is posted again with every repeat interval, so that there is no delivery."""
        with reading(self.name, "Grafana"):
            body = Part.of(call.body)
            if is_form(body, _VERSIONS):
                return Heard(alerts=[self._alert(one, call) for one in alerts(body)], note=left_out(body))
            if self.config.mapping:
                return self.config.mapping.read(call, body.fields, self.name)
            raise ValueError("it has a custom payload; say with `mapping` how to read it")

    def _alert(self, one: Part, call: Call) -> Alert:
        values = one.part("values").fields
        links = {ours: one.link(theirs) for theirs, ours in _LINKS.items()}
        (single,) = values.values() if len(values) == 1 else (None,)
        return alert(
            one,
            source=self.name,
            received_at=call.received_at,
            lasts=self.config.resolve_after,
            more={**links, "values": _told(values)},
            value=float(single) if isinstance(single, int | float) else None,
        )


def _told(values: Mapping[str, object]) -> str:
    """What the alert's queries gave: `B=22, C=1`."""
    return ", ".join(f"{name}={as_text(value, 'values')}" for name, value in sorted(values.items()))
