"""A post that was sent again in doubt may be there twice, and the audit says so; any other is there once."""

from __future__ import annotations

import pytest

from tests.launch.course import T0, entry, opened
from warroom.launch.entries import Entry
from warroom.launch.second_copies import KINDS, second_copies

SLOT = "hourly@T+1h"


def entries(*told: str) -> list[Entry]:
    """`2:due` is the entry `update.due` of the second engine."""
    found = []
    for each in told:
        epoch, _, kind = each.rpartition(":")
        found.append(entry(opened(), f"update.{kind}", {"slot": SLOT, "key": "k"}, T0, int(epoch or 1)))
    return found


@pytest.mark.parametrize(
    ("told", "twice"),
    [
        pytest.param(("due", "sending", "confirmed"), False, id="sent once"),
        pytest.param(("due", "sending", "due", "sending", "confirmed"), False, id="refused, then sent"),
        pytest.param(("due", "sending", "unknown", "confirmed"), False, id="in doubt, and found"),
        pytest.param(("due", "sending", "unknown", "due", "sending", "confirmed"), True, id="in doubt, sent again"),
        pytest.param(("due", "sending", "2:confirmed"), False, id="its engine died, and it was found"),
        pytest.param(("due", "sending", "2:due", "2:sending", "2:confirmed"), True, id="its engine died, sent again"),
        pytest.param(
            ("due", "sending", "2:absent", "2:due", "2:sending"), True, id="its engine died, looked for twice"
        ),
        pytest.param(("due", "2:due", "2:sending", "2:confirmed"), False, id="its engine died before it was sent"),
        pytest.param(
            ("due", "sending", "unknown", "confirmed", "due", "sending"), False, id="found, then wanted again"
        ),
    ],
)
def test_a_post_may_be_there_twice_only_where_it_was_sent_again_in_doubt(told: tuple[str, ...], twice: bool) -> None:
    found = entries(*told)
    assert {one.kind for one in found} <= KINDS
    assert second_copies(found) == ((SLOT,) if twice else ())
