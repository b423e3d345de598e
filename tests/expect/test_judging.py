import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.expect.answers import answer, line, lines
from warroom.contract import Response
from warroom.text import clean
from warroom.verdict import Verdict

CANARY = {
    "app": "auto_com_center",
    "version": "v2.7",
    "dependencies_ok": True,
    "p95_ms": 42,
    "ratio": 42.0,
    "nothing": None,
    "names": ["a", "b"],
    "security_headers": {"present": ["x"], "missing": []},
}


@pytest.mark.parametrize(
    ("path", "condition", "holds"),
    [
        pytest.param("$.version", '== "v2.7"', True, id="equal text"),
        pytest.param("$.version", '== "V2.7"', False, id="text differs in case"),
        pytest.param("$.dependencies_ok", "== true", True, id="true is true"),
        pytest.param("$.dependencies_ok", '== "true"', False, id="true is not the text true"),
        pytest.param("$.dependencies_ok", "== 1", False, id="true is not 1"),
        pytest.param("$.app", "== true", False, id="text is not true"),
        pytest.param("$.p95_ms", "== 42", True, id="42 is 42"),
        pytest.param("$.ratio", "== 42", True, id="42.0 is 42"),
        pytest.param("$.p95_ms", '== "42"', False, id="42 is not the text 42"),
        pytest.param("$.p95_ms", "<= 42", True, id="the limit itself is inside"),
        pytest.param("$.p95_ms", "< 42", False, id="the limit itself is not below it"),
        pytest.param("$.app", "<= 42", False, id="text is not below a number"),
        pytest.param("$.dependencies_ok", "<= 42", False, id="true is not a number"),
        pytest.param("$.nothing", "== null", True, id="null is null"),
        pytest.param("$.nothing", "present", False, id="null is not present"),
        pytest.param("$.gone", "present", False, id="missing is not present"),
        pytest.param("$.gone", "absent", True, id="missing is absent"),
        pytest.param("$.gone", "!= 1", False, id="missing is not unequal"),
        pytest.param("$.gone", "empty", False, id="missing is not empty"),
        pytest.param("$.security_headers.missing", "empty", True, id="an empty list is empty"),
        pytest.param("$.names", 'contains "b"', True, id="a list holds one"),
        pytest.param("$.version", 'in ["v2.6", "v2.7"]', True, id="one of several"),
        pytest.param("$.version", 'matches "^v2\\\\."', True, id="a pattern"),
    ],
)
def test_a_value_is_judged_by_type_and_value(path: str, condition: str, holds: bool) -> None:
    found = line(answer(CANARY), {"json": path, "is": condition})
    assert found.verdict is (Verdict.PASS if holds else Verdict.FAIL)
    assert found.expected == condition
    assert bool(found.reason) is not holds


@pytest.mark.parametrize(
    "text", ['{"ok": "true"}', '{"ok": 1}', '{"ok": "yes"}', '{"ok": null}', '{"ok": [true]}', "{}"]
)
def test_only_true_is_true(text: str) -> None:
    assert line(answer(text.encode()), {"json": "$.ok", "is": "== true"}).verdict is Verdict.FAIL


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        pytest.param(
            b"<!doctype html><html><head><title>502 Bad Gateway</title></head>",
            'the answer is not JSON: HTML page "502 Bad Gateway"',
            id="an error page with its title",
        ),
        pytest.param(b"<html><body>down</body>", "the answer is not JSON: HTML page", id="a page without a title"),
        pytest.param(b"<?xml version='1.0'?><a/>", "the answer is not JSON: markup page", id="XML"),
        pytest.param(b"", "the answer is not JSON: it is empty", id="nothing"),
        pytest.param(b" \r\n", "the answer is not JSON: it is empty", id="white space"),
        pytest.param(b"upstream timed out", 'it begins with "upstream timed out"', id="a plain sentence"),
        pytest.param(b'{"version": "v2.7"', "the answer is not JSON", id="a cut object"),
        pytest.param(b'{"version": NaN}', "NaN", id="NaN"),
        pytest.param(b'{"version": "v2.6", "version": "v2.7"}', "twice", id="equal keys"),
        pytest.param(b'{"version": "v2.7\xff"}', "not UTF-8", id="bytes that are not UTF-8"),
        pytest.param(b"[" * 100_000, "levels deep", id="100,000 brackets"),
        pytest.param(b'{"version": ' + b"9" * 5_000 + b"}", "digits", id="a number of 5,000 digits"),
    ],
)
def test_an_answer_that_is_not_json_fails_every_json_line(body: bytes, reason: str) -> None:
    found = lines(answer(body), {"json": "$.version", "is": '== "v2.7"'}, {"fields": ["version"]}, {"status": 200})
    assert [each.verdict for each in found] == [Verdict.FAIL, Verdict.FAIL, Verdict.PASS]
    assert reason in found[0].reason
    assert reason in found[1].reason
    assert (found[0].actual, found[1].actual) == ("(not JSON)", "(not JSON)")


