"""The set-up of a launch: what was looked at before T0, and what was found. It holds nothing back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from warroom.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at: `about` names it, `found` says how it is, `repair` what to do, empty for what is
    well."""

    verdict: Verdict
    about: str
    found: str
    repair: str = ""

    @property
    def is_well(self) -> bool:
        """Whether nothing is to be done about it."""
        return self.verdict in (Verdict.PASS, Verdict.SKIPPED)


@dataclass(frozen=True, slots=True)
class SetUp:
    """What was found, and since when it is so."""

    at: datetime
    findings: tuple[Finding, ...]


def setup_body(findings: Sequence[Finding]) -> dict[str, Any]:
    """The body of `setup.checked`."""
    told = [{"verdict": one.verdict.value, "about": one.about, "found": one.found} for one in findings]
    return {"findings": [{**body, "repair": one.repair} for body, one in zip(told, findings, strict=True)]}


def findings_in(body: Mapping[str, Any]) -> tuple[Finding, ...]:
    """The findings in the body of `setup.checked`."""
    return tuple(
        Finding(Verdict(one["verdict"]), one["about"], one["found"], one["repair"]) for one in body["findings"]
    )


def is_news(known: SetUp | None, findings: Sequence[Finding]) -> bool:
    """Whether something is well that was not, or the other way round, or was not looked at before. That a clock is
    two seconds off instead of one is none."""
    before = [(one.about, one.verdict) for one in known.findings] if known else None
    return before != [(one.about, one.verdict) for one in findings]
