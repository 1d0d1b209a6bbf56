"""The receivers of an alertmanager.yml as ours: their webhooks become integrations, and what we cannot tell is said.

What is a secret there is not copied: where one stood, the integration names an environment variable to put it in.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from bot.documents import Path

# Any: what stands in a document, before it is validated.
Plain = dict[str, Any]
Remark = Callable[[str, Path, str], None]
"""`taken`, `changed` or `left`; where; and why."""

_CONFIGS = re.compile(r"(\w+)_configs?")
_KEPT = ("send_resolved", "max_alerts")


def is_yes(text: str) -> bool:
    """What YAML means by a text, where it is to be true or false."""
    return text.lower() in ("true", "yes", "on", "y")


class Receivers:
    """Reads receivers one after the other; `integrations` are those that their webhooks need."""

    def __init__(self, remark: Remark) -> None:
        self.integrations: dict[str, Plain] = {}
        self._remark = remark

    def read(self, receiver: Mapping[str, Any], path: Path) -> Plain:
        """One receiver as it stands in tocsin.yaml."""
        made: Plain = {"name": receiver.get("name")}
        left = 0
        for key, value in receiver.items():
            if key == "webhook_configs":
                made[key] = self._webhooks(str(receiver.get("name")), value or [], (*path, key))
            elif key != "name":
                left += 1
                kind = _CONFIGS.fullmatch(key)
                who = f"Tocsin does not tell {kind[1]} by itself" if kind else "Tocsin knows no such key"
                self._remark("left", (*path, key), f"{who}; the incident is opened all the same")
        self._remark("changed" if left or "webhook_configs" in made else "taken", path, f"receiver {made['name']!r}")
        return made

    def _webhooks(self, receiver: str, entries: list[Plain], path: Path) -> list[Plain]:
        made = []
        for index, entry in enumerate(entries):
            place = (*path, index)
            integration = self._integration(entry, place, f"{receiver} webhook" + (f" {index + 1}" if index else ""))
            if integration is not None:
                kept = {key: entry[key] for key in _KEPT if entry.get(key) is not None}
                if "send_resolved" in kept:
                    kept["send_resolved"] = is_yes(kept["send_resolved"])
                made.append({"integration": integration, **kept})
        return made

    def _integration(self, entry: Plain, path: Path, wanted: str) -> str | None:
        """The name of an integration for this address; None where none can be made."""
        url = entry.get("url")
        if not isinstance(url, str) or urlsplit(url).scheme not in ("http", "https"):
            why = "its address is not in this file: write an integration that uses `webhook`, and name it here"
            self._remark("left", path, why)
            return None
        name = _free(wanted, self.integrations)
        made: Plain = {"use": "webhook"}
        self.integrations[name] = made
        self._address(url, made, (*path, "url"), name)
        if "timeout" in entry:
            made["timeout"] = entry["timeout"]
        self._credentials(entry.get("http_config") or {}, made, (*path, "http_config"), name)
        for key in entry:
            if key not in ("url", "timeout", "http_config", *_KEPT):
                self._remark("left", (*path, key), "a webhook of Tocsin has no such key")
        self._remark("changed", path, f"told through the integration {name!r}")
        return name

    def _address(self, url: str, made: Plain, path: Path, name: str) -> None:
        parts = urlsplit(url)
        host = parts.netloc.rpartition("@")[2]
        if not parts.query:
            made["url"] = f"{parts.scheme}://{host}{parts.path}"
        else:
            made["url"] = f"{parts.scheme}://{host}"
            made["secret_path"] = {"env": _variable(name, "PATH")}
            text = f"put what follows the host into the environment variable {_variable(name, 'PATH')}"
            self._remark("changed", path, text)
        if parts.username or parts.password:
            made["basic_auth"] = {
                "username": parts.username or "",
                "password": {"env": _variable(name, "PASSWORD")},
            }
            text = f"put the password of the address into the environment variable {_variable(name, 'PASSWORD')}"
            self._remark("changed", path, text)

    def _credentials(self, config: Plain, made: Plain, path: Path, name: str) -> None:
        bearer = config.get("authorization") or {}
        if str(bearer.get("type") or "Bearer").lower() != "bearer":
            self._remark("left", (*path, "authorization"), "only bearer tokens and basic authentication are shown")
            bearer = {}
        for holder, key in ((bearer, "credentials"), (config, "bearer_token")):
            if f"{key}_file" in holder or key in holder:
                made["bearer_token"] = self._secret(holder, key, _variable(name, "TOKEN"), path)
        basic = config.get("basic_auth") or {}
        if basic:
            password = self._secret(basic, "password", _variable(name, "PASSWORD"), path)
            made["basic_auth"] = {"username": basic.get("username") or "", "password": password}
        for key in config:
            if key not in ("authorization", "bearer_token", "bearer_token_file", "basic_auth"):
                self._remark(
                    "left", (*path, key), "see the README of the integration `webhook` for what there is instead"
                )

    def _secret(self, holder: Plain, key: str, variable: str, path: Path) -> Plain:
        if holder.get(f"{key}_file"):
            return {"file": holder[f"{key}_file"]}
        self._remark("changed", path, f"put its {key.replace('_', ' ')} into the environment variable {variable}")
        return {"env": variable}


def _free(wanted: str, taken: Mapping[str, object]) -> str:
    name = re.sub(r"[^A-Za-z0-9]+", "-", wanted).strip("-").lower()
    number = 2
    while name in taken:
        name, number = f"{name.rstrip('0123456789').rstrip('-')}-{number}", number + 1
    return name


def _variable(name: str, what: str) -> str:
    return f"{name}_{what}".replace("-", "_").upper()
