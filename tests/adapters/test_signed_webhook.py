"""The signed webhook, judged by a receiver that verifies what it gets."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from tests.adapters.receiver import SECRET, Receiver, receiving
from warroom.adapters.signed_webhook import SignedWebhook
from warroom.clock import RealClock
from warroom.playbook.loaded import HookAccess
from warroom.updates.channel import CannotTell, Fate, Post

POST = Post("wr:auto:hourly@T+1h/ops", "auto: PUBLISHED ✅\nall is well", "LATE by 2m", severity="critical")


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as standing:
        yield standing


def hook(receiver: Receiver, secret: str = SECRET) -> SignedWebhook:
    return SignedWebhook(HookAccess(receiver.url, secret), RealClock())


async def test_a_post_arrives_signed_and_with_all_that_it_says(receiver: Receiver) -> None:
    delivery = await hook(receiver).post(POST)
    [one] = receiver.received
    assert (delivery.fate, delivery.ref, one.is_right) == (Fate.CONFIRMED, "webhook", True)
    assert one.said == {
        "schema": "warroom.update/1",
        "key": POST.key,
        "launch": "auto",
        "slot": "hourly@T+1h/ops",
        "severity": "critical",
        "text": POST.text,
        "delivery": POST.delivery,
    }
    assert one.headers["idempotency-key"] == one.headers["webhook-id"] == POST.key
    assert one.headers["content-type"] == "application/json"


async def test_a_receiver_with_another_key_does_not_believe_it(receiver: Receiver) -> None:
    await hook(receiver, "another key, of the same length too").post(POST)
    assert [one.is_right for one in receiver.received] == [False]


ANSWERS = [
    *((status, Fate.CONFIRMED) for status in (200, 201, 202, 204)),
    *((status, Fate.REFUSED) for status in (301, 302, 303, 307, 308, 400, 401, 403, 404, 405, 410, 413, 422)),
    *((status, Fate.UNKNOWN) for status in (408, 409, 425, 500, 502, 503, 504)),
    (429, Fate.NOT_SENT),
]


@pytest.mark.parametrize(("status", "fate"), ANSWERS, ids=[f"{status}" for status, _ in ANSWERS])
async def test_the_status_tells_what_became_of_it_and_no_redirect_is_followed(
    receiver: Receiver, status: int, fate: Fate
) -> None:
    receiver.answers = [(status, {"Location": receiver.url, "Retry-After": "7"})]
    delivery = await hook(receiver).post(POST)
    assert (delivery.fate, len(receiver.received)) == (fate, 1)
    assert delivery.wait_s == (7.0 if status == 429 else 0.0)
    assert ("" if fate is Fate.CONFIRMED else f"the receiver answered {status}") in delivery.reason
    assert "canary" not in delivery.reason


@pytest.mark.parametrize("how", ["reset", "silent"])
async def test_an_answer_that_is_lost_leaves_it_unknown(receiver: Receiver, how: str) -> None:
    receiver.answers = [how]
    delivery = await hook(receiver).post(POST)
    assert (delivery.fate, len(receiver.received)) == (Fate.UNKNOWN, 1)
    assert "canary" not in delivery.reason


async def test_nothing_was_sent_where_nobody_listens() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        access = HookAccess(f"http://127.0.0.1:{free.getsockname()[1]}/canary", SECRET)
    delivery = await SignedWebhook(access, RealClock()).post(POST)
    assert delivery.fate is Fate.NOT_SENT
    assert "canary" not in delivery.reason


async def test_it_cannot_be_asked_what_arrived(receiver: Receiver) -> None:
    with pytest.raises(CannotTell):
        await hook(receiver).find("wr:x", RealClock().now())


async def test_what_no_text_should_hold_arrives_as_data(receiver: Receiver) -> None:
    hostile = 'a\x1b[31m"}\n<!channel> \ud800'
    await hook(receiver).post(Post("wr:auto:x", hostile))
    [one] = receiver.received
    assert (one.is_right, one.said["text"]) == (True, hostile.replace("\ud800", "?"))


async def test_what_the_clock_of_another_machine_says_is_heard(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[str] = []
    access = HookAccess(receiver.url, SECRET)
    monkeypatch.setattr("warroom.adapters.http.is_elsewhere", lambda *_: True)
    await SignedWebhook(access, RealClock(), heard=lambda source, _: heard.append(source)).post(POST)
    assert heard == ["webhook"]
