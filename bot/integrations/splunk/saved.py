"""The saved searches that a server keeps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.integrations.splunk import answers
from bot.integrations.splunk.rest import Rest, within
from bot.model.kept_search import KeptSearch

_PAGE = 200
_ANY = "-"
_OF_A_PERSON = "user"


@dataclass(frozen=True, slots=True, kw_only=True)
class SplunkSaved:
    """A `SavedSearches`: pages through them all, for one answer has its limits."""

    rest: Rest

    async def saved(self, app: str = "", owner: str = "") -> Sequence[KeptSearch]:
        """See `SavedSearches`. What other apps share with this one is not of this one."""
        path = f"{within(owner or _ANY, app or _ANY)}/saved/searches"
        found: dict[tuple[str, str, str], KeptSearch] = {}
        offset, name = 0, self.rest.access.name
        while True:
            answer = await self.rest.get(path, {"count": str(_PAGE), "offset": str(offset)})
            page = answers.entries(answers.fields(answer.body, name), name)
            for entry in page:
                one = self._kept(entry)
                if app in ("", one.app) and owner in ("", one.owner):
                    found[one.app, one.owner, one.name] = one
            offset += len(page)
            if len(page) < _PAGE:
                return sorted(found.values(), key=lambda one: (one.app, one.owner, one.name))

    def _kept(self, entry: Mapping[str, Any]) -> KeptSearch:
        acl, name = entry.get("acl"), entry.get("name")
        if not isinstance(acl, dict) or not isinstance(name, str):
            raise answers.not_splunk(self.rest.access.name)
        is_private = acl.get("sharing") == _OF_A_PERSON
        return KeptSearch(
            name=name,
            app=str(acl.get("app", "")),
            owner=str(acl.get("owner", "")) if is_private else "nobody",
            settings=answers.settings(entry["content"]),
        )
