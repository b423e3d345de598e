"""The methods of Slack's Web API that an app for updates needs, as strict as the reference says."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from warroom.clock import Clock
from warroom.simulator.slack_room import BOT_ID, BOT_USER, TEAM, Conversation, Message, Room, Scheduled
from warroom.simulator.slack_rules import CANCEL_S, SURE_S, message_problem, schedule_problem

PAGE: Final = 15
SCHEDULED_PAGE: Final = 100
SCOPES: Final = ("chat:write", "channels:history", "channels:read", "files:write")


class Refused(Exception):
    """A method's `{"ok": false, "error": ...}`; `more` are further members, `retry_after_s` makes it a 429."""

    def __init__(self, error: str, retry_after_s: int = 0, **more: Any) -> None:
        super().__init__(error)
        self.error = error
        self.more = more
        self.retry_after_s = retry_after_s


@dataclass(slots=True)
class App:
    """The app whose token is taken. `token_state` is `invalid_auth`, `token_revoked` or `account_inactive`, empty
    while it is good."""

    token: str
    scopes: tuple[str, ...] = SCOPES
    token_state: str = ""


@dataclass(slots=True)
class Pace:
    """How often something may be asked, in seconds: messages of a channel (posted, edited or scheduled), pages of a
    history."""

    post_s: float = 1.0
    history_s: float = 0.0
    last: dict[str, float] = field(default_factory=dict)

    def take(self, what: str, every_s: float, now_s: float) -> None:
        """Takes a place. Raises Refused while there is none."""
        rest = self.last.get(what, -math.inf) + every_s - now_s
        if rest > 0:
            raise Refused("ratelimited", retry_after_s=max(1, math.ceil(rest)))
        self.last[what] = now_s


Args = Mapping[str, Any]


