"""The head of a launch's console: which launch, how long since T0, in which mode, and what is counted down to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta, tzinfo
from typing import Final

from textual.content import Content
from textual.style import Style

from warroom.client.values import LaunchNow, PostNow
from warroom.clock import stamp
from warroom.screens import palette
from warroom.screens.launch_alarms import alarms
from warroom.screens.launch_kept import kept_parts
from warroom.screens.launch_marks import (
    UNTESTED,
    behind_s,
    early_s,
    holds,
    is_silent,
    mark_of_post,
    was_late,
)
from warroom.screens.launch_rows import day_and_time, dimmed
from warroom.screens.launch_view import LaunchView, first_free, is_open, once_only
from warroom.screens.lines import EMPTY, ago, countdown, fit, joined, labelled, line, packed, spread, time_of_day
from warroom.screens.marks import Mark, colour_of
from warroom.text import plural

_WIDE = 100
_BOX_AT_LEAST, _BOX_AT_MOST = 22, 40
_DOT: Final = " · "


def clock_parts(delta: timedelta) -> str:
    """`03:05:09`: hours may have more than two digits; what is below a second is cut."""
    minutes, seconds = divmod(int(abs(delta.total_seconds())), 60)
    return f"{minutes // 60:02d}:{minutes % 60:02d}:{seconds:02d}"


def launch_clock(launch: LaunchNow | None, now: datetime) -> str:
    """`T+00:03:07`, `T-00:10:00` before T0; `T0 not set` without one. It stands still once the launch is closed."""
    if launch is None or launch.t0 is None:
        return "T0 not set"
    now = launch.closed.at if launch.closed else now
    return f"T{'-' if now < launch.t0 else '+'}{clock_parts(now - launch.t0)}"


def mode_words(launch: LaunchNow, now: datetime) -> list[tuple[str, Style]]:
    """The banner: the mode and how long it holds, or that its rules have ended; then what the gates hold it in. Of a
    launch that is closed, that the mode was to hold for longer."""
    found: list[tuple[str, Style]] = []
    until = launch.mode_until
    if launch.mode and until is not None and until <= now:
        ended = f"{launch.mode} rules have ended, {time_of_day(until)}, {ago(until, now)}"
        found.append((ended, palette.fill(palette.YELLOW)))
    elif launch.closed and until:
        found.append((f"{launch.mode} until {stamp(until)[:16]}Z, watched no more", palette.ink(palette.TOLERATED)))
    elif launch.mode and not launch.closed:
        left = f", {clock_parts(until - now)} left" if until else ""
        found.append((f"{launch.mode.upper()}{left}", palette.fill(palette.TOLERATED)))
    held = [f"{gate.holds} until {gate.title} is GREEN" for gate in launch.gates if holds(gate)]
    return [*found, *((words, palette.ink(palette.TOLERATED, bold=True)) for words in dict.fromkeys(held))]


def countdown_part(view: LaunchView, post: PostNow, now: datetime, *, short: bool = False) -> Content:
    """A post with the time that is left, red as soon as there is none; how it went, once it is out.

    `short`: without its title.
    """
    name = post.time if short else f"{post.time} {post.title}"
    mark = mark_of_post(view, post, now)
    if not is_open(post) or is_silent(view, post, now):
        late = f", LATE by {countdown(post.late_s)}" if was_late(post) else ""
        early = f", early by {countdown(early_s(post))}" if early_s(post) else ""
        style = palette.ink(palette.YELLOW, bold=True) if late else mark.style
        return line((f"{mark.symbol} {post.time} {mark.word}{late or early}", style))
    behind, held = behind_s(post, now), _held(post, short=short)
    if post.due is not None and behind >= 0:
        name = f"{name} {held}," if held else name
        return line((f" {name} LATE by {countdown(behind)} ", palette.fill(palette.RED)))
    if held:
        return line(f"{name} ", (held, palette.ink(palette.YELLOW, bold=True)))
    if post.due is None:
        return line(name)
    return line(name, " in ", (countdown(-behind), palette.STRONG))


def _held(post: PostNow, *, short: bool) -> str:
    """That the post is held, with the reason where there is room; empty where it is not."""
    if post.standing != "held":
        return ""
    return f"HELD: {post.reason}" if post.reason and not short else "HELD"


def overall(view: LaunchView, now: datetime) -> Mark:
    """The launch in one mark: what must be known first decides."""
    launch = view.launch
    if view.lost:
        return Mark("?", "ENGINE STOPPED" if view.lost.stopped else "ENGINE LOST", palette.UNKNOWN)
    if launch is None:
        return Mark("·", "CONNECTING", palette.TEXT)
    if launch.closed:
        return Mark("■", "CLOSED", palette.TEXT)
    wrong = alarms(launch, now)
    if wrong:
        more = f" +{len(wrong) - 1}" if len(wrong) > 1 else ""
        return Mark("✖", f"{wrong[0].word}{more}", palette.RED)
    if launch.t0 is None:
        return Mark("·", "NOT LAUNCHED YET", palette.TEXT)
    return _judged(launch)


def _judged(launch: LaunchNow) -> Mark:
    """Everything that counts in one verdict, and how much keeps it from GREEN; nothing is green before something was
    tested."""
    found = launch.overall
    if found.tested_at is None:
        return Mark(UNTESTED.symbol, "NOTHING TESTED YET", palette.TEXT)
    more = f" +{len(found.why) - 1}" if len(found.why) > 1 else ""
    early = f", {len(found.early)} not judged yet" if found.early else ""
    said = f"{found.word}: {found.why[0]}{more}" if found.why else f"{found.word}{early}"
    return Mark(found.verdict.symbol, said, colour_of(found.verdict))


def _tested(view: LaunchView, now: datetime, mark: Mark) -> str:
    """How old the oldest result is that `mark` tells; empty where it tells none."""
    if view.launch is None or view.launch.overall.tested_at is None or mark != _judged(view.launch):
        return ""
    return f"tested {ago(view.launch.overall.tested_at, now)}"


def header_lines(view: LaunchView, now: datetime, zone: tzinfo | None, width: int, height: int) -> Sequence[Content]:
    """At most `height` lines of `width` cells; `zone` is the reader's, None that of this machine.

    One line; or from 50 cells on five; from 100 on with the clock and the launch's standing in a field beside them.
    """
    if height < 4 or width < 50:
        return [_one_line(view, now, width)][:height]
    rows = _rows(view, now, zone)
    if view.lost:
        rows = [tuple(dimmed(part) for part in parts) for parts in rows]
    if width < _WIDE:
        return _narrow(view, now, rows, width, height)
    return _wide(view, now, rows, width, height)


_Rows = Sequence[tuple[Content, ...]]
"""Title and DRI, mode, times and facts."""


def _one_line(view: LaunchView, now: datetime, width: int) -> Content:
    mark = overall(view, now)
    if width < len(str(mark)):
        return line((fit(mark.symbol, width).plain, _field(mark)))
    chip = (f" {mark} " if width >= 20 else str(mark), _field(mark))
    clock = (f" {launch_clock(view.launch, now)} ", palette.STRONG)
    return fit(line(chip, clock, _title(view)), width)


def _narrow(view: LaunchView, now: datetime, rows: _Rows, width: int, height: int) -> list[Content]:
    mark = overall(view, now)
    clock = line((f" {launch_clock(view.launch, now)} ", palette.QUIET_FIELD))
    chip = line((f" {mark} ", _field(mark)))
    (title, dri), mode, told = rows
    fitted = [
        spread(line(" ", title), line(chip, clock), width),
        line(" ", joined(mode, _DOT)),
        *(line(" ", row) for row in packed((dri, *told), width - 2, height - 3, _DOT)),
    ]
    padded = (fitted + [EMPTY] * height)[: height - 1]
    return [*padded, line(" ", _last_row(view, now, width - 2))]


def _wide(view: LaunchView, now: datetime, rows: _Rows, width: int, height: int) -> list[Content]:
    mark = overall(view, now)
    said = [launch_clock(view.launch, now), fit(str(mark), _BOX_AT_MOST).plain.rstrip(), _tested(view, now, mark)]
    box_width = max(_BOX_AT_LEAST, *(len(row) + 4 for row in said))
    box = [line((fit(f"  {row}", box_width).plain, _field(mark))) for row in ["", *said, *[""] * (height - 4)]]
    room = width - box_width - 2
    title, mode, told = rows
    left = [joined(title, _DOT), joined(mode, _DOT), *packed(told, room, height - 3, _DOT)]
    padded = [*(left + [EMPTY] * height)[: height - 1], _last_row(view, now, room)]
    return [line(" ", fit(row, room), " ", side) for row, side in zip(padded, box, strict=False)]


def _field(mark: Mark) -> Style:
    quiet = mark.colour in (palette.TEXT, palette.DIM, palette.ACCENT)
    return palette.QUIET_FIELD if quiet else palette.fill(mark.colour)


def _title(view: LaunchView) -> str:
    return (view.launch.title or view.launch.launch) if view.launch else view.name


def _rows(view: LaunchView, now: datetime, zone: tzinfo | None) -> _Rows:
    launch = view.launch
    title = line((_title(view), palette.STRONG))
    if launch is None:
        return [(title, EMPTY), tuple(_read_only(view)), (Content("nothing has been told yet"),)]
    mode = [line((f" {words} ", style)) for words, style in mode_words(launch, now)]
    mode = [*_demo(view), *_no_slack(launch), *mode, *_read_only(view)]
    dri = labelled("DRI", launch.owner_name)
    facts = [labelled(name, value) for name, value in launch.facts if name != "T0"]
    return [
        (title, dri),
        tuple(mode),
        (*facts[:1], *times(launch, now, zone), *engine_parts(view, now), *facts[1:]),
    ]


def _no_slack(launch: LaunchNow) -> list[Content]:
    """The channels whose posts end in a file, first in their row so that no width cuts them off."""
    ids = ", ".join(one.id for one in launch.channels if one.note)
    return [line((f" {ids}: FILE ONLY ", palette.fill(palette.YELLOW)))] if ids and not launch.closed else []


def _demo(view: LaunchView) -> list[Content]:
    told = f" DEMO, scenario {view.scenario} (S changes it) "
    return [line((told, palette.fill(palette.UNKNOWN)))] if view.scenario else []


def _read_only(view: LaunchView) -> list[Content]:
    return [line((" READ-ONLY ", palette.fill(palette.TEXT)))] if view.read_only else []


def times(launch: LaunchNow, now: datetime, zone: tzinfo | None) -> list[Content]:
    """T0, and what time it is: UTC and the reader's."""
    t0 = labelled("T0", stamp(launch.t0)[:19] + "Z") if launch.t0 else EMPTY
    local = now.astimezone(zone)
    told = f"local {local:%H:%M:%S} {local.tzname() or ''}".rstrip() if local.utcoffset() else "local is UTC"
    return [t0, line(time_of_day(now), " ", (told, palette.QUIET))]


