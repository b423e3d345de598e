"""Which known symptom fits what a check found."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from warroom.events import Hint
from warroom.playbook.loaded import HintRule
from warroom.verdict import Verdict


def matching(
    rules: Iterable[HintRule], check_id: str, verdict: Verdict, symptom: Mapping[str, str]
) -> tuple[Hint, ...]:
    """The hints whose rules fit, in the order of the playbook. A rule that names no verdict fits all but a pass."""
    return tuple(
        Hint(rule.symptom, rule.cause, rule.fix, rule.severity)
        for rule in rules
        if _fits(rule, check_id, verdict, symptom)
    )


def _fits(rule: HintRule, check_id: str, verdict: Verdict, symptom: Mapping[str, str]) -> bool:
    if rule.checks and check_id not in rule.checks:
        return False
    if verdict not in rule.verdicts if rule.verdicts else verdict is Verdict.PASS:
        return False
    return all(symptom.get(name) in values for name, values in rule.match.items())
