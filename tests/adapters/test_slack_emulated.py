"""The channel adapter against the Slack of another project: npm `emulate`, which shares no mistake with our own."""

from __future__ import annotations

import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from slack_sdk import WebClient

from tests.needs import need_peer, need_program
from warroom.adapters.slack import SlackChannel
from warroom.adapters.slack_wire import Address
from warroom.clock import RealClock
from warroom.updates.channel import Fate, Post, thread_in

# What they look at is made once.
pytestmark = pytest.mark.xdist_group("slack_emulated")

SEED = """\
tokens:
  test_token_admin: {login: admin, scopes: []}
slack:
  channels:
    - name: war-room
"""
CLOCK = RealClock()


@pytest.fixture(scope="module")
def emulated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Address]:
    """The emulated Slack on a free port."""
    folder = need_peer("emulate")
    seed: Path = tmp_path_factory.mktemp("emulate") / "seed.yaml"
    seed.write_text(SEED)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [need_program("node"), folder / "dist" / "index.js", "start", "-s", "slack", "-p", str(port)]
    with subprocess.Popen([*map(str, command), "--seed", str(seed)], stdout=subprocess.DEVNULL) as server:
        try:
            _wait_for(port)
            yield Address(f"http://127.0.0.1:{port}/api/", "test_token_admin", ssl.create_default_context())
        finally:
            server.kill()


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError("the emulated Slack does not listen")


async def test_a_post_is_taken_and_found_by_its_key(emulated: Address) -> None:
    channel = SlackChannel(emulated, "C000000001", CLOCK)
    delivery = await channel.post(Post("wr:auto:T+5m", "auto_com_center: PUBLISHED ✅", "LATE by 2m"))
    assert delivery.fate is Fate.CONFIRMED
    hour_ago = CLOCK.now() - timedelta(hours=1)
    assert await channel.find("wr:auto:T+5m", hour_ago) == delivery.ref
    assert await channel.find("wr:auto:T+15m", hour_ago) is None
    channel.close()


async def test_a_reply_stands_in_its_thread_and_is_found_there(emulated: Address) -> None:
    channel = SlackChannel(emulated, "C000000001", CLOCK)
    head = (await channel.post(Post("wr:auto:T+1h", "the first"))).ref
    delivery = await channel.post(Post("wr:auto:T+2h", "a reply", thread=head))
    hour_ago = CLOCK.now() - timedelta(hours=1)
    assert (delivery.fate, thread_in(delivery.ref)) == (Fate.CONFIRMED, head)
    assert await channel.find("wr:auto:T+2h", hour_ago, head) == delivery.ref
    assert await channel.find("wr:auto:T+2h", hour_ago) is None
    channel.close()


async def test_a_file_is_shown_in_the_thread_of_its_post_once(emulated: Address, tmp_path: Path) -> None:
    channel = SlackChannel(emulated, "C000000001", CLOCK)
    ref = (await channel.post(Post("wr:auto:T+15m", "the bundle"))).ref
    file = tmp_path / "evidence.log"
    file.write_text("GREEN", "utf-8")
    first = await channel.attach(ref, file)
    again = await channel.attach(ref, file)
    assert (first.fate, again.fate) == (Fate.CONFIRMED, Fate.CONFIRMED)
    assert thread_in(again.ref) == ref, "the second attempt found what the first one left"
    channel.close()


async def test_a_text_that_is_longer_than_a_message_goes_on_in_its_thread_once(emulated: Address) -> None:
    channel = SlackChannel(emulated, "C000000001", CLOCK)
    post = Post("wr:auto:T+4h", "a line of the text\n" * 1_000)
    ref = (await channel.post(post)).ref
    for again in (False, True):
        assert (await channel.go_on(ref, post, again=again)).fate is Fate.CONFIRMED
    slack = WebClient(emulated.token, base_url=emulated.base_url)
    shown = slack.conversations_replies(channel="C000000001", ts=ref.rpartition("/")[2])["messages"]
    assert len(shown) == 2
    channel.close()


async def test_a_channel_that_is_not_there_refuses_for_good(emulated: Address) -> None:
    channel = SlackChannel(emulated, "C999999999", CLOCK)
    delivery = await channel.post(Post("wr:auto:T+5m", "text"))
    assert delivery.fate is Fate.REFUSED
    channel.close()


async def test_a_message_is_edited_in_place_and_keeps_its_key(emulated: Address) -> None:
    channel = SlackChannel(emulated, "C000000001", CLOCK)
    ref = (await channel.post(Post("wr:auto:live-1", "first", "alive at 1"))).ref
    delivery = await channel.edit(ref, Post("wr:auto:live-1", "second <!channel>", "alive at 2"))
    assert (delivery.fate, delivery.ref) == (Fate.CONFIRMED, ref)
    assert await channel.find("wr:auto:live-1", CLOCK.now() - timedelta(hours=1)) == ref
    gone = await channel.edit("C000000001/1.000001", Post("wr:auto:live-1", "third"))
    assert (gone.fate, gone.closed) == (Fate.REFUSED, True)
    channel.close()


async def test_a_message_is_scheduled_listed_by_its_key_and_deleted(emulated: Address) -> None:
    channel = SlackChannel(emulated, "C000000001", CLOCK)
    alarms = [
        Post(f"wr:auto:deadman-{number}", "ENGINE SILENT & <!channel>\nLook: warroom status") for number in (1, 2)
    ]
    scheduled = [(await channel.schedule(alarm, 900.0)).ref for alarm in alarms]
    assert await channel.scheduled() == dict(zip([alarm.key for alarm in alarms], scheduled, strict=True))
    assert (await channel.unschedule(scheduled[0])).fate is Fate.CONFIRMED
    assert await channel.scheduled() == {alarms[1].key: scheduled[1]}
    assert (await channel.unschedule(scheduled[0])).fate is Fate.CONFIRMED
    assert (await channel.schedule(alarms[0], -900.0)).fate is Fate.REFUSED
    channel.close()
