"""What a suite found, as it stands in the journal and as posts tell it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from warroom.events import CheckOutcome, RunFinished, to_json
from warroom.verdict import Verdict


@dataclass(frozen=True, slots=True)
class LineFound:
    """One line that a check contributes to a post; `reason` is empty where it holds."""

    say: str
    verdict: Verdict
    reason: str = ""
    required: bool = True


@dataclass(frozen=True, slots=True)
class CheckFound:
    """What a check came to. `urgent` is what critical hints say to do now, in the playbook's order."""

    id: str
    title: str
    verdict: Verdict
    word: str
    reason: str = ""
    required: bool = True
    lines: tuple[LineFound, ...] = ()
    urgent: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a suite. `cause` is what it was for: `phase:verify`, or the id of a slot, or `gate:gate1#1`.

    Until `finished_at` is there nothing below it is known. `epoch` is that of the engine that started it. `only` are
    the checks that were wanted where `suite` is empty.
    """

    suite: str
    cause: str
    started_at: datetime
    epoch: int
    only: tuple[str, ...] = ()
    finished_at: datetime | None = None
    verdict: Verdict = Verdict.INCONCLUSIVE
    word: str = ""
    reason: str = ""
    evidence_log: str = ""
    checks: Mapping[str, CheckFound] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The suite; for checks that ran on their own their ids: `jwks, m2m`."""
        return self.suite or ", ".join(self.only)


def started_body(suite: str, cause: str, only: Sequence[str] = ()) -> dict[str, Any]:
    """The body of `suite.started`."""
    return {"suite": suite, "cause": cause, **({"only": list(only)} if only else {})}


def finished_body(suite: str, cause: str, finished: RunFinished, outcomes: Iterable[CheckOutcome]) -> dict[str, Any]:
    """The body of `suite.finished`, JSON data."""
    return {
        "suite": suite,
        "cause": cause,
        "verdict": finished.verdict.value,
        "word": finished.word,
        "exit_code": finished.exit_code,
        "reason": finished.reason,
        "evidence_log": finished.evidence_log,
        "manifest_sha256": finished.manifest_sha256,
        "outcomes": [to_json(outcome) for outcome in outcomes],
    }


def checks_found(outcomes: Iterable[Mapping[str, Any]]) -> dict[str, CheckFound]:
    """The checks in the `outcomes` of a `suite.finished`, in their order."""
    return {outcome["id"]: _check_found(outcome) for outcome in outcomes}


def _check_found(outcome: Mapping[str, Any]) -> CheckFound:
    return CheckFound(
        id=outcome["id"],
        title=outcome["title"],
        verdict=Verdict(outcome["verdict"]),
        word=outcome["word"],
        reason=outcome["reason"],
        required=outcome["required"],
        lines=tuple(
            LineFound(line["say"], Verdict(line["verdict"]), line["reason"], line["required"])
            for line in outcome["results"]
        ),
        urgent=tuple(hint["fix"] for hint in outcome["hints"] if hint["severity"] == "critical"),
    )
