"""Entries about signals, baselines and triggers, in words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from warroom.launch.entries import Body
from warroom.units import format_seconds


def _level(body: Body) -> str:
    return f"signal {body['signal']} is {str(body['level']).upper()}: {body['reason']}"


def _captured(body: Body) -> str:
    if body.get("by") and body["reason"]:
        return f"baseline {body['baseline']} NOT captured by {body['by']}: {body['reason']}; it stays what it was"
    if body["value"] is None:
        return f"baseline {body['baseline']} NOT captured: {body['reason']}"
    by = f" by {body['by']}" if body.get("by") else ""
    why = f"; {body['reason']}" if body.get("reason") else ""
    return f"baseline {body['baseline']} captured{by}: {body['value']:.6g} over {format_seconds(body['over_s'])}{why}"


def _trigger(does: str, *, why: str = "reason") -> Callable[[Body], str]:
    def told(body: Body) -> str:
        reason = f": {body[why]}" if body.get(why) else ""
        return f"trigger {body['trigger']}#{body['number']} {does}{reason}"

    return told


def _asked(does: str) -> Callable[[Body], str]:
    def told(body: Body) -> str:
        if body.get("over"):
            return f"trigger {body['trigger']} {does} no more: {body['reason']}"
        until = f" until {body['until']}" if body.get("until") else ""
        return f"trigger {body['trigger']} {does}{until}: {body['reason']}"

    return told


SIGNALS: Final[Mapping[str, Callable[[Body], str]]] = {
    "signal.level": _level,
    "signal.warned": lambda body: f"signal {body['signal']} breaches its limits: {body['reason']}",
    "signal.recovered": lambda body: f"signal {body['signal']} breaches its limits no more: {body['reason']}",
    "signal.given": lambda body: f"signal {body['signal']}: {body['said']}",
    "baseline.asked": lambda body: f"baseline {body['baseline']} is to be captured now: {body['reason']}",
    "baseline.captured": _captured,
    "trigger.pending": _trigger("is pending"),
    "trigger.fired": _trigger("FIRED"),
    "trigger.resolving": _trigger("recovers"),
    "trigger.resolved": _trigger("resolved"),
    "trigger.latched": _trigger("recovered, and stays until a person resumes it"),
    "trigger.reset": _trigger("is reset"),
    "trigger.blind": _trigger("is BLIND"),
    "trigger.sighted": _trigger("sees again"),
    "trigger.acked": _asked("is taken care of"),
    "trigger.snoozed": _asked("is snoozed"),
    "trigger.resumed": _asked("is resumed"),
    "trigger.declared": _asked("is declared"),
}