class Methods:
    """Answers calls. `call` gives the members of a good answer and raises Refused for the others.

    `edit_window_s` is for how many seconds the workspace lets a message be edited.
    """

    def __init__(self, room: Room, app: App, clock: Clock, upload_base: Callable[[], str]) -> None:
        self._room = room
        self._app = app
        self._clock = clock
        self._upload_base = upload_base
        self.pace = Pace()
        self.edit_window_s = math.inf

    def call(self, method: str, args: Args, token: str) -> dict[str, Any]:
        """The answer without `ok`."""
        self._room.deliver()
        if method not in _METHODS:
            raise Refused("unknown_method", req_method=method)
        scope, handler = _METHODS[method]
        self._authorise(token, scope)
        return handler(self, args)

    def _authorise(self, token: str, scope: str) -> None:
        if not token:
            raise Refused("not_authed")
        if token != self._app.token:
            raise Refused("invalid_auth")
        if self._app.token_state:
            raise Refused(self._app.token_state)
        if scope and scope not in self._app.scopes:
            raise Refused("missing_scope", needed=scope, provided=",".join(self._app.scopes))

    def _channel(self, args: Args, *, to_post: bool, name: str = "channel") -> Conversation:
        """The channel with the id that is given. Only what posts takes a name, too, and answers with the id."""
        return self._open(self._room.channels.get(str(args.get(name, ""))), to_post=to_post)

    def _addressed(self, args: Args) -> Conversation:
        return self._open(self._room.addressed(str(args.get("channel", ""))), to_post=True)

    def _open(self, channel: Conversation | None, *, to_post: bool) -> Conversation:
        if channel is None:
            raise Refused("channel_not_found")
        if to_post and channel.archived:
            raise Refused("is_archived")
        if not channel.member:
            raise Refused("not_in_channel")
        return channel

    def _auth_test(self, args: Args) -> dict[str, Any]:
        url = "https://warroom.slack.example/"
        return {"url": url, "team": "war", "team_id": TEAM, "user": "warroom", "user_id": BOT_USER, "bot_id": BOT_ID}

    def _info(self, args: Args) -> dict[str, Any]:
        channel = self._room.channels.get(str(args.get("channel", "")))
        if channel is None:
            raise Refused("channel_not_found")
        shown = {"id": channel.id, "name": channel.name, "is_member": channel.member, "is_archived": channel.archived}
        return {"channel": shown}

    def _post(self, args: Args) -> dict[str, Any]:
        channel = self._addressed(args)
        if problem := message_problem(args):
            raise Refused(problem)
        thread = self._thread(channel, args)
        self.pace.take(f"post {channel.id}", self.pace.post_s, self._clock.monotonic())
        message = self._room.post(
            channel.id,
            str(args.get("text", "")),
            blocks=tuple(args.get("blocks") or ()),
            metadata=args.get("metadata") or {},
            thread_ts=thread,
        )
        return {"channel": channel.id, "ts": message.ts, "message": message.to_json(metadata=True)}

    def _thread(self, channel: Conversation, args: Args) -> str:
        wanted = str(args.get("thread_ts") or "")
        thread = self._room.thread_of(channel.id, wanted) if wanted else ""
        if thread is None:
            raise Refused("thread_not_found")
        return thread

    def _update(self, args: Args) -> dict[str, Any]:
        message = self._own(args)
        # A text without blocks takes the blocks away; what is not given at all stays.
        blocks = args.get("blocks", () if args.get("text") else message.blocks)
        wanted = {**args, "text": args.get("text") or message.text, "blocks": list(blocks or ())}
        if problem := message_problem(wanted):
            raise Refused(problem)
        if self._room.now_s() - float(message.ts) > self.edit_window_s:
            raise Refused("edit_window_closed")
        self.pace.take(f"post {message.channel}", self.pace.post_s, self._clock.monotonic())
        metadata = message.metadata if args.get("metadata") is None else args["metadata"]
        changed = self._room.change(
            message, text=wanted["text"], blocks=tuple(wanted["blocks"]), metadata=metadata, edited=True
        )
        return {
            "channel": message.channel,
            "ts": message.ts,
            "text": changed.text,
            "message": changed.to_json(metadata=False),
        }

    def _delete(self, args: Args) -> dict[str, Any]:
        message = self._own(args)
        self._room.change(message, deleted=True)
        return {"channel": message.channel, "ts": message.ts}

    def _own(self, args: Args) -> Message:
        channel = self._channel(args, to_post=False)
        if channel.archived:
            raise Refused("is_inactive")
        message = self._room.find(channel.id, str(args.get("ts", "")))
        if message is None:
            raise Refused("message_not_found")
        if message.bot_id != BOT_ID:
            raise Refused("cant_update_message")
        return message

    def _history(self, args: Args) -> dict[str, Any]:
        channel = self._channel(args, to_post=False)
        self.pace.take(f"history {channel.id}", self.pace.history_s, self._clock.monotonic())
        found = self._room.visible(channel.id, lambda one: not one.thread_ts or one.thread_ts == one.ts)
        return self._page(list(reversed(found)), args)

    def _replies(self, args: Args) -> dict[str, Any]:
        channel = self._channel(args, to_post=False)
        self.pace.take(f"history {channel.id}", self.pace.history_s, self._clock.monotonic())
        thread = str(args.get("ts", ""))
        if not self._room.thread_of(channel.id, thread):
            raise Refused("thread_not_found")
        found = self._room.visible(channel.id, lambda one: thread in (one.ts, one.thread_ts))
        return self._page(list(found), args)

    def _page(self, found: Sequence[Message], args: Args) -> dict[str, Any]:
        oldest, latest = _number(args, "oldest", 0.0), _number(args, "latest", math.inf)
        inclusive = _flag(args, "inclusive")
        inside = [
            one
            for one in found
            if oldest < float(one.ts) < latest or (inclusive and float(one.ts) in (oldest, latest))
        ]
        start = _cursor(args)
        limit = min(PAGE, max(1, int(_number(args, "limit", PAGE))))
        page, more = inside[start : start + limit], start + limit < len(inside)
        shown = [one.to_json(metadata=_flag(args, "include_all_metadata")) for one in page]
        following = {"response_metadata": {"next_cursor": f"next:{start + limit}"}} if more else {}
        return {"messages": shown, "has_more": more, **following}

    def _schedule(self, args: Args) -> dict[str, Any]:
        channel = self._addressed(args)
        if problem := message_problem(args):
            raise Refused(problem)
        post_at = int(_number(args, "post_at", 0.0))
        if problem := schedule_problem(post_at, self._room.now_s(), self._pending(channel.id)):
            raise Refused(problem)
        self.pace.take(f"post {channel.id}", self.pace.post_s, self._clock.monotonic())
        text, blocks = str(args.get("text", "")), tuple(args.get("blocks") or ())
        one = self._room.schedule(channel.id, post_at, text, blocks=blocks, has_metadata=bool(args.get("metadata")))
        message = {"type": "delayed_message", "text": text, "bot_id": BOT_ID}
        return {"channel": channel.id, "scheduled_message_id": one.id, "post_at": post_at, "message": message}

    def _pending(self, channel: str) -> list[Scheduled]:
        return [one for one in self._room.scheduled.values() if not one.deleted and channel in ("", one.channel)]

    def _unschedule(self, args: Args) -> dict[str, Any]:
        channel = self._channel(args, to_post=True)
        wanted, now_s = str(args.get("scheduled_message_id", "")), self._room.now_s()
        known = next((one for one in self._pending(channel.id) if one.id == wanted), None)
        if known is None or known.post_at < now_s + CANCEL_S:
            raise Refused("invalid_scheduled_message_id")
        self._room.unschedule(known, for_good=known.post_at >= now_s + SURE_S)
        return {}

    def _scheduled(self, args: Args) -> dict[str, Any]:
        wanted = str(args.get("channel") or "")
        if wanted and wanted not in self._room.channels:
            raise Refused("invalid_channel")
        found = sorted(self._pending(wanted), key=lambda one: one.post_at)
        start, limit = _cursor(args), min(SCHEDULED_PAGE, max(1, int(_number(args, "limit", SCHEDULED_PAGE))))
        page = found[start : start + limit]
        shown = [
            {"id": one.id, "channel_id": one.channel, "post_at": one.post_at, "date_created": one.created}
            | {"text": one.text}
            for one in page
        ]
        following = f"next:{start + limit}" if start + limit < len(found) else ""
        return {"scheduled_messages": shown, "response_metadata": {"next_cursor": following}}

    def _upload_url(self, args: Args) -> dict[str, Any]:
        length = int(_number(args, "length", 0.0))
        if not args.get("filename") or length < 1:
            raise Refused("invalid_arguments")
        file_id = self._room.next_id("F")
        self._room.uploads[file_id] = {"id": file_id, "name": str(args["filename"]), "size": length, "content": None}
        return {"file_id": file_id, "upload_url": f"{self._upload_base()}/upload/{file_id}"}

    def _complete(self, args: Args) -> dict[str, Any]:
        files = args.get("files") or []
        files = json.loads(files) if isinstance(files, str) else files
        known = [self._room.uploads.get(str(one.get("id"))) for one in files]
        # A file that is shown already is none that an upload could be finished of.
        if not known or any(one is None or one["content"] is None or one.get("shown") for one in known):
            raise Refused("file_not_found")
        shown = tuple({"id": one["id"], "name": one["name"], "size": one["size"]} for one in known if one)
        if args.get("channel_id"):
            channel = self._channel(args, to_post=True, name="channel_id")
            comment, thread = str(args.get("initial_comment") or ""), self._thread(channel, args)
            self._room.post(channel.id, comment, files=shown, thread_ts=thread)
        for one in known:
            assert one is not None
            one["shown"] = True
        return {"files": list(shown)}


