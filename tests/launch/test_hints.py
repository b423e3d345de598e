"""Which hint stands beside which check."""

from collections.abc import Mapping

import pytest

from warroom.launch.hints import matching
from warroom.playbook.loaded import HintRule
from warroom.verdict import Verdict

TIMEOUTS = HintRule(
    "Script errors or timeouts",
    "Production deployment not complete",
    "Wait 2-3 additional minutes",
    verdicts=(Verdict.ERROR,),
    match={"symptom": ("timeout", "refused")},
)
JWKS = HintRule(
    "Auth check returns 308/404/500", "Gate 1", "rerun", checks=("jwks",), match={"status": ("308", "404", "500")}
)
ROLLBACK = HintRule(
    "DISABLE_SEND=false",
    "environment",
    "IMMEDIATE ROLLBACK",
    severity="critical",
    checks=("kill_switch",),
    match={"DISABLE_SEND": ("false",)},
)
ANY = HintRule("Something is wrong", "who knows", "look")
RULES = (TIMEOUTS, JWKS, ROLLBACK, ANY)


@pytest.mark.parametrize(
    ("check", "verdict", "symptom", "expected"),
    [
        pytest.param("canary", "error", {"symptom": "timeout"}, [TIMEOUTS, ANY], id="a time-out of any check"),
        pytest.param("canary", "fail", {"symptom": "timeout"}, [ANY], id="another verdict than the rule's"),
        pytest.param("canary", "error", {"symptom": "tls"}, [ANY], id="another symptom"),
        pytest.param("jwks", "fail", {"status": "404"}, [JWKS, ANY], id="RED: the hint stands beside it"),
        pytest.param("jwks", "degraded", {"status": "308"}, [JWKS, ANY], id="DEGRADED: the hint stands beside it"),
        pytest.param("m2m", "fail", {"status": "404"}, [ANY], id="another check"),
        pytest.param("jwks", "fail", {"status": "503"}, [ANY], id="another status"),
        pytest.param("jwks", "pass", {"status": "200"}, [], id="a pass has no hints"),
        pytest.param("jwks", "pass", {"status": "404"}, [], id="a pass has no hints whatever its symptom"),
        pytest.param("kill_switch", "fail", {"DISABLE_SEND": "false"}, [ROLLBACK, ANY], id="the kill switch is off"),
        pytest.param("kill_switch", "fail", {"PROMO_SENDS": "true"}, [ANY], id="another lever deviates"),
        pytest.param("kill_switch", "warn", {}, [ANY], id="a warning"),
    ],
)
def test_the_hints_that_fit_come_in_the_order_of_the_playbook(
    check: str, verdict: str, symptom: Mapping[str, str], expected: list[HintRule]
) -> None:
    found = matching(RULES, check, Verdict(verdict), symptom)
    assert [(hint.symptom, hint.cause, hint.fix, hint.severity) for hint in found] == [
        (rule.symptom, rule.cause, rule.fix, rule.severity) for rule in expected
    ]


def test_a_rule_that_names_the_verdict_pass_fits_a_pass() -> None:
    rule = HintRule("all well", "", "", verdicts=(Verdict.PASS,))
    assert matching((rule,), "canary", Verdict.PASS, {})
    assert not matching((rule,), "canary", Verdict.FAIL, {})
