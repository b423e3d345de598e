"""What happens in a launch at no time that anyone planned: gates flip, incidents begin and end."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

SEVERITIES: Final = ("info", "warning", "critical")
"""How grave what happens is, the least grave first."""
INFO, WARNING, CRITICAL = SEVERITIES


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that posts can be owed for. `on` is its name in a playbook (`gate.green`), `subject` the id of the
    gate, incident or procedure, `about` tells it from every other of the launch (`gate1#2`: the second flip of gate1;
    `inc-1`; `pause_sends-1`). `severity` is one of `SEVERITIES`. Where `update` is not empty that one alone is owed
    for it. Where nobody wants to hear of it before, nothing is owed until `not_before`.
    """

    on: str
    subject: str
    about: str
    at: datetime
    severity: str = INFO
    update: str = ""
    not_before: datetime | None = None

    @property
    def owed_from(self) -> datetime:
        """From when on a post about it is owed."""
        return self.not_before or self.at


@dataclass(frozen=True, slots=True)
class GateKnown:
    """The last known state of another system: green, red or unknown.

    `at` is when it was first found so, `since` what the other system says itself, `source` who says so, `reason` why
    it is not known. `by` is the person who stated it, empty where it was read. `told` is what people were told last,
    empty while there was nothing to tell; `flips` counts how often they were, the last time at `flipped_at`.
    """

    id: str
    state: str
    at: datetime
    source: str = ""
    reason: str = ""
    since: str = ""
    by: str = ""
    told: str = ""
    flips: int = 0
    flipped_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class IncidentNote:
    """What a person says about an incident."""

    text: str
    at: datetime
    by: str


@dataclass(frozen=True, slots=True)
class Incident:
    """Something that is wrong; `resolved_at` is None while it is open, and what stands beside it empty.

    `notes` are oldest first.
    """

    id: str
    text: str
    opened_at: datetime
    by: str
    notes: tuple[IncidentNote, ...] = ()
    resolved_at: datetime | None = None
    resolved_by: str = ""
    reason: str = ""
    severity: str = WARNING


@dataclass(frozen=True, slots=True)
class Trouble:
    """A stretch of time in which some incident was open. `first` is the id of the one that began it; `ends` is None
    while it goes on."""

    first: str
    begins: datetime
    ends: datetime | None


def troubles(incidents: Mapping[str, Incident]) -> tuple[Trouble, ...]:
    """The stretches in which at least one incident was open, oldest first."""
    found: list[Trouble] = []
    for incident in _by_age(incidents.values()):
        last = found[-1] if found else None
        if last is None or (last.ends is not None and last.ends < incident.opened_at):
            found.append(Trouble(incident.id, incident.opened_at, incident.resolved_at))
        elif last.ends is not None:
            ends = None if incident.resolved_at is None else max(last.ends, incident.resolved_at)
            found[-1] = Trouble(last.first, last.begins, ends)
    return tuple(found)


def severity_of(on: str) -> str:
    """How grave it is that `on` happens, where nobody says otherwise."""
    return INFO if on == "gate.green" else WARNING


def severity_at(incidents: Mapping[str, Incident], at: datetime) -> str:
    """The gravest severity of the incidents that were open at that instant; info where none was."""
    was_open = (
        one
        for one in incidents.values()
        if one.opened_at <= at and (one.resolved_at is None or at <= one.resolved_at)
    )
    return max((one.severity for one in was_open), key=SEVERITIES.index, default=INFO)


def _by_age(incidents: Iterable[Incident]) -> list[Incident]:
    return sorted(incidents, key=lambda incident: incident.opened_at)