def test_a_line_says_what_was_found() -> None:
    found = line(answer(CANARY), {"json": "$.version", "is": '== "v2.6"', "say": 'version="{actual}"'})
    assert found.say == 'version="v2.7"'
    assert (found.expected, found.actual) == ('== "v2.6"', "v2.7")
    assert found.reason == '$.version is v2.7, expected == "v2.6"'


@pytest.mark.parametrize(
    ("written", "said"),
    [
        pytest.param({"json": "$.version", "is": "present"}, "$.version: v2.7", id="JSON"),
        pytest.param({"status": 200}, "status 200", id="status"),
        pytest.param({"header": "X-Build", "is": "present"}, "X-Build: 7", id="header"),
        pytest.param({"fields": ["app"], "extra": "allow"}, "1/1 fields present", id="fields"),
        pytest.param({"json": "$.gone", "is": "present"}, "$.gone: (missing)", id="a missing value"),
        pytest.param({"json": "$.names[*]", "is": "present"}, "$.names[*]: (several values)", id="several values"),
    ],
)
def test_without_a_say_the_line_is_made(written: Any, said: str) -> None:
    assert line(answer(CANARY, headers=(("x-build", "7"),)), written).say == said


@pytest.mark.parametrize(
    ("written", "said"),
    [
        pytest.param(
            {"json": "$.app", "is": '== "x"', "say": "App is x"}, "App is x - NO: auto_com_center", id="JSON"
        ),
        pytest.param(
            {"json": "$.names[*]", "is": "present", "say": "Fine"}, "Fine - NO: (several values)", id="many"
        ),
        pytest.param({"status": 204, "say": "Empty"}, "Empty - NO: 200", id="status"),
        pytest.param(
            {"fields": ["x"], "extra": "allow", "say": "All there"}, "All there - NO: missing: x", id="fields"
        ),
        pytest.param({"header": "x", "is": "present", "say": "Tagged"}, "Tagged - NO: (missing)", id="header"),
    ],
)
def test_a_line_that_states_a_fact_is_contradicted_where_it_fails(written: Any, said: str) -> None:
    assert line(answer(CANARY), written).say == said


def test_numbers_stay_numbers_in_the_measurement() -> None:
    found = line(answer(CANARY), {"json": "$.p95_ms", "is": "<= 120ms"})
    assert (found.measurement.value, found.measurement.limit) == (42, "<= 120ms")


def test_several_values_where_one_is_expected_fail() -> None:
    found = line(answer(CANARY), {"json": "$.names[*]", "is": "present"})
    assert (found.verdict, found.reason) == (Verdict.FAIL, "$.names[*] gives 2 values where one is expected")


@pytest.mark.parametrize(
    ("wanted", "verdict"),
    [(200, Verdict.FAIL), (404, Verdict.PASS), ([200, 404], Verdict.PASS), ([401, 403], Verdict.FAIL)],
)
def test_a_status_is_one_of_those_named(wanted: Any, verdict: Verdict) -> None:
    found = line(answer(status=404), {"status": wanted})
    assert found.verdict is verdict
    assert found.actual == "404"


def test_an_optional_line_is_listed_as_such() -> None:
    assert not line(answer(status=500), {"status": 200, "required": False}).required
    assert not line(answer(b"x"), {"json": "$.a", "is": "present", "required": False}).required
    assert not line(answer(b"x"), {"fields": ["a"], "required": False}).required


