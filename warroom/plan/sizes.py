"""How long a post can become: its text with every value that is not known yet as long as it may reasonably be."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from warroom.launch.schedule import Slot
from warroom.launch.state import LaunchState
from warroom.launch.values import value_of
from warroom.plan.values import Size
from warroom.playbook.loaded import CheckSpec
from warroom.playbook.template import Call, Line, Picked, Template, Value
from warroom.updates.render import text_of
from warroom.updates.slack_message import parts_of

VALUE: Final = 200
"""Characters of an id, a name, an address or a path."""
WRITTEN: Final = {"incident.note": 4_000, "incident.text": 1_000, "incident.reason": 1_000, "incidents.open": 1_000}
"""Characters of what people write: the most that a post takes."""
LINE: Final = 160
"""Characters of a line about a result."""
NOTE: Final = 400
"""Characters of why a check is not green."""
SIGNAL: Final = 240
"""Characters of a line about a signal."""
BADGE: Final = 40
OVERALL: Final = 600
"""Characters of the launch's word with what keeps it from GREEN."""
_SAY_SOMETHING: Final = ("expect", "headers", "levers", "ask", "types")


def size_of(longest: str, *, is_slack: bool) -> Size:
    """The size of a post that may become `longest`."""
    if not is_slack:
        return Size(len(longest))
    parts = parts_of(longest)
    return Size(len(longest), len(parts.messages), parts.cut)


def longest_text(state: LaunchState, slot: Slot, template: Template, checks: Mapping[str, CheckSpec]) -> str:
    """`template` for the post of `slot`, with the known values as they are and the others at their longest."""
    return text_of(Template(tuple(_line(line, state, slot, checks) for line in template.lines)), state, slot)


def _line(line: Line, state: LaunchState, slot: Slot, checks: Mapping[str, CheckSpec]) -> Line:
    return tuple(part if isinstance(part, str) else _longest(part, state, slot, checks) for part in line)


def _longest(part: Value | Call, state: LaunchState, slot: Slot, checks: Mapping[str, CheckSpec]) -> str:
    if isinstance(part, Value):
        known = value_of(state, slot, part.name)
        return known if known is not None and part.name not in WRITTEN else "x" * WRITTEN.get(part.name, VALUE)
    match part.helper:
        case "badge":
            return "x" * BADGE
        case "overall":
            return "x" * OVERALL
        case "levers":
            return "x" * max(len(part.picks[-1].texts[0]), NOTE * len(part.picks))
        case "signals":
            return "\n".join("x" * SIGNAL for _ in part.picks)
        case "lines":
            return "\n".join("x" * LINE for pick in part.picks for _ in range(_lines(pick, checks)))
        case _:
            return "x" * NOTE * len(part.picks)


def _lines(pick: Picked, checks: Mapping[str, CheckSpec]) -> int:
    """How many lines a check may say: those that are picked, or each of those that it can say; and its own word."""
    check = checks.get(pick.check)
    listed = [getattr(check.params, name, ()) for name in _SAY_SOMETHING] if check else []
    return 1 + max(len(pick.texts), *(len(one) for one in listed if isinstance(one, tuple | list)), 1)
