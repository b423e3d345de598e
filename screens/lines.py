"""Lines of text for a terminal: fitted to a width, wrapped with a hanging indent, joined from parts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Final

from textual.content import Content
from textual.style import Style

from warroom.clock import stamp
from warroom.screens import palette
from warroom.text import one_line

Part = str | Content | tuple[str, str | Style]
EMPTY = Content("")
LABEL_WIDTH: Final = 12
"""Cells before the rows of `labelled_rows`."""


def line(*parts: Part) -> Content:
    """One line from parts; text is never read as markup."""
    return Content.assemble(*parts)


def fit(content: Content | str, width: int, *, right: bool = False) -> Content:
    """Exactly `width` cells: padded with spaces, or cut with `…`; nothing where `width` is below 1."""
    if width < 1:
        return EMPTY
    text = Content(content) if isinstance(content, str) else content
    cut = text.truncate(width, ellipsis=True)
    return cut.pad_left(width - cut.cell_length) if right else cut.truncate(width, pad=True)


def spread(left: Content, right: Content, width: int) -> Content:
    """`left` and `right` at the two ends of a line of `width` cells; the left one gives way."""
    room = width - right.cell_length - 1
    return line(fit(left, room), " ", right) if room > 0 else fit(left, width)


def wrapped(content: Content, width: int, *, indent: Content | str = "") -> list[Content]:
    """`content` over as many lines as it needs; `indent` starts the first, spaces of its width the others."""
    first = Content(indent) if isinstance(indent, str) else indent
    room = max(8, width - first.cell_length)
    rows = content.wrap(room) or [EMPTY]
    rest = " " * first.cell_length
    return [line(first if index == 0 else rest, row.rstrip()) for index, row in enumerate(rows)]


def joined(parts: Iterable[Content], separator: str = "  ·  ") -> Content:
    """The parts that hold something, with a faint separator between them."""
    return Content.styled(separator, palette.FAINT_INK).join([part for part in parts if part])


def packed(parts: Iterable[Content], width: int, rows: int, separator: str = "  ·  ") -> list[Content]:
    """The parts over at most `rows` lines, each on the first line that has room for it; the first part on the first.

    A part that has room nowhere is left out, and the last line then ends in `…`; one wider than a line is cut.
    """
    between = Content.styled(separator, palette.FAINT_INK)
    lines: list[Content] = []
    left_out = False
    for part in parts:
        if not part:
            continue
        joint = len(separator) + part.cell_length
        place = next((index for index, row in enumerate(lines) if row.cell_length + joint <= width), None)
        if place is not None:
            lines[place] = line(lines[place], between, part)
        elif len(lines) < rows:
            lines.append(part.truncate(width, ellipsis=True))
        else:
            left_out = True
    return [*lines[:-1], line(lines[-1], (" …", palette.QUIET))] if left_out else lines


def labelled(name: str, value: str) -> Content:
    """`name value`, the name quiet; nothing where the value is empty."""
    return line((name, palette.QUIET), " ", value) if value else EMPTY


def shortened(lines: Sequence[Content], height: int, width: int) -> Sequence[Content]:
    """The first lines that fit; the last one counts the others."""
    if len(lines) <= height or height < 1:
        return lines
    more = len(lines) - height
    return [*lines[: height - 1], spread(lines[height - 1], Content(f"+{more} more "), width)]


def labelled_rows(label: str, rows: Iterable[Content], width: int) -> list[Content]:
    """Rows wrapped to `width`, with a quiet label before the first one; nothing where there are none."""
    lines: list[Content] = []
    for index, row in enumerate(rows):
        head = line((f" {label:<{LABEL_WIDTH - 1}}" if index == 0 else " " * LABEL_WIDTH, palette.QUIET))
        lines += wrapped(row, width, indent=head)
    return lines


def shell_lines(command: str, width: int) -> list[str]:
    """A command line over several lines of at most about `width`, broken where a shell reads it the same:
    at spaces outside quotes, with a backslash at the end of the line."""
    rows = [""]
    for token in _tokens(command):
        longer = f"{rows[-1]} {token}" if rows[-1].strip() else rows[-1] + token
        if len(longer) + 2 > width and rows[-1].strip():
            rows[-1] += " \\"
            rows.append("  " + token)
        else:
            rows[-1] = longer
    return rows


def _tokens(command: str) -> list[str]:
    """The words between spaces that a shell takes as such: not in `'…'`, `"…"` or `$'…'`, not after a backslash."""
    tokens, quote, escaped = [""], "", False
    for char in command:
        if char == " " and not quote and not escaped:
            tokens.append("")
            continue
        if escaped:
            escaped = False
        elif char == "\\" and quote != "'":
            escaped = True
        elif char == "'" and not quote and tokens[-1].endswith("$"):
            quote = "$'"
        elif char in "'\"":
            quote = "" if quote.endswith(char) else quote or char
        tokens[-1] += char
    return [token for token in tokens if token]


def span(seconds: float) -> str:
    """A short time for a narrow column: `41 ms`, `1.3 s`, `2m05s`, `1h04m`."""
    if seconds < 0.9995:
        return f"{max(0.0, seconds) * 1000:.0f} ms"
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    minutes, left = divmod(round(seconds), 60)
    return f"{minutes}m{left:02d}s" if minutes < 60 else f"{minutes // 60}h{minutes % 60:02d}m"


def clock_span(seconds: float) -> str:
    """Elapsed time that ticks by the second: `0:07`, `12:30`, `1:02:03`."""
    hours, left = divmod(max(0, int(seconds)), 3600)
    minutes, rest = divmod(left, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def countdown(seconds: float) -> str:
    """Time that is left, by the second: `9 s`, `2m30s`, `1h04m`; `0 s` for what is due."""
    whole = max(0, round(seconds))
    return f"{whole} s" if whole < 60 else span(whole)


def ago(at: datetime, now: datetime) -> str:
    """`3m12s ago`."""
    return f"{countdown((now - at).total_seconds())} ago"


def read_when(at: datetime, now: datetime, *, is_over: bool) -> str:
    """`3m12s ago`; where nobody reads it any more, as the launch is closed (`is_over`), when it was:
    `2025-11-01T02:24:57Z`."""
    return f"{stamp(at)[:19]}Z" if is_over else ago(at, now)


def time_of_day(instant: datetime) -> str:
    """`02:05:07Z`."""
    return stamp(instant)[11:19] + "Z"


def number(value: float) -> str:
    """A measured number, short: at most one decimal from 1 on, three digits below."""
    if value != value or value in (float("inf"), float("-inf")):
        return str(value)
    return f"{value:,.1f}".removesuffix(".0") if abs(value) >= 1 or value == 0 else f"{value:.3g}"


def guarded(build: Callable[[], Sequence[Content]], what: str) -> Sequence[Content]:
    """What `build` makes; where it fails, one line that says so: a panel's defect must not end the console."""
    try:
        return build()
    except Exception as defect:  # noqa: BLE001
        text = f"? {what} cannot be shown: {type(defect).__name__}: {one_line(str(defect), limit=120)}"
        return (Content.styled(text, palette.ink(palette.UNKNOWN, bold=True)),)
