"""Samples held against a limit: the verdict, the line for people, and what the samples prove."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from warroom.checks.latency_parameters import LatencyParameters
from warroom.contract import Sample
from warroom.errors import GATEWAY
from warroom.slo.quantile import Decision, clean_samples_for, decide, nearest_rank, proves, rank_of
from warroom.text import plural
from warroom.units import in_unit
from warroom.verdict import Measurement, Result, Verdict

_WORDS = {
    "timeout": "timed out",
    "refused": "connection refused",
    "reset": "connection reset",
    "cut": "answer cut off",
    "unreachable": "unreachable",
    "tls": "TLS failed",
    "too_large": "answer too large",
    "unreadable": "answer not HTTP",
}


@dataclass(frozen=True, slots=True)
class Taken:
    """The samples in the order taken, under the limit they are held against."""

    params: LatencyParameters
    samples: tuple[Sample, ...]

    @property
    def n(self) -> int:
        """How many there are."""
        return len(self.samples)

    @property
    def values(self) -> list[float | None]:
        """Each latency in the limit's unit; None where there was no answer, or one that is an error."""
        return [None if fault(sample) else self._in_unit(sample) for sample in self.samples]

    def _in_unit(self, sample: Sample) -> float:
        return round(in_unit(sample.latency_s or 0.0, self.params.limit.unit), 6)

    @property
    def over(self) -> int:
        """How many are over the limit; failures are."""
        return sum(1 for value in self.values if value is None or not self.params.limit.holds(value))

    @property
    def faults(self) -> Counter[str]:
        """What went wrong, and how often."""
        return Counter(fault(sample) for sample in self.samples if fault(sample))

    @property
    def has_answers(self) -> bool:
        """Whether the service answered at all, be it with an error."""
        return any(sample.status for sample in self.samples if not sample.error)


def fault(sample: Sample) -> str:
    """Why a sample has no latency to count: `timed out`, `HTTP 503`; empty for one that has."""
    if sample.error or sample.latency_s is None:
        return _WORDS.get(sample.error, sample.error or "no answer")
    return "" if 200 <= sample.status <= 299 else f"HTTP {sample.status}"


def judged(taken: Taken, how: str) -> Result:
    """The line of the check; `how` says how the samples were timed."""
    params = taken.params
    if not taken.has_answers:
        why = _listed(taken.faults)
        left = params.samples - taken.n
        more = f"; the other {left} were not sent" if 0 < left < params.samples else ""
        reason = f"there is no latency to judge: none of {plural(taken.n, 'request')} was answered ({why}){more}"
        return Result(
            Verdict.ERROR, say=reason, expected=str(params.limit), reason=reason, measurement=Measurement(n=0)
        )
    verdict, reason = _verdict(taken)
    value = nearest_rank(taken.values, params.p)
    shown = _shown(value, taken)
    unit = params.limit.unit
    actual = shown if value is None else f"{shown}{unit}"
    return Result(
        verdict,
        say=_said(params, shown, actual, taken.n),
        expected=str(params.limit),
        actual=actual,
        reason=reason,
        measurement=Measurement(
            value=shown if value is None else float(shown),
            limit=str(params.limit),
            unit=unit,
            n=taken.n,
            method="nearest rank",
            source=how,
        ),
    )


def _verdict(taken: Taken) -> tuple[Verdict, str]:
    params, name = taken.params, f"P{taken.params.percentile:g}"
    value = nearest_rank(taken.values, params.p)
    shown = _shown(value, taken) + ("" if value is None else params.limit.unit)
    if params.confidence is not None:
        return _verdict_by_proof(taken, f"{name} of {taken.n} samples is {shown}")
    if value is None or not params.limit.holds(value):
        stopped = f"; stopped after {taken.n} of {params.samples}" if taken.n < params.samples else ""
        faults = f" ({_listed(taken.faults)})" if taken.faults else ""
        return Verdict.FAIL, (
            f"{name} is {shown}, expected {params.limit}:"
            f" {taken.over} of {plural(taken.n, 'sample')} over the limit{faults}{stopped}"
        )
    if taken.n < params.samples:
        return (
            Verdict.INCONCLUSIVE,
            f"only {taken.n} of {params.samples} samples could be taken ({_listed(taken.faults)})",
        )
    place = rank_of(taken.n, params.p)
    return Verdict.PASS, f"{name} is sample {place} of {taken.n} by size (nearest rank); {_proved(taken, 0.95)}"


