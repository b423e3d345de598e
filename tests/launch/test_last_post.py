"""Which post can be held against the journal, and the head that it should name."""

from __future__ import annotations

import pytest

from tests.launch.course import T0, entry, opened
from warroom.launch.entries import Entry
from warroom.launch.last_post import last_post


def _entries(*told: str) -> list[Entry]:
    """`a:confirmed` is the entry `update.confirmed` of the slot a."""
    found = []
    for each in told:
        slot, kind = each.split(":")
        body = {"slot": slot, "key": slot, **({"ref": f"C0/{slot}"} if kind == "confirmed" else {})}
        found.append(entry(opened(), f"update.{kind}", body, T0))
    return found


@pytest.mark.parametrize(
    ("told", "ref"),
    [
        pytest.param((), None, id="nothing was posted"),
        pytest.param(("a:sending",), None, id="it is not known to have arrived"),
        pytest.param(("a:sending", "a:confirmed"), "C0/a", id="the only one"),
        pytest.param(("a:sending", "a:confirmed", "b:sending", "b:confirmed"), "C0/b", id="the last of two"),
        pytest.param(("a:sending", "a:sending", "a:confirmed"), None, id="nobody knows which copy stands there"),
    ],
)
def test_the_last_post_that_was_sent_once_is_the_one_to_compare(told: tuple[str, ...], ref: str | None) -> None:
    entries = _entries(*told)
    found = last_post(entries)
    assert (found.ref if found else None) == ref
    assert not found or found.head == entries[-2].head.short
