"""A launch whose procedure waits for a person, and whose levers are not all as they should be."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from tests.screens import launches
from tests.screens.launches import MINUTE, OPENED, T0
from warroom.client import LaunchNow
from warroom.client.action_values import ActionStepNow, LeverNow, ProcedureNow, WaitsNow


def _action(
    name: str, kind: str, text: str, stage: str = "pending", said: str = "", reason: str = ""
) -> ActionStepNow:
    ended = stage in ("verified", "no-op", "failed")
    at = T0 + 26 * MINUTE if stage != "pending" else None
    by = "engine" if ended else ""
    return ActionStepNow(
        name, kind, text, stage, said, at, by, reason, 3.0 if at else None, 1 if ended else 0, "", "", ""
    )


LEVERS = (
    LeverNow(
        "DISABLE_SEND", "true", "true", True, True, "true", ("true", "false"), OPENED, "",
        "No actual message delivery", "", "", False, 1,
    ),
    LeverNow(
        "PROMO_SENDS", "false", "true", False, False, "", ("true", "false"), OPENED, "", "No promotional campaigns",
        "", "", False, 1,
    ),
    LeverNow(
        "RATE", "10", None, None, False, "", (), None, "no answer within 10 s", "msgs/min cap",
        "INTERNAL_KEY is not set", "", True, 2,
    ),
)  # fmt: skip
RESPONSE = (
    _action(
        "disable_send", "lever", "Toggle DISABLE_SEND=true", "no-op",
        "NO-OP (no mitigation) 02:31:00Z: DISABLE_SEND is true already: nothing was changed (engine)",
    ),
    _action(
        "pause_consumers", "request", "Pause event consumers", "verified",
        "VERIFIED 02:31:03Z in 3s: $.consumers is paused (engine)",
    ),
    _action(
        "revert", "request", "Revert to last stable deployment", "confirm", "WAITS for a person to confirm it",
    ),
    _action("note", "do", "Post incident note in war-room within 10 minutes"),
)  # fmt: skip


def procedure(**more: object) -> ProcedureNow:
    """A procedure that can be started, or with more a run of it."""
    plain = ProcedureNow(
        "incident_response", "Incident response", "", "", "", "ready", "not started", "", "", RESPONSE, None, 600.0,
        0.0, False, False, None, None,
    )  # fmt: skip
    return replace(plain, **more)  # type: ignore[arg-type]


def acting() -> LaunchNow:
    """T+27m: the incident response waits for somebody to confirm the revert; a lever deviates, one is not known."""
    launch = launches.at(launches.green(), T0 + 27 * MINUTE)
    since, until = launch.now - MINUTE, launch.now + 4 * MINUTE
    waits = WaitsNow("revert", "confirm", "Revert to last stable deployment", since, until, (), 1, False, "")
    run = procedure(
        run="incident_response-1", cause="trigger pause_5xx#1", mode="auto", stage="waiting", incident="inc-1",
        standing="waits for a person: step revert", waits_for=waits, spent_s=62.0, started_at=T0 + 26 * MINUTE,
    )  # fmt: skip
    idle = procedure(steps=tuple(replace(step, stage="pending", said="") for step in RESPONSE))
    pause = replace(idle, id="pause_sends", title="Stop sends, pause consumers", steps=idle.steps[:2], budget_s=120.0)
    told = replace(launches.incident().incidents[0], id="inc-1", text="Incident response (trigger pause_5xx#1)")
    opened = replace(told, opened_at=launch.now - MINUTE, note_due=launch.now + 9 * MINUTE)
    levers = tuple(replace(one, read_at=launch.now - timedelta(seconds=4) if one.read_at else None) for one in LEVERS)
    return replace(launch, incidents=(opened,), levers=levers, procedures=(idle, pause, run))
