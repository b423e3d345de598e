"""How the panes of a launch's console share the rows."""

import pytest

from warroom.screens.launch_layout import LISTS, PANES, Wanted, places


@pytest.mark.parametrize("size", [(1, 1), (20, 5), (49, 16), (80, 24), (99, 40), (100, 28), (120, 36), (300, 100)])
@pytest.mark.parametrize("focus", PANES)
@pytest.mark.parametrize("zoomed", [False, True])
@pytest.mark.parametrize(("signals", "tiled"), [(0, False), (1, False), (17, False), (17, True)])
def test_the_panes_never_need_more_rows_than_there_are(
    size: tuple[int, int], focus: str, zoomed: bool, signals: int, tiled: bool
) -> None:
    if (focus == "signals" and not signals) or (tiled and focus != "signals" and not (zoomed and focus == "details")):
        return  # what is not there cannot have the focus
    width, height = size
    shown = "signals" if tiled else focus if focus in LISTS else "posts"
    rows = {"plan": 9, "posts": 22, "state": 6, "signals": signals}
    wanted = Wanted(**rows, notices=9, foot=1, focus=focus, list=shown, zoomed=zoomed, tiled=tiled)
    found = places(width, height, wanted)
    assert min(found.heights.values()) >= 0
    columns = [
        ("plan-head", "plan", "signals-head", "signals", "posts-head", "posts"),
        ("state-head", "state", "details-head", "details", "log-head", "log"),
    ]
    heights = [sum(found.heights[name] for name in column) for column in columns]
    body = max(heights) if found.is_wide else sum(heights)
    outside = sum(found.heights[name] for name in ("header", "notices", "footer", "tabs"))
    assert body + outside == height
    assert not found.is_wide or found.left + found.right <= width
    if (width, height) in ((80, 24), (120, 36)) and not zoomed:
        assert found.heights[focus] > 0
