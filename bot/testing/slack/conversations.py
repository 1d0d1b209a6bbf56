"""`conversations.*`, `bookmarks.add` and canvases: channels, as an app makes, fills and reads them."""

from __future__ import annotations

import copy
import re
from collections.abc import Sequence

from bot.testing.slack.words import Asked, Json, Refused, paged
from bot.testing.slack.workspace import BOT, Channel, Workspace

_NAME = re.compile(r"[a-z0-9_\-]{1,80}")
_LONGEST = 250
_MOST_INVITED = 100
_CANVAS = 1 << 20
_OPERATIONS = frozenset({"insert_after", "insert_before", "insert_at_start", "insert_at_end", "replace", "delete"})


class Conversations:
    """The handlers; each takes what was asked and answers what stands beside `ok`."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def open(self, asked: Asked) -> Json:
        """conversations.open: with one person; the same one each time."""
        known = len(self._workspace.channels)
        channel = self._workspace.direct(asked.names("users"))
        already = known == len(self._workspace.channels)
        shown = channel.shown() if asked.flag("return_im") else {"id": channel.id}
        return {"no_op": already, "already_open": already, "channel": shown}

    def create(self, asked: Asked) -> Json:
        """conversations.create."""
        name = _name(asked.needed("name", "invalid_name_required"))
        return {"channel": self._workspace.make(name, private=asked.flag("is_private")).shown()}

    def rename(self, asked: Asked) -> Json:
        """conversations.rename."""
        channel, name = self._own(asked), _name(asked.needed("name", "invalid_name_required"))
        if any(one.name == name and one is not channel for one in self._workspace.channels.values()):
            raise Refused("name_taken")
        channel.name = name
        self._happened("channel_rename", channel)
        return {"channel": channel.shown()}

    def topic(self, asked: Asked) -> Json:
        """conversations.setTopic."""
        channel = self._own(asked)
        channel.topic = _short(asked.text("topic"))
        return {"channel": channel.shown()}

    def purpose(self, asked: Asked) -> Json:
        """conversations.setPurpose."""
        channel = self._own(asked)
        channel.purpose = _short(asked.text("purpose"))
        return {"channel": channel.shown()}

    def invite(self, asked: Asked) -> Json:
        """conversations.invite: all, or with `force` those who can be; the others are named."""
        channel, users = self._own(asked), asked.names("users")
        if not users:
            raise Refused("no_user")
        if len(users) > _MOST_INVITED:
            raise Refused("too_many_users")
        wrong = [{"user": user, "ok": False, "error": why} for user in users if (why := self._why_not(channel, user))]
        if wrong and not (asked.flag("force") and len(wrong) < len(users)):
            raise Refused(str(wrong[0]["error"]), errors=wrong)
        refused = {one["user"] for one in wrong}
        channel.members += [user for user in users if user not in refused]
        return {"channel": channel.shown(), **({"errors": wrong} if wrong else {})}

    def _why_not(self, channel: Channel, user: str) -> str:
        known = self._workspace.users.get(user)
        if known is None or known.deleted:
            return "user_not_found"
        if user == BOT:
            return "cant_invite_self"
        return "already_in_channel" if user in channel.members else ""

    def archive(self, asked: Asked) -> Json:
        """conversations.archive."""
        channel = self._workspace.channel(asked.needed("channel", "channel_not_found"))
        if channel.archived:
            raise Refused("already_archived")
        if BOT not in channel.members:
            raise Refused("not_in_channel")
        self.archived(channel, archived=True)
        return {}

    def unarchive(self, asked: Asked) -> Json:
        """conversations.unarchive."""
        channel = self._workspace.channel(asked.needed("channel", "channel_not_found"))
        if not channel.archived:
            raise Refused("not_archived")
        self.archived(channel, archived=False)
        return {}

    def archived(self, channel: Channel, *, archived: bool) -> None:
        """Somebody closes it, or opens it again."""
        channel.archived = archived
        self._happened("channel_archive" if archived else "channel_unarchive", channel)

    def join(self, asked: Asked) -> Json:
        """conversations.join."""
        channel = self._workspace.writable(asked.needed("channel", "channel_not_found"), must_be_in=False)
        if channel.kind != "channel":
            raise Refused("method_not_supported_for_channel_type")
        if BOT in channel.members:
            return {"channel": channel.shown(), "warning": "already_in_channel"}
        channel.members.append(BOT)
        return {"channel": channel.shown()}

    def info(self, asked: Asked) -> Json:
        """conversations.info."""
        return {"channel": self._readable(asked, must_be_in=False).shown()}

    def list(self, asked: Asked) -> Json:
        """conversations.list."""
        types = set(asked.names("types") or ["public_channel"])
        kinds = {"public_channel": "channel", "private_channel": "private", "im": "im", "mpim": "mpim"}
        if types - kinds.keys():
            raise Refused("invalid_types")
        wanted = {kinds[one] for one in types}
        found = [
            one.shown()
            for one in self._workspace.channels.values()
            if one.kind in wanted
            and (one.kind != "private" or BOT in one.members)
            and not (one.archived and asked.flag("exclude_archived"))
        ]
        return paged(found, asked, "channels", most=1000)

    def members(self, asked: Asked) -> Json:
        """conversations.members."""
        found = [{"id": one} for one in self._readable(asked, must_be_in=False).members]
        page = paged(found, asked, "members", most=1000)
        return {**page, "members": [one["id"] for one in page["members"]]}

    def history(self, asked: Asked) -> Json:
        """conversations.history: the newest first, without replies."""
        channel = self._readable(asked)
        found = [one for one in channel.messages if one.get("thread_ts", one["ts"]) == one["ts"]]
        page = self._between(found[::-1], asked)
        return {**page, "has_more": bool(page["response_metadata"]["next_cursor"]), "pin_count": len(channel.pins)}

    def replies(self, asked: Asked) -> Json:
        """conversations.replies: the first message of a thread, then its replies."""
        channel = self._readable(asked)
        ts = asked.needed("ts", "thread_not_found")
        channel.message(ts, "thread_not_found")
        found = [one for one in channel.messages if ts in (one["ts"], one.get("thread_ts"))]
        page = self._between(found, asked)
        return {**page, "has_more": bool(page["response_metadata"]["next_cursor"])}

    @staticmethod
    def _between(messages: Sequence[Json], asked: Asked) -> Json:
        """Those in the window. Their metadata only for whoever asks for it."""
        oldest, latest, inclusive = asked.text("oldest", "0"), asked.text("latest"), asked.flag("inclusive")

        def is_in(ts: str) -> bool:
            at = float(ts)
            if inclusive and ts in (oldest, latest):
                return True
            return at > float(oldest) and (not latest or at < float(latest))

        found = [copy.deepcopy(one) for one in messages if is_in(one["ts"])]
        for one in found:
            metadata = one.get("metadata")
            if metadata and not asked.flag("include_all_metadata"):
                one["metadata"] = {"event_type": metadata["event_type"]}
        return paged(found, asked, "messages", most=999)

    def bookmark(self, asked: Asked) -> Json:
        """bookmarks.add."""
        channel = self._workspace.writable(asked.needed("channel_id", "channel_not_found"))
        if asked.text("type") != "link":
            raise Refused("invalid_bookmark_type")
        link = asked.needed("link", "invalid_link")
        if not link.startswith(("https://", "http://")):
            raise Refused("invalid_link")
        made = {"id": self._workspace.id("Bk"), "channel_id": channel.id, "title": asked.needed("title"), "link": link}
        channel.bookmarks.append(made)
        return {"bookmark": made}

    def make_canvas(self, asked: Asked) -> Json:
        """conversations.canvases.create."""
        channel = self._workspace.writable(asked.needed("channel_id", "channel_not_found"))
        if channel.canvas:
            raise Refused("channel_canvas_already_exists")
        channel.canvas = self._workspace.id("F")
        self._workspace.canvases[channel.canvas] = _markdown(asked.value("document_content") or {"type": "markdown"})
        return {"canvas_id": channel.canvas}

    def edit_canvas(self, asked: Asked) -> Json:
        """canvases.edit: one change at a time."""
        canvas, changes = asked.needed("canvas_id", "canvas_not_found"), asked.value("changes")
        if canvas not in self._workspace.canvases:
            raise Refused("canvas_not_found")
        if not isinstance(changes, list) or len(changes) != 1 or changes[0].get("operation") not in _OPERATIONS:
            raise Refused("invalid_arguments", "[ERROR] must be one change [json-pointer:/changes]")
        operation, held = changes[0]["operation"], self._workspace.canvases[canvas]
        if operation != "delete":
            text = _markdown(changes[0].get("document_content"))
            kept = {"insert_at_start": f"{text}{held}", "insert_at_end": f"{held}{text}"}
            self._workspace.canvases[canvas] = kept.get(operation, text)
        return {}

    def _own(self, asked: Asked) -> Channel:
        return self._workspace.writable(asked.needed("channel", "channel_not_found"))

    def _readable(self, asked: Asked, *, must_be_in: bool = True) -> Channel:
        found = self._workspace.channels.get(asked.needed("channel", "channel_not_found"))
        if found is None or (found.kind == "private" and BOT not in found.members):
            raise Refused("channel_not_found")
        if must_be_in and BOT not in found.members:
            raise Refused("not_in_channel")
        return found

    def _happened(self, kind: str, channel: Channel) -> None:
        ts = self._workspace.ts()
        shown = {"id": channel.id, "name": channel.name, "created": channel.created}
        about: object = shown if kind == "channel_rename" else channel.id
        self._workspace.heard({"type": kind, "channel": about, "user": BOT, "event_ts": ts})


def _name(name: str) -> str:
    if len(name) > _LONGEST or not _NAME.fullmatch(name):
        raise Refused("invalid_name_maxlength" if len(name) > 80 else "invalid_name_specials")
    return name


def _short(text: str) -> str:
    if len(text) > _LONGEST:
        raise Refused("too_long")
    return text


def _markdown(content: object) -> str:
    if not isinstance(content, dict) or content.get("type") != "markdown":
        raise Refused("invalid_arguments", "[ERROR] must be markdown [json-pointer:/document_content/type]")
    text = str(content.get("markdown", ""))
    if len(text.encode()) > _CANVAS:
        raise Refused("canvas_too_large")
    return text
