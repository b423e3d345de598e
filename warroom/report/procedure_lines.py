"""Entries about procedures and levers as lines for people who watch a terminal."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from warroom.units import format_seconds

Body = Mapping[str, Any]


def _why(body: Body) -> str:
    return f": {body['reason']}" if body.get("reason") else ""


def _step(said: str) -> Callable[[Body], str]:
    return lambda body: f"{body['run']}, step {body['step']} {said}{_why(body)}"


def _started(body: Body) -> str:
    lever = f" ({body['lever']}={body['value']})" if body.get("lever") else ""
    by = f", by trigger {body['cause']}" if body.get("cause") else ""
    mode = f", mode {body['mode']}" if body.get("mode", "auto") != "auto" else ""
    return f"{body['run']} started{lever}{by}{mode}{_why(body)}"


def _waiting(body: Body) -> str:
    if body["for"] == "delay":
        return f"{body['run']} BEGINS at {body['until']} unless a person aborts it"
    if not body.get("step"):
        return f"{body['run']} WAITS for a person to confirm that it starts"
    what = {"confirm": "WAITS for a person to confirm it", "to do": "WAITS for a person to do it"}
    return f"{body['run']}, step {body['step']} {what.get(body['for'], 'waits')}"


def _escalated(body: Body) -> str:
    step = f", step {body['step']}" if body.get("step") else ""
    return f"{body['run']}{step} ESCALATED{_why(body)}"


def _requested(body: Body) -> str:
    again = f", attempt {body['attempt']}" if body.get("attempt", 1) > 1 else ""
    what = f": {body['what']}" if body.get("what") else ""
    return f"{body['run']}, step {body['step']} begins{again}{what}"


def _finished(body: Body) -> str:
    over = f", OVER its budget of {format_seconds(body['budget_s'])}" if body.get("over_budget") else ""
    took = f" after {format_seconds(round(body['spent_s']))}" if "spent_s" in body else ""
    return f"{body['run']} {str(body['outcome']).upper()}{took}{over}{_why(body)}"


def _lever(body: Body) -> str:
    value = "UNKNOWN" if body["value"] is None else body["value"]
    by = f", says {body['by']}" if body.get("by") else ""
    return f"lever {body['lever']} is {value}{by}{_why(body)}"


TOLD: Final[Mapping[str, Callable[[Body], str]]] = {
    "procedure.started": _started,
    "procedure.agreed": lambda body: f"{body['by']} agrees that {body['run']} starts",
    "procedure.begun": lambda body: f"{body['run']} begins",
    "procedure.waiting": _waiting,
    "procedure.escalated": _escalated,
    "procedure.step_confirmed": _step("confirmed"),
    "procedure.step_requested": _requested,
    "procedure.step_unsent": _step("was not sent, it is tried again"),
    "procedure.step_sent": _step("sent, now it is read back"),
    "procedure.step_unknown": _step("may have been done, now it is read back"),
    "procedure.step_ticked": _step("done by hand, now it is read back"),
    "procedure.step_probing": _step("read back, now its behaviour is probed"),
    "procedure.step_verified": _step("VERIFIED"),
    "procedure.step_done": _step("done"),
    "procedure.step_noop": _step("NO-OP, this is no mitigation"),
    "procedure.step_failed": _step("FAILED, the next step follows"),
    "procedure.step_skipped": _step("skipped"),
    "procedure.finished": _finished,
    "lever.read": _lever,
}
