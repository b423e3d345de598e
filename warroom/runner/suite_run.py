"""A suite run: every check once its needs are done, retries until ready, reruns by a person, and the verdict."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from warroom.clock import file_stamp
from warroom.contract import Needed, Sample
from warroom.errors import GATEWAY, ExitCode
from warroom.events import (
    CheckFinished,
    CheckOutcome,
    CheckStarted,
    CheckWaiting,
    Event,
    GateInfo,
    GateRead,
    Noted,
    RunFinished,
    RunStarted,
    SampleTaken,
)
from warroom.playbook.loaded import CheckSpec, Playbook, Selection
from warroom.runner.bench import Bench
from warroom.runner.check_run import Judged, run_check, skipped, stopped, unsettled
from warroom.runner.hiding import redacted
from warroom.slo.quantile import nearest_rank
from warroom.text import plural
from warroom.verdict import SuiteVerdict, Verdict, of_suite, worst

# What an endpoint that is not up yet looks like; anything else would be the same on a second try.
_NOT_READY = frozenset(("timeout", "refused", "reset", "dns", "unreachable", "gateway"))
_NOT_READY_STATUS = frozenset(map(str, GATEWAY))
# A gate that changes oftener than this while its checks run again has no state to go by.
_GATE_CHANGES = 3


class SuiteRun:
    """Runs the selected checks of a playbook and emits events; can be asked to rerun some of them.

    `until` is (timeout, every) in seconds: checks whose endpoint was not ready are tried again `every` seconds
    later, as long as that is within `timeout` of the end of the first try; (0, 0) tries once.
    """

    def __init__(
        self,
        playbook: Playbook,
        selection: Selection,
        bench: Bench,
        emit: Callable[[Event], object],
        *,
        until: tuple[float, float] = (0.0, 0.0),
        strict: bool = False,
    ) -> None:
        self._playbook = playbook
        self._specs: Mapping[str, CheckSpec] = {chosen.spec.id: chosen.spec for chosen in selection.checks}
        self._suite = selection.suite.id if selection.suite else ""
        self._bench = bench
        self._emit_as_it_is = emit
        self._order = selection.suite.checks if selection.suite else ()
        self._skipped = tuple(playbook.checks[check] for check in selection.skipped)
        self._left_out = self._count_left_out(playbook, selection)
        self._until = until
        self._strict = strict
        self._judged: dict[str, Judged] = {}
        self._runs: dict[str, int] = {}
        self._unfinished: set[str] = set()
        self._gates: dict[str, GateInfo] = {}
        self._stopped_by = ExitCode.INTERRUPTED
        self._ended: tuple[SuiteVerdict, str, str] | None = None
        self._run_id = ""

    async def run(self) -> SuiteVerdict:
        """Runs every check and returns the verdict. When cancelled, what was not finished is `inconclusive`."""
        self._new_run()
        self._emit(self._started())
        for spec in self._skipped:
            self._conclude(spec, skipped(spec, self._bench.clock.now()))
        return await self._run_all(tuple(self._specs))

    async def rerun(self, checks: Sequence[str]) -> SuiteVerdict:
        """Runs `checks` again (ids that are not in the suite are ignored), and what they need before them."""
        self._new_run()
        wanted = [check for check in checks if check in self._specs]
        for check in wanted:
            wanted += [need for need in self._specs[check].needs if need in self._specs and need not in wanted]
        return await self._run_all([check for check in self._specs if check in wanted])

    def _new_run(self) -> None:
        self._run_id = f"{file_stamp(self._bench.clock.now())}-{secrets.token_hex(8)}"
        self._bench.gates.ask_anew()

    @staticmethod
    def _count_left_out(playbook: Playbook, selection: Selection) -> int:
        chosen = {each.spec.id for each in selection.checks}
        whole = selection.suite.checks if selection.suite else playbook.checks
        return len(set(whole) - chosen - set(selection.skipped))

    def stopped_by(self, code: ExitCode) -> None:
        """Says which exit code a cancellation that follows stands for: interrupted (by default) or terminated."""
        self._stopped_by = code

    async def _run_all(self, checks: Sequence[str]) -> SuiteVerdict:
        try:
            await self._run_group(checks, attempt=1)
            await self._until_ready(checks)
            await self._until_gates_hold()
        except asyncio.CancelledError:
            self._stop_unfinished()
            self._finish(self._stopped_by)
            raise
        return self._finish()

    def _started(self) -> RunStarted:
        return RunStarted(
            run_id=self._run_id,
            launch=self._playbook.launch,
            playbook_path=self._playbook.path,
            playbook_sha256=self._playbook.sha256,
            suite=self._suite,
            checks=tuple(spec.info for spec in self._declared()),
            evidence_dir=self._bench.evidence_dir,
        )

    def _declared(self) -> list[CheckSpec]:
        """What was asked for and what it needs, the skipped included, in order of display."""
        both = (*self._specs.values(), *self._skipped)
        order = self._order
        return sorted(both, key=lambda spec: order.index(spec.id) if spec.id in order else len(order))

    async def _run_group(self, checks: Sequence[str], attempt: int) -> None:
        """Runs `checks` at once, each as soon as those of its needs that are in the group are done."""
        done = {check: asyncio.Event() for check in checks}
        self._unfinished |= set(checks)
        # Latency samples leave first: the other checks run, and their libraries load, while the samples are taken.
        order = sorted(checks, key=lambda check: self._specs[check].kind.name != "latency")
        async with asyncio.TaskGroup() as group:
            for check in order:
                group.create_task(self._run_one(self._specs[check], attempt, done), name=f"check {check}")
            group.create_task(self._read_gates(), name="gates")

    async def _run_one(self, spec: CheckSpec, attempt: int, done: Mapping[str, asyncio.Event]) -> None:
        try:
            for need in spec.needs:
                if need in done:
                    await done[need].wait()
            self._emit(CheckStarted(spec.id, attempt))
            run = self._runs[spec.id] = self._runs.get(spec.id, 0) + 1
            context = self._bench.context(spec.id, run, self._run_id, self._needed(spec), self._progress(spec.id))
            mode = self._playbook.launch.mode
            judged = await run_check(spec, context, self._playbook.hints, mode=mode, attempt=attempt)
            self._judged[spec.id] = judged
            self._unfinished.discard(spec.id)
            self._emit(CheckFinished(judged.outcome))
        finally:
            done[spec.id].set()

    def _needed(self, spec: CheckSpec) -> dict[str, Needed]:
        return {need: self._need(need) for need in spec.needs}

    def _need(self, check: str) -> Needed:
        judged = self._judged.get(check)
        if judged is None:
            return Needed(Verdict.SKIPPED, "it was left out of this run", None)
        return Needed(judged.outcome.verdict, judged.outcome.reason or judged.outcome.word, judged.fact)

    def _progress(self, check: str) -> Callable[[Sample, int], None]:
        latencies: list[float | None] = []

        def on_sample(sample: Sample, total: int) -> None:
            latency_ms = None if sample.latency_s is None else sample.latency_s * 1000
            latencies.append(latency_ms)
            p95 = nearest_rank(latencies, 0.95)
            self._emit(SampleTaken(check, len(latencies), total, latency_ms, p95))

        return on_sample

    async def _read_gates(self) -> None:
        for gate in self._playbook.gates:
            info = await self._bench.gates.info(gate)
            if info != self._gates.get(gate):
                self._gates[gate] = info
                self._emit(GateRead(info))

    async def _until_gates_hold(self) -> None:
        """Runs again what a gate excused that is red no longer: what is reported of both belongs together."""
        for _ in range(_GATE_CHANGES):
            await self._read_gates()
            outlived = self._outlived()
            if not outlived:
                return
            for check in outlived:
                gate, outcome = self._gates[self._judged[check].excused_by], self._judged[check].outcome
                was = f"{outcome.word} ({outcome.reason})"
                self._emit(Noted(f"{outcome.title}: was {was}; runs again, for {gate.title} is {gate.state} now"))
            again = self._with_dependents(outlived)
            await self._run_group(again, 1 + max(self._judged[check].outcome.attempts for check in again))
        await self._read_gates()
        for check in self._outlived():
            title = self._gates[self._judged[check].excused_by].title
            self._conclude(self._specs[check], unsettled(self._specs[check], self._bench.clock.now(), title))

    def _is_over(self, gate: str) -> bool:
        return gate in self._gates and self._gates[gate].state != "red"

    def _outlived(self) -> list[str]:
        """The checks that were excused by a gate that is red no longer, in order of display."""
        return [
            check for check in self._specs if check in self._judged and self._is_over(self._judged[check].excused_by)
        ]

    async def _until_ready(self, checks: Sequence[str]) -> None:
        timeout_s, every_s = self._until
        begun, attempt = self._bench.clock.monotonic(), 1
        while every_s > 0 and self._bench.clock.monotonic() - begun + every_s <= timeout_s:
            not_ready = [check for check in checks if _is_not_ready(self._judged[check].outcome)]
            if not not_ready:
                return
            attempt += 1
            for check in not_ready:
                self._emit(CheckWaiting(check, every_s, _why_not_ready(self._judged[check].outcome)))
            await self._bench.clock.sleep(every_s)
            await self._run_group(self._with_dependents(not_ready), attempt)

    def _with_dependents(self, checks: Iterable[str]) -> list[str]:
        """`checks` and those undecided ones that need them, directly or through others; in order of display."""
        chosen, grown = set(checks), True
        while grown:
            more = {
                spec.id
                for spec in self._specs.values()
                if spec.id not in chosen
                and chosen & set(spec.needs)
                and self._judged[spec.id].outcome.verdict.is_unknown
            }
            chosen |= more
            grown = bool(more)
        return [check for check in self._specs if check in chosen]

    def _stop_unfinished(self) -> None:
        for check in [check for check in self._specs if check in self._unfinished]:
            self._conclude(self._specs[check], stopped(self._specs[check], self._bench.clock.now()))

    def _conclude(self, spec: CheckSpec, outcome: CheckOutcome) -> None:
        """Ends a check without findings."""
        self._judged[spec.id] = Judged(outcome, None)
        self._unfinished.discard(spec.id)
        self._emit(CheckFinished(outcome))

    def _finish(self, exit_code: ExitCode | None = None) -> SuiteVerdict:
        declared = {spec.id: spec.required for spec in self._declared()}
        found = {check: judged.outcome.verdict for check, judged in self._judged.items()}
        verdict = of_suite(declared, found, mode=self._playbook.launch.mode, strict=self._strict)
        reason = self._reason(verdict)
        if self._left_out:
            verdict = _partial(verdict, self._left_out, strict=self._strict)
        if exit_code is not None:
            stopped_at = worst((verdict.verdict, Verdict.INCONCLUSIVE))
            verdict = SuiteVerdict(stopped_at, "RED" if stopped_at is Verdict.FAIL else "UNKNOWN", exit_code)
        manifest, problems = self._bench.seal()
        return self._end(verdict, reason, manifest, problems)

    def evidence_lost(self, problem: str) -> None:
        """Says that evidence of the finished run could not be kept, and ends it anew with what that leaves."""
        assert self._ended is not None
        verdict, reason, manifest = self._ended
        self._end(verdict, reason, manifest, (problem,))

    def _end(self, verdict: SuiteVerdict, reason: str, manifest: str, problems: Sequence[str]) -> SuiteVerdict:
        for problem in problems:
            self._emit(Noted(f"evidence is incomplete: {problem}", "warning"))
        if problems and verdict.exit_code in (ExitCode.GREEN, ExitCode.NOT_STRICT):
            # A verdict whose evidence was lost cannot be shown to anyone later: it does not count as green.
            verdict = SuiteVerdict(Verdict.INCONCLUSIVE, "UNKNOWN", ExitCode.UNKNOWN)
            reason = "nothing failed, but the evidence could not be kept"
        self._ended = (verdict, reason, manifest)
        exit_code, log = int(verdict.exit_code), self._bench.evidence_log
        self._emit(RunFinished(verdict.verdict, verdict.word, exit_code, reason, log, manifest))
        return verdict

    def _emit(self, event: Event) -> None:
        self._emit_as_it_is(redacted(event, self._bench.redactor))

    def _reason(self, verdict: SuiteVerdict) -> str:
        """Names the checks that decided, in order of display; empty for a plain GREEN."""
        if verdict.verdict is Verdict.PASS:
            return ""
        outcomes = [self._judged[spec.id].outcome for spec in self._declared() if spec.id in self._judged]
        deciding = [one.title for one in outcomes if one.required and one.verdict is verdict.verdict]
        return ", ".join(deciding) or "nothing was measured that could decide"


def _partial(verdict: SuiteVerdict, left_out: int, *, strict: bool) -> SuiteVerdict:
    """A part of a suite is judged by itself, and never passes for the whole."""
    word = f"{verdict.word} - partial, without {plural(left_out, 'check')}"
    not_strict = strict and verdict.exit_code is ExitCode.GREEN
    return replace(verdict, word=word, exit_code=ExitCode.NOT_STRICT if not_strict else verdict.exit_code)


def _why_not_ready(outcome: CheckOutcome) -> str:
    hints = [f"{hint.cause}: {hint.fix}" for hint in outcome.hints]
    return "; ".join([outcome.reason, *hints])


def _is_not_ready(outcome: CheckOutcome) -> bool:
    symptom = dict(outcome.symptom)
    if outcome.verdict is Verdict.ERROR:
        measured_wrong = any(line.verdict is Verdict.FAIL for line in outcome.results)
        return symptom.get("symptom") in _NOT_READY and not measured_wrong
    if outcome.verdict is not Verdict.FAIL or symptom.get("symptom") == "gateway":
        return outcome.verdict is Verdict.FAIL
    # The kind did not say whether a gateway was all that answered: then its lines do. Any other line that does not
    # hold was measured, and what was measured stands.
    faults = [line for line in outcome.results if line.verdict not in (Verdict.PASS, Verdict.SKIPPED)]
    status = symptom.get("status")
    is_status = all(line.verdict is Verdict.FAIL and line.actual == status for line in faults)
    return status in _NOT_READY_STATUS and is_status
