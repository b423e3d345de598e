"""What a trigger has to do, said once more: each slot looks back over everything that was found before it.

Times are slots. A slot is true, false, missing (None), or was never looked at ("down").
"""

from collections.abc import Sequence
from typing import Literal

Slot = bool | None | Literal["down"]


def changes(
    slots: Sequence[Slot], hold: int, strict: bool, clear: int, latches: bool, gap: int
) -> list[tuple[int, str]]:
    """Every change, as (slot, name), in order."""
    out: list[tuple[int, str]] = []
    fired = ended = latched = blind = None
    for now, slot in enumerate(slots):
        known = [i for i in range(now + 1) if isinstance(slots[i], bool)]
        if slot == "down":
            continue
        if slot is None:
            if (
                not blind
                and now - (known[-1] if known else next(i for i, s in enumerate(slots) if s != "down")) > gap
            ):
                blind = True
                out.append((now, "blind"))
            continue
        if blind:
            blind = None
            out.append((now, "sighted"))
        # The newest known slot that found the opposite (or ended the activation): since then it was all like this one.
        turn = max((i for i in known if slots[i] is not slot), default=-1)
        since = next(i for i in known if i > max(turn, -1 if ended is None else ended))
        wanted = hold if fired is None else clear
        newest = [i for i in known if i >= max(since, now - wanted)]
        enough = len(newest) >= 0.8 * (wanted + 1)
        if fired is None and slot and now - since >= hold + strict and enough:
            fired, latched = now, None
            out.append((now, "fired"))
        elif fired is None and (slot and since == now):
            out.append((now, "pending"))
        elif fired is None and not slot and turn > (-1 if ended is None else ended) and turn == known[-2]:
            out.append((now, "reset"))
        elif fired is not None and slot and turn == (known[-2] if len(known) > 1 else None) and turn > fired:
            latched = None
            out.append((now, "reset"))
        elif fired is not None and not slot and since == now:
            out.append((now, "resolving"))
        elif fired is not None and not slot and not latched and now - since >= clear and enough:
            out.append((now, "latched" if latches else "resolved"))
            fired, ended, latched = (fired, ended, True) if latches else (None, now, None)
    return out