def _verdict_by_proof(taken: Taken, found: str) -> tuple[Verdict, str]:
    params = taken.params
    confidence = params.confidence or 0.95
    counted = f"{found}, {taken.over} over the limit"
    match decide(taken.n, taken.over, params.p, confidence):
        case Decision.PASS:
            return Verdict.PASS, f"{counted}; {_proved(taken, confidence)}"
        case Decision.FAIL:
            return Verdict.FAIL, f"{counted}: at {_percent(confidence)} confidence it is not {params.limit}"
    return Verdict.INCONCLUSIVE, f"{counted}: that decides nothing at {_percent(confidence)} confidence"


def _proved(taken: Taken, confidence: float) -> str:
    """What so many samples prove: `30 samples, none over the limit, prove P90 <= 120ms at 95 % confidence`."""
    params = taken.params
    proved = int(100 * proves(taken.n, taken.over, confidence) + 1e-9)
    over = "none" if not taken.over else str(taken.over)
    at = f"at {_percent(confidence)} confidence"
    text = f"{plural(taken.n, 'sample')}, {over} over the limit, prove P{proved} {params.limit} {at}"
    if proved >= params.percentile or params.p >= 1:
        return text
    needed = clean_samples_for(params.p, confidence)
    return f"{text} (P{params.percentile:g} takes {needed} without one over)"


def _percent(share: float) -> str:
    return f"{100 * share:g} %"


def _shown(value: float | None, taken: Taken) -> str:
    """One decimal for milliseconds; more where rounding would move the value across the limit."""
    if value is None:
        return f"over ({taken.faults.most_common(1)[0][0]})"
    limit = taken.params.limit
    for decimals in (1 if limit.unit == "ms" else 3, 3, 6):
        text = f"{value:.{decimals}f}"
        if limit.holds(float(text)) == limit.holds(value):
            return text
    return f"{value!r}"


def _said(params: LatencyParameters, shown: str, actual: str, n: int) -> str:
    sign = {"<=": "≤", "<": "<"}[params.limit.op]
    limit = f"{sign}{params.limit.text.removeprefix(params.limit.op).strip()}"
    say = params.say
    if f"{{actual}}{params.limit.unit}" in say:
        # The author wrote the unit: it stays with a number, and does not follow `over (timed out)`.
        say = say.replace(f"{{actual}}{params.limit.unit}", actual)
    for name, text in (("actual", actual), ("limit", limit), ("n", str(n)), ("percentile", f"{params.percentile:g}")):
        say = say.replace(f"{{{name}}}", text)
    return say


def _listed(faults: Counter[str]) -> str:
    return ", ".join(f"{count} {what}" for what, count in faults.most_common())


def symptom_of(taken: Taken) -> dict[str, str]:
    """What hints and tolerance may match: the commonest fault as `symptom`, error answer as `status`.

    Where a gateway was all that answered, to every sample, the fault is `gateway`: the service was not measured.
    """
    symptom = {}
    # The word of every other kind for an answer that was cut off is `reset`.
    words = Counter("reset" if s.error == "cut" else s.error for s in taken.samples if s.error)
    statuses = Counter(s.status for s in taken.samples if not s.error and not 200 <= s.status <= 299)
    if words:
        symptom["symptom"] = words.most_common(1)[0][0]
    if taken.samples and all(not s.error and s.status in GATEWAY for s in taken.samples):
        symptom["symptom"] = "gateway"
    if statuses:
        symptom["status"] = str(statuses.most_common(1)[0][0])
    return symptom
