"""What a person can do now about a post of a launch, in a sentence."""

from __future__ import annotations

from typing import Final

from warroom.launch.entries import CHANNEL, ENGINE
from warroom.launch.standing import Owed, Standing, has_lost_rest
from warroom.launch.state import REST, LaunchState
from warroom.playbook.course import ByHand
from warroom.updates.answers import UNTOLD, repair_of

_LOOK: Final = "look whether it is there"


def advice(state: LaunchState, post: Owed) -> str:
    """What is to be done about it; empty where nothing is, or nothing can be."""
    if state.closed:
        return ""
    slot, hold = post.slot.id, state.holds.get(post.slot.id)
    command = f"warroom post {state.launch} {slot}"
    match post.standing:
        case Standing.FAILED:
            look = f", {_LOOK}" if UNTOLD in post.reason else ""
            # Of what belongs to a post the reason begins with what is missing.
            is_rest = post.record is not None and has_lost_rest(state, post.record)
            reason = state.files[slot, REST].reason if is_rest else post.reason
            return f"{repair_of(reason)}{look}, then: {command} --again --reason TEXT"
        case Standing.CHECKING:
            return "nothing: it is looked for, and sent again only where it is not there"
        case Standing.TO_DO:
            by_hand = state.course.channels[post.slot.channel].by_hand
            return f"{_by_hand(by_hand, post)}, then: {command} --done (or --skip --reason TEXT)"
        case Standing.HELD if hold and hold.by == CHANNEL:
            return f"{_LOOK}; if not: {command}"
        case Standing.HELD if hold and hold.by != ENGINE:
            return f"release it: warroom hold {state.launch} {slot} --release"
        case Standing.DUE if post.reason:
            return "nothing: it is tried again by itself"
    return ""


def _by_hand(by_hand: ByHand | None, post: Owed) -> str:
    assert by_hand is not None, "only what a person does is there to do"
    to = f" to {by_hand.to}" if by_hand.to else ""
    return f"tell it by {by_hand.medium}{to}"
