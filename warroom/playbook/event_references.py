"""What posts about gates, incidents, triggers and signals name has to be there, and known when they are written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from warroom.playbook import course_models, models
from warroom.playbook.template import Template

_SORTS: Final = ("gate", "incident", "trigger", "signal", "procedure")
Found = Iterator[tuple[str, str]]


def misplaced_values(update: course_models.Update, template: Template) -> Found:
    """Values of what a post is owed for, in a post that is owed for no such thing: the key of the update and the
    problem."""
    sort = update.events[0].partition(".")[0] if update.events else ""
    for name in dict.fromkeys(value.name for value in template.values):
        root, _, member = name.partition(".")
        if root not in _SORTS:
            continue
        if root != sort:
            yield "template", f"'{name}' is known in posts with `on: {root}.…` alone; this one could never be written"
        elif began := _too_early(root, member, update):
            yield "template", f"'{name}' is known when that is over; a post with `on: {began}` would wait"


_ENDED: Final = {
    "incident": ("reason", "resolved_at", "resolved_by", "lasted"),
    "trigger": ("lasted",),
}
_OVER: Final = ("incident.resolved", "trigger.resolved")


def _too_early(root: str, member: str, update: course_models.Update) -> str:
    """The event at which the value is not known yet; empty where it is known at all of them."""
    early = (event for event in update.events if event not in _OVER)
    return next(early, "") if member in _ENDED.get(root, ()) else ""


def not_run_again(
    update: course_models.Update, template: Template, gates: Mapping[str, models.Gate], known: set[str]
) -> Found:
    """Checks that a post about a flip to green tells and that do not run because of it."""
    if "gate.green" not in update.events or update.suite:
        return
    for gate_id, gate in gates.items():
        if update.gate not in (None, gate_id):
            continue
        again = set(gate.on_green.rerun) if gate.on_green else set()
        if again - known:
            continue  # that is a fault of its own
        told = {name for call in template.calls for name in call.checks}
        for name in sorted((told & known) - again):
            yield "template", f"it tells check '{name}', which does not run again when {gate_id} turns green"
