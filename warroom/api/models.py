"""What the body of a request may hold."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter, ValidationError

from warroom.api.action_bodies import Actions
from warroom.api.body import Body, Name, Text
from warroom.api.signal_bodies import Signals
from warroom.engine import requests
from warroom.errors import UsageError
from warroom.launch.happenings import WARNING
from warroom.strict_json import parse_json
from warroom.text import clean, one_line

BODY_CAP = 64 * 1024


class SetT0(Body):
    """Set T0; without `at`: now."""

    request: Literal["t0"]
    at: Annotated[str, Field(max_length=40)] = ""
    reason: Text = ""

    def meant(self) -> requests.Request:
        """The request."""
        return requests.SetT0(instant(self.at) if self.at not in ("", "now") else None, self.reason)


class ScrubT0(Body):
    """Take T0 back."""

    request: Literal["scrub"]
    reason: Text

    def meant(self) -> requests.Request:
        """The request."""
        return requests.ScrubT0(self.reason)


class Clock(Body):
    """The wall clock is right."""

    request: Literal["clock"]

    def meant(self) -> requests.Request:
        """The request."""
        return requests.AgreeWithClock()


class Stopping(Body):
    """Whoever asks is about to stop the engine."""

    request: Literal["stopping"]

    def meant(self) -> requests.Request:
        """The request."""
        return requests.StopEngine()


class Step(Body):
    """A step was done."""

    request: Literal["step"]
    step: Name
    values: dict[Name, Text] = Field({})

    def meant(self) -> requests.Request:
        """The request."""
        return requests.TickStep(self.step, self.values)


class Note(Body):
    """Put a text on record."""

    request: Literal["note"]
    text: Text

    def meant(self) -> requests.Request:
        """The request."""
        return requests.AddNote(self.text)


class Hold(Body):
    """Hold a post."""

    request: Literal["hold"]
    slot: Name
    reason: Text

    def meant(self) -> requests.Request:
        """The request."""
        return requests.HoldUpdate(self.slot, self.reason)


class Release(Body):
    """Release a post that is held."""

    request: Literal["release"]
    slot: Name

    def meant(self) -> requests.Request:
        """The request."""
        return requests.ReleaseUpdate(self.slot)


class Post(Body):
    """Post now."""

    request: Literal["post"]
    slot: Name

    def meant(self) -> requests.Request:
        """The request."""
        return requests.PostNow(self.slot)


class Again(Body):
    """Send a post once more."""

    request: Literal["post_again"]
    slot: Name
    reason: Text

    def meant(self) -> requests.Request:
        """The request."""
        return requests.PostAgain(self.slot, self.reason)


class Done(Body):
    """A person has told it."""

    request: Literal["post_done"]
    slot: Name
    link: Annotated[str, Field(max_length=1_010)] = ""

    def meant(self) -> requests.Request:
        """The request."""
        return requests.TaskDone(self.slot, self.link)


class Skip(Body):
    """Nobody is going to tell it."""

    request: Literal["post_skip"]
    slot: Name
    reason: Text

    def meant(self) -> requests.Request:
        """The request."""
        return requests.TaskSkipped(self.slot, self.reason)


class RemarkOn(Body):
    """Add a remark to a post; an empty text takes it away."""

    request: Literal["draft"]
    slot: Name
    text: Annotated[str, Field(max_length=1_000)]

    def meant(self) -> requests.Request:
        """The request."""
        return requests.RemarkOnUpdate(self.slot, self.text)


class Gate(Body):
    """Say how a gate stands: green, red, unknown, or `poll` to have it asked again."""

    request: Literal["gate"]
    gate: Name
    state: Name
    reason: Text = ""

    def meant(self) -> requests.Request:
        """The request."""
        return requests.StateGate(self.gate, self.state, self.reason)


class Incident(Body):
    """Open an incident."""

    request: Literal["incident"]
    text: Text
    severity: Name = WARNING

    def meant(self) -> requests.Request:
        """The request."""
        return requests.OpenIncident(self.text, self.severity)


class IncidentNote(Body):
    """Say more about an incident."""

    request: Literal["incident_note"]
    incident: Name
    text: Text

    def meant(self) -> requests.Request:
        """The request."""
        return requests.NoteIncident(self.incident, self.text)


class IncidentResolve(Body):
    """Resolve an incident."""

    request: Literal["incident_resolve"]
    incident: Name
    reason: Text

    def meant(self) -> requests.Request:
        """The request."""
        return requests.ResolveIncident(self.incident, self.reason)


class Amend(Body):
    """Go on with another playbook."""

    request: Literal["amend"]
    copy_: Annotated[str, Field(alias="copy", pattern=r"^playbook(-[0-9a-f]{12})?/[^/\x00]{1,200}$")]
    path: Annotated[str, Field(pattern=r"^/", max_length=4_000)]

    def meant(self) -> requests.AmendPlaybook:
        """The request."""
        return requests.AmendPlaybook(self.copy_, self.path)


class Close(Body):
    """Close the launch."""

    request: Literal["close"]
    reason: Text

    def meant(self) -> requests.Request:
        """The request."""
        return requests.CloseLaunch(self.reason)


_Events = Gate | Incident | IncidentNote | IncidentResolve
_Posts = Hold | Release | Post | Again | Done | Skip | RemarkOn
_Asked = _Events | Signals | Actions
_Small = SetT0 | ScrubT0 | Clock | Stopping | Step | Note | _Posts
_Any = _Small | _Asked | Amend | Close
_BODIES: TypeAdapter[_Any] = TypeAdapter(Annotated[_Any, Field(discriminator="request")])


def request_of(raw: bytes) -> requests.Request | requests.AmendPlaybook:
    """The request that the body spells. Raises UsageError with what is wrong with it."""
    try:
        return _BODIES.validate_python(parse_json(raw, max_bytes=BODY_CAP)).meant()
    except ValidationError as error:
        # The library's own text repeats what was sent.
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"][1:])
        raise UsageError(one_line(f"the request is not one: {where + ': ' if where else ''}{first['msg']}")) from None
    except ValueError as error:
        raise UsageError(one_line(f"the request is not one: {error}")) from None


def instant(text: str) -> datetime:
    """An instant with its time zone, `2025-11-01T02:00:00Z`, as UTC. Raises UsageError for anything else."""
    try:
        at = datetime.fromisoformat(text.strip())
        if at.tzinfo is None:
            raise ValueError
        return at.astimezone(UTC)
    except (ValueError, OverflowError):
        raise UsageError(
            f"'{clean(text, limit=60)}' is not an instant with its time zone",
            hint="write it as 2025-11-01T02:00:00Z, or now",
        ) from None