@pytest.mark.parametrize(
    ("headers", "verdict", "reason"),
    [
        pytest.param((("Content-Type", "application/json"),), Verdict.PASS, "", id="there, in another case"),
        pytest.param((), Verdict.FAIL, "content-type is (missing)", id="not there"),
        pytest.param(
            (("content-type", "application/json"), ("Content-Type", "text/html")),
            Verdict.FAIL,
            "was sent 2 times: application/json | text/html",
            id="there twice",
        ),
        pytest.param((("content-type", ""),), Verdict.FAIL, "content-type is ", id="empty"),
    ],
)
def test_a_header_is_judged(headers: tuple[tuple[str, str], ...], verdict: Verdict, reason: str) -> None:
    found = line(answer(headers=headers), {"header": "content-type", "is": 'contains "json"'})
    assert found.verdict is verdict
    assert reason in found.reason


@pytest.mark.parametrize(
    ("body", "condition", "holds"),
    [
        pytest.param(b"ready\n", 'contains "ready"', True, id="text within"),
        pytest.param(b"not yet", 'contains "ready"', False, id="text not within"),
        pytest.param("\ufeffready".encode(), '== "ready"', True, id="a byte order mark is no text"),
        pytest.param(b"\xff\xfe ready", 'contains "ready"', True, id="bytes that are not UTF-8 beside it"),
        pytest.param(b"", "empty", True, id="an empty body"),
        pytest.param(b"a" * 40 + b"!", 'matches "^(a+)+$"', False, id="a pattern that never ends is stopped"),
    ],
)
def test_the_text_of_a_body_is_judged(body: bytes, condition: str, holds: bool) -> None:
    found = line(answer(body), {"text": condition})
    assert found.verdict is (Verdict.PASS if holds else Verdict.FAIL)
    if not holds:
        assert "the text" in found.reason


FIELDS = ["app", "version", "security_headers", "security_headers.present", "security_headers.missing"]
HEALTHY: dict[str, Any] = {"app": "a", "version": "v", "security_headers": {"present": [], "missing": []}}


@pytest.mark.parametrize(
    ("body", "say", "reason"),
    [
        pytest.param(HEALTHY, "5/5", "", id="exactly the named ones"),
        pytest.param({**HEALTHY, "app": None}, "5/5", "", id="a field that is null is there"),
        pytest.param({**HEALTHY, "build": 1}, "5/5", "not expected: build", id="one more at the top"),
        pytest.param(
            {**HEALTHY, "security_headers": {"present": [], "missing": [], "weak": []}},
            "5/5",
            "not expected: security_headers.weak",
            id="one more inside",
        ),
        pytest.param(
            {**HEALTHY, "app": {"inner": 1}}, "5/5", "", id="an object whose fields are not named may hold any"
        ),
        pytest.param(
            {key: HEALTHY[key] for key in ("app", "security_headers")}, "4/5", "missing: version", id="one missing"
        ),
        pytest.param(
            {**HEALTHY, "security_headers": {"present": []}},
            "4/5",
            "missing: security_headers.missing",
            id="one missing inside",
        ),
        pytest.param(
            {**HEALTHY, "security_headers": "none"},
            "3/5",
            "missing: security_headers.present, security_headers.missing",
            id="text where an object belongs",
        ),
        pytest.param(
            {"app": 1, "Version": 1}, "1/5", "not expected: Version", id="a name in another case is another name"
        ),
        pytest.param([], "0/5", "$ is not an object but []", id="a list"),
        pytest.param("text", "0/5", "$ is not an object but text", id="a text"),
        pytest.param(
            {**HEALTHY, **{f"x{n}": 0 for n in range(9)}}, "5/5", "x0, x1, x2, x3, x4 and 4 more", id="many more"
        ),
    ],
)
def test_fields_are_counted_and_named(body: Any, say: str, reason: str) -> None:
    found = line(answer(body), {"fields": FIELDS, "say": "{count}/{total}"})
    assert found.say == say
    assert reason in found.reason
    assert found.verdict is (Verdict.FAIL if reason else Verdict.PASS)
    assert found.measurement.value == int(say[0])


TYPED = {"a": 1, "b": "text", "c": True, "d": [1], "e": {"f": None}}
RIGHT = {"a": "number", "b": "text", "c": "boolean", "d": "list", "e": "object"}


