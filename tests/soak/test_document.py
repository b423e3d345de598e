"""What a run puts into the document."""

from __future__ import annotations

from tests.soak.__main__ import BEGIN, DOCUMENT, END, documented
from tests.soak.row import Row

FACTS = {"at": "2026-01-02T03:04:05Z", "machine": "m", "python": "3", "seed": 7}


def figures(text: str) -> list[str]:
    return text.partition(BEGIN)[2].partition(END)[0].strip().splitlines()


def test_a_whole_run_takes_the_place_of_all_figures() -> None:
    text = documented(DOCUMENT.read_text("utf-8"), [Row("a fire", 3)], FACTS)
    assert figures(text)[0] == "2026-01-02, m, Python 3, seed 7."
    assert [line.split(" | ")[0] for line in figures(text)[4:]] == ["| a fire"]
    assert DOCUMENT.read_text("utf-8").partition(BEGIN)[0] == text.partition(BEGIN)[0]


def test_a_run_of_some_scenarios_changes_their_rows_and_no_others() -> None:
    whole = documented(DOCUMENT.read_text("utf-8"), [Row("a fire", 3), Row("a flood", 4)], FACTS)
    some = documented(whole, [Row("a flood", 5, lost=1), Row("a storm", 6)], {**FACTS, "seed": 8}, is_whole=False)
    assert figures(some)[:2] == [
        figures(whole)[0],
        "2 rows are of a run of their own: 2026-01-02, m, Python 3, seed 8.",
    ]
    cells = [line.strip("| ").split(" | ")[:3] for line in figures(some)[5:]]
    assert cells == [["a fire", "3", "0"], ["a flood", "5", "1"], ["a storm", "6", "0"]]
    again = documented(some, [Row("a storm", 7)], FACTS, is_whole=False)
    assert len(figures(again)) == len(figures(some))
