import subprocess
import sys
from typing import Any

import jsonpath
import pytest
from hypothesis import given
from hypothesis import strategies as st

from warroom.expect import JsonPath
from warroom.units import MISSING

_NAMES = st.sampled_from(["a", "b", "queue", "A_1", "_x"])
_DOCUMENTS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_NAMES, inner, max_size=4),
    max_leaves=20,
)


@given(_DOCUMENTS, st.lists(_NAMES, max_size=4))
def test_a_plain_path_finds_what_the_library_finds(document: Any, names: list[str]) -> None:
    text = ".".join(["$", *names])
    assert JsonPath.parse(text).find(document) == jsonpath.JSONPathEnvironment(strict=True).findall(text, document)


@pytest.mark.parametrize(
    ("path", "found"),
    [
        pytest.param("$", {"a": {"b": None}, "l": [1, 2]}, id="$ is the whole"),
        pytest.param("$.a.b", None, id="null is there"),
        pytest.param("$.a.c", MISSING, id="a name that is not there"),
        pytest.param("$.l.b", MISSING, id="a name in a list"),
        pytest.param("$.l[1]", 2, id="a place in a list"),
        pytest.param("$.l[-1]", 2, id="the last of a list"),
        pytest.param("$.l[5]", MISSING, id="a place beyond the list"),
        pytest.param("$['a']['b']", None, id="names in brackets"),
        pytest.param("$.l[?@ > 1]", 2, id="a filter that leaves one"),
    ],
)
def test_a_path_leads_to_one_value(path: str, found: Any) -> None:
    assert JsonPath.parse(path).one({"a": {"b": None}, "l": [1, 2]}) == found


@pytest.mark.parametrize("path", ["$.l[*]", "$.l[0, 1]", "$..*"])
def test_several_values_are_refused(path: str) -> None:
    with pytest.raises(ValueError, match="values where one is expected"):
        JsonPath.parse(path).one({"l": [1, 2]})


def test_a_path_that_goes_too_deep_is_a_sentence() -> None:
    deep: Any = 1
    for _ in range(500):
        deep = [deep]
    with pytest.raises(ValueError, match=r"\$\.\.a cannot be followed"):
        JsonPath.parse("$..a").one(deep)


def test_a_plain_path_does_not_cost_the_library() -> None:
    code = "import sys, warroom.expect as e; e.JsonPath.parse('$.queue.depth'); print('jsonpath' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
