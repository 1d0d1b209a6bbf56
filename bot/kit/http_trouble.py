"""What goes wrong on the way to a server, in our own words: they name its host, and nothing else of its address."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from bot.errors import Permanent, Temporary

_UNTRUSTED = "name its authority as `tls: {ca: FILE}` beside its address in tocsin.yaml, or see whether it has run out"


class Unreached(Temporary):
    """No connection came about: in the attempt that failed like this nothing was sent."""


@contextmanager
def in_our_words(integration: str, url: str) -> Iterator[None]:
    """What goes wrong on the way, as Temporary. The transport takes some broken connections for silence: we do not."""
    import aiohttp
    import httpx

    try:
        yield
    except (httpx.TransportError, aiohttp.ClientError) as error:
        host = host_of(url)
        if not host:
            raise unusable(integration) from None
        raise _told(_met(error), integration, host) from None


def unusable(integration: str) -> Permanent:
    """Nobody can be asked at this address."""
    return Permanent(f"{integration} has an address that cannot be used", integration=integration, reason="client")


def too_slow(integration: str, url: str, deadline: float) -> Temporary:
    """Whoever is there has not answered in all the time there was, in seconds."""
    message = f"{host_of(url)} did not answer {integration} within {deadline:g} s"
    return Temporary(message, integration=integration, reason="timeout")


def host_of(url: str) -> str:
    """Host and port, as far as they are said; nothing of an address that has none."""
    try:
        parts = urlsplit(url)
        return f"{parts.hostname}:{parts.port}" if parts.port else parts.hostname or ""
    except ValueError:
        return ""


def _met(error: BaseException) -> BaseException:
    """What was met, below what the transport makes of it."""
    import aiohttp

    while isinstance(error.__cause__, aiohttp.ClientError):
        error = error.__cause__
    return error


def _told(met: BaseException, integration: str, host: str) -> Temporary:
    import aiohttp
    import httpx

    no_connection = isinstance(met, aiohttp.ClientConnectorError | aiohttp.ConnectionTimeoutError)
    kind = Unreached if no_connection else Temporary
    if isinstance(met, httpx.TimeoutException | TimeoutError):
        return kind(f"{host} did not answer {integration} in time", integration=integration, reason="timeout")
    if isinstance(met, aiohttp.ClientConnectorCertificateError):
        message = f"{integration}: the certificate of {host} is not trusted"
        return kind(message, integration=integration, reason="connection", hint=_UNTRUSTED)
    return kind(f"{integration} cannot reach {host}: {_why(met)}", integration=integration, reason="connection")


def _why(error: BaseException) -> str:
    """What broke a connection, without the address that aiohttp and httpx name with it."""
    if isinstance(error, OSError) and error.errno and error.errno > 0:
        return os.strerror(error.errno)
    return type(error).__name__
