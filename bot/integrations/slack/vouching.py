"""Who somebody is in Slack, as Slack says at this moment; and who we are there."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from bot.integrations.slack.api import Api, Refusal
from bot.model.utterance import Speaker


class Vouching:
    """Asks one workspace. `trusts`: an e-mail address there is proof of who somebody is."""

    def __init__(self, api: Api, *, trusts: bool) -> None:
        self._api, self._trusts = api, trusts
        self._team = ""
        self.bot = self.url = ""
        """Who we are there, and where the workspace is; known once anybody was asked about."""
        self._asking: dict[str, asyncio.Task[Mapping[str, object]]] = {}

    async def of(self, user: str) -> Speaker | str:
        """Who they are; or why they are nobody who may do anything. Temporary and Permanent: Slack does not say."""
        await self.introduce()
        about = await self._about(user)
        if about.get("deleted") or about.get("is_bot"):
            return "This is no account of a person at work here, so nothing was done."
        if about.get("is_restricted") or about.get("is_ultra_restricted"):
            return "Guests can do nothing here. Ask somebody of the team that is on call."
        if about.get("is_stranger") or str(about.get("team_id", "")) != self._team:
            return "People of another workspace can do nothing here. Ask somebody of the team that is on call."
        profile = about.get("profile")
        email = str(profile.get("email") or "") if isinstance(profile, dict) else ""
        return Speaker(integration=self._api.name, user=user, email=email, trusted=self._trusts)

    async def introduce(self) -> None:
        """Asks who we are there, once. Temporary and Permanent."""
        if not self._team:
            said = await self._api.call("auth.test", repeatable=True)
            self.url = str(said.get("url", "")).rstrip("/")
            self._team, self.bot = str(said.get("team_id", "")), str(said.get("user_id", ""))

    async def name(self, user: str) -> str:
        """What somebody is called there, for people to read; the id of somebody of whom Slack says nothing."""
        try:
            about = await self._about(user)
        except Refusal:
            return user
        return str(about.get("real_name") or about.get("name") or user)

    async def _about(self, user: str) -> Mapping[str, object]:
        """What Slack says of them. Whoever clicks a hundred times is asked about once, as long as that takes."""
        asking = self._asking.get(user)
        if asking is None:
            asking = asyncio.create_task(self._ask(user))
            self._asking[user] = asking
            asking.add_done_callback(lambda _: self._asking.pop(user, None))
        return await asyncio.shield(asking)

    async def _ask(self, user: str) -> Mapping[str, object]:
        found = (await self._api.call("users.info", repeatable=True, user=user)).get("user")
        return found if isinstance(found, dict) else {"deleted": True}
