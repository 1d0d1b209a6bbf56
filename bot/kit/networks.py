"""Which addresses an integration may be led to: a name in a document must not become a way into Tocsin's own network.

A name is looked up once, all that it stands for is judged, and the connection goes to just those addresses: what the
name stands for a moment later does not matter.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from urllib.parse import urlsplit

from bot.errors import Permanent

Network = IPv4Network | IPv6Network
_NUMBERS = re.compile(r"(?:0[xX][0-9a-fA-F]*|[0-9]+)(?:\.(?:0[xX][0-9a-fA-F]*|[0-9]+))*\.?")
_NAT64 = IPv6Network("64:ff9b::/96")
_ROUTED = IPv6Network("2000::/3")
_KEYS = frozenset(
    map(
        ip_address,
        ("168.63.129.16", "169.254.169.254", "100.100.100.200", "192.0.0.192", "fd00:ec2::254", "fd20:ce::254"),
    )
)
"""Where clouds hand out credentials to whoever asks (Azure's lies among public addresses): not to a runbook, ever."""


@dataclass(frozen=True, slots=True)
class Networks:
    """The public internet, and what is `inside` because the operator said so."""

    inside: tuple[Network, ...] = ()

    def check_url(self, url: str, integration: str) -> None:
        """Permanent when its host is an address, in whatever way it is written, that must not be reached."""
        host = urlsplit(url).hostname or ""
        try:
            self.check(host, [host], integration)
        except ValueError:
            if _NUMBERS.fullmatch(host):
                raise _refused(host, "is an address in a form that nobody needs", integration) from None

    def check(self, host: str, addresses: Iterable[str], integration: str) -> None:
        """Permanent unless every address that the host stands for may be reached; ValueError: one is no address."""
        for text in addresses:
            address = _meant(ip_address(text.partition("%")[0]))
            if address in _KEYS:
                raise _refused(host, "is where a cloud hands out credentials", integration, hint=_NEVER)
            if not _is_public(address) and not self._is_inside(address):
                raise _refused(host, "does not lie on the public internet", integration)

    def _is_inside(self, address: IPv4Address | IPv6Address) -> bool:
        return any(address in network for network in self.inside)


def _is_public(address: IPv4Address | IPv6Address) -> bool:
    if isinstance(address, IPv6Address) and address not in _ROUTED:
        return False
    return address.is_global and not address.is_multicast


def _meant(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """The IPv4 address inside an IPv6 one that only wraps it."""
    if isinstance(address, IPv4Address):
        return address
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else address)


_BESIDE = "name the network it lies in under `networks` of this place in tocsin.yaml, if that is what you want"
_NEVER = "no `networks` in tocsin.yaml allow it; see what this name stands for"


def _refused(host: str, why: str, integration: str, hint: str = _BESIDE) -> Permanent:
    return Permanent(
        f"{integration} may not reach {host}: it {why}",
        integration=integration,
        reason="client",
        hint=hint,
    )
