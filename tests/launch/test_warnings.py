"""What suites warn of stands in the journal of a launch once."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.launch.course import T0, after, opened
from warroom.engine.drafts import finished
from warroom.engine.view import state_json
from warroom.events import Noted, RunFinished
from warroom.launch.entries import Draft
from warroom.launch.ledger import RunSuite
from warroom.launch.state import LaunchState
from warroom.suite_state import SuiteState
from warroom.verdict import Verdict

CERTIFICATE = "app (127.0.0.1:8443): the certificate expires in {} days"
VERIFY = RunSuite("verify", "phase:verify")


def warned(*texts: str, severity: str = "warning") -> SuiteState:
    """A run that found nothing wrong and has these notes."""
    notes = tuple(Noted(text, severity) for text in texts)
    return SuiteState(finished=RunFinished(Verdict.PASS, "GREEN", 0), notes=notes)


def drafts(state: LaunchState, found: SuiteState, run: RunSuite = VERIFY) -> list[Draft]:
    return finished(run, found, state, T0, ())


def having_had(*texts: str) -> LaunchState:
    state = opened()
    for text in texts:
        state = after(state, "suite.warned", T0, 1, suite="verify", text=text)
    return state


@pytest.mark.parametrize(
    ("state", "found", "told"),
    [
        pytest.param(opened(), warned(), [], id="nothing"),
        pytest.param(opened(), warned("one", "two"), ["one", "two"], id="all of it, in its order"),
        pytest.param(opened(), warned("one", "one"), ["one"], id="the same twice in a run"),
        pytest.param(having_had("one"), warned("one", "two"), ["two"], id="only what is new"),
        pytest.param(
            having_had(CERTIFICATE.format("3.1")),
            warned(CERTIFICATE.format("2.9")),
            [],
            id="other numbers",
        ),
        pytest.param(
            opened(), warned("try 1 was RED; tried again", severity="info"), [], id="no notes that are no warnings"
        ),
        pytest.param(having_had(*(f"w{'x' * n}" for n in range(100))), warned("more"), [], id="a hundred are enough"),
    ],
)
def test_a_warning_is_journaled_once(state: LaunchState, found: SuiteState, told: list[str]) -> None:
    *notes, end = drafts(state, found)
    assert [(draft.kind, draft.body["suite"], draft.body["text"]) for draft in notes] == [
        ("suite.warned", "verify", text) for text in told
    ]
    assert end.kind == "suite.finished"


def test_checks_that_ran_on_their_own_are_named_by_their_ids() -> None:
    (note, _) = drafts(opened(), warned("one"), RunSuite("", "gate:gate1#1", ("jwks", "m2m")))
    assert note.body["suite"] == "jwks, m2m"


def test_a_warning_is_told_with_its_suite_and_when_it_came() -> None:
    told = state_json(having_had("one"), T0 + timedelta(hours=1))["warnings"]
    assert told == [{"text": "one", "suite": "verify", "at": "2025-11-01T02:00:00.000Z"}]
