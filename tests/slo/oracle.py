"""What a trigger has to do, said once more: each slot looks back over what was found before it.

Times are slots. A slot is true, false, missing (None), or was never looked at ("down").
"""

from collections.abc import Sequence
from typing import Literal

Slot = bool | None | Literal["down"]


def changes(
    slots: Sequence[Slot], hold: int, strict: bool, clear: int, latches: bool, gap: int
) -> list[tuple[int, str]]:
    """Every change, as (slot, name), in order."""
    known, out = list[int](), list[tuple[int, str]]()
    ended, fired, is_latched, is_blind = -1, False, False, False
    for now, slot in enumerate(slots):
        if slot == "down":
            continue
        first = next(i for i, each in enumerate(slots) if each != "down")
        was_blind, is_blind = is_blind, slot is None and (is_blind or now - (known[-1] if known else first) > gap)
        if was_blind is not is_blind:
            out.append((now, "blind" if is_blind else "sighted"))
        if slot is None:
            continue
        known.append(now)
        # Since when it has been like this without a break, in this activation or since the last one ended.
        turn = next((i for i in reversed(known) if slots[i] is not slot), -1)
        alike = [i for i in known if i > max(turn, ended)]
        since = alike[0]
        turned = since == now and turn > ended
        wanted = clear if fired else hold
        is_covered = sum(i >= now - wanted for i in alike) >= 0.8 * (wanted + 1)
        if slot and not fired and now - since >= hold + strict and is_covered:
            fired = True
            out.append((now, "fired"))
        elif slot and not fired and since == now:
            out.append((now, "pending"))
        elif (not slot and not fired and turned) or (slot and fired and turned):
            is_latched = False
            out.append((now, "reset"))
        elif fired and not slot and since == now:
            out.append((now, "resolving"))
        elif fired and not slot and not is_latched and now - since >= clear and is_covered:
            out.append((now, "latched" if latches else "resolved"))
            is_latched, fired, ended = latches, latches, ended if latches else now
    return out