@pytest.mark.parametrize(("name", "kind"), [(name, kind) for name in RIGHT for kind in RIGHT.values()])
def test_a_field_is_of_its_type(name: str, kind: str) -> None:
    found = line(answer(TYPED), {"fields": [*RIGHT, "e.f"], "types": {name: kind}, "say": "{count}/{total}"})
    is_right = RIGHT[name] == kind
    assert (found.verdict is Verdict.PASS, found.say) == (is_right, "6/6" if is_right else "5/6")
    assert found.reason == ("" if is_right else f"{name} is a {RIGHT[name]}, expected a {kind}")


def test_null_is_of_no_type_and_what_is_missing_is_only_missing() -> None:
    found = line(answer(TYPED), {"fields": [*RIGHT, "e.f", "g"], "types": {"e.f": "text", "g": "text"}})
    assert found.reason == "missing: g; e.f is a null, expected a text"


def test_extra_fields_can_be_allowed() -> None:
    body = {**HEALTHY, "build": 1, "security_headers": {"present": [], "missing": [], "weak": []}}
    assert line(answer(body), {"fields": FIELDS, "extra": "allow"}).verdict is Verdict.PASS


@pytest.mark.parametrize(
    ("at", "verdict", "reason"),
    [
        pytest.param("$.items[0]", Verdict.PASS, "", id="the object is elsewhere"),
        pytest.param("$.items[7]", Verdict.FAIL, "$.items[7] is missing", id="there is no such place"),
        pytest.param("$.items[*]", Verdict.FAIL, "gives 2 values", id="there are several"),
    ],
)
def test_fields_of_an_object_elsewhere(at: str, verdict: Verdict, reason: str) -> None:
    found = line(answer({"items": [{"id": 1}, {"id": 2}]}), {"fields": ["id"], "at": at})
    assert (found.verdict, found.reason) == (verdict, found.reason if reason and reason in found.reason else reason)


def test_a_field_name_from_outside_is_shown_clean() -> None:
    found = line(answer({"a": 1, "\x1b]52;c;b3duZWQ=\x07": 2}), {"fields": ["a"]})
    assert found.reason == "not expected: \\e]52;c;b3duZWQ=\\x07"


@pytest.mark.parametrize("body", [b'{"a": "' + b"x" * 500_000 + b'"}', b'{"a": {"' + b"k" * 500_000 + b'": 1}}'])
def test_no_line_grows_with_the_answer(body: bytes) -> None:
    for found in lines(answer(body), {"json": "$.a", "is": "== 1"}, {"fields": ["b"]}, {"text": "empty"}):
        assert max(map(len, (found.say, found.expected, found.actual, found.reason))) < 1_000


_DOCUMENTS = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["a", "b"]) | st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=12,
)
_CONDITIONS = [
    "== 1",
    "!= 1",
    "<= 1",
    "present",
    "absent",
    "empty",
    "not empty",
    'in ["a"]',
    'contains "a"',
    'matches "a+"',
]


@given(st.binary(max_size=60) | _DOCUMENTS.map(lambda document: json.dumps(document).encode()))
def test_no_answer_breaks_the_language(body: bytes) -> None:
    written: list[dict[str, Any]] = [
        {"json": path, "is": condition} for path in ("$.a", "$..b", "$[0]") for condition in _CONDITIONS
    ]
    written += [{"text": condition} for condition in _CONDITIONS] + [{"fields": ["a", "b.a"], "at": "$.a"}]
    found = lines(answer(body), *written)
    assert len(found) == len(written)
    for each in found:
        assert bool(each.reason) is (each.verdict is Verdict.FAIL)
        for text in (each.say, each.expected, each.actual, each.reason):
            assert clean(text) == text


def test_an_answer_is_read_once_and_never_raises() -> None:
    strange = Response(200, (("x", "\ud800\x1b"),), b'{"a": "\\ud800"}')
    found = lines(strange, {"header": "x", "is": "present"}, {"json": "$.a", "is": "present"}, {"text": "present"})
    assert all(each.verdict is Verdict.PASS for each in found)
    assert "\ud800" not in "".join(each.say + each.actual for each in found)
