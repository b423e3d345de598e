"""What a check is: the contract between the kinds in `checks/` (or a third party's) and the runner.

A kind is a value: a name, a pydantic model of its parameters, what it needs from other checks, what it provides to
them, and a coroutine `run(params, ctx) -> Findings`. It measures and judges; it never reads time, opens connections
or writes files by itself but asks the ports of its `Context`, which enforce deadlines, caps, redaction and the
keeping of evidence. It raises `CannotMeasure` where nothing can be measured; any other exception is a defect of the
kind, which the runner turns into the verdict `error`. When it is cancelled it lets the cancellation pass.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, Protocol, TypeVar

from pydantic import BaseModel, ConfigDict

from warroom.clock import Clock
from warroom.errors import CannotMeasure
from warroom.text import clean
from warroom.units import Condition, show
from warroom.verdict import Measurement, Result, Verdict


class Parameters(BaseModel):
    """Base of every kind's parameters: unknown keys are errors, types are strict, values do not change."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        frozen=True,
        allow_inf_nan=False,
        hide_input_in_errors=True,
        defer_build=True,
    )


P = TypeVar("P", bound=Parameters)
FactT = TypeVar("FactT")


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request. `target` names a target of the playbook; `path` is appended to its address (empty: as is).

    `timeout_s` bounds the whole exchange, from the look-up of the name to the last byte. A request is tried again
    by the transport at most `attempts` times in all, and only when the server cannot have acted on it or the method
    is idempotent. `label` names its evidence file (an id, never foreign text).
    """

    target: str
    path: str = ""
    method: str = "GET"
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    timeout_s: float = 10.0
    attempts: int = 1
    label: str = ""


@dataclass(frozen=True, slots=True)
class Response:
    """The answer. `headers` in the order received, names as sent, duplicates kept; `body` after decoding.

    `elapsed_s` from the start of the request to the last byte. `url` is the address asked, without user info.
    `evidence` names the file that holds the exchange; `request` is what was asked, None where that is not known.
    """

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    url: str = ""
    elapsed_s: float = 0.0
    evidence: str = ""
    received_at: datetime | None = None
    request: Request | None = None

    def header_values(self, name: str) -> tuple[str, ...]:
        """Every value of a header, in the order received; the name without regard to case."""
        return tuple(value for key, value in self.headers if key.lower() == name.lower())

    def header(self, name: str) -> str | None:
        """The first value of a header; None where it was not sent."""
        return next(iter(self.header_values(name)), None)


@dataclass(frozen=True, slots=True)
class Exchange:
    """One attempt at a request and what came of it, for the evidence. It holds secrets: whoever writes it redacts it.

    `status` is 0 where there was no answer, then `error` is the sentence that says why. `response_body` is what
    arrived, after decoding and at most up to the cap. `note` is a remark on how far the answer can be trusted.
    """

    label: str
    method: str
    url: str
    request_headers: tuple[tuple[str, str], ...]
    request_body: bytes
    started_at: datetime
    elapsed_s: float
    status: int = 0
    response_headers: tuple[tuple[str, str], ...] = ()
    response_body: bytes = b""
    error: str = ""
    note: str = ""


class HttpPort(Protocol):
    """Sends requests with the product's defaults for deadlines, caps, redirects, TLS and proxies."""

    async def send(self, request: Request) -> Response:
        """The response, whatever its status; redirects are never followed.

        Raises CannotMeasure with a sentence and a symptom when there is none.
        """
        ...

    def url_of(self, request: Request) -> str:
        """The address a request goes to. Raises CannotMeasure for an unknown target."""
        ...

    def curl_of(self, request: Request) -> str:
        """A command line that repeats the request; secrets appear as shell variables of their input names."""
        ...


@dataclass(frozen=True, slots=True)
class SampleJob:
    """`count` requests in a closed loop, after `warmup` unmeasured ones; one connection when `reuse`.

    `timeout_s` bounds each sample, from its send to the last byte.
    """

    request: Request
    count: int
    warmup: int = 0
    reuse: bool = True
    timeout_s: float = 5.0


