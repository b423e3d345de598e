"""What docs/signals.md says of triggers, budgets and reasons is what the program does."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from tests.contracts.tree import ROOT
from warroom.launch.observing import SLICE
from warroom.slo.budget import Objective, burns_of
from warroom.slo.trigger import Hold, Observation, Rule, TriggerState, parse_hold, step
from warroom.units import format_duration, parse_duration

DOCUMENT = (ROOT / "docs" / "signals.md").read_text("utf-8")
T0 = datetime(2025, 11, 1, 2, tzinfo=UTC)
EVERY = timedelta(seconds=15)
TRUTHS = {"T": True, "F": False, ".": None}
HOURS_48 = timedelta(hours=48)


def rows(head: str) -> list[list[str]]:
    """The cells of the table that begins with these columns."""
    table = DOCUMENT.partition(f"| {head} |")[2].partition("\n\n")[0].splitlines()[2:]
    assert table, head
    return [[cell.strip() for cell in row.strip("|").split(" | ")] for row in table]


def looks_of(cell: str) -> str:
    """`T x21` and `TT` then ` x80` as the letters themselves."""
    found = ""
    for part in re.findall(r"`([^`]*)`", cell):
        letters = re.fullmatch(r"(.) ?x(\d+)", part)
        found += letters[1] * int(letters[2]) if letters else part
    return found


def rule_of(cell: str) -> Rule:
    """A rule from the keys in a cell."""
    keys = {key: value.strip('"') for key, value in re.findall(r"`(\w+): ([^`]+)`", cell)}
    clear = parse_duration(keys["clear_for"]) if "clear_for" in keys else None
    return Rule(EVERY, parse_hold(keys["for"]), clear, latches=keys.get("severity", "notify") != "notify")


@pytest.mark.parametrize(
    "row", rows("rule | looks | what happens"), ids=lambda row: " ".join(row[:2]).replace("`", "")
)
def test_a_run_goes_as_the_page_says(row: Sequence[str]) -> None:
    state, found = TriggerState(), list[str]()
    for place, letter in enumerate(looks_of(row[1])):
        if letter != " ":
            state, changes = step(rule_of(row[0]), state, Observation(T0 + place * EVERY, TRUTHS[letter]))
            seconds = place * 15
            found += [f"{seconds // 60}:{seconds % 60:02} {each.change.value}" for each in changes]
    assert ", ".join(found) == row[2]


def test_the_burn_alarms_are_those_of_the_page() -> None:
    objective = Objective(0.999, HOURS_48)
    expected = [
        [
            f"burn > {burn.factor:g}",
            format_duration(burn.long),
            format_duration(burn.short),
            f"{burn.factor * (burn.long / HOURS_48):.0%}".replace("%", " %"),
        ]
        for burn in burns_of(HOURS_48, SLICE)
    ]
    assert rows("of a window of 48 h | long | short | spends, if it lasts for the long window") == expected
    assert f"{objective.allowed / timedelta(minutes=1):g} minutes for 99.9 % of 48 h" in DOCUMENT


def test_a_reason_on_the_page_is_one_that_the_program_gives() -> None:
    said = "".join(path.read_text("utf-8") for path in sorted((ROOT / "warroom" / "slo").rglob("*.py")))
    quoted = [row[0].strip("`") for row in rows("it says | it means | do")]
    pieces = [piece.strip(" ,") for quote in quoted for piece in quote.split("...") if piece.strip(" ,")]
    assert len(pieces) > 7
    assert [piece for piece in pieces if piece not in said] == []


def test_the_default_hold_fires_at_once() -> None:
    assert Hold() == parse_hold("0s")
