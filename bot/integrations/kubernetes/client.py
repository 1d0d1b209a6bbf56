"""The way to an API server, on the official client: its one home, loaded with the first request.

Below every action and above every byte stands a gate: while only reading is allowed, nothing leaves but GET and HEAD,
what is sent with `dryRun=All`, and the question what we may do. A redirect is refused: our token is for one server.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn

import yaml

from bot.errors import IntegrationError, Permanent, Temporary
from bot.integrations.kubernetes.answers import Declined, answered_with
from bot.integrations.kubernetes.config import KubernetesConfig
from bot.kit.redaction import Redactor, visible
from bot.ports.reads_only import require_read

if TYPE_CHECKING:
    import aiohttp
    from kubernetes.aio.client import ApiClient, Configuration

Query = Sequence[tuple[str, str]]
_MOST = 16 * 1024 * 1024  # bytes of one answer
_CHUNK = 64 * 1024
_CHANNELS = re.compile(r"/(pods|services|nodes)/[^/]+/(exec|attach|portforward|proxy)(/|$)")
_MAY_I = re.compile(r"/apis/authorization\.k8s\.io/v1/selfsubject(access|rules)reviews")
_JSON = "application/json"
_GOODBYE = 0.1  # seconds
_listed: ContextVar[bool] = ContextVar("listed", default=False)
"""Whether what is being run in a pod was listed as reading."""


def only_reads(method: str, path: str, dry_run: Sequence[str], body: object = None) -> bool:
    """Whether a request changes nothing.

    What opens a channel into a pod is a GET, and no read. A DELETE with options in its body goes by these, whatever its
    address says.
    """
    if _CHANNELS.search(path):
        return False
    if method == "DELETE" and isinstance(body, Mapping) and body.get("dryRun") != ["All"]:
        return False
    if method in ("GET", "HEAD") or list(dry_run) == ["All"]:
        return True
    return method == "POST" and _MAY_I.fullmatch(path) is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A JSON document and when the server said it (its `Date`, or empty)."""

    body: Any  # Any: whatever JSON
    date: str


class Lost(Exception):
    """A command had begun in a pod, and nobody saw how it ended."""


