"""The ports that a check is run with, real where something can go wrong in them."""

import contextlib
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NoReturn, cast

from warroom.adapters.evidence import EvidenceStore
from warroom.adapters.gates import Gates
from warroom.adapters.http import HttpAdapter
from warroom.adapters.levers import Levers
from warroom.clock import Clock, RealClock
from warroom.contract import Answer, AnyKind, CommandResult, Context, Findings, Needed, SamplerPort
from warroom.errors import CannotMeasure
from warroom.events import CheckOutcome
from warroom.playbook.loaded import CheckSpec, Gate, Lever, ReadFrom, Target
from warroom.redact import Redactor
from warroom.runner.check_run import run_check
from warroom.runner.hiding import redacted


class Nobody:
    """People who do not answer."""

    async def ask(self, name: str, text: str, answer_type: str) -> Answer | None:
        return None


class NoCommands:
    """Commands are not allowed."""

    async def run(self, argv: Sequence[str], *, timeout_s: float, env: Mapping[str, str]) -> CommandResult:
        raise CannotMeasure("commands are not allowed here; use --allow-commands", symptom="denied")


class NoSampler:
    """Nothing is sampled."""

    async def sample(self, *_: Any) -> NoReturn:
        raise CannotMeasure("there is no sampler here", symptom="internal")

    def how(self) -> str:
        return "not at all"


@dataclass(frozen=True, slots=True)
class Desk:
    """A context to run checks in, and what it keeps."""

    context: Context
    http: HttpAdapter
    store: EvidenceStore
    redactor: Redactor

    async def run(self, kind: AnyKind, written: Mapping[str, Any], *, timeout_s: float = 30.0) -> CheckOutcome:
        """The outcome of a check whose parameters are `written` as in a playbook."""
        params = kind.params.model_validate(dict(written))
        spec = CheckSpec("check", kind, "The check", params, timeout_s=timeout_s, needs=kind.needs(params))
        judged = await run_check(spec, self.context, (), mode="", attempt=1)
        return cast(CheckOutcome, redacted(judged.outcome, self.redactor))

    async def find(self, kind: AnyKind, written: Mapping[str, Any]) -> Findings:
        """What the kind itself finds."""
        return await kind.run(kind.params.model_validate(dict(written)), self.context)

    def with_ports(self, **ports: Any) -> "Desk":
        """The same with other ports."""
        return replace(self, context=replace(self.context, **ports))

    def kept(self) -> str:
        """The text of all evidence."""
        return "\n".join(path.read_text() for path in sorted(self.store.dir.rglob("*")) if path.is_file())


@contextlib.asynccontextmanager
async def desk(
    folder: Path,
    targets: Mapping[str, str],
    *,
    clock: Clock | None = None,
    levers: Mapping[str, Lever] | None = None,
    gates: Mapping[str, Gate] | None = None,
    needed: Mapping[str, Needed] | None = None,
) -> AsyncIterator[Desk]:
    """A desk whose `targets` are name -> address; evidence goes below `folder`."""
    clock = clock or RealClock()
    redactor = Redactor()
    store = EvidenceStore(folder, "launch", clock.now(), redactor, clock)
    store.open()
    evidence = store.for_check("check")
    known = {name: Target(name, url) for name, url in targets.items()}
    http = HttpAdapter(known, clock, record=evidence.save_exchange)
    context = Context(
        check_id="check",
        clock=clock,
        http=http,
        sampler=cast(SamplerPort, NoSampler()),
        levers=Levers(levers or {}, http, NoCommands(), clock),
        commands=NoCommands(),
        people=Nobody(),
        gates=Gates(gates or {}, http, clock),
        evidence=evidence,
        needed=needed or {},
        run_id="run",
        on_progress=lambda *_: None,
        add_secret=redactor.add,
    )
    try:
        yield Desk(context, http, store, redactor)
    finally:
        await http.aclose()


def lever(
    name: str, expect: str = "true", *, kill_switch: bool = False, target: str = "app", json: str = ""
) -> Lever:
    """A lever that is read from /state."""
    return Lever(name, expect, ReadFrom(target, "/state", json), kill_switch=kill_switch)
