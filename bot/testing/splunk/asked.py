"""A request as splunkd reads it: who asks, in which namespace, with which arguments."""

from __future__ import annotations

import base64
import binascii
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qs

from starlette.requests import Request

from bot.testing.splunk.answers import Refused
from bot.testing.splunk.settings import Settings

ARGUMENTS = "simulator.arguments"
"""Under this key the scope of a request has its arguments."""


@dataclass(slots=True)
class Sessions:
    """Who is let in: Bearer tokens, session keys that were given out, Basic."""

    settings: Settings
    keys: dict[str, str] = field(default_factory=dict)

    def login(self, user: str, password: str) -> str:
        """A session key."""
        if not self._right(user, password):
            raise Refused(401, "WARN", "Login failed")
        key = secrets.token_urlsafe(48)
        self.keys[key] = user
        return key

    def who(self, header: str, cookie: str = "") -> str:
        """The account of an Authorization header, or of the cookie that a login set."""
        scheme, _, secret = header.partition(" ")
        user = ""
        match scheme:
            case "Bearer":
                user = self.settings.tokens.get(secret, "")
            case "Splunk":
                user = self.keys.get(secret, "")
            case "Basic":
                user = self._basic(secret)
            case "" if cookie:
                user = self.keys.get(cookie, "")
        if not user:
            raise Refused(401, "WARN", "call not properly authenticated")
        return user

    def _basic(self, secret: str) -> str:
        try:
            user, _, password = base64.b64decode(secret, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return ""
        return user if self._right(user, password) else ""

    def _right(self, user: str, password: str) -> bool:
        account = self.settings.accounts.get(user)
        return account is not None and secrets.compare_digest(account.password.encode(), password.encode())


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request that was let in. `owner` and `app` are the namespace; `-` is any, empty is the account's own."""

    user: str
    owner: str
    app: str
    arguments: Mapping[str, tuple[str, ...]]
    as_json: bool

    def get(self, name: str, default: str = "") -> str:
        """An argument that is given once."""
        values = self.arguments.get(name)
        return values[-1] if values else default

    def whole(self, name: str, default: int) -> int:
        """An argument that is a whole number and not below zero."""
        given = self.get(name)
        if not given:
            return default
        if not given.isdigit():
            raise Refused(
                400, "FATAL", f"Invalid value {given!r} for argument {name!r}: a non-negative integer is expected."
            )
        return int(given)

    def seconds(self, name: str, default: float) -> float:
        """An argument that is a length in seconds."""
        try:
            return float(self.get(name) or default)
        except ValueError as error:
            raise Refused(400, "FATAL", f"Invalid value {self.get(name)!r} for argument {name!r}.") from error

    def flag(self, name: str, *, default: bool) -> bool:
        """An argument that is true or false."""
        given = self.get(name).lower()
        if given not in {"", "0", "1", "t", "f", "true", "false"}:
            raise Refused(400, "FATAL", f"Invalid value {given!r} for argument {name!r}: a boolean is expected.")
        return default if not given else given in {"1", "t", "true"}

    def only(self, *known: str) -> None:
        """Refuses arguments that no such request has, as a mistyped one must not be ignored."""
        for name in self.arguments:
            if name not in {*known, "output_mode"} and not name.startswith("custom."):
                raise Refused(400, "ERROR", f'Argument "{name}" is not supported by this handler.')


def arguments(query: str, form: bytes, content_type: str) -> dict[str, tuple[str, ...]]:
    """The arguments of a query string and of a form, the form's last."""
    found: dict[str, tuple[str, ...]] = {}
    texts = [query]
    if content_type.split(";")[0].strip() in {"application/x-www-form-urlencoded", ""}:
        texts.append(form.decode("utf-8", "replace"))
    for written in texts:
        for name, values in parse_qs(written, keep_blank_values=True).items():
            found[name] = (*found.get(name, ()), *values)
    return found


def arguments_of(request: Request) -> Mapping[str, tuple[str, ...]]:
    """The arguments of a request; they were read when it came in."""
    given: Mapping[str, tuple[str, ...]] = request.scope.get(ARGUMENTS, {})
    return given


def asked(request: Request, sessions: Sessions, *, capability: str = "") -> Asked:
    """Reads a request; refuses who is unknown (401), may not (403), or names an app or user that is not there (404)."""
    cookie = next((value for name, value in request.cookies.items() if name.startswith("splunkd_")), "")
    given = arguments_of(request)
    user = sessions.who(request.headers.get("authorization", ""), cookie)
    settings = sessions.settings
    owner, app = request.path_params.get("owner", ""), request.path_params.get("app", "")
    if app and app != "-" and app not in settings.apps:
        raise Refused(404, "ERROR", f"Application does not exist: {app}")
    if owner and owner not in {"-", "nobody", *settings.accounts}:
        raise Refused(404, "ERROR", f"User does not exist: {owner}")
    if capability and capability not in settings.accounts[user].capabilities:
        raise Refused(
            403,
            "ERROR",
            f"You (user={user}) do not have permission to perform this operation (requires capability: {capability}).",
        )
    form = given.get("output_mode", ("xml",))[-1]
    if form not in {"json", "xml"}:
        raise Refused(400, "FATAL", f"Invalid output mode: {form} is not simulated.")
    return Asked(user=user, owner=owner, app=app, arguments=given, as_json=form == "json")


def named(request: Request, key: str) -> str:
    """A name in the path; a slash in it is still encoded."""
    return str(request.path_params[key]).replace("%2F", "/")
