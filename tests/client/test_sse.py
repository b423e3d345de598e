"""Server-sent events in pieces of any size."""

import pytest

from warroom.client.sse import Event, EventReader

STREAM = b': tick\n\nid: 4\nevent: note\ndata: {}\n\n: tick\n\nid: 5\nevent: launch.closed\ndata: {"a": 1}\n\n'
EVENTS = [Event(4, "note", b"{}"), Event(5, "launch.closed", b'{"a": 1}')]


@pytest.mark.parametrize("size", [1, 2, 7, 1_000])
def test_events_come_whole_however_the_stream_is_cut(size: int) -> None:
    reader = EventReader()
    pieces = [STREAM[at : at + size] for at in range(0, len(STREAM), size)]
    assert [event for piece in pieces for event in reader.feed(piece)] == EVENTS


@pytest.mark.parametrize("stream", [b"event: note\n\n", b"id: x\n\n", b"<html>\n\n", b"x" * (5 << 20)], ids=range(4))
def test_what_is_no_stream_of_entries_ends_it(stream: bytes) -> None:
    with pytest.raises(EOFError):
        EventReader().feed(stream)
