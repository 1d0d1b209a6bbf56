"""The running Tocsin, as its command line sees it: its API with a token, and failures in our own words."""

from __future__ import annotations

import argparse
import os
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import quote, urlsplit

import httpx

from bot import __version__
from bot.config.outline import Outline, outline
from bot.config.places import default_path
from bot.config.schema import is_loopback
from bot.errors import (
    Complaint,
    Conflict,
    DocumentError,
    Gravity,
    NotAllowed,
    NotFound,
    Permanent,
    Temporary,
    TocsinError,
)

PREFIX = "/api/v1"
ALERTMANAGER = "/api/v2"
_SECONDS = 60.0
_CONNECT_SECONDS = 5.0
# Any: what the API answers is plain JSON, whose shape is in its OpenAPI document.
Answer = dict[str, Any]


class Client:
    """One running Tocsin; `server` is its address without a slash at the end.

    `token` may be the reason why there is none: it is told once something answers and asks for one.
    """

    def __init__(self, server: str, token: str | NotFound, outline: Outline) -> None:
        self.server = server
        self._token = token
        self.outline = outline
        self._local = is_loopback(urlsplit(server).hostname or "")
        self._http = httpx.Client(
            base_url=server,
            headers={"User-Agent": f"tocsin-cli/{__version__}", **_authorization(token)},
            timeout=httpx.Timeout(_SECONDS, connect=_CONNECT_SECONDS),
            trust_env=not self._local,  # a proxy to the world is no way to this machine
        )

    def get(self, *path: str, query: Mapping[str, str | list[str]] | None = None) -> Answer:
        """The JSON at this path; the parts of a path may hold anything."""
        return self._json(self._send("GET", path, query=query))

    def text(self, *path: str, query: Mapping[str, str | list[str]] | None = None) -> str:
        """The text at this path."""
        return self._send("GET", path, query=query).text

    def post(self, *path: str, body: Mapping[str, object] | None = None) -> Answer:
        """Changes something; what came of it."""
        return self._json(self._send("POST", path, body=body))

    def patch(self, *path: str, body: Mapping[str, object]) -> Answer:
        """Changes some of what is there; all of it afterwards."""
        return self._json(self._send("PATCH", path, body=body))

    def alertmanager(
        self, method: str, *path: str, query: Mapping[str, str] | None = None, body: Mapping[str, object] | None = None
    ) -> Answer | list[Answer] | None:
        """What Alertmanager's API, version 2, answers: Tocsin keeps silences there. None where it says nothing."""
        answer = self._send(method, path, query=query, body=body, prefix=ALERTMANAGER)
        return self._plain(answer) if answer.content.strip() else None

    def close(self) -> None:
        """Closes the connections."""
        self._http.close()

    def _send(
        self,
        method: str,
        path: tuple[str, ...],
        *,
        query: Mapping[str, str] | Mapping[str, str | list[str]] | None = None,
        body: Mapping[str, object] | None = None,
        prefix: str = PREFIX,
    ) -> httpx.Response:
        address = "/".join([prefix, *(quote(part, safe="") for part in path)])
        try:
            answer = self._http.request(method, address, params=query, json=body)
        except httpx.TimeoutException:
            raise self._away(f"{self.server} does not answer in time", "timeout", "look at its log") from None
        except httpx.TransportError as error:
            raise self._unreachable(error) from None
        if answer.is_success:
            return answer
        if answer.status_code == 401 and isinstance(self._token, NotFound):
            raise self._token
        raise _failure(answer, self.server)

    def _unreachable(self, error: httpx.TransportError) -> Temporary:
        if self._local and isinstance(error, httpx.ConnectError):
            hint = "start it with `tocsin run`, or name another with --server URL"
            return self._away(f"nothing answers at {self.server}", "connection", hint)
        hint = "see whether it runs, and whether this machine reaches it"
        return self._away(f"cannot reach {self.server}: {error}", "connection", hint)

    def _away(self, message: str, reason: str, hint: str) -> Temporary:
        return Temporary(message, integration="tocsin", reason=reason, hint=hint)

    def _json(self, answer: httpx.Response) -> Answer:
        value = self._plain(answer)
        return value if isinstance(value, dict) else self._stranger()

    def _plain(self, answer: httpx.Response) -> Answer | list[Answer]:
        try:
            value = answer.json()
        except ValueError:
            value = None
        return value if isinstance(value, (dict, list)) else self._stranger()

    def _stranger(self) -> NoReturn:
        raise Permanent(
            f"what answers at {self.server} is not Tocsin",
            integration="tocsin",
            reason="client",
            hint="name its address with --server URL",
        )


