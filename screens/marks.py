"""How a state looks: a symbol, a word and a colour, always the three together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from textual.style import Style

from warroom.events import CheckOutcome, GateInfo
from warroom.screens import palette
from warroom.suite_state import DONE, RUNNING, CheckState
from warroom.verdict import Verdict, word


@dataclass(frozen=True, slots=True)
class Mark:
    """A symbol of one cell, a word, and the colour (`#rrggbb`) of both."""

    symbol: str
    word: str
    colour: str

    @property
    def style(self) -> Style:
        """Bold text in the mark's colour."""
        return palette.ink(self.colour, bold=True)

    def __str__(self) -> str:
        return f"{self.symbol} {self.word}"


WAITING_MARK: Final = Mark("·", "waiting", palette.DIM)
RETRY_MARK: Final = Mark("↻", "RETRY", palette.TEXT)
RUNNING_MARK: Final = Mark("▶", "RUNNING", palette.ACCENT)
ASKS_MARK: Final = Mark("◆", "ASKS YOU", palette.ACCENT)

_COLOUR: Final = {
    Verdict.PASS: palette.GREEN,
    Verdict.WARN: palette.YELLOW,
    Verdict.DEGRADED: palette.TOLERATED,
    Verdict.BLOCKED: palette.TOLERATED,
    Verdict.FAIL: palette.RED,
}


def colour_of(verdict: Verdict) -> str:
    """The colour of a verdict; everything undecided shares one."""
    return _COLOUR.get(verdict, palette.UNKNOWN)


def mark_of_verdict(verdict: Verdict, *, required: bool = True) -> Mark:
    """The mark of one line or check: the short word, without the launch's mode or the gate it waits for."""
    return Mark(verdict.symbol, word(verdict, required=required), colour_of(verdict))


def mark_of_outcome(outcome: CheckOutcome) -> Mark:
    """The mark of a finished check with its full word."""
    return Mark(outcome.verdict.symbol, outcome.word, colour_of(outcome.verdict))


def mark_of_check(check: CheckState, *, asks: bool, retries: bool) -> Mark:
    """The mark of a check as it stands; `asks`: it waits for a person; `retries`: it will be tried again."""
    if asks:
        return ASKS_MARK
    if check.lifecycle == RUNNING:
        return RUNNING_MARK
    if check.lifecycle == DONE and check.outcome:
        return mark_of_verdict(check.outcome.verdict, required=check.outcome.required)
    return RETRY_MARK if retries else WAITING_MARK


def mark_of_gate(gate: GateInfo) -> Mark:
    """The mark of another system's state; anything but green and red is unknown."""
    match gate.state:
        case "green":
            return Mark(Verdict.PASS.symbol, "GREEN", palette.GREEN)
        case "red":
            return Mark(Verdict.FAIL.symbol, "RED", palette.RED)
        case _:
            return Mark(Verdict.ERROR.symbol, "UNKNOWN", palette.UNKNOWN)
