"""Whatever signals, their limits and triggers name has to be there, and what is compared has to be comparable."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from warroom.errors import Problem
from warroom.playbook import course_models, nodes, signal_models, source_models
from warroom.playbook.nodes import Path, Scalar, find, key_path
from warroom.playbook.signal_build import limits_of, unit_of
from warroom.playbook.signal_forms import Burn, When
from warroom.slo.conditions import OverBaseline, SignalCondition, Threshold, Trending, check
from warroom.slo.levels import are_opposite, direction_problem, order_problem, resume_problem
from warroom.slo.query import Availability, Latency
from warroom.slo.unit import Dimension, Unit
from warroom.units import format_duration, format_offset

_FITS: Final[Mapping[str, tuple[str, ...]]] = {
    "metrics": ("value", "rate", "count", "ratio", "quantile"),
    "prometheus": ("value", "rate", "count", "ratio", "quantile", "expr"),
    "probe": ("latency", "availability"),
    "http_json": ("json",),
    "command": ("", "json"),
    "log": ("lines",),
    "manual": ("",),
    "stopwatch": ("",),
}
"""The keys that a signal may have by the kind of its source; an empty one: none of them."""
_COUNTED: Final = ("ratio", "quantile", "latency", "availability")
"""The measures of which it is known from how many events they were made."""
_SPLIT: Final = ("value", "rate", "count", "ratio", "quantile", "expr")
_ONE_SIDE: Final = "a signal is bad on one side; where the other is bad too, declare a second signal for it"
# The factor of the whole expression; what stands inside of it may be anything.
_PERCENT: Final = re.compile(r"^\s*100\s*\*|\*\s*100\s*$")
_CREDENTIALS: Final = ("authorization", "proxy-authorization", "cookie", "x-internal-key")
_CREDENTIAL_WORDS: Final = ("token", "secret", "password", "api-key", "apikey")

Name = Callable[[Path, str, str], bool]


@dataclass(frozen=True, slots=True)
class SignalSections:
    """What could be read of the sections about signals."""

    sources: Mapping[str, source_models.AnySource]
    signals: Mapping[str, signal_models.Signal]
    slos: Mapping[str, signal_models.Slo]
    baselines: Mapping[str, signal_models.Baseline]
    triggers: Mapping[str, signal_models.Trigger]


class SignalReferences:
    """Looks through the sections, and what `phases` need of them to be left; `name` looks an entry up, `target` a
    target that is requested."""

    def __init__(
        self,
        top: nodes.Mapping,
        sections: SignalSections,
        phases: Mapping[str, course_models.Phase],
        name: Name,
        target: Callable[[Path, str], None],
    ) -> None:
        self._top = top
        self._all = sections
        self._phases = phases
        self._name = name
        self._target = target
        self._found: list[Problem] = []
        self._faulty: set[str] = set()

    def problems(self) -> list[Problem]:
        """What `name` and `target` do not report themselves."""
        for source_id, source in self._all.sources.items():
            self._source(source_id, source)
        for signal_id, signal in self._all.signals.items():
            known = len(self._found)
            self._signal(signal_id, signal)
            if len(self._found) > known:
                self._faulty.add(signal_id)
            if signal.gate:
                self._name(("signals", signal_id, "gate"), "gates", signal.gate)
        for slo_id, slo in self._all.slos.items():
            self._slo(slo_id, slo)
        for baseline_id, baseline in self._all.baselines.items():
            self._baseline(baseline_id, baseline)
        for trigger_id, trigger in self._all.triggers.items():
            self._trigger(trigger_id, trigger)
            self._can_fire(trigger_id, trigger)
        for phase_id, phase in self._phases.items():
            self._exit(("phases", phase_id, "exit"), phase.exit)
        return self._found

    def _exit(self, path: Path, leaves: course_models.PhaseExit) -> None:
        """What a phase waits for has to be there, and able to be well."""
        for name in course_models.names_in(leaves.triggers):
            self._name((*path, "triggers"), "triggers", name)
        for name in course_models.names_in(leaves.signals):
            if self._name((*path, "signals"), "signals", name) and not self._can_be_green(name):
                message = f"'{name}' is never GREEN, so the phase could never be left: it has no limit and no SLO"
                self._report((*path, "signals"), message, "give the signal a `warn` or a `page`")

    def _can_be_green(self, name: str) -> bool:
        """Whether it can; also where what is written of it could not be read."""
        signal, slos = self._all.signals.get(name), self._all.slos
        if signal is None or signal.warn or signal.page or signal.limits_in:
            return True
        is_unclear = len(self._top.child("slos").entries) > len(slos)
        known = self._top.child("signals").entries
        return is_unclear or any(slo.signal == name or slo.signal not in known for slo in slos.values())

    def _source(self, source_id: str, source: source_models.AnySource) -> None:
        path: Path = ("sources", source_id)
        if target := getattr(source, "target", ""):
            self._target((*path, "target"), target)
        self._literals((*path, "headers"))
        if through := getattr(source, "through", None):
            self._target((*path, "through", "target"), through.target)
            self._literals((*path, "through", "headers"))

    def _literals(self, path: Path) -> None:
        """Credentials that stand in the playbook."""
        headers = find(self._top, path)
        for key, entry in headers.entries.items() if isinstance(headers, nodes.Mapping) else ():
            lower = key.lower()
            is_credential = lower in _CREDENTIALS or any(word in lower for word in _CREDENTIAL_WORDS)
            if is_credential and isinstance(entry.node, Scalar) and entry.node.value and not entry.node.inputs:
                message = "a credential does not belong into a playbook"
                self._report((*path, key), message, "take it from a secret input: ${NAME}")

    def _signal(self, signal_id: str, signal: signal_models.Signal) -> None:
        path: Path = ("signals", signal_id)
        if self._name((*path, "source"), "sources", signal.source) and not self._fits(path, signal):
            return
        if signal.by and signal.measures not in _SPLIT:
            self._report((*path, "by"), "only series have labels that split a signal")
        unit = unit_of(signal)
        if problem := _unit_problem(signal, unit):
            self._report((*path, "unit"), problem)
            return
        if signal.expr and unit.dimension is Dimension.RATIO and _PERCENT.search(signal.expr):
            message = f"it makes percent, and a signal in {unit.text} is a share: 0.02 is 2{unit.text}"
            self._report((*path, "expr"), message, "take the factor 100 out of it")
            return
        self._limits(path, signal, signal, (signal.warn, signal.page))
        for phase, own in signal.limits_in.items():
            self._name((*path, "limits_in", phase), "phases", phase)
            self._limits((*path, "limits_in", phase), signal, own, limits_of(signal, own))

    def _limits(
        self,
        path: Path,
        signal: signal_models.Signal,
        given: signal_models.Signal | signal_models.PhaseLimits,
        both: tuple[SignalCondition | None, SignalCondition | None],
    ) -> None:
        """The limits that are `given` at `path`, and `both` that are in force then."""
        unit, known = unit_of(signal), len(self._found)
        for key, condition in (("warn", given.warn), ("page", given.page)):
            if condition:
                self._comparable((*path, key), condition, signal, unit)
        if len(self._found) > known or any(limit and check(limit, unit) for limit in both):
            return
        if problem := order_problem(*both):
            self._report((*path, "page"), problem)
        for key, condition in (("warn", given.warn), ("page", given.page)):
            if condition and (problem := _wrong_side(signal, condition)):
                self._report((*path, key), problem)

    def _fits(self, path: Path, signal: signal_models.Signal) -> bool:
        """Whether its source, where that could be read, can be asked what the signal measures."""
        source = self._all.sources.get(signal.source)
        if source is None:
            return True
        fits = _FITS[source.kind]
        known = ", ".join(f"`{key}`" for key in fits if key)
        if not signal.measures and "" not in fits:
            self._report(path, f"it does not say what it measures; a source of kind {source.kind} knows {known}")
        elif signal.measures not in fits:
            message = f"a source of kind {source.kind} cannot be asked that"
            self._report((*path, signal.measures), message, f"it knows {known}" if known else "leave it out")
        else:
            if signal.is_of_a_window:
                self._long_enough((*path, "window"), signal.span, signal)
            return True
        return False

    def _long_enough(self, path: Path, window: timedelta, signal: signal_models.Signal) -> None:
        """A window has to hold two looks of its source: one is no growth and no spread."""
        source = self._all.sources.get(signal.source)
        every = getattr(source, "every", None)
        if every is not None and window < 2 * every:
            looks = f"source {signal.source} is looked at every {format_duration(every)}"
            self._report(path, f"{format_duration(window)} is shorter than two intervals: {looks}")

    def _slo(self, slo_id: str, slo: signal_models.Slo) -> None:
        path: Path = ("slos", slo_id)
        if not self._name((*path, "signal"), "signals", slo.signal):
            return
        signal = self._all.signals.get(slo.signal)
        if signal is None:
            return
        if signal.measures not in ("ratio", "availability"):
            message = f"'{slo.signal}' is no share of events: an error budget needs `ratio` or `availability`"
            self._report((*path, "signal"), message)
        elif signal.measures == "ratio" and not isinstance(signal.warn or signal.page, Threshold):
            message = f"nobody says whether '{slo.signal}' counts what is good or what is bad"
            self._report((*path, "signal"), message, "give the signal a `warn` or a `page`")
        elif slo.window < signal.span:
            self._report((*path, "window"), f"it is shorter than that of the signal, {format_duration(signal.span)}")

    def _baseline(self, baseline_id: str, baseline: signal_models.Baseline) -> None:
        path: Path = ("baselines", baseline_id)
        if baseline.signal and self._name((*path, "signal"), "signals", baseline.signal):
            signal = self._all.signals.get(baseline.signal)
            if signal and baseline.over:
                self._long_enough((*path, "over"), baseline.over, signal)

    def _trigger(self, trigger_id: str, trigger: signal_models.Trigger) -> None:
        path: Path = ("triggers", trigger_id)
        if trigger.runs:
            self._name((*path, "runs"), "procedures", trigger.runs)
        if trigger.lever:
            self._name((*path, "lever"), "levers", trigger.lever)
        if trigger.slo:
            self._name((*path, "slo"), "slos", trigger.slo)
            slo = self._all.slos.get(trigger.slo)
            if slo and trigger.window and trigger.window >= slo.window:
                self._report(
                    (*path, "window"), f"it is not shorter than that of the SLO, {format_duration(slo.window)}"
                )
            if slo and isinstance(trigger.when, Burn) and trigger.when.factor >= (most := 1 / (1 - slo.objective)):
                message = f"it never burns so fast: while everything fails it burns {most:.4g} times"
                self._report((*path, "when"), message)
        if trigger.signal and self._name((*path, "signal"), "signals", trigger.signal):
            signal = self._all.signals.get(trigger.signal)
            if signal:
                self._of_signal(path, trigger, signal)

    def _can_fire(self, trigger_id: str, trigger: signal_models.Trigger) -> None:
        """Whether the launch lasts as long as the condition has to hold; nobody knows where a phase is open."""
        ends = [phase.until for phase in self._phases.values() if phase.until is not None]
        hold = trigger.for_
        if hold is None or not ends or len(ends) < len(self._top.child("phases").entries):
            return
        if hold.span > max(ends) or (hold.strict and hold.span == max(ends)):
            held = f"{'more than ' if hold.strict else ''}{format_duration(hold.span)}"
            over = f"the last phase is over at {format_offset(max(ends))}"
            message = f"it can never fire: it has to hold for {held} from T0 on, and {over}"
            self._report(("triggers", trigger_id, "for"), message)

    def _of_signal(self, path: Path, trigger: signal_models.Trigger, signal: signal_models.Signal) -> None:
        if trigger.window and not signal.is_of_a_window:
            self._report((*path, "window"), f"'{trigger.signal}' is the number of the moment and has no window")
        elif trigger.window:
            self._long_enough((*path, "window"), trigger.window, signal)
        if trigger.min_volume and signal.measures not in _COUNTED:
            message = f"nobody counts from how many events '{trigger.signal}' is made"
            self._report((*path, "min_volume"), message)
        unit = unit_of(signal)
        for key in ("when", "resume"):
            condition = getattr(trigger, key)
            if condition and not _unit_problem(signal, unit):
                self._comparable((*path, key), condition, signal, unit)
        if not isinstance(trigger.when, Burn) and trigger.when:
            if problem := _wrong_side(signal, trigger.when):
                self._report((*path, "when"), problem)
            elif trigger.signal not in self._faulty and (limit := _contradicted(signal, trigger.when)):
                message = f"'{trigger.when.text}' looks in the opposite direction of {limit} of '{trigger.signal}'"
                self._report((*path, "when"), message, _ONE_SIDE)
            elif trigger.resume and (problem := resume_problem(trigger.when, trigger.resume)):
                self._report((*path, "resume"), problem)

    def _comparable(self, path: Path, condition: When, signal: signal_models.Signal, unit: Unit) -> None:
        """Whether a signal written in `unit` can be held against the condition."""
        match condition:
            case Threshold():
                if problem := check(condition, unit):
                    self._report(path, problem)
            case Trending():
                self._long_enough(path, condition.over, signal)
            case OverBaseline():
                if self._name(path, "baselines", condition.baseline):
                    self._against(path, condition, unit)
            case Burn():
                self._report(path, "`burn` is a condition on an `slo`, and the only one")

    def _against(self, path: Path, condition: OverBaseline, unit: Unit) -> None:
        baseline = self._all.baselines.get(condition.baseline)
        if baseline is None:
            return  # that is reported
        other: Unit | None = baseline.value.unit if baseline.value else None
        if signal := self._all.signals.get(baseline.signal or ""):
            other = unit_of(signal)
        if other and (other.dimension is not unit.dimension or other.noun not in ("", unit.noun)):
            found, wanted = (f"'{one.text}'" if one.text else "plain numbers" for one in (other, unit))
            self._report(path, f"baseline {condition.baseline} is in {found}, the signal in {wanted}")

    def _report(self, path: Path, message: str, suggestion: str = "") -> None:
        node = find(self._top, path)
        while node is None:
            path = path[:-1]
            node = find(self._top, path)
        self._found.append(node.place.problem(key_path(path), message, suggestion))


def _wrong_side(signal: signal_models.Signal, limit: SignalCondition) -> str:
    """Why a limit calls the good side of the signal bad; empty where it does not, or nobody knows."""
    measure = Availability() if signal.availability else Latency(signal.latency.p / 100) if signal.latency else None
    return direction_problem(limit, measure) if measure else ""


def _contradicted(signal: signal_models.Signal, when: SignalCondition) -> str:
    """The first limit of the signal that calls good what `when` calls bad, with its role; empty for none."""
    roles = [("warn", signal.warn), ("page", signal.page)]
    for own in signal.limits_in.values():
        roles += [("warn", own.warn), ("page", own.page)]
    return next((f"{role} '{one.text}'" for role, one in roles if one and are_opposite(one, when)), "")


def _unit_problem(signal: signal_models.Signal, unit: Unit) -> str:
    """Why a signal cannot be written in that unit; empty when it can."""
    match signal.measures:
        case "ratio" | "availability" if unit.dimension is not Dimension.RATIO:
            return "it is a share, and written in %"
        case "latency" if unit.dimension is not Dimension.TIME:
            return "it is a time: ms, s, m"
        case "count" if unit.dimension is not Dimension.COUNT:
            return "it is a count: a noun, K, M or nothing"
        case "rate" if unit.dimension is not Dimension.RATE:
            return "it is a rate: /s, /min, events/min"
    return ""