class Api:
    """Requests to one API server, which tocsin.yaml calls `name`. Errors are ours, with the server's words in them.

    Credentials are read when they are first needed, and once more when they are refused: files and login programs give
    new ones from time to time.
    """

    def __init__(self, config: KubernetesConfig, name: str, redactor: Redactor) -> None:
        self._config, self._name, self._redactor = config, name, redactor
        self._client: ApiClient | None = None
        self._opening = asyncio.Lock()

    async def close(self) -> None:
        """Closes its connections."""
        client, self._client = self._client, None
        if client is not None:
            await client.close()

    async def server(self) -> str:
        """The address of the API server: a kubeconfig may name another one by now."""
        return str((await self._ready()).configuration.host)

    async def call(
        self,
        method: str,
        path: str,
        *,
        query: Query = (),
        body: object = None,
        content: str = _JSON,
        within: float | None = None,
    ) -> Answer:
        """One request and its JSON answer; Temporary or Permanent for every other end."""
        async with self._asked(method, path, query, body, content, within) as response:
            raw = await self._whole(response)
            date = response.headers.get("Date", "")
        try:
            return Answer(body=json.loads(raw), date=date)
        except (ValueError, RecursionError):
            message = f"{self._name} answered {method} {path} with something that is no JSON"
            raise Permanent(message, integration=self._name, reason="server") from None

    async def stream(self, path: str, *, query: Query = (), within: float) -> AsyncIterator[bytes]:
        """What a GET answers, piece by piece."""
        async with self._asked("GET", path, query, None, _JSON, within) as response:
            async for chunk in response.content.iter_chunked(_CHUNK):
                yield chunk

    async def execute(
        self, path: str, *, query: Query, hear: Callable[[int, bytes], None], reads: bool = False
    ) -> dict[str, Any]:
        """Runs a command over a websocket; `hear` takes each piece of output with its channel, 1 or 2.

        `reads`: the operator lists it as one that only reads.

        Returns the Status that says how it ended. An IntegrationError says that it did not begin; Lost that its end was
        not seen.
        """
        # Any: a Status of the API.
        client = await self._ready()
        from kubernetes.aio.stream import WsApiClient

        status: dict[str, Any] | None = None
        socket_client = WsApiClient(client.configuration, heartbeat=30)
        begun = False
        listed = _listed.set(reads)
        try:
            _, url, headers, _, _ = await self._serialized(socket_client, "GET", path, query, None, _JSON)
            opened = await socket_client.call_api("GET", url, headers, _preload_content=False)
            async with opened.response as socket:
                begun = True
                async for message in socket:
                    data = message.data if isinstance(message.data, bytes) else str(message.data).encode()
                    if data[:1] == b"\x03":
                        status = json.loads(data[1:])
                    elif data[:1] in (b"\x01", b"\x02"):
                        hear(data[0], data[1:])
        except IntegrationError:
            raise
        except Exception as error:  # translated, or raised again: what the client raises has no common root
            if begun:
                raise Lost from error
            self._translate(error)
        finally:
            _listed.reset(listed)
            await socket_client.close()
            await asyncio.sleep(_GOODBYE)  # aiohttp does not wait for the end of TLS, and asks its users to
        if status is None:
            raise Lost
        return status

    @asynccontextmanager
    async def _asked(
        self, method: str, path: str, query: Query, body: object, content: str, within: float | None
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """The response of success; everything else is raised, translated."""
        self._check(method, path, [value for key, value in query if key == "dryRun"], body)
        seconds = within if within is not None else self._config.timeout.total_seconds()
        try:
            async with asyncio.timeout(seconds):
                response = await self._send(method, path, query, body, content, seconds)
                try:
                    yield response
                finally:
                    response.release()
        except IntegrationError:
            raise
        except Exception as error:  # as above
            self._translate(error)

    async def _send(
        self, method: str, path: str, query: Query, body: object, content: str, seconds: float
    ) -> aiohttp.ClientResponse:
        for last in (False, True):
            client = await self._ready()
            _, url, headers, sent, _ = await self._serialized(client, method, path, query, body, content)
            answered = await client.call_api(method, url, headers, sent, _request_timeout=seconds + 1)
            response: aiohttp.ClientResponse = answered.response
            if response.status < 300:
                return response
            refused = await self._refused(response)
            response.release()
            if response.status != 401 or last:
                raise refused
            await self._forget(client)  # a token that was replaced meanwhile: read it anew, once
        raise AssertionError("the last of two attempts returns or raises")

    async def _serialized(
        self, client: ApiClient, method: str, path: str, query: Query, body: object, content: str
    ) -> Any:  # Any: the official client's tuple
        headers = {"Accept": _JSON, "Content-Type": content}
        return await client.param_serialize(
            method, path, query_params=list(query), header_params=headers, body=body, auth_settings=["BearerToken"]
        )

    async def _refused(self, response: aiohttp.ClientResponse) -> IntegrationError:
        body = await response.content.read(_CHUNK)
        retry_after = response.headers.get("Retry-After", "")
        return answered_with(response.status, body, retry_after, name=self._name, clean=self._redactor.clean)

    async def _whole(self, response: aiohttp.ClientResponse) -> bytes:
        parts, size = [], 0
        async for chunk in response.content.iter_chunked(_CHUNK):
            size += len(chunk)
            if size > _MOST:
                message = f"{self._name} answered with more than {_MOST // 1024 // 1024} MiB"
                hint = "ask for less: one namespace, or a label selector"
                raise Permanent(message, integration=self._name, reason="client", hint=hint)
            parts.append(chunk)
        return b"".join(parts)

    async def _ready(self) -> ApiClient:
        async with self._opening:
            if self._client is None:
                self._client = await self._opened()
            return self._client

    async def _forget(self, client: ApiClient) -> None:
        async with self._opening:
            if self._client is client:
                self._client = None
        await client.close()

    async def _opened(self) -> ApiClient:
        await asyncio.to_thread(self._load)  # two seconds, once
        from kubernetes.aio.client import ApiClient, Configuration
        from kubernetes.aio.config import ConfigException

        made = Configuration()
        made.client_session_kwargs = {"middlewares": (self._gate,)}
        try:
            async with asyncio.timeout(self._config.timeout.total_seconds()):
                await self._configured(made)
            if self._config.ca is not None:
                made.ssl_ca_cert, made.ca_cert_data = str(self._config.ca), None
            client = await asyncio.to_thread(ApiClient, made)  # reads certificates
        except TimeoutError:
            raise self._no_way_in("logging in took too long") from None
        except (ConfigException, yaml.YAMLError, OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            # The loader raises what a malformed file makes it stumble over.
            raise self._no_way_in(str(error) or type(error).__name__) from None
        token = str(made.api_key.get("BearerToken") or "")
        self._redactor.add(token.partition(" ")[2])
        return client

    def _load(self) -> None:
        try:
            for module in ("kubernetes.aio.client", "kubernetes.aio.config", "kubernetes.aio.stream"):
                importlib.import_module(module)
        except ImportError as error:
            message = f"{self._name} needs the package `kubernetes`, which is not installed ({visible(str(error))})"
            hint = "install it: pip install 'tocsin[kubernetes]'"
            raise Permanent(message, integration=self._name, reason="client", hint=hint) from None

    async def _configured(self, made: Configuration) -> None:
        from kubernetes.aio import config as loading

        if self._config.in_cluster:
            await asyncio.to_thread(loading.load_incluster_config, made)
        elif self._config.kubeconfig is not None:
            await loading.load_kube_config(
                str(self._config.kubeconfig), self._config.context or None, made, persist_config=False
            )
        else:
            token = self._config.token.get_secret_value() if self._config.token else ""
            made.host = self._config.server or ""
            made.api_key = {"BearerToken": f"Bearer {token.strip()}"}

    async def _gate(
        self,
        request: aiohttp.ClientRequest,
        handler: Callable[[aiohttp.ClientRequest], Awaitable[aiohttp.ClientResponse]],
    ) -> aiohttp.ClientResponse:
        self._check(request.method, request.url.path, request.url.query.getall("dryRun", []), None)
        response = await handler(request)
        if 300 <= response.status < 400:
            response.close()
            message = f"{self._name} answered {response.status}: it sends us elsewhere"
            hint = "write the API server's own address, not that of something in front of it"
            raise Permanent(message, integration=self._name, reason="client", hint=hint)
        return response

    def _check(self, method: str, path: str, dry_run: Sequence[str], body: object) -> None:
        reads = only_reads(method, path, dry_run, body) or _listed.get()
        require_read(f"{method} {path}", integration=self._name, reads=reads)

    def _translate(self, error: Exception) -> NoReturn:
        import aiohttp

        said = visible(self._redactor.clean(str(error)))[:200]
        if isinstance(error, aiohttp.WSServerHandshakeError):
            raise answered_with(error.status, b"", "", name=self._name, clean=self._redactor.clean) from None
        if isinstance(error, aiohttp.ClientConnectorCertificateError):
            message = f"{self._name} shows a certificate that is not trusted: {said}"
            hint = f"name the file with its authority as `integrations: {self._name}: ca:` in tocsin.yaml"
            raise Permanent(message, integration=self._name, reason="connection", hint=hint) from None
        if isinstance(error, TimeoutError):
            message = f"{self._name} did not answer in time"
            raise Temporary(message, integration=self._name, reason="timeout") from None
        if isinstance(error, aiohttp.InvalidURL):
            raise self._no_way_in(f"{said} is no address") from None
        if isinstance(error, aiohttp.ClientError | OSError):
            message = f"cannot reach {self._name}: {said or type(error).__name__}"
            raise Temporary(message, integration=self._name, reason="connection") from None
        raise error

    def _no_way_in(self, why: str) -> IntegrationError:
        message = f"cannot log in to {self._name}: {visible(self._redactor.clean(why))[:300]}"
        hint = (
            f"see what `integrations: {self._name}:` in tocsin.yaml names, and whether `kubectl get ns` works with it"
        )
        return Declined(message, integration=self._name, reason="auth", hint=hint)
