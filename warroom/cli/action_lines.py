"""Levers and procedures of GET /state as lines for people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from warroom.api.models import instant
from warroom.units import format_duration

Json = Mapping[str, Any]


def listed_lines(found: Json) -> Iterator[str]:
    """Levers, what is under way or over, and what can be started; or that there is nothing of all that."""
    lines = [*lever_lines(found), *run_lines(found), *procedure_lines(found)]
    yield from lines or ["the playbook has no levers and no procedures: there is nothing to act on"]


def lever_lines(found: Json) -> Iterator[str]:
    """Every lever: what it is, what it should be, how old that is."""
    for one in found["levers"]:
        value = "UNKNOWN" if one["actual"] is None else one["actual"]
        stands = {True: "as expected", False: f"DEVIATES, expected {one['expected']}"}
        told = stands.get(one["as_expected"], f"expected {one['expected']}")
        switch = ", kill switch" if one["kill_switch"] else ""
        why = f" ({one['reason']})" if one["reason"] else ""
        yield f"lever   {one['name']:<32} {value}, {told}{switch}{_age(one, found)}{why}"


def run_lines(found: Json, *, finished: bool = True) -> Iterator[str]:
    """Every run of a procedure, with its steps; those that are over, too, where `finished`."""
    for run in found["procedures"]:
        if run["run"] and (finished or run["stage"] != "finished"):
            yield f"action  {run['run']:<32} {run['standing']}, started by {run['cause']}{budget_of(run)}"
            yield from step_lines(run)
            yield from asked_lines(run, found)


def step_lines(run: Json) -> Iterator[str]:
    """Every step of a run, and what it came to."""
    for number, step in enumerate(run["steps"], 1):
        yield f"        {number}. {step['id']}: {step['text']}: {step['said']}"


def asked_lines(run: Json, found: Json) -> Iterator[str]:
    """What a person has to do for a run, and the command for that; nothing where nobody has to, or can any more."""
    waits = run["waits_for"]
    if waits is None or found["closed"]:
        return
    launch = found["launch"]
    left = (instant(waits["until"]) - instant(found["now"])).total_seconds() if waits["until"] else 0.0
    until = f", within {format_duration(timedelta(seconds=int(left)))}" if left > 0 else ""
    late = ", NOBODY HAS" if waits["escalated"] else ""
    step = f" {waits['step']}" if waits["step"] else ""
    match waits["what"]:
        case "delay":
            begins = until.replace("within", "in")
            yield f"        begins{begins}, to abort it: warroom act {launch} abort {run['run']} --reason TEXT"
            return
        case "note":
            how = f'incident {launch} note {run["incident"]} "TEXT"'
        case "confirm":
            typed = f" --typed {waits['typed']}" if waits["typed"] else ""
            how = f"act {launch} confirm {run['run']}{step}{typed}"
        case _:
            how = f"act {launch} done {run['run']}{step}"
    yield f"        needed{until}{late}: {waits['text']}: warroom {how}"


def procedure_lines(found: Json) -> Iterator[str]:
    """Every procedure that can be started."""
    for one in found["procedures"]:
        if not one["run"]:
            steps = "; ".join(f"{number}. {step['text']}" for number, step in enumerate(one["steps"], 1))
            danger = ", dangerous" if one["dangerous"] else ""
            yield f"start   {one['id']:<32} {one['title']}{danger}: {steps}"


def budget_of(run: Json) -> str:
    """`, 12s of 2m`, or OVER it; empty where there is no budget."""
    if run["budget_s"] is None:
        return ""
    spent = format_duration(timedelta(seconds=int(run["spent_s"])))
    over = "OVER its budget: " if run["over_budget"] else ""
    return f", {over}{spent} of {format_duration(timedelta(seconds=run['budget_s']))}"


def _age(one: Json, found: Json) -> str:
    if not one["read_at"] or not found["engine"] or found["closed"]:
        return ""
    age_s = max(0, int((instant(found["now"]) - instant(one["read_at"])).total_seconds()))
    return f", {'said' if one['attest'] else 'read'} {format_duration(timedelta(seconds=age_s))} ago"
