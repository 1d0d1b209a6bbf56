"""Charts in Slack: handed over in three steps, and shown by a message that names the file."""

from __future__ import annotations

from bot.integrations.slack.api import Api
from bot.model.board import Picture

_ALT = 1000


class Pictures:
    """Uploads of one bot."""

    def __init__(self, api: Api) -> None:
        self._api = api

    async def upload(self, picture: Picture, content: bytes) -> str:
        """The id by which a message shows it. Whoever sees such a message sees the file."""
        asked = await self._api.call(
            "files.getUploadURLExternal",
            repeatable=True,
            filename=picture.name,
            length=len(content),
            alt_txt=picture.alt[:_ALT],
        )
        file, address = str(asked.get("file_id", "")), str(asked.get("upload_url", ""))
        await self._api.upload(address, content)
        titled = [{"id": file, "title": picture.name}]
        await self._api.call("files.completeUploadExternal", repeatable=False, files=titled)
        return file
