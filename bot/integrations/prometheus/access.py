"""How Tocsin comes to one Prometheus: address, credentials, certificates. Shared by the ways of asking it."""

from __future__ import annotations

import base64
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.errors import Permanent
from bot.integrations.prometheus.config import PrometheusConfig, Tls
from bot.kit.plugin import Tools
from bot.kit.redaction import Redactor


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """`name` is what tocsin.yaml calls the server; `timeout` is in seconds. `headers` hold secrets: never shown."""

    name: str
    url: str
    timeout: float
    headers: Mapping[str, str] = field(repr=False)
    tls: Tls
    redactor: Redactor

    def context(self) -> ssl.SSLContext | None:
        """TLS with the files of tocsin.yaml, read now; None when there are none. Permanent when one cannot be read."""
        if self.tls == Tls():
            return None
        try:
            context = ssl.create_default_context(cafile=self.tls.ca)
            if self.tls.cert:
                context.load_cert_chain(self.tls.cert, self.tls.key)
        except OSError as error:  # also what ssl raises for a file that is no certificate
            message = f"{self.name}: its certificates cannot be used: {error.strerror or 'not PEM'}"
            hint = f"see that Tocsin may read the files under `integrations: {self.name}: tls:` and that they are PEM"
            raise Permanent(message, integration=self.name, reason="auth", hint=hint) from None
        return context


def access(config: PrometheusConfig, tools: Tools) -> Access:
    """What the configuration says, ready to be used."""
    headers = {name: value.get_secret_value() for name, value in config.headers.items()}
    if config.bearer_token:
        headers["Authorization"] = f"Bearer {config.bearer_token.get_secret_value().strip()}"
    if config.basic_auth:
        pair = f"{config.basic_auth.username}:{config.basic_auth.password.get_secret_value()}"
        tools.redactor.add(pair)
        headers["Authorization"] = "Basic " + base64.b64encode(pair.encode()).decode()
    return Access(
        name=tools.name,
        url=config.url,
        timeout=config.timeout.total_seconds(),
        headers=headers,
        tls=config.tls,
        redactor=tools.redactor,
    )
