"""`users.*`, `usergroups.*`, `views.*` and `files.*`: people, what opens before them, and what is uploaded."""

from __future__ import annotations

from collections.abc import Callable

from bot.testing.slack import blocks as kit
from bot.testing.slack.words import Asked, Json, Refused, paged
from bot.testing.slack.workspace import APP, BOT, BOT_ID, TEAM, Workspace

_DEEPEST = 3


class People:
    """The handlers; each takes what was asked and answers what stands beside `ok`. `url`: where we are."""

    def __init__(self, workspace: Workspace, ready_s: Callable[[], float]) -> None:
        """`ready_s`: seconds until what was uploaded can be shown in a block."""
        self._workspace, self._ready_s = workspace, ready_s
        self.url = ""

    # ---- people -------------------------------------------------------------------------------------------------

    def info(self, asked: Asked) -> Json:
        """users.info."""
        return {"user": self._workspace.user(asked.needed("user", "user_not_found")).shown()}

    def bot(self, asked: Asked) -> Json:
        """bots.info: there is one, which is ours."""
        if asked.text("bot") != BOT_ID:
            raise Refused("bot_not_found")
        return {"bot": {"id": BOT_ID, "app_id": APP, "user_id": BOT, "name": "tocsin", "deleted": False, "icons": {}}}

    def list(self, asked: Asked) -> Json:
        """users.list."""
        return paged([one.shown() for one in self._workspace.users.values()], asked, "members", most=1000, usual=1000)

    def by_email(self, asked: Asked) -> Json:
        """users.lookupByEmail. Of people who left it knows nothing."""
        email = asked.needed("email", "users_not_found").lower()
        for one in self._workspace.users.values():
            if one.email == email and not one.deleted:
                return {"user": one.shown()}
        raise Refused("users_not_found")

    def groups(self, asked: Asked) -> Json:
        """usergroups.list."""
        found = []
        for one in self._workspace.groups.values():
            shown: Json = {"id": one.id, "team_id": TEAM, "is_usergroup": True, "name": one.name, "handle": one.handle}
            shown["user_count"] = len(one.users)
            found.append({**shown, "users": one.users} if asked.flag("include_users") else shown)
        return {"usergroups": found}

    def group_users(self, asked: Asked) -> Json:
        """usergroups.users.list."""
        group = self._workspace.groups.get(asked.needed("usergroup", "no_such_subteam"))
        if group is None:
            raise Refused("no_such_subteam")
        return {"users": group.users}

    # ---- views --------------------------------------------------------------------------------------------------

    def open_view(self, asked: Asked) -> Json:
        """views.open."""
        view = kit.check_view(asked.value("view"))
        trigger = self._workspace.pulled(asked.needed("trigger_id", "invalid_trigger_id"))
        new = self._workspace.id("V")
        return {"view": self._keep(new, view, user=trigger.user, root=new, previous=None)}

    def push_view(self, asked: Asked) -> Json:
        """views.push: over the newest of this person."""
        view = kit.check_view(asked.value("view"))
        trigger = self._workspace.pulled(asked.needed("trigger_id", "invalid_trigger_id"))
        stack = [one for one in self._workspace.views.values() if one["user"] == trigger.user]
        if not stack:
            raise Refused("not_found")
        if len(stack) >= _DEEPEST:
            raise Refused("push_limit_reached")
        under = stack[-1]
        made = self._keep(
            self._workspace.id("V"), view, user=trigger.user, root=under["root_view_id"], previous=under["id"]
        )
        return {"view": made}

    def update_view(self, asked: Asked) -> Json:
        """views.update: with a `hash` only if it is still that one."""
        view = kit.check_view(asked.value("view"))
        external = asked.text("external_id")
        found = self._workspace.views.get(asked.text("view_id")) or next(
            (one for one in self._workspace.views.values() if external and one["external_id"] == external), None
        )
        if found is None:
            raise Refused("not_found")
        if asked.text("hash", found["hash"]) != found["hash"]:
            raise Refused("hash_conflict")
        kept = self._keep(
            found["id"], view, user=found["user"], root=found["root_view_id"], previous=found["previous_view_id"]
        )
        return {"view": kept}

    def publish_view(self, asked: Asked) -> Json:
        """views.publish: the home tab of one person."""
        view = kit.check_view(asked.value("view"))
        if view["type"] != "home":
            raise Refused("invalid_arguments", "[ERROR] must be home [json-pointer:/view/type]")
        user = self._workspace.user(asked.needed("user_id", "user_not_found")).id
        made = _shown(self._workspace, self._workspace.id("V"), view)
        self._workspace.homes[user] = made
        return {"view": made}

    def _keep(self, id: str, view: Json, *, user: str, root: str, previous: str | None) -> Json:
        made = _shown(self._workspace, id, view)
        made.update(user=user, root_view_id=root, previous_view_id=previous)
        self._workspace.views[id] = made
        return {name: value for name, value in made.items() if name != "user"}

    # ---- files --------------------------------------------------------------------------------------------------

    def upload_url(self, asked: Asked) -> Json:
        """files.getUploadURLExternal."""
        length = asked.number("length", 0)
        if length < 1:
            raise Refused("invalid_arguments", "[ERROR] must be greater than 0 [json-pointer:/length]")
        new = self._workspace.id("F")
        self._workspace.files[new] = {"id": new, "name": asked.needed("filename"), "length": length, "content": None}
        return {"upload_url": f"{self.url}/upload/{new}", "file_id": new}

    def uploaded(self, id: str, content: bytes) -> None:
        """What was sent to the address that `upload_url` gave."""
        file = self._workspace.files.get(id)
        if file is None or len(content) != file["length"]:
            raise Refused("invalid_upload")
        file["content"] = content

    def complete(self, asked: Asked) -> Json:
        """files.completeUploadExternal: shares them, each with the words that came with it."""
        wanted = asked.value("files")
        if not isinstance(wanted, list) or not wanted:
            raise Refused("invalid_arguments", "[ERROR] missing required field: files")
        files = [self._workspace.files.get(str(one.get("id"))) for one in wanted]
        if any(file is None or file["content"] is None for file in files):
            raise Refused("file_not_found")
        shown = [{"id": file["id"], "title": file["name"], "name": file["name"]} for file in files if file]
        for file in filter(None, files):
            file["ready"] = self._workspace.clock() + self._ready_s()
        for where in asked.names("channels") or asked.names("channel_id"):
            channel = self._workspace.writable(where)
            thread = asked.text("thread_ts") or None
            text = asked.text("initial_comment")
            self._workspace.add(channel, BOT, text=text, files=shown, thread_ts=thread, subtype="file_share")
        return {"files": shown}


def _shown(workspace: Workspace, id: str, view: Json) -> Json:
    usual: Json = {
        "title": None,
        "submit": None,
        "close": None,
        "private_metadata": "",
        "callback_id": "",
        "external_id": "",
        "clear_on_close": False,
        "notify_on_close": False,
    }
    for number, block in enumerate(view["blocks"]):
        block.setdefault("block_id", f"b{number}")
    own: Json = {"id": id, "team_id": TEAM, "app_id": APP, "bot_id": BOT, "hash": workspace.id("h.")}
    return {**usual, **view, **own, "state": {"values": {}}}
