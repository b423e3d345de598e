from typing import Any

import pytest
from pydantic import ValidationError

from tests.expect.answers import Holder, assertions
from warroom.contract import Parameters
from warroom.expect import DurationText, StatusIs, TimeoutText


def messages(*written: Any) -> list[str]:
    with pytest.raises(ValidationError) as caught:
        Holder.model_validate({"expect": list(written)})
    return [error["msg"].removeprefix("Value error, ") for error in caught.value.errors()]


@pytest.mark.parametrize(
    ("written", "message"),
    [
        pytest.param({"status": "200"}, "a status is a number from 100 to 599", id="a status as text"),
        pytest.param({"status": True}, "a status is a number from 100 to 599", id="a status that is true"),
        pytest.param({"status": 0}, "a status is a number from 100 to 599", id="status zero"),
        pytest.param({"status": []}, "a status is a number from 100 to 599", id="no status in the list"),
        pytest.param({"status": [200, 700]}, "a status is a number from 100 to 599", id="one bad status in a list"),
        pytest.param({"json": "$.a[", "is": "present"}, "'$.a[' is not a JSONPath", id="a JSONPath that is cut"),
        pytest.param({"json": "", "is": "present"}, "'' is not a JSONPath", id="an empty JSONPath"),
        pytest.param({"json": "a.b", "is": "present"}, "'a.b' is not a JSONPath", id="a JSONPath without its $"),
        pytest.param({"json": "$.a | $.b", "is": "present"}, "not a JSONPath", id="what RFC 9535 does not have"),
        pytest.param(
            {"json": "$[?search(@.a, '(a+)+$')]", "is": "present"},
            "'search' is not defined",
            id="a pattern in a path",
        ),
        pytest.param({"json": 1, "is": "present"}, "write it as text in quotes", id="a JSONPath that is a number"),
        pytest.param({"json": "$.a", "is": True}, "such as '== true'", id="a condition that is only a value"),
        pytest.param({"json": "$.a", "is": "ok"}, "'ok' is not a condition", id="a condition without an operator"),
        pytest.param({"json": "$.a", "is": 'matches "("'}, "not a pattern", id="a pattern that cannot be"),
        pytest.param({"json": "$.a"}, "Field required", id="a JSONPath without a condition"),
        pytest.param({"json": "$.a", "is": "present", "sya": ""}, "Extra inputs", id="an unknown key"),
        pytest.param(
            {"json": "$.a", "is": "present", "say": "{count}"},
            "{count} is not known here",
            id="an unknown name in say",
        ),
        pytest.param({"fields": ["a"], "say": "{actual}"}, "there is {count}, {total}", id="actual, said of fields"),
        pytest.param({"fields": []}, "at least 1 item", id="no field"),
        pytest.param({"fields": ["a", "a"]}, "'a' is named twice", id="a field twice"),
        pytest.param(
            {"fields": ["a"], "types": {"b": "text"}}, "'b' has a type but is not one of the fields", id="a type"
        ),
        pytest.param({"fields": ["a"], "types": {"a": "int"}}, "'text', 'number'", id="a type that is none"),
        pytest.param({"fields": ["a..b"]}, "'a..b' is not a name", id="a field with an empty part"),
        pytest.param({"fields": ["a"], "extra": "maybe"}, "'fail' or 'allow'", id="extra is neither fail nor allow"),
        pytest.param({"status": 200, "required": "no"}, "valid boolean", id="required is not a truth value"),
        pytest.param({"header": "", "is": "present"}, "at least 1 character", id="a header without a name"),
        pytest.param({"say": "hello"}, "one of the keys status, json, fields, header and text", id="no known key"),
        pytest.param("status", "one of the keys status, json, fields, header and text", id="not an object"),
    ],
)
def test_a_mistake_is_named_when_the_playbook_is_loaded(written: Any, message: str) -> None:
    found = messages(written)
    assert len(found) == 1
    assert message in found[0]


def test_every_mistake_is_named_at_once() -> None:
    assert len(messages({"status": 1}, {"json": "$["}, {"text": 'contains "x"'})) == 3  # $[ and the missing `is`


def test_one_status_and_several_are_both_a_tuple() -> None:
    one, several = assertions({"status": 200}, {"status": [200, 404]})
    assert isinstance(one, StatusIs)
    assert isinstance(several, StatusIs)
    assert (one.status, several.status) == ((200,), (200, 404))


def test_a_line_for_people_is_cleaned_when_it_is_loaded() -> None:
    (said,) = assertions({"status": 200, "say": "ok\x1b]0;owned\x07\u202e"})
    assert said.say == "ok\\e]0;owned\\x07\\u202e"


def test_the_schema_offers_each_form() -> None:
    schema = Holder.model_json_schema()
    forms = {frozenset(form["properties"]) - {"say", "required"} for form in schema["$defs"].values()}
    assert forms == {
        frozenset({"status"}),
        frozenset({"json", "is"}),
        frozenset({"fields", "at", "extra", "types"}),
        frozenset({"header", "is"}),
        frozenset({"text"}),
    }
    assert schema["$defs"]["JsonIs"]["properties"]["is"]["type"] == "string"


class Times(Parameters):
    wait: DurationText
    limit: TimeoutText


@pytest.mark.parametrize(
    ("wait", "limit", "message"),
    [
        pytest.param(5, "1s", "such as 30s", id="a bare number is refused"),
        pytest.param("5", "1s", "needs a unit", id="a number as text without its unit is refused"),
        pytest.param("0s", "0s", "at least 10ms", id="a deadline is not zero, a wait may be"),
    ],
)
def test_a_time_has_a_unit(wait: Any, limit: Any, message: str) -> None:
    with pytest.raises(ValidationError, match=message) as caught:
        Times.model_validate({"wait": wait, "limit": limit})
    assert caught.value.error_count() == 1
