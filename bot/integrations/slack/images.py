"""The images of a message, fetched from Slack to be kept: they are gone there when somebody deletes them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from bot.errors import IntegrationError
from bot.integrations.slack.api import Api
from bot.model.evidence import PICTURES, picture_type
from bot.model.remark import Shown

_LARGEST = 5 * 1024 * 1024
_MOST = 5
_TOO_LARGE = "only a link, as it is larger than 5 MiB"
_TOO_MANY = f"only a link, as {_MOST} images of a message are kept"
_NO_IMAGE = "only a link, as it is no image, whatever it is called"
_GONE = "only a link, as Slack does not hold it any more"
_MAY_NOT = "only a link, as Slack asks us to sign in to see it: the app may lack `files:read`, see `tocsin doctor`"

# Any: what Slack says of a file holds any JSON.
File = Mapping[str, Any]


class Images:
    """Those that people post in one workspace."""

    def __init__(self, api: Api) -> None:
        self._api = api

    async def of(self, files: Sequence[File]) -> Sequence[Shown]:
        """Each file that Slack calls an image we can show, or why it stays a link; what else there is has its link."""
        found = [one for one in files if one.get("mimetype") in PICTURES]
        fetched = await asyncio.gather(*(self._fetched(one) for one in found[:_MOST]))
        return [*fetched, *(Shown(name=_name(one), missed=_TOO_MANY) for one in found[_MOST:])]

    async def _fetched(self, file: File) -> Shown:
        name, size = _name(file), file.get("size")
        if isinstance(size, int) and size > _LARGEST:
            return Shown(name=name, missed=_TOO_LARGE)
        address = str(file.get("url_private_download") or file.get("url_private") or "")
        if not address:
            return Shown(name=name, missed=_GONE)
        try:
            content = await self._api.download(address, _LARGEST)
        except IntegrationError as error:
            return Shown(name=name, missed=_MAY_NOT if error.reason == "auth" else f"only a link, as {error.message}")
        # whoever may not read a file is shown the page on which people sign in, as if all were well
        kind = picture_type(content)
        if not kind:
            return Shown(name=name, missed=_MAY_NOT if content.lstrip()[:1] == b"<" else _NO_IMAGE)
        return Shown(name=name, media_type=kind, content=content)


def _name(file: File) -> str:
    return str(file.get("name") or "an image")
