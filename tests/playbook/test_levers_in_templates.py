"""`{{ levers(...) }}` in a template: how it is written."""

from __future__ import annotations

import pytest

from warroom.playbook.template import Call, Picked, parse_template


def test_levers_are_named_before_the_text_that_holds_while_they_are_as_they_should_be() -> None:
    [call] = parse_template('Sends: {{ levers(DISABLE_SEND, PROMO_SENDS, "no message leaves") }}').calls
    assert call == Call("levers", (Picked("DISABLE_SEND"), Picked("PROMO_SENDS", ("no message leaves",))))
    assert (call.levers, call.checks, call.signals) == (("DISABLE_SEND", "PROMO_SENDS"), (), ())


@pytest.mark.parametrize("inner", ["levers(A)", 'levers(A, "x", B)', 'levers(A, "x", "y")', 'levers("x")'])
def test_anything_else_is_refused(inner: str) -> None:
    with pytest.raises(ValueError, match="levers"):
        parse_template(f"{{{{ {inner} }}}}")
