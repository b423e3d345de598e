"""Units: what they are of the base unit, and how a number is shown in them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from warroom.slo.unit import Dimension, parse_unit


@pytest.mark.parametrize(
    ("text", "dimension", "one"),
    [
        ("%", Dimension.RATIO, 0.01),
        ("ms", Dimension.TIME, 0.001),
        ("m", Dimension.TIME, 60.0),
        ("/s", Dimension.RATE, 1.0),
        ("/min", Dimension.RATE, 1 / 60),
        ("events/week", Dimension.RATE, 1 / 604800),
        ("K", Dimension.COUNT, 1000.0),
        ("", Dimension.COUNT, 1.0),
        ("messages", Dimension.COUNT, 1.0),
    ],
)
def test_a_unit_is_so_much_of_the_base_unit(text: str, dimension: Dimension, one: float) -> None:
    unit = parse_unit(text)
    assert (unit.dimension, unit.to_base(1)) == (dimension, one)


@pytest.mark.parametrize(
    ("value", "unit", "shown"),
    [
        (0.0042, "%", "0.42%"),
        (1.0, "%", "100%"),
        (0.0373, "ms", "37.3ms"),
        (0.5, "/min", "30/min"),
        (0.2083, "events/min", "12.5 events/min"),
        (1204.0, "messages", "1204 messages"),
        (1234567.0, "messages", "1,234,567 messages"),
        (0.123456, "", "0.1235"),
        (0.0, "%", "0%"),
    ],
)
def test_a_value_is_shown_in_its_unit(value: float, unit: str, shown: str) -> None:
    assert parse_unit(unit).show(value) == shown


@pytest.mark.parametrize("text", ["/fortnight", "events/", "a/b/c"])
def test_a_rate_is_per_a_known_time(text: str) -> None:
    with pytest.raises(ValueError, match="a rate is per s, min, hour, day or week"):
        parse_unit(text)


@given(st.sampled_from(["%", "ms", "h", "/min", "/week", "K", ""]), st.floats(-1e9, 1e9))
def test_there_and_back_is_the_same_number(text: str, number: float) -> None:
    unit = parse_unit(text)
    assert unit.from_base(unit.to_base(number)) == pytest.approx(number, rel=1e-12, abs=1e-12)