_METHODS: Final[Mapping[str, tuple[str, Callable[[Methods, Args], dict[str, Any]]]]] = {
    "auth.test": ("", Methods._auth_test),
    "chat.postMessage": ("chat:write", Methods._post),
    "chat.update": ("chat:write", Methods._update),
    "chat.delete": ("chat:write", Methods._delete),
    "chat.scheduleMessage": ("chat:write", Methods._schedule),
    "chat.deleteScheduledMessage": ("chat:write", Methods._unschedule),
    "chat.scheduledMessages.list": ("", Methods._scheduled),
    "conversations.info": ("channels:read", Methods._info),
    "conversations.history": ("channels:history", Methods._history),
    "conversations.replies": ("channels:history", Methods._replies),
    "files.getUploadURLExternal": ("files:write", Methods._upload_url),
    "files.completeUploadExternal": ("files:write", Methods._complete),
}


def _number(args: Args, name: str, default: float) -> float:
    try:
        return float(args.get(name) or default)
    except (TypeError, ValueError):
        raise Refused("invalid_arguments") from None


def _flag(args: Args, name: str) -> bool:
    return str(args.get(name, "")).lower() in ("1", "true")


def _cursor(args: Args) -> int:
    text = str(args.get("cursor") or "next:0")
    if not text.startswith("next:") or not text[5:].isdecimal():
        raise Refused("invalid_cursor")
    return int(text[5:])
