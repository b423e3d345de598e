"""Evidence files in Slack: shown once in their thread whatever goes wrong; judged by what the strict stand-in has."""

from __future__ import annotations

from pathlib import Path

import pytest

from warroom.adapters.slack import SlackChannel
from warroom.adapters.slack_files import LARGEST
from warroom.simulator.slack import SlackStandIn
from warroom.simulator.slack_faults import Fault
from warroom.updates.channel import Fate, Post, TakesFiles

CHANNEL = "C0WARROOM"
CONTENT = "verdict GREEN ✅\n" * 100


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "auto_com_center_evidence_20251101T021500Z.log"
    path.write_text(CONTENT, "utf-8")
    return path


def shown(slack: SlackStandIn) -> list[tuple[str, str]]:
    """The files that the channel shows: their names, and the ts of the thread's head."""
    return [(str(file["name"]), one.thread_ts) for one in slack.room.messages for file in one.files]


async def posted(channel: SlackChannel) -> str:
    return (await channel.post(Post("wr:a:evidence", "the bundle"))).ref


async def test_the_file_stands_whole_in_the_thread_of_its_post(
    slack: SlackStandIn, channel: SlackChannel, file: Path
) -> None:
    ref = await posted(channel)
    delivery = await channel.attach(ref, file)
    assert delivery.fate is Fate.CONFIRMED
    assert shown(slack) == [(file.name, ref.rpartition("/")[2])]
    assert [one["content"] for one in slack.room.uploads.values()] == [CONTENT]
    assert isinstance(channel, TakesFiles)


async def test_the_file_of_a_reply_stands_beside_it_in_the_thread(
    slack: SlackStandIn, channel: SlackChannel, file: Path
) -> None:
    head = await posted(channel)
    reply = await channel.post(Post("wr:a:1", "a reply", thread=head))
    await channel.attach(reply.ref, file)
    assert shown(slack) == [(file.name, head.rpartition("/")[2])]


async def test_a_file_that_is_there_already_is_not_uploaded_again(
    slack: SlackStandIn, channel: SlackChannel, file: Path
) -> None:
    ref = await posted(channel)
    await channel.attach(ref, file)
    delivery = await channel.attach(ref, file)
    assert (delivery.fate, len(shown(slack))) == (Fate.CONFIRMED, 1)
    assert [one.method for one in slack.attempts].count("files.getUploadURLExternal") == 1


async def test_somebody_elses_file_of_that_name_is_not_ours(
    slack: SlackStandIn, channel: SlackChannel, file: Path
) -> None:
    ref = await posted(channel)
    foreign = {"id": "F9", "name": file.name, "size": 1}
    slack.room.post(CHANNEL, "", files=(foreign,), thread_ts=ref.rpartition("/")[2], bot_id="B9")
    await channel.attach(ref, file)
    assert len(slack.room.uploads) == 1


START, UPLOAD, FINISH = "files.getUploadURLExternal", "upload", "files.completeUploadExternal"
FAULTS = [
    *(
        (f"{START}: {kind}", Fault(START, kind, True, value), Fate.NOT_SENT)
        for kind, value in (("reset", ""), ("status", "500"))
    ),
    *(
        (f"{UPLOAD}: {kind}", Fault(UPLOAD, kind, True, value), Fate.NOT_SENT)
        for kind, value in (("reset", ""), ("silent", ""), ("status", "500"))
    ),
    (f"{FINISH}: shown, then reset", Fault(FINISH, "reset", True), Fate.UNKNOWN),
    (f"{FINISH}: shown, then no answer", Fault(FINISH, "silent", True), Fate.UNKNOWN),
    (f"{FINISH}: shown, then internal_error", Fault(FINISH, "error", True, "internal_error"), Fate.UNKNOWN),
    (f"{FINISH}: not shown, reset", Fault(FINISH, "reset"), Fate.UNKNOWN),
    (f"{FINISH}: 429", Fault(FINISH, "limited", False, "2"), Fate.NOT_SENT),
    ("the thread cannot be read", Fault("conversations.replies", "status", False, "500"), Fate.NOT_SENT),
]


@pytest.mark.parametrize(("fault", "fate"), [row[1:] for row in FAULTS], ids=[row[0] for row in FAULTS])
async def test_after_whatever_went_wrong_the_next_attempt_leaves_one_file(
    slack: SlackStandIn, channel: SlackChannel, file: Path, fault: Fault, fate: Fate
) -> None:
    ref = await posted(channel)
    slack.faults.queue(fault)
    first = await channel.attach(ref, file)
    assert (first.fate, bool(first.reason)) == (fate, True)
    second = await channel.attach(ref, file)
    assert (second.fate, len(shown(slack))) == (Fate.CONFIRMED, 1)


async def test_without_the_scope_it_is_refused_by_its_name(
    slack: SlackStandIn, channel: SlackChannel, file: Path
) -> None:
    ref = await posted(channel)
    slack.app.scopes = ("chat:write", "channels:history")
    delivery = await channel.attach(ref, file)
    assert (delivery.fate, delivery.reason) == (
        Fate.REFUSED,
        "missing_scope: the app lacks the scope files:write",
    )


def _spoil(file: Path, what: str) -> None:
    match what:
        case "missing":
            file.unlink()
        case "empty":
            file.write_bytes(b"")
        case "too large":
            file.write_bytes(b"x" * (LARGEST + 1))
        case "a link":
            file.unlink()
            file.symlink_to("/etc/passwd")
        case _:
            file.unlink()
            file.mkdir()


@pytest.mark.parametrize("what", ["missing", "empty", "too large", "a link", "a folder"])
async def test_a_file_that_cannot_be_attached_is_refused_with_the_reason(
    slack: SlackStandIn, channel: SlackChannel, file: Path, what: str
) -> None:
    ref = await posted(channel)
    _spoil(file, what)
    delivery = await channel.attach(ref, file)
    assert (delivery.fate, bool(delivery.reason), shown(slack)) == (Fate.REFUSED, True, [])


async def test_the_token_does_not_go_to_where_files_are_uploaded(
    slack: SlackStandIn, channel: SlackChannel, file: Path
) -> None:
    ref = await posted(channel)
    headers: list[bytes] = []
    serve = slack.__class__.__call__

    async def seen(self: SlackStandIn, scope: object, receive: object, send: object) -> None:
        if scope["path"].startswith("/upload/"):  # type: ignore[index]
            headers.extend(name for name, _ in scope["headers"])  # type: ignore[index]
        await serve(self, scope, receive, send)  # type: ignore[arg-type]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(slack.__class__, "__call__", seen)
        await channel.attach(ref, file)
    assert headers
    assert b"authorization" not in headers


async def test_an_address_of_another_kind_is_not_asked(
    slack: SlackStandIn, channel: SlackChannel, file: Path
) -> None:
    ref = await posted(channel)
    answer = '{"ok": true, "file_id": "F1", "upload_url": "file:///etc/passwd"}'
    slack.faults.queue(Fault(START, "body", value=answer))
    delivery = await channel.attach(ref, file)
    assert (delivery.fate, delivery.reason) == (Fate.NOT_SENT, "Slack named no address to upload to")
