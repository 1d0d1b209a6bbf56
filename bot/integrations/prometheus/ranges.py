"""Range data for evidence, through prometheus-api-client: the one home of that library.

It speaks synchronously over requests, so this runs in a thread. Its session is ours: no retries, no redirects, no
proxies of the environment, form-encoded (the library would put long expressions into the address), and a deadline
and a cap on the answer, neither of which requests has.
"""

from __future__ import annotations

import io
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from bot.errors import IntegrationError, Permanent, Temporary
from bot.integrations.prometheus import answers
from bot.kit.http_out import retry_after
from bot.kit.way_in import Access
from bot.model.sample import Series, Window

if TYPE_CHECKING:
    import requests


def ask(access: Access, expr: str, window: Window, step: timedelta) -> tuple[Series, ...]:
    """Blocks for at most the server's timeout. `expr` is sent as it stands; times are exact to the millisecond."""
    access.context()  # says what is wrong with a certificate better than requests does
    import prometheus_api_client
    import requests
    import urllib3

    try:
        with _session(access) as session:
            server = prometheus_api_client.PrometheusConnect(
                url=access.url,
                headers={**access.headers, "Accept-Encoding": "identity", "User-Agent": "tocsin"},
                retry=urllib3.Retry(0),
                session=session,
                method="POST",
            )
            # The library rounds times to seconds; its `params` come last and win.
            times = {"start": answers.exact(window.start), "end": answers.exact(window.end)}
            result = server.custom_query_range(
                expr,
                window.start,
                window.end,
                f"{max(step, timedelta(milliseconds=1)).total_seconds():.3f}",
                params={**times, "timeout": f"{access.timeout:g}s"},
                timeout=access.timeout,
            )
    except IntegrationError:
        raise
    except (requests.exceptions.JSONDecodeError, KeyError, TypeError, RecursionError):
        result = None  # not JSON, or not Prometheus' JSON: said by the last line
    except requests.exceptions.SSLError:
        message = f"{access.name}: the certificate of its server is not trusted"
        hint = f"name its authority under `integrations: {access.name}: tls: {{ca: FILE}}`"
        raise Permanent(message, integration=access.name, reason="auth", hint=hint) from None
    except requests.exceptions.Timeout:
        raise _too_slow(access) from None
    except (requests.exceptions.RequestException, urllib3.exceptions.HTTPError, OSError):
        message = f"{access.name} cannot be reached, or broke the connection off"
        raise Temporary(message, integration=access.name, reason="connection") from None
    return answers.ranges(result, access.name)


def _session(access: Access) -> requests.Session:
    import requests

    class Session(requests.Session):
        """Reads every answer to its end within the deadline and the cap, and raises for those that are none."""

        def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:
            deadline = time.monotonic() + access.timeout
            request.url, _, form = (request.url or "").partition("?")
            request.prepare_body(form, None)
            request.headers["Content-Type"] = "application/x-www-form-urlencoded"
            response = super().send(request, **{**options, "stream": True, "allow_redirects": False})
            with response:
                body = _read(response, access, deadline)
                wait = retry_after(response.headers.get("Retry-After"), datetime.now(UTC))
            if response.status_code != 200:
                raise answers.refusal(response.status_code, body, access.name, access.redactor, wait)
            response.raw = io.BytesIO(body)
            return response

    session = Session()
    session.trust_env = False
    session.verify = str(access.tls.ca) if access.tls.ca else True
    session.cert = (str(access.tls.cert), str(access.tls.key)) if access.tls.cert else None
    return session


def _read(response: requests.Response, access: Access, deadline: float) -> bytes:
    if response.headers.get("Content-Encoding", "identity") != "identity":
        message = f"{access.name} sent a compressed answer that nobody asked for"
        raise Permanent(message, integration=access.name, reason="server")
    body = bytearray()
    while chunk := response.raw.read1(64 * 1024):
        body += chunk
        if len(body) > answers.MAX_BODY:
            message = f"{access.name} sent more than {answers.MAX_BODY // 1024} KiB"
            raise Permanent(message, integration=access.name, reason="server", hint="let the expression answer less")
        if time.monotonic() > deadline:
            raise _too_slow(access)
    return bytes(body)


def _too_slow(access: Access) -> Temporary:
    message = f"{access.name} did not answer within {access.timeout:g} s"
    return Temporary(message, integration=access.name, reason="timeout")
