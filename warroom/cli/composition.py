"""Puts a verification together: playbook, selection, evidence and the ports of every check."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from warroom.adapters.asking import GivenAnswers
from warroom.adapters.command import Commands
from warroom.adapters.credentials import secrets_of
from warroom.adapters.evidence import EvidenceStore
from warroom.adapters.gates import Gates, declared_gates
from warroom.adapters.http import Heard, HttpAdapter
from warroom.adapters.levers import Levers
from warroom.adapters.sampler_child import SamplerChild
from warroom.adapters.sampling import SamplerProcess
from warroom.checks import all_kinds
from warroom.cli.options import RunOptions, VerifyOptions, answers, pairs, until_of
from warroom.cli.people import ConsolePeople, QuestionBoard
from warroom.client import EventLog
from warroom.clock import Clock
from warroom.contract import AskPort, Context, Exchange, Needed, Sample
from warroom.events import GateInfo, LaunchInfo, Noted, RunStarted
from warroom.playbook.inputs import InputValues
from warroom.playbook.load import load_playbook
from warroom.playbook.loaded import Playbook, Selection
from warroom.playbook.select import select
from warroom.redact import Redactor
from warroom.runner import Bench, SuiteRun
from warroom.suite_state import SuiteState, fold


@dataclass(frozen=True, slots=True)
class Session:
    """A verification that is ready to run. Nothing has been sent yet; the evidence directory exists."""

    log: EventLog
    run: SuiteRun
    clock: Clock
    board: QuestionBoard
    http: HttpAdapter
    store: EvidenceStore

    async def aclose(self) -> None:
        """Closes every connection."""
        await self.http.aclose()

    def finish(self) -> SuiteState:
        """Writes the evidence log and returns the state to report; a log that is lost leaves nothing green."""
        from warroom.report.log import log_text

        problem = self.store.write_log(log_text(fold(self.log.history)))
        if problem:
            self.run.evidence_lost(problem)
        return fold(self.log.history)


def open_session(
    options: VerifyOptions,
    environ: Mapping[str, str],
    clock: Clock,
    *,
    people: bool,
    sampler: SamplerChild | None = None,
) -> Session:
    """Loads and checks everything that can be wrong before anything is sent. Raises WarroomError.

    `sampler` is a child that waits for the first job already; the caller ends it.
    """
    inputs = InputValues(pairs(options.inputs, "--input"), environ, options.env_file)
    playbook = playbook_of(options.playbook, inputs, options.environment)
    if options.simulated_by:
        playbook = replace(playbook, launch=_simulated(playbook.launch, options.simulated_by))
    selection = select(playbook, suite=options.suite or None, only=options.only, skip=options.skip)
    return session_of(playbook, selection, options, environ, clock, people=people, sampler=sampler)


def playbook_of(path: Path, inputs: InputValues, environment: str, folder: Path | None = None) -> Playbook:
    """The playbook with its inputs filled in and every kind of check known; `folder` as in `load_playbook`.

    Raises PlaybookError.
    """
    return load_playbook(path, kinds=all_kinds(), inputs=inputs, environment=environment or None, folder=folder)


def session_of(
    playbook: Playbook,
    selection: Selection,
    options: RunOptions,
    environ: Mapping[str, str],
    clock: Clock,
    *,
    people: bool,
    sampler: SamplerChild | None = None,
    known_gate: Callable[[str], GateInfo | None] = lambda _: None,
    heard: Heard | None = None,
) -> Session:
    """A run of `selection` with ports of its own; `known_gate` as in `Gates`, `heard` as in `HttpAdapter`.

    Raises UsageError where its evidence cannot be kept.
    """
    ports = _Ports(
        options,
        environ,
        playbook,
        selection,
        clock,
        people=people,
        sampler=sampler,
        known_gate=known_gate,
        heard=heard,
    )
    bench = ports.bench()
    declared = selection.suite.until if selection.suite else None
    until = until_of(options.wait, (declared.timeout_s, declared.every_s) if declared else (0.0, 0.0))
    run = SuiteRun(playbook, selection, bench, ports.log.append, until=until, strict=options.strict)
    return Session(ports.log, run, clock, ports.board, ports.http, ports.store)


class _Ports:
    """The ports of one verification; those of a check differ in where its evidence goes."""

    def __init__(
        self,
        options: RunOptions,
        environ: Mapping[str, str],
        playbook: Playbook,
        selection: Selection,
        clock: Clock,
        *,
        people: bool,
        sampler: SamplerChild | None,
        known_gate: Callable[[str], GateInfo | None],
        heard: Heard | None,
    ) -> None:
        self._playbook = playbook
        self._clock = clock
        self._people = people
        asked = [name for chosen in selection.checks for name in chosen.spec.kind.asks(chosen.spec.params)]
        self._given = GivenAnswers(answers(options.attest, asked), clock)
        declared = declared_gates(options.gates, playbook.gates)
        self._redactor = Redactor()
        self._secrets = secrets_of(playbook)
        for name, value in self._secrets.items():
            self._redactor.add(name, value)
        self.log = EventLog(clock)
        self.board = QuestionBoard(self.log.append, clock)
        self.http = HttpAdapter(playbook.targets, clock, secrets=self._secrets, heard=heard, warn=self._warn)
        self._sampler = SamplerProcess(playbook.targets, waiting=sampler)
        allowed = options.allow_commands
        self._commands = Commands(clock, allowed=allowed, allow_file=allow_file(environ), environ=environ)
        base = options.evidence or Path()
        self.store = EvidenceStore(base, playbook.launch.id, clock.now(), self._redactor, clock)
        self.store.open()
        gate_http = self.http.recording(self._recorder("gates", 1))
        self._gates = Gates(playbook.gates, gate_http, clock, declared=declared, known=known_gate)

    def bench(self) -> Bench:
        """What the runner is handed."""
        return Bench(
            clock=self._clock,
            redactor=self._redactor,
            context=self._context,
            gates=self._gates,
            seal=self.store.finish,
            evidence_dir=str(self.store.dir),
            evidence_log=str(self.store.log_path),
        )

    def _context(
        self,
        check_id: str,
        run: int,
        run_id: str,
        needed: Mapping[str, Needed],
        on_progress: Callable[[Sample, int], None],
    ) -> Context:
        http = self.http.recording(self._recorder(check_id, run))
        return Context(
            check_id=check_id,
            clock=self._clock,
            http=http,
            sampler=self._sampler,
            levers=Levers(self._playbook.levers, http, self._commands, self._clock),
            commands=self._commands,
            people=self._asking(check_id),
            gates=self._gates,
            evidence=self.store.for_check(check_id, run),
            needed=needed,
            run_id=run_id,
            on_progress=on_progress,
            add_secret=self._add_secret,
        )

    def _asking(self, check_id: str) -> AskPort:
        return ConsolePeople(check_id, self._given, self.board) if self._people else self._given

    def _recorder(self, check_id: str, run: int) -> Callable[[Exchange], str]:
        def record(exchange: Exchange) -> str:
            return self.store.record_exchange(check_id, exchange, run=run)

        return record

    def _warn(self, text: str) -> None:
        """Notes it once in a run: a run that begins anew has no notes."""
        warning = Noted(self._redactor(text), "warning")
        for envelope in reversed(self.log.history):
            if envelope.event == warning:
                return
            if isinstance(envelope.event, RunStarted):
                break
        self.log.append(warning)

    def _add_secret(self, name: str, value: str) -> None:
        self._redactor.add(name, value)
        self._secrets[name] = value


def _simulated(launch: LaunchInfo, control: str) -> LaunchInfo:
    facts = (("Services", f"simulated on this machine, controlled at {control}"), *launch.facts)
    return replace(launch, title=f"{launch.title} (SIMULATED)", facts=facts)


def allow_file(environ: Mapping[str, str]) -> Path:
    """The file whose presence lets playbooks run commands here (XDG base directories)."""
    configuration = environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    return Path(configuration) / "warroom" / "allow-commands"
