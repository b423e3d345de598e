"""What the state of a gate excuses."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from warroom.launch.gates import tolerated
from warroom.playbook.loaded import Tolerance
from warroom.verdict import Verdict

JWKS = Tolerance("gate1", {"status": ("308", "404", "500")}, Verdict.DEGRADED)
M2M = Tolerance("gate1", {"status": ("401", "403")}, Verdict.BLOCKED)
BOTH = Tolerance("gate1", {"status": ("401",), "error": ("invalid_client",)}, Verdict.BLOCKED)
SLOW = Tolerance("gate1", {"symptom": ("timeout",)}, Verdict.DEGRADED)
NOTHING = Tolerance("gate1", {}, Verdict.DEGRADED)

PENDING, DOUBT = "pending Gate 1", "passed although Gate 1 is red: the gate's state is doubtful"


@pytest.mark.parametrize(
    ("verdict", "symptom", "tolerance", "state", "found"),
    [
        pytest.param(
            "fail", {"status": "404"}, JWKS, "red", ("degraded", PENDING), id="red, and the declared symptom"
        ),
        pytest.param(
            "fail", {"status": "403"}, M2M, "red", ("blocked", PENDING), id="blocked where it is declared so"
        ),
        pytest.param("fail", {"status": "503"}, JWKS, "red", None, id="red, and another status"),
        pytest.param("fail", {"status": "404"}, JWKS, "green", None, id="green excuses nothing"),
        pytest.param("fail", {"status": "404"}, JWKS, "unknown", None, id="unknown excuses nothing"),
        pytest.param("pass", {"status": "200"}, JWKS, "red", ("warn", DOUBT), id="red, and a pass"),
        pytest.param("pass", {"status": "200"}, JWKS, "green", None, id="green, and a pass"),
        pytest.param("pass", {"status": "200"}, JWKS, "unknown", None, id="unknown, and a pass"),
        pytest.param("fail", {"status": "200"}, JWKS, "red", None, id="red, and a private key in the answer"),
        pytest.param("fail", {}, JWKS, "red", None, id="red, and no symptom"),
        pytest.param("fail", {"status": "404"}, NOTHING, "red", None, id="a tolerance that declares no symptom"),
        pytest.param("error", {"symptom": "timeout"}, JWKS, "red", None, id="red, and it cannot be measured"),
        pytest.param(
            "error", {"symptom": "timeout"}, SLOW, "red", ("degraded", PENDING), id="a time-out that is declared"
        ),
        pytest.param("inconclusive", {"status": "404"}, JWKS, "red", None, id="undecided stays undecided"),
        pytest.param("not_exercised", {"status": "404"}, JWKS, "red", None, id="withheld stays withheld"),
        pytest.param("warn", {"status": "404"}, JWKS, "red", None, id="a warning stays"),
        pytest.param(
            "fail",
            {"status": "401", "error": "invalid_client"},
            BOTH,
            "red",
            ("blocked", PENDING),
            id="both of two names",
        ),
        pytest.param("fail", {"status": "401", "error": "invalid_scope"}, BOTH, "red", None, id="one of two names"),
        pytest.param("fail", {"status": "401"}, BOTH, "red", None, id="a name that is missing"),
    ],
)
def test_tolerance(
    verdict: str, symptom: Mapping[str, str], tolerance: Tolerance, state: str, found: tuple[str, str] | None
) -> None:
    assert tolerated(Verdict(verdict), symptom, tolerance, state, "Gate 1") == found


@given(
    st.sampled_from(Verdict),
    st.dictionaries(st.sampled_from(("status", "error")), st.sampled_from(("200", "401", "403", "500"))),
    st.sampled_from(("green", "red", "unknown", "", "RED")),
)
def test_only_red_and_only_the_declared_symptom_are_ever_excused(
    verdict: Verdict, symptom: dict[str, str], state: str
) -> None:
    found = tolerated(verdict, symptom, M2M, state, "Gate 1")
    if found and found[0] is Verdict.BLOCKED:
        assert (state, verdict in (Verdict.FAIL, Verdict.ERROR), symptom["status"] in ("401", "403")) == (
            "red",
            True,
            True,
        )
    elif found:
        assert (state, verdict, found[0]) == ("red", Verdict.PASS, Verdict.WARN)


@given(st.sampled_from(Verdict), st.sampled_from(("green", "red", "unknown")))
def test_no_gate_ever_makes_a_verdict_better_than_a_warning(verdict: Verdict, state: str) -> None:
    found = tolerated(verdict, {"status": "401"}, M2M, state, "Gate 1")
    assert found is None or found[0].rank >= Verdict.WARN.rank
