"""A playbook of scripted checks and a bench without any outside, for tests of the runner."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, cast

from warroom.clock import VirtualClock
from warroom.contract import Context, Findings, Kind, Needed, Parameters, Sample
from warroom.events import CheckFinished, Event, GateInfo, LaunchInfo
from warroom.playbook.loaded import CheckSpec, Gate, HintRule, Playbook, Selected, Selection, Suite, Tolerance
from warroom.redact import Redactor
from warroom.runner import Bench, SuiteRun
from warroom.verdict import Measurement, Result, Verdict

START = datetime(2025, 11, 1, 2, 0, tzinfo=UTC)
Script = Callable[[Context], Awaitable[Findings]]


class Scripted(Parameters):
    """No parameters: what happens is the script's business."""


def finds(verdict: Verdict, reason: str = "", fact: object = None, **symptom: str) -> Script:
    """A script that finds one line with that verdict."""

    async def script(_: Context) -> Findings:
        line = Result(verdict, "the line", reason=reason or str(verdict), measurement=Measurement(value=1))
        return Findings((line,), fact=fact, symptom=symptom)

    return script


def kind(script: Script, *, name: str = "scripted", asks: Sequence[str] = ()) -> Kind[Scripted]:
    """A kind whose every run is `script`."""

    async def run(_: Scripted, context: Context) -> Findings:
        return await script(context)

    return Kind(name, "for tests", Scripted, run, asks=lambda _: asks)


def check(
    check_id: str,
    script: Script,
    *,
    needs: Sequence[str] = (),
    required: bool = True,
    tolerate: Tolerance | None = None,
    timeout_s: float = 30.0,
    name: str = "scripted",
    asks: Sequence[str] = (),
) -> CheckSpec:
    """A check that runs `script`."""
    return CheckSpec(
        check_id,
        kind(script, name=name, asks=asks),
        check_id.title(),
        Scripted(),
        required=required,
        timeout_s=timeout_s,
        tolerate=tolerate,
        needs=dict.fromkeys(needs, object),
    )


@dataclass
class Gates:
    """Gates in fixed states."""

    states: Mapping[str, str] = field(default_factory=dict)
    asked_anew: int = 0

    async def state(self, gate: str) -> str:
        return self.states.get(gate, "unknown")

    def title(self, gate: str) -> str:
        return gate.title()

    def ask_anew(self) -> None:
        self.asked_anew += 1

    async def info(self, gate: str) -> GateInfo:
        return GateInfo(gate, self.title(gate), await self.state(gate), "the test")


@dataclass
class Kept:
    """Evidence of one check, in memory."""

    texts: dict[str, str]
    check: str

    def save_json(self, name: str, data: Any) -> str:
        return self.save_text(name, repr(data))

    def save_text(self, name: str, text: str) -> str:
        self.texts[f"{self.check}/{name}"] = text
        return f"{self.check}/{name}"

    def names(self) -> tuple[str, ...]:
        return tuple(name for name in self.texts if name.startswith(f"{self.check}/"))


class Stage:
    """Runs scripted checks and keeps the events they led to."""

    def __init__(
        self,
        *checks: CheckSpec,
        gates: Mapping[str, str] | None = None,
        hints: Sequence[HintRule] = (),
        mode: str = "",
        until: tuple[float, float] = (0.0, 0.0),
        strict: bool = False,
        problems: Sequence[str] = (),
        left_out: Sequence[str] = (),
        skipped: Sequence[str] = (),
        only: Sequence[str] = (),
        suite: bool = True,
        board: Gates | None = None,
    ) -> None:
        self.clock = VirtualClock(START)
        self.events: list[Event] = []
        self.kept: dict[str, str] = {}
        self.runs: list[tuple[str, int]] = []
        self.redactor = Redactor()
        self.gates = board or Gates(gates or {})
        playbook = Playbook(
            "demo.yaml",
            "0" * 64,
            LaunchInfo("demo", "Demo", mode=mode),
            targets={},
            levers={},
            gates={gate: Gate(gate, gate.title()) for gate in gates or {}},
            checks={spec.id: spec for spec in checks},
            suites={},
            hints=tuple(hints),
        )
        whole = Suite("verify", "Verify", (*(spec.id for spec in checks), *left_out))
        bench = Bench(
            self.clock, self.redactor, self._context, self.gates, lambda: ("f" * 64, tuple(problems)), "dir", "log"
        )
        chosen = [spec for spec in checks if spec.id not in skipped and (not only or spec.id in only)]
        selection = Selection(whole if suite else None, tuple(Selected(spec) for spec in chosen), tuple(skipped))
        self.run = SuiteRun(playbook, selection, bench, self.events.append, until=until, strict=strict)

    def _context(
        self,
        check_id: str,
        run: int,
        run_id: str,
        needed: Mapping[str, Needed],
        on_progress: Callable[[Sample, int], None],
    ) -> Context:
        self.runs.append((check_id, run))
        absent = cast(Any, None)
        return Context(
            check_id=check_id,
            clock=self.clock,
            http=absent,
            sampler=absent,
            levers=absent,
            commands=absent,
            people=absent,
            gates=self.gates,
            evidence=Kept(self.kept, check_id),
            needed=needed,
            run_id=run_id,
            on_progress=on_progress,
            add_secret=self.redactor.add,
        )

    def all(self, kind_of: type[Any]) -> list[Any]:
        """The events of that type, oldest first."""
        return [event for event in self.events if isinstance(event, kind_of)]


def outcomes(stage: Stage) -> dict[str, Verdict]:
    """The latest verdict of each check that has finished, by id."""
    return {event.outcome.id: event.outcome.verdict for event in stage.all(CheckFinished)}