def engine_parts(view: LaunchView, now: datetime) -> list[Content]:
    """Who runs the launch, and how old the news are."""
    if view.launch and view.launch.closed:
        return [labelled("Engine", "ended with the launch")]
    engine = view.launch.engine if view.launch else None
    about = f"process {engine.pid} since {day_and_time(engine.since, now)}" if engine else "NONE runs this launch"
    kept = kept_parts(view.launch, now) if view.launch else []
    news = [labelled("last news", ago(view.heard_at, now))] if view.heard_at else []
    number = [line((f"engine no. {engine.epoch}", palette.QUIET))] if engine and engine.epoch > 1 else []
    process = [labelled("Engine", about), *number]
    if engine is None or not kept:
        return [*process, *news, *kept]
    # What comes last is cut off first: whether anything speaks up once the engine is gone goes before its process.
    return [*kept[:1], *news, *kept[1:], *process]


def _last_row(view: LaunchView, now: datetime, width: int) -> Content:
    row = _countdowns(view, now, width)
    return dimmed(row) if view.lost else row


def _countdowns(view: LaunchView, now: datetime, width: int) -> Content:
    """The posts that are due once and the one that comes next, in one line; without titles where there is no room."""
    long, short = (joined(_counted(view, now, short=short), _DOT) for short in (False, True))
    return long if long.cell_length <= width else short.truncate(width, ellipsis=True)


def _counted(view: LaunchView, now: datetime, *, short: bool) -> Iterator[Content]:
    launch = view.launch
    if launch is None:
        return
    if kept := launch.kept_open:
        closes = f", closes at {time_of_day(kept.until)}"
        held = plural(len(kept.held), "phase") if short else "; ".join(kept.held)
        yield line((f" NOT CLOSED, every update is resolved{closes}: {held} ", palette.fill(palette.YELLOW)))
        return
    watched = once_only(launch)[:3]
    yield from (countdown_part(view, post, now, short=short) for post in watched)
    if launch.next and launch.next not in watched:
        yield line(("next ", palette.QUIET), countdown_part(view, launch.next, now, short=short))
    free = first_free(launch)
    if launch.next and launch.next.standing == "held" and free and free not in watched:
        yield line(("then ", palette.QUIET), countdown_part(view, free, now, short=short))
