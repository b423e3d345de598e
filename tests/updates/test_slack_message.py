"""How a text becomes Slack messages: nothing of it is lost, and the strict Slack takes each of them."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from warroom.simulator.slack_rules import message_problem
from warroom.updates.channel import Post
from warroom.updates.slack_message import (
    MESSAGES,
    SECTION,
    SECTIONS,
    Message,
    file_name,
    message_of,
    only_message_of,
    parts_of,
    rest_of,
)

KEY = "wr:auto_com_center-20251101T020000Z:evidence_bundle@T+15m"
ROOM = SECTION * SECTIONS
LONG_DELIVERY = "LATE by 23h59m59s; stands for " + ", ".join(["T+16m39s"] * 190) + " too; journal 123456.0123456789ab"

lines = st.lists(st.text(st.characters(codec="utf-8"), max_size=200).map(lambda s: s.replace("\n", " ")), max_size=60)
long_lines = st.integers(1, SECTION * 2).map(lambda n: "x" * n)
texts = st.lists(st.one_of(lines.map("\n".join), long_lines, st.just("")), max_size=12).map("\n".join)


def messages(text: str, delivery: str = "") -> list[Message]:
    post = Post(KEY, text, delivery)
    return [message_of(post), *rest_of(post).values()]


def sections(message: Message) -> list[str]:
    return [block["text"]["text"] for block in message["blocks"] if block["type"] == "section"]


@given(texts)
@example("\n" + "x" * (SECTION - 2) + "\n\n")
@settings(max_examples=60, deadline=None)
def test_whatever_the_text_slack_takes_every_message_and_nothing_is_lost(text: str) -> None:
    told = messages(text, LONG_DELIVERY)
    assert [message_problem(message) for message in told] == [""] * len(told)
    assert message_problem(only_message_of(Post(KEY, text, LONG_DELIVERY))) == ""
    assert len(told) <= MESSAGES
    if not parts_of(text).cut:
        assert "\n".join(piece for message in told for piece in sections(message)).replace("\n", "") in (
            text.replace("\n", ""),
            " ",
        )


LENGTHS = [
    ("nothing", 0, 1, 0),
    ("a word", 5, 1, 0),
    ("just what a message holds", ROOM, 1, 0),
    ("one character more", ROOM + 1, 2, 0),
    ("just what all of them hold", MESSAGES * ROOM, MESSAGES, 0),
    ("more than all of them hold", MESSAGES * ROOM + 7, MESSAGES, 7),
]


@pytest.mark.parametrize(("length", "count", "cut"), [row[1:] for row in LENGTHS], ids=[row[0] for row in LENGTHS])
def test_a_text_goes_into_as_many_messages_as_it_needs(length: int, count: int, cut: int) -> None:
    told = messages("x" * length)
    assert (len(told), parts_of("x" * length).cut) == (count, cut)
    said = sections(told[-1])[-1]
    assert said.startswith("[7 more characters: the whole text is the file evidence_bundle-T-15m-") == bool(cut)


def test_a_message_says_where_it_goes_on_and_each_has_a_key_of_its_own() -> None:
    told = messages("x" * (2 * ROOM + 1), "LATE by 2m")
    feet = [message["blocks"][-1]["elements"][0]["text"] for message in told]
    assert feet == [f"LATE by 2m · {KEY} · 1 of 3, goes on in the thread", f"2 of 3 · {KEY}", f"3 of 3 · {KEY}"]
    keys = [message["metadata"]["event_payload"]["key"] for message in told]
    assert keys == [KEY, f"{KEY}/2", f"{KEY}/3"]
    assert told[1]["text"].startswith("2 of 3: xxx")


def test_where_there_are_no_threads_the_message_says_how_much_is_cut() -> None:
    message = only_message_of(Post(KEY, "x" * (ROOM + 1_234)))
    assert sections(message)[-1] == "[cut here: 1,234 more characters are in the launch's journal]"
    assert len(only_message_of(Post(KEY, "x" * ROOM))["blocks"]) == SECTIONS + 1


def test_lines_stay_whole_where_a_text_is_divided() -> None:
    text = "\n".join(f"line {count}" for count in range(2_000))
    assert "\n".join(piece for message in messages(text) for piece in sections(message)) == text


@pytest.mark.parametrize("key", ["wr:a:../../etc/passwd", "wr:a:x@T+1h#2", "wr:a:gate_flip@gate1#2"])
def test_the_name_of_the_file_leads_nowhere(key: str) -> None:
    assert "/" not in file_name(key)
    assert file_name(key).endswith(".txt")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param("wr:a:x@T+15m", "wr:a:x@T-15m", id="before T0, and after it"),
        pytest.param("wr:a:x@T+15m~2", "wr:a:x@T+15m#2", id="a second copy, and a second attempt"),
        pytest.param("wr:a:x@T+15m", "wr:b:x@T+15m", id="another launch in the same thread"),
    ],
)
def test_no_two_posts_have_a_file_of_the_same_name(one: str, other: str) -> None:
    assert file_name(one) != file_name(other)
