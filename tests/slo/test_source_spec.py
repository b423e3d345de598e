"""Every kind of source says what it can be asked for."""

import typing

from warroom.slo.query import Measure
from warroom.slo.source_spec import ANSWERS, SourceSpec


def test_every_kind_answers_something() -> None:
    assert set(ANSWERS) == set(typing.get_args(SourceSpec))
    assert all(ANSWERS.values())


def test_every_measure_is_answered_by_some_kind() -> None:
    assert {measure for measures in ANSWERS.values() for measure in measures} == set(typing.get_args(Measure))
