"""Long lines over as many as they need."""

import pytest

from warroom.cli.folding import below, folded

RUN = "action  stop_sends-1                     waits for a person: step investigate, started by trigger p95#1"
STEP = (
    "        1. disable_send: Toggle DISABLE_SEND=true: NO-OP (no mitigation) 12:13:10Z: it is true already (engine)"
)

FOLDED = {
    "a short one stays": ("lever   SEND   true", ["lever   SEND   true"]),
    "a long one goes on below": (
        RUN,
        [
            "action  stop_sends-1                     waits for a person: step investigate,",
            "        started by trigger p95#1",
        ],
    ),
    "an indented one goes on deeper": (
        STEP,
        [
            "        1. disable_send: Toggle DISABLE_SEND=true: NO-OP (no mitigation)",
            "                12:13:10Z: it is true already (engine)",
        ],
    ),
    "a word that is too long is not cut": ("x " + "y" * 90, ["x", " " * 8 + "y" * 90]),
}


@pytest.mark.parametrize(("line", "lines"), FOLDED.values(), ids=FOLDED)
def test_a_line(line: str, lines: list[str]) -> None:
    assert list(folded(line)) == lines


def test_a_text_below_a_line_is_indented_and_an_empty_one_is_no_line() -> None:
    assert list(below("2% is >= 1%")) == ["        2% is >= 1%"]
    assert list(below("")) == []
