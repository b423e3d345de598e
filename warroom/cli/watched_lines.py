"""Signals and triggers of GET /state as lines for people, at most 80 cells wide where names are not longer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any, Final

from warroom.api.models import instant
from warroom.cli.folding import below
from warroom.launch.signal_words import CALM, NO_DATA, TOO_OLD
from warroom.text import plural
from warroom.units import format_age

Json = Mapping[str, Any]
_CALM: Final = tuple(level.value for level in CALM)


def signal_lines(found: Json) -> Iterator[str]:
    """Every signal: its level, value and how old that is, and below it why, where it is not as it should be."""
    for one in found["signals"]:
        level, told = _level(one, found)
        yield f"signal  {one['id']:<22} {level:<8} {told}"
        if one["level"] not in _CALM:
            yield from below(one["reason"])
        if one["breach"] and not found["closed"] and _is_watched(found):
            yield from below(f"over the limit of trigger {one['breach']['trigger']}")


def _level(one: Json, found: Json) -> tuple[str, str]:
    """The level, and the value with its age. What nobody looks at any more has no level."""
    if one["at"] is None:
        return "UNKNOWN", NO_DATA
    age = timedelta(seconds=one["age_s"])
    if found["closed"]:
        return "was", f"{_word(one)}: {one['shown'] or NO_DATA}, {_second(one['at'])}"
    if one["level"] == "unknown":
        told = f"{one['shown']}, {format_age(age)} old"
        return "UNKNOWN", told if one["shown"] else f"{NO_DATA} for {format_age(age)}"
    if age > TOO_OLD:
        return "UNKNOWN", f"was {_word(one)}: {one['shown']}, {format_age(age)} ago"
    return _word(one), f"{one['shown']}{_budget(one)}, {format_age(age)} old"


def _word(one: Json) -> str:
    """The level; where its own limits say nothing bad, and the condition of a trigger holds, where that stands."""
    return str(one["breach"]["stage"].upper() if one["breach"] and one["level"] in _CALM else one["word"])


def _is_watched(found: Json) -> bool:
    return bool(found["engine"]) and not found["engine"].get("silent")


def _budget(one: Json) -> str:
    left = one["slo"]["budget_left"] if one["slo"] else None
    return "" if left is None else f", budget {max(0.0, left):.0%} left"


def trigger_lines(found: Json) -> Iterator[str]:
    """Every trigger that is not idle, what it is about and what was measured; of a closed launch those, too, that
    fired. Last, how many there are beside them."""
    triggers, is_closed = found["triggers"], bool(found["closed"])
    is_watched = _is_watched(found)
    # Without an engine nobody knows of those that nothing was wrong with.
    calm = "idle" if is_watched or is_closed else "unknown"
    told = [one for one in triggers if one["stage"] != calm or (is_closed and one["number"])]
    for one in told:
        yield f"trigger {one['id']:<22} {_stage(one, found)}"
        fired = f"fired {plural(one['number'], 'time')}, last {_second(one['fired_at'])}" if one["fired_at"] else ""
        yield from below(": ".join(part for part in (one["title"], one["reason"]) if part))
        yield from below(fired)
    if rest := len(triggers) - len(told):
        yield f"trigger {rest} {'never fired' if is_closed else 'idle' if is_watched else 'not watched'}"


def _stage(one: Json, found: Json) -> str:
    word = "over" if one["stage"] == "idle" else one["stage"].upper()
    if found["closed"]:
        return f"{word} when the launch was closed"
    since = f" since {_second(one['since'])}" if one["since"] else ""
    if not _is_watched(found):
        return f"{word}{since}, not watched"
    now, ahead = instant(found["now"]), ""
    if one["fires_at"]:
        ahead = f", fires in {format_age(max(instant(one['fires_at']) - now, timedelta()))} at the earliest"
    elif one["since"]:
        since = f" for {format_age(max(now - instant(one['since']), timedelta()))}"
    said = "".join(f", {one[how]['by']} {does}" for how, does in _SAID if one[how])
    return f"{word}{'' if ahead else since}{ahead}{said}"


_SAID: Final = (("acked", "takes care of it"), ("snoozed", "snoozed it"))


def _second(at: str) -> str:
    """An instant without its fraction."""
    return f"{at[:19]}Z"
