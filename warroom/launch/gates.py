"""What the state of another system excuses, and what it does not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from warroom.playbook.loaded import Tolerance
from warroom.verdict import Verdict

# A check that could not decide, was withheld or was left out shows no symptom.
_SHOWS_SYMPTOM: Final = (Verdict.FAIL, Verdict.ERROR)


def tolerated(
    verdict: Verdict, symptom: Mapping[str, str], tolerance: Tolerance, gate_state: str, gate_title: str
) -> tuple[Verdict, str] | None:
    """The verdict and the reason that take the place of `verdict`; None: it stands.

    Only while the gate is known to be red. Then the declared symptom, value by value, is judged as declared; a pass
    is a `warn`, for one of the two must be wrong; everything else stands. `green` and `unknown` tolerate nothing.
    """
    if gate_state != "red":
        return None
    if verdict is Verdict.PASS:
        return Verdict.WARN, f"passed although {gate_title} is red: the gate's state is doubtful"
    if verdict in _SHOWS_SYMPTOM and _is_declared(symptom, tolerance.expect):
        return tolerance.as_, f"pending {gate_title}"
    return None


def _is_declared(symptom: Mapping[str, str], expect: Mapping[str, tuple[str, ...]]) -> bool:
    return bool(expect) and all(symptom.get(name) in values for name, values in expect.items())
