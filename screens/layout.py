"""How the rows of a terminal are shared among the console's panes."""

from __future__ import annotations

from dataclasses import dataclass, fields


@dataclass(frozen=True, slots=True)
class Heights:
    """Rows of each pane, from top to bottom; 0: not shown. They add up to the height of the terminal."""

    header: int
    notices: int
    list_head: int
    list: int
    details_head: int
    details: int
    footer: int

    def by_pane(self) -> dict[str, int]:
        """The heights by the panes' ids."""
        return {field.name.replace("_", "-"): getattr(self, field.name) for field in fields(self)}


def share(width: int, height: int, *, checks: int, notices: int, zoomed: bool) -> Heights:
    """The heights for a terminal; `zoomed`: the details take the place of the list."""
    header = _header(width, height)
    footer = 1 if height >= 4 else 0
    told = min(notices, 6 if height >= 28 else 2 if height >= 16 else 1, max(0, height - header - footer - 1))
    rest = max(0, height - header - footer - told)
    head = 1 if rest >= 6 else 0
    if not checks:
        return Heights(header, told, 0, 0, 0, rest, footer)
    if zoomed:
        return Heights(header, told, 0, 0, head, rest - head, footer)
    if rest < 10:
        return Heights(header, told, head, rest - head, 0, 0, footer)
    rows = min(checks, max(3, (rest - 2) // 2))
    return Heights(header, told, 1, rows, 1, rest - 2 - rows, footer)


def _header(width: int, height: int) -> int:
    if width >= 100 and height >= 28:
        return 5 if height >= 34 else 4
    return 3 if width >= 50 and height >= 16 else 1
