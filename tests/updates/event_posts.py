"""The posts that are owed for what happens, as they should look, kept in golden/.

`python -m tests.updates.event_posts` writes them anew: then judge the difference line by line.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Final

from tests.launch.course import T0, after, opened
from tests.updates.measured import found, same_every_time
from warroom.launch.ledger import Prepare, RunSuite, decide
from warroom.launch.state import LaunchState
from warroom.slo.trigger import Stage, TriggerState, memo_of
from warroom.updates.render import delivery_line, post_text

GOLDEN: Final = Path(__file__).parent / "golden"
MINUTE = timedelta(minutes=1)
HAPPENS = T0 + 20 * MINUTE


def gate_read(state: LaunchState, gate: str, said: str, at: datetime) -> LaunchState:
    """A gate was read."""
    return after(state, "gate.read", at, gate=gate, state=said, source="http://127.0.0.1/gates", reason="")


def flipped(gate: str, to: str) -> LaunchState:
    """A launch in which a gate has turned to that state 20 minutes after T0."""
    was = "red" if to == "green" else "green"
    state = gate_read(gate_read(opened(), "gate1", "green", T0), "gate2", "green", T0)
    state = gate_read(gate_read(state, gate, was, T0), gate, to, HAPPENS)
    return after(state, "gate.flipped", HAPPENS, gate=gate, to=to, number=1, **{"from": was})


def rerun(gate: str, scenario: str) -> str:
    """The post about a flip to green after which the services behave like that."""
    state = flipped(gate, "green")
    [run] = [each for each in decide(state, HAPPENS) if isinstance(each, RunSuite) and each.only]
    state = after(state, "suite.started", HAPPENS, suite="", cause=run.cause, only=list(run.only))
    checks = found(scenario, "verify", run.cause)
    told = [one for one in checks["outcomes"] if one["id"] in run.only]
    state = after(state, "suite.finished", HAPPENS + MINUTE, **{**checks, "suite": "", "outcomes": told})
    return text(state, f"{gate}_green@{gate}#1", HAPPENS + MINUTE)


def turned_red() -> str:
    """The post about a gate that is red again."""
    return text(flipped("gate1", "red"), "gate_red@gate1#1", HAPPENS)


_NO_TOKENS: Final = {"level": "unknown", "n": 0.0, "reason": "jwt_validations_total did not grow in the window"}
MEASURED: Final[Mapping[str, Mapping[str, object]]] = {
    "uptime": {"level": "green", "value": 1.0, "n": 30.0},
    "errors_5xx": {"level": "green", "value": 0.0012, "n": 812.0},
    "p95": {"level": "green", "value": 0.042, "n": 30.0},
    "auth_success": {"level": "green", "value": 0.998, "n": 540.0},
    "jwt_failures": {"level": "green", "value": 0.002, "n": 540.0},
    "queue_depth": {"level": "green", "value": 3.0},
    "dlq_ratio": {"level": "green", "value": 0.0, "n": 96.0},
}


def watched(state: LaunchState, at: datetime, *, tokens: bool = True) -> LaunchState:
    """Every signal was measured at `at`, those about tokens where there are any, and every trigger judged; the levers
    were read."""
    for plan in state.course.levers.values():
        state = after(state, "lever.read", at, lever=plan.id, value=plan.expect)
    budgets = {"uptime": {"left": 0.98, "burn": 0.1, "exhausted_at": None, "coverage": 1.0}}
    values = MEASURED if tokens else {**MEASURED, "auth_success": _NO_TOKENS, "jwt_failures": _NO_TOKENS}
    looks = dict.fromkeys(state.course.watched.triggers, "")
    return after(state, "signals.rollup", at, values=values, budgets=budgets, looks=looks)


def regular(slot: str, hours: int, gate1: str = "green", *, breach: bool = False) -> str:
    """The post of a slot so many hours after T0, while Gate 1 is like that; with a `breach` while a limit is passed
    that a trigger watches."""
    at = T0 + timedelta(hours=hours)
    state = gate_read(gate_read(opened(), "gate1", gate1, T0), "gate2", "green", T0)
    if breach:
        state = trigger("fired", Stage.FIRING, "301ms is > 300ms", 0.301, at - MINUTE, state)
    state = watched(state, at - MINUTE / 5, tokens=gate1 == "green")
    if breach:
        body = {"signal": "p95", "level": "red", "value": 0.301, "n": 30.0, "reason": "301ms is > 300ms"}
        state = after(state, "signal.level", at - MINUTE / 5, **body)
    scenario = "steady" if gate1 == "green" else "auth-outage-404"
    state = after(state, "suite.started", T0 + 5 * MINUTE, suite="verify", cause="phase:verify")
    state = after(state, "suite.finished", T0 + 6 * MINUTE, **found(scenario))
    state = after(state, "suite.started", at - MINUTE, suite="pulse", cause=slot)
    state = after(state, "suite.finished", at - MINUTE / 2, **found(scenario, "pulse", slot))
    [prepare] = [each for each in decide(state, at) if isinstance(each, Prepare) and each.slot.id == slot]
    return same_every_time(post_text(state, prepare))


def incident(update: str, scenario: str = "steady") -> str:
    """A post about an incident that is open for 20 minutes."""
    state = after(opened(), "incident.opened", HAPPENS, id="inc-1", text="the queue grows", by="ann")
    if update == "incident_opened":
        return text(state, "incident_opened@inc-1", HAPPENS)
    noted_at = HAPPENS + 4 * MINUTE
    note = "Consumers are stuck since 02:18.\nDISABLE_SEND is true, nothing was sent. Next: restart them."
    state = after(state, "incident.noted", noted_at, id="inc-1", text=note, by="bob")
    if update == "incident_note":
        return text(state, "incident_note@inc-1", noted_at)
    if update == "incident_update":
        slot, at = "incident_update@inc-1+15m", HAPPENS + 15 * MINUTE
        state = after(state, "suite.started", at - MINUTE, suite="pulse", cause=slot)
        state = after(state, "suite.finished", at - MINUTE / 2, **found(scenario, "pulse", slot))
        return text(state, slot, at)
    at = HAPPENS + 20 * MINUTE
    state = after(state, "incident.resolved", at, id="inc-1", reason="consumers restarted", by="bob")
    return text(state, "incident_resolved@inc-1", at)


def trigger(
    change: str,
    stage: Stage,
    reason: str,
    value: float | None,
    at: datetime = HAPPENS,
    state: LaunchState | None = None,
) -> LaunchState:
    """A launch in which the trigger on the latency has changed; it fired 20 minutes after T0."""
    memo = memo_of(TriggerState(stage, int(stage is not Stage.IDLE), at, HAPPENS, last=at, heard=at))
    body = {"trigger": "pause_p95", "severity": "pause", "number": 1, "value": value, "reason": reason, "state": memo}
    return after(state or opened(), f"trigger.{change}", at, **body)


def fired() -> str:
    """The post about a trigger that fires."""
    return text(trigger("fired", Stage.FIRING, "301ms is > 300ms", 0.301), "trigger_fired@pause_p95#1", HAPPENS)


def acted() -> str:
    """The post about what the trigger has run: the kill switch was on already, a person has looked at the rest."""
    state = trigger("fired", Stage.FIRING, "301ms is > 300ms", 0.301)
    run = {"procedure": "stop_sends", "run": "stop_sends-1"}
    state = after(state, "procedure.started", HAPPENS, **run, cause="pause_p95#1", mode="auto")
    state = after(state, "procedure.begun", HAPPENS, **run)
    noop = {"step": "disable_send", "attempt": 0, "reason": "DISABLE_SEND was true already"}
    state = after(state, "procedure.step_noop", HAPPENS + MINUTE / 60, **run, **noop)
    done = {"step": "investigate", "by": "ann", "reason": "the index was missing"}
    state = after(state, "procedure.step_done", HAPPENS + 6 * MINUTE, **run, **done)
    state = after(state, "procedure.finished", HAPPENS + 6 * MINUTE, **run, outcome="done")
    return text(state, "procedure_news@stop_sends-1", HAPPENS + 6 * MINUTE)


def recovered() -> str:
    """The post about one whose condition is gone."""
    at = HAPPENS + 12 * MINUTE
    state = trigger("latched", Stage.LATCHED, "41ms is not > 300ms", 0.041, at)
    return text(state, "trigger_resolved@pause_p95#1", at)


def blind() -> str:
    """The post about one of which nothing is known."""
    reason = "no data for longer than 15s: the last look failed: it refuses connections"
    return text(trigger("blind", Stage.IDLE, reason, None), "trigger_blind@pause_p95.blind-1", HAPPENS)


def breach() -> str:
    """The post about a signal that breaches its limits."""
    body = {"signal": "p95", "level": "yellow", "value": 0.121, "n": 30.0, "reason": "121ms is > 120ms"}
    state = after(after(opened(), "signal.level", HAPPENS, **body), "signal.warned", HAPPENS, **body, number=1)
    return text(state, "breach@p95#1", HAPPENS)


def breach_over() -> str:
    """The post about one that breaches them no more."""
    at = HAPPENS + 7 * MINUTE
    told = {"signal": "p95", "level": "yellow", "value": 0.121, "n": 30.0, "reason": "121ms is > 120ms"}
    back = {"signal": "p95", "level": "green", "value": 0.041, "n": 30.0, "reason": "41ms is not > 120ms"}
    state = after(after(opened(), "signal.level", HAPPENS, **told), "signal.warned", HAPPENS, **told, number=1)
    state = after(after(state, "signal.level", at, **back), "signal.recovered", at, **back, number=1)
    return text(state, "breach_over@p95#1", at)


def text(state: LaunchState, slot: str, at: datetime) -> str:
    """The text of the post of `slot`, which is to be written at `at`."""
    [prepare] = [each for each in decide(state, at) if isinstance(each, Prepare) and each.slot.id == slot]
    assert delivery_line(prepare) == ""
    return same_every_time(post_text(state, prepare))


POSTS: Final[Mapping[str, Callable[[], str]]] = {
    "gate1_green.txt": partial(rerun, "gate1", "steady"),
    "gate1_green_not_yet.txt": partial(rerun, "gate1", "auth-outage-404-green"),
    "gate2_green.txt": partial(rerun, "gate2", "steady"),
    "gate2_green_canary_red.txt": partial(rerun, "gate2", "canary-version"),
    "gate_red.txt": turned_red,
    "incident_opened.txt": partial(incident, "incident_opened"),
    "incident_note.txt": partial(incident, "incident_note"),
    "incident_update.txt": partial(incident, "incident_update"),
    "incident_resolved.txt": partial(incident, "incident_resolved"),
    "hourly.txt": partial(regular, "hourly@T+1h", 1),
    "four_hourly.txt": partial(regular, "four_hourly@T+8h", 8),
    "hourly_gate1_red.txt": partial(regular, "hourly@T+1h", 1, "red"),
    "four_hourly_gate1_red.txt": partial(regular, "four_hourly@T+8h", 8, "red"),
    "hourly_breach.txt": partial(regular, "hourly@T+1h", 1, breach=True),
    "four_hourly_breach.txt": partial(regular, "four_hourly@T+8h", 8, breach=True),
    "trigger_fired.txt": fired,
    "procedure_news.txt": acted,
    "trigger_resolved.txt": recovered,
    "trigger_blind.txt": blind,
    "breach.txt": breach,
    "breach_over.txt": breach_over,
}

WHILE_GATE_1_IS_RED: Final[Mapping[str, Callable[[], str]]] = {
    "gate2_green.txt": partial(rerun, "gate2", "auth-outage-404"),
    "incident_update.txt": partial(incident, "incident_update", "auth-outage-404"),
}
"""Posts that measure something and say the same while Gate 1 is red as when all is green."""


def main() -> None:
    """Writes every golden file."""
    for name, made in POSTS.items():
        (GOLDEN / name).write_text(made() + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
