"""A course with procedures of every kind of step, and a small driver that writes what the ledger decides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from tests.launch.course import LAUNCH, T0
from warroom.events import LaunchInfo
from warroom.launch import acting
from warroom.launch.entries import Draft, Entry
from warroom.launch.folding import step as fold_one
from warroom.launch.happenings import Happening
from warroom.launch.ledger import RunSuite
from warroom.launch.procedure_ledger import Act, procedure_drafts, procedure_effects
from warroom.launch.procedures import ProcedureRun, StepStage
from warroom.launch.state import LaunchState, begin
from warroom.playbook.course import Channel, Course, Phase, Update
from warroom.playbook.procedures import ActionStep, LeverPlan, ProcedurePlan, setting
from warroom.playbook.signals import Mode, Severity, TriggerPlan, Watched
from warroom.playbook.template import parse_template

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
SEND = LeverPlan("SEND", "true", values=("true", "false"), stops="true", expect_in={"open": "false"})
RATE = LeverPlan("RATE", "10", dangerous=True, people=2)
PAUSE = ActionStep("pause", "request", "pause the consumers", idempotent=True)
REVERT = ActionStep("revert", "request", "revert the deployment", confirm=True)


def _post(name: str, text: str, *on: str, within: timedelta = 2 * MINUTE) -> Update:
    return Update(name, name, "room", parse_template(text), on=on, within=within)


def plan(name: str, *steps: ActionStep, **more: Any) -> ProcedurePlan:
    return ProcedurePlan(name, name.capitalize(), steps, **more)


def trigger(
    name: str, mode: Mode, runs: str, severity: Severity = "pause", delay: timedelta = timedelta()
) -> TriggerPlan:
    return TriggerPlan(name, name, severity, mode, declared=True, runs=runs, delay=delay)


PROCEDURES = (
    plan("stop", setting("send", SEND, "true"), PAUSE, budget=MINUTE),
    plan("probed", replace(setting("send", SEND, "true"), probe="canary")),
    plan("slow_down", setting("rate", RATE, "5"), PAUSE),
    plan("halt", setting("rate", RATE, "0"), REVERT),
    plan("revert", REVERT),
    plan("two", replace(REVERT, people=2)),
    plan("grave", PAUSE, dangerous=True, people=2),
    plan(
        "all",
        ActionStep("rest", "wait", "wait 90s", lasts=90 * SECOND),
        ActionStep("look", "check", "check canary", check="canary"),
        ActionStep("tell", "post", "post paused", update="paused"),
        ActionStep("dig", "do", "find the cause"),
        budget=MINUTE,
    ),
    plan("incident", PAUSE, ActionStep("note", "do", "write the note", opens=True)),
    plan("tidy", ActionStep("tidy", "command", "tidy --now")),
    plan("by_hand", replace(PAUSE, by_person="KEY is not set")),
)
COURSE = Course(
    LaunchInfo("acted", "Acted"),
    channels={"room": Channel("room", "file", "room.txt")},
    phases=(Phase("open", "Open", 60 * MINUTE, 120 * MINUTE),),
    updates={
        update.id: update
        for update in (
            _post("paused", "{{ procedure.title }} has begun", "procedure.post"),
            _post("note", "{{ incident.text }}: {{ incident.note }}", "incident.opened", within=10 * MINUTE),
            _post(
                "news", "{{ procedure.standing }}\n{{ procedure.steps }}", "procedure.waiting", "procedure.finished"
            ),
            _post("late", "{{ procedure.standing }}", "procedure.escalated"),
        )
    },
    levers={lever.id: lever for lever in (SEND, RATE)},
    procedures={procedure.id: procedure for procedure in PROCEDURES},
    watched=Watched(
        triggers={
            one.id: one
            for one in (
                trigger("at_once", "auto", "stop"),
                trigger("asked", "confirm", "stop"),
                trigger("told", "shadow", "stop"),
                trigger("back", "auto", "revert", "rollback"),
                trigger("slow", "auto", "slow_down"),
                trigger("halt", "auto", "halt", "rollback"),
                trigger("halt_asked", "confirm", "halt", "rollback"),
                trigger("mute", "auto", ""),
                trigger("soon", "auto", "stop", delay=MINUTE),
                trigger("soon_grave", "auto", "grave", delay=MINUTE),
            )
        }
    ),
)


class Drive:
    """A launch whose engine is this: what is decided is written, what is to be done outside is only listed."""

    def __init__(self, course: Course = COURSE) -> None:
        self.now = T0
        self.epoch = 1
        self.entries: list[Entry] = []
        self.state: LaunchState = begin(course)
        self.write("launch.opened", playbook_sha256="0" * 64)

    def write(self, kind: str, actor: str = "engine", **body: Any) -> None:
        entry = Entry(self.state.seq + 1, LAUNCH, self.now, "boot", 0, self.epoch, actor, kind, body, "", "")
        self.entries.append(entry)
        self.state = fold_one(self.state, entry)

    def take(self, drafts: Sequence[Draft]) -> None:
        """Writes what a request, or an effect, comes to; then all that follows."""
        for draft in drafts:
            self.write(draft.kind, draft.actor, **draft.body)
        self.go()

    def go(self, span: timedelta = timedelta()) -> None:
        """Time goes by; then everything is written that is decided."""
        self.now += span
        for _ in range(50):
            drafts = procedure_drafts(self.state, self.now)
            if not drafts:
                return
            for draft in drafts:
                self.write(draft.kind, draft.actor, **draft.body)
        raise AssertionError("the ledger decides more and more")

    def effects(self) -> list[Act | RunSuite]:
        return list(procedure_effects(self.state, self.now))

    def acts(self) -> list[str]:
        """The steps that are to be carried out now: `stop-1.send`."""
        return [f"{act.run}.{act.step.id}" for act in self.effects() if isinstance(act, Act)]

    def step(self, run: str, name: str, kind: str, **body: Any) -> None:
        """What came of a step."""
        procedure = self.state.procedures[run].procedure
        self.write(f"procedure.{kind}", procedure=procedure, run=run, step=name, **body)
        self.go()

    def fired(self, name: str, number: int = 1) -> None:
        """A trigger has fired."""
        fired = Happening("trigger.fired", name, f"{name}#{number}", self.now)
        self.state = replace(self.state, happenings=(*self.state.happenings, fired))
        self.go()

    def run(self, name: str) -> ProcedureRun:
        return self.state.procedures[name]

    def stages(self, name: str) -> dict[str, StepStage]:
        return {step.id: step.stage for step in self.run(name).steps.values()}

    def kinds(self) -> list[str]:
        return [entry.kind.removeprefix("procedure.") for entry in self.entries if "procedure" in entry.kind]

    def happened(self) -> list[str]:
        return [f"{one.on} {one.about}" for one in self.state.happenings if one.on.startswith("procedure")]


def started(name: str, by: str = "ann", reason: str = "", typed: str = "") -> Drive:
    """A launch in which somebody has just started that procedure."""
    drive = Drive()
    drive.take(acting.start(drive.state, name, by, reason, typed))
    return drive