@contextmanager
def connected(arguments: argparse.Namespace) -> Iterator[Client]:
    """The Tocsin that the options and the configuration name; TocsinError says why there is none."""
    known = outline(arguments.config or default_path(Path.cwd()), os.environ, Path.cwd())
    server = _address(arguments.server) if arguments.server else known.address
    path = arguments.token_file or known.token_file
    token: str | NotFound
    try:
        token = read_token(path)
    except NotFound as missing:
        token = missing
    client = Client(server, token, known)
    try:
        yield client
    finally:
        client.close()


def read_token(path: Path) -> str:
    """The token in a file that only its owner can read. NotFound, or NotAllowed when others can read it too."""
    try:
        with path.open(encoding="utf-8") as file:
            readable = os.fstat(file.fileno()).st_mode & (stat.S_IRWXG | stat.S_IRWXO)
            token = file.read().strip()
    except FileNotFoundError:
        hint = "`tocsin run` writes it when it starts; name yours with --token-file FILE"
        raise NotFound(f"there is no token at {path}", hint=hint) from None
    except (OSError, UnicodeDecodeError) as error:
        hint = "name a file that you own with --token-file FILE"
        raise NotAllowed(f"cannot read the token at {path}: {_reason(error)}", hint=hint) from None
    if readable:
        raise NotAllowed(f"others than its owner can use the token at {path}", hint=f"chmod 600 {path}")
    if not token or not token.isascii() or not token.isprintable():
        raise NotAllowed(f"there is no token in {path}", hint="it holds one line: the token")
    return token


def _authorization(token: str | NotFound) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"} if isinstance(token, str) else {}


def _reason(error: OSError | UnicodeDecodeError) -> str:
    return (error.strerror or "unknown").lower() if isinstance(error, OSError) else "it is not text"


def _address(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise NotFound(f"not an address: {text!r}", hint="write it like --server https://tocsin.example.net")
    return text.rstrip("/")


def _failure(answer: httpx.Response, server: str) -> TocsinError:
    """What a refusal means: the server's own words, in the error they were before."""
    problem = _problem(answer)
    if problem is None:
        return Temporary(
            f"{server} answered {answer.status_code}, and not in Tocsin's words",
            integration="tocsin",
            reason="server",
            hint="see whether a proxy stands in between, or name Tocsin's address with --server URL",
        )
    message, hint = str(problem["error"]), str(problem.get("hint", ""))
    match answer.status_code:
        case 401 | 403:
            return NotAllowed(message, hint=hint)
        case 404:
            return NotFound(message, hint=hint)
        case 409:
            return Conflict(message, hint=hint)
        case 503:
            return Temporary(message, integration="tocsin", reason="server", hint=hint)
        case 422 if problem.get("complaints"):
            return DocumentError([_complaint(one) for one in problem["complaints"]], hint=hint)
        case _:
            return TocsinError(message, hint=hint)


def _complaint(found: Answer) -> Complaint:
    return Complaint(
        file=found["file"],
        line=found["line"],
        column=found["column"],
        path=found["path"],
        message=found["message"],
        gravity=Gravity(found["gravity"]),
    )


def _problem(answer: httpx.Response) -> Answer | None:
    try:
        value = answer.json()
    except ValueError:
        return None
    match value:
        case {"error": _}:
            return dict(value)
        case {"message": str(said)} | str(said):  # as Alertmanager's API says it
            return {"error": said}
        case _:
            return None