@dataclass(frozen=True, slots=True)
class Sample:
    """One measured request. `latency_s` from the send to the last byte; None when it failed, then `error` says why.

    `status` is 0 when there was no answer. `connect_s` is the time of connect and TLS where this sample opened a
    connection, else 0. `sent_at_s` is the send, in seconds after the first one.
    """

    index: int
    latency_s: float | None
    status: int
    connect_s: float
    sent_at_s: float
    error: str = ""


class SamplerPort(Protocol):
    """Takes latency samples where no other work of this process can distort them."""

    async def sample(self, job: SampleJob, on_sample: Callable[[Sample], None]) -> tuple[Sample, ...]:
        """Every sample in the order taken; `on_sample` is called as each arrives.

        Failed samples are among them. Raises CannotMeasure only when sampling could not run at all.
        """
        ...

    def how(self) -> str:
        """How samples are timed, for the report: `child process, blocking socket, perf_counter`."""
        ...


@dataclass(frozen=True, slots=True)
class LeverReading:
    """A lever as it was read: `actual` is None where the state does not name it. `read_at` is UTC.

    `note` says what the lever does, in the playbook's words.
    """

    name: str
    expected: str
    actual: str | None
    kill_switch: bool
    read_at: datetime
    note: str = ""

    @property
    def as_expected(self) -> bool:
        """Whether the lever stands where the playbook wants it."""
        return self.actual == self.expected


@dataclass(frozen=True, slots=True)
class LeverState:
    """What one read of the levers gave, with the answers it came from (one a target and path)."""

    readings: tuple[LeverReading, ...]
    responses: tuple[Response, ...]

    def of(self, name: str) -> LeverReading:
        """Raises KeyError for a lever that was not read."""
        return next(reading for reading in self.readings if reading.name == name)


class LeverPort(Protocol):
    """Reads the playbook's levers."""

    async def read(self, names: Sequence[str]) -> LeverState:
        """Their state now. Raises CannotMeasure where one cannot be read at all."""
        ...

    def curl_of(self, names: Sequence[str]) -> str:
        """A command line that reads them, as `HttpPort.curl_of`; several, one after another, for several answers."""
        ...


@dataclass(frozen=True, slots=True)
class CommandResult:
    """The end of a command: exit code (negative: that signal), its outputs, cleaned, and the names of those cut."""

    exit_code: int
    stdout: str
    stderr: str
    elapsed_s: float
    truncated: tuple[str, ...] = ()
    evidence: str = ""


class CommandPort(Protocol):
    """Runs commands, where a local file or flag allows it."""

    async def run(self, argv: Sequence[str], *, timeout_s: float, env: Mapping[str, str]) -> CommandResult:
        """Raises CannotMeasure when commands are not allowed, cannot start, or do not end in time."""
        ...


@dataclass(frozen=True, slots=True)
class Answer:
    """A person's answer: the text as given, who and when (UTC)."""

    text: str
    by: str
    at: datetime


class AskPort(Protocol):
    """Asks a person."""

    async def ask(self, name: str, text: str, answer_type: str) -> Answer | None:
        """The answer; None when nobody can be asked (headless, and not given with `--attest`)."""
        ...


class GatePort(Protocol):
    """The states of other systems."""

    async def state(self, gate: str) -> str:
        """`green`, `red` or `unknown`."""
        ...

    def title(self, gate: str) -> str:
        """The gate's title, as people call it."""
        ...


class EvidencePort(Protocol):
    """Keeps what decided something. Everything is redacted on its way to the disk."""

    def save_json(self, name: str, data: Any) -> str:
        """Keep `data` as `<check>/<name>.json`; what comes back names the file in reports."""
        ...

    def save_text(self, name: str, text: str) -> str:
        """Keep `text` as `<check>/<name>.txt`."""
        ...

    def names(self) -> tuple[str, ...]:
        """What this run of the check has kept so far, exchanges with services included, in the order kept."""
        ...


@dataclass(frozen=True, slots=True)
class Needed:
    """What another check came to: its verdict, why, and the fact it provides (None when it has none)."""

    verdict: Verdict
    reason: str
    fact: Any


