"""The assertion language: what an answer must be, one line each, told apart by its key.

    - {status: 200}                                    # or a list
    - {json: $.version, is: '== "v2.7"', say: 'version="{actual}"'}
    - {fields: [app, security_headers.present], types: {app: text}, extra: allow, say: "{count}/{total} fields"}
    - {header: content-type, is: 'contains "json"'}
    - {text: 'contains "ready"'}

A JSONPath is that of RFC 9535 without its functions `match` and `search` (a pattern belongs into `is: matches`, where
it has a time limit). Types are strict: the text "true" is not true, and 1 is not true.
"""

from warroom.expect.body import Body
from warroom.expect.fields import (
    ConditionText,
    DurationText,
    FromText,
    JsonPathText,
    Names,
    Said,
    TimeoutText,
    said_with,
)
from warroom.expect.jsonpath import JsonPath
from warroom.expect.judging import evaluate
from warroom.expect.language import Expectation, Expectations, FieldsAre, HeaderIs, JsonIs, StatusIs, TextIs

__all__ = [
    "Body",
    "ConditionText",
    "DurationText",
    "Expectation",
    "Expectations",
    "FieldsAre",
    "FromText",
    "HeaderIs",
    "JsonIs",
    "JsonPath",
    "JsonPathText",
    "Names",
    "Said",
    "StatusIs",
    "TextIs",
    "TimeoutText",
    "evaluate",
    "said_with",
]
