"""What a person may ask of a launch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from warroom.launch.happenings import WARNING


@dataclass(frozen=True, slots=True)
class SetT0:
    """Fix T0; `at` None: now. `reason` is wanted where T0 is set already."""

    at: datetime | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ScrubT0:
    """Take T0 back: nothing is owed until it is set again."""

    reason: str


@dataclass(frozen=True, slots=True)
class TickStep:
    """A step was done; `values` answer what it asks for."""

    step: str
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AddNote:
    """Put a text on record."""

    text: str


@dataclass(frozen=True, slots=True)
class HoldUpdate:
    """Do not post this slot until it is released."""

    slot: str
    reason: str


@dataclass(frozen=True, slots=True)
class ReleaseUpdate:
    """A slot that was held may be posted."""

    slot: str


@dataclass(frozen=True, slots=True)
class PostNow:
    """Post this slot at once, also before its time."""

    slot: str


@dataclass(frozen=True, slots=True)
class PostAgain:
    """Send this slot once more, whatever became of it."""

    slot: str
    reason: str


@dataclass(frozen=True, slots=True)
class TaskDone:
    """A person has told what this slot of a manual channel says; `link` is where it can be seen, or empty."""

    slot: str
    link: str = ""


@dataclass(frozen=True, slots=True)
class TaskSkipped:
    """Nobody is going to tell what this slot of a manual channel says."""

    slot: str
    reason: str


@dataclass(frozen=True, slots=True)
class RemarkOnUpdate:
    """Add a remark to the post of this slot, in place of the last one; an empty `text` takes it away."""

    slot: str
    text: str


@dataclass(frozen=True, slots=True)
class CloseLaunch:
    """End the launch; what is still owed stays unsent."""

    reason: str


@dataclass(frozen=True, slots=True)
class StateGate:
    """Say how a gate stands: green, red or unknown; `poll` takes that back and has it asked again."""

    gate: str
    state: str
    reason: str


@dataclass(frozen=True, slots=True)
class OpenIncident:
    """Something is wrong. `severity` is info, warning or critical."""

    text: str
    severity: str = WARNING


@dataclass(frozen=True, slots=True)
class NoteIncident:
    """Say more about an incident; the first note completes the post that is owed about it."""

    incident: str
    text: str


@dataclass(frozen=True, slots=True)
class ResolveIncident:
    """An incident is over."""

    incident: str
    reason: str


@dataclass(frozen=True, slots=True)
class AgreeWithClock:
    """The wall clock, which was set forward, is right."""


@dataclass(frozen=True, slots=True)
class AckTrigger:
    """Somebody takes care of a trigger that fires, for as long as it `lasts`; None: to the end of the activation."""

    trigger: str
    reason: str
    lasts: timedelta | None = None


@dataclass(frozen=True, slots=True)
class SnoozeTrigger:
    """Nobody wants to hear of a trigger, for as long as it `lasts`; zero takes that back."""

    trigger: str
    reason: str
    lasts: timedelta


@dataclass(frozen=True, slots=True)
class ResumeTrigger:
    """A pause or rollback whose condition is gone is over; so is what a person declared."""

    trigger: str
    reason: str


@dataclass(frozen=True, slots=True)
class DeclareTrigger:
    """What a trigger waits for is so."""

    trigger: str
    reason: str


@dataclass(frozen=True, slots=True)
class GiveSignal:
    """The number of a signal that people measure, in its unit; `start` or `stop` for a stopwatch."""

    signal: str
    value: str


@dataclass(frozen=True, slots=True)
class CaptureBaseline:
    """Capture a baseline now, in the place of what it was."""

    baseline: str
    reason: str


@dataclass(frozen=True, slots=True)
class StartProcedure:
    """Start a procedure of the playbook; `typed` is its id where it is dangerous."""

    procedure: str
    reason: str = ""
    typed: str = ""


@dataclass(frozen=True, slots=True)
class SetLever:
    """Set a lever, and read it back; `typed` is its name where it is dangerous."""

    lever: str
    value: str
    reason: str = ""
    typed: str = ""


@dataclass(frozen=True, slots=True)
class AttestLever:
    """Say what a lever is that only people can tell."""

    lever: str
    value: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class PullKillSwitch:
    """Set every kill switch to what stops sends."""

    reason: str = ""


@dataclass(frozen=True, slots=True)
class ConfirmStep:
    """Let a procedure go on that waits for that: begin (`step` is empty), or do a step. `typed` is the name of what
    is dangerous and is to begin."""

    run: str
    step: str = ""
    typed: str = ""


@dataclass(frozen=True, slots=True)
class FinishStep:
    """A step of a procedure was done by hand."""

    run: str
    step: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class SkipStep:
    """Leave out the step at which a procedure stands, or (`step` is empty) stop the procedure."""

    run: str
    step: str
    reason: str


@dataclass(frozen=True, slots=True)
class StopEngine:
    """Say who is about to stop the engine: its last word in Slack names them. It does not stop for this."""


@dataclass(frozen=True, slots=True)
class AmendPlaybook:
    """Go on with another playbook, whose frozen copy is at `copy` in the folder of the launch and which came from
    `path`. The engine loads it before anything is decided."""

    copy: str
    path: str


_OfUpdates = HoldUpdate | ReleaseUpdate | PostNow | PostAgain | TaskDone | TaskSkipped | RemarkOnUpdate
_OfEvents = StateGate | OpenIncident | NoteIncident | ResolveIncident
_OfSignals = AckTrigger | SnoozeTrigger | ResumeTrigger | DeclareTrigger | GiveSignal | CaptureBaseline
_OfActions = StartProcedure | SetLever | AttestLever | PullKillSwitch | ConfirmStep | FinishStep | SkipStep
_OfPeople = SetT0 | ScrubT0 | AgreeWithClock | StopEngine | TickStep | AddNote | CloseLaunch
Request = _OfPeople | _OfUpdates | _OfEvents | _OfSignals | _OfActions