@dataclass(frozen=True, slots=True)
class Context:
    """The ports of one run of one check. `needed` holds the checks that the kind said it needs, by id."""

    check_id: str
    clock: Clock
    http: HttpPort
    sampler: SamplerPort
    levers: LeverPort
    commands: CommandPort
    people: AskPort
    gates: GatePort
    evidence: EvidencePort
    needed: Mapping[str, Needed]
    run_id: str
    on_progress: Callable[[Sample, int], None]
    add_secret: Callable[[str, str], None]

    def fact(self, check: str, of: type[FactT]) -> FactT:
        """The fact that `check` provides. Raises CannotMeasure where it came to none."""
        needed = self.needed[check]
        if not isinstance(needed.fact, of):
            raise CannotMeasure(f"nothing to judge: '{check}' gave no answer ({needed.reason})", symptom="needs")
        return needed.fact


@dataclass(frozen=True, slots=True)
class Findings:
    """What a kind found: its lines, the measurement that stands for the check, and the fact it provides to others.

    `symptom` holds what tolerance and hints may match: `{"status": "404"}`. `reproduce` is a command line.
    `reason` may be empty; then the worst line's reason stands for it.
    """

    results: tuple[Result, ...]
    measurement: Measurement = field(default_factory=Measurement)
    fact: Any = None
    symptom: Mapping[str, str] = field(default_factory=dict)
    evidence: tuple[str, ...] = ()
    reproduce: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Kind(Generic[P]):
    """A kind of check.

    `needs(params)` maps ids of other checks to the type of fact asked of each (`object` where only the order
    counts); the loader refuses ids that do not exist, facts of another type and circles. `provides` is the type of
    the kind's own fact.
    `targets`, `levers` and `gates` name what else of the playbook the parameters refer to, `asks` the answers that
    only a person can give. `lasts` names the parameter, a duration, that says how long a run may take: the check's
    own deadline has to come after it. Empty where no parameter says so. `method` is how it asks its targets, where no
    parameter says it. A text parameter declared with `repr=False` is a secret wherever its value comes from.
    """

    name: str
    summary: str
    params: type[P]
    run: Callable[[P, Context], Awaitable[Findings]]
    needs: Callable[[P], Mapping[str, type]] = lambda _: {}
    provides: type | None = None
    targets: Callable[[P], Sequence[str]] = lambda _: ()
    levers: Callable[[P], Sequence[str]] = lambda _: ()
    gates: Callable[[P], Sequence[str]] = lambda _: ()
    asks: Callable[[P], Sequence[str]] = lambda _: ()
    lasts: str = ""
    method: str = ""


AnyKind = Kind[Any]


def said(say: str, actual: str, *, holds: bool) -> str:
    """The line `say` with `{actual}` filled in; one that states a fact without it is contradicted where it fails."""
    line = say if holds or "{actual}" in say else f"{say} - NO: {{actual}}"
    return line.replace("{actual}", actual)


def judge(
    condition: Condition,
    actual: Any,
    *,
    say: str,
    subject: str,
    required: bool = True,
    measurement: Measurement | None = None,
) -> Result:
    """The line for `actual` under `condition`: a pass or a fail, with expected beside actual.

    `say` may contain `{actual}`; one that states a fact without it is contradicted in the line of a failure.
    `subject` names what was looked at in the reason of a failure.
    """
    shown, wanted = clean(show(actual), limit=200), clean(str(condition), limit=200)
    holds = condition.holds(actual)
    # Types are strict: the text "true" is not true, and a reader has to see which of the two it was.
    wrong_type = (
        isinstance(actual, str) and condition.operand is not None and not isinstance(condition.operand, str | list)
    )
    seen = f'the text "{shown}"' if wrong_type else shown
    return Result(
        Verdict.PASS if holds else Verdict.FAIL,
        say=said(say, shown, holds=holds),
        expected=wanted,
        actual=seen,
        reason="" if holds else f"{subject} is {seen}, expected {wanted}",
        required=required,
        measurement=measurement or Measurement(value=shown, limit=wanted),
    )
