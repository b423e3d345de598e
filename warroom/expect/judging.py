"""Assertions held against an answer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from warroom.contract import Response, judge, said
from warroom.expect.body import Body
from warroom.expect.jsonpath import walk
from warroom.expect.language import Assertion, Expectation, FieldsAre, HeaderIs, JsonIs, StatusIs, TextIs
from warroom.text import clean, one_line, plural
from warroom.units import MISSING, Actual, Condition, Json, show
from warroom.verdict import Measurement, Result, Verdict

_NAMED = 5


def evaluate(expectations: Iterable[Expectation], response: Response) -> tuple[Result, ...]:
    """One line for each expectation, in their order. Never raises, whatever the answer holds."""
    body: Body | None = None
    lines: list[Result] = []
    for expectation in expectations:
        match expectation:
            case StatusIs():
                lines.append(_status(expectation, response))
            case HeaderIs():
                lines.append(_header(expectation, response))
            case TextIs():
                lines.append(_text(expectation, response))
            case JsonIs():
                body = body or Body.of(response)
                lines.append(_json(expectation, body))
            case FieldsAre():
                body = body or Body.of(response)
                lines.append(_fields(expectation, body))
    return tuple(lines)


def _line(expectation: JsonIs | HeaderIs | TextIs, condition: Condition, actual: Actual, subject: str) -> Result:
    subject = clean(subject, limit=200)
    value = actual if isinstance(actual, bool | int | float | str) else show(actual)
    value = clean(value, limit=200) if isinstance(value, str) else value
    return judge(
        condition,
        actual,
        say=expectation.say or f"{subject}: {{actual}}",
        subject=subject,
        required=expectation.required,
        measurement=Measurement(value=value, limit=clean(str(condition), limit=200)),
    )


def _failed(expectation: Assertion, expected: str, actual: str, reason: str, subject: str) -> Result:
    """A line that fails before its condition could be asked."""
    say = expectation.say or f"{clean(subject, limit=200)}: {{actual}}"
    return Result(
        Verdict.FAIL,
        say=said(say, actual, holds=False),
        expected=clean(expected, limit=200),
        actual=actual,
        reason=reason,
        required=expectation.required,
        measurement=Measurement(value=actual, limit=clean(expected, limit=200)),
    )


def _status(expectation: StatusIs, response: Response) -> Result:
    wanted = " or ".join(map(str, expectation.status))
    holds = response.status in expectation.status
    return Result(
        Verdict.PASS if holds else Verdict.FAIL,
        say=said(expectation.say or "status {actual}", str(response.status), holds=holds),
        expected=wanted,
        actual=str(response.status),
        reason="" if holds else f"status is {response.status}, expected {wanted}",
        required=expectation.required,
        measurement=Measurement(value=response.status, limit=wanted),
    )


def _header(expectation: HeaderIs, response: Response) -> Result:
    values = response.header_values(expectation.header)
    if len(values) > 1:
        name = clean(expectation.header, limit=100)
        reason = f"the header {name} was sent {len(values)} times: {one_line(' | '.join(values))}"
        return _failed(expectation, str(expectation.condition), f"sent {len(values)} times", reason, name)
    return _line(expectation, expectation.condition, values[0] if values else MISSING, expectation.header)


def _text(expectation: TextIs, response: Response) -> Result:
    text = response.body.decode("utf-8-sig", "replace")
    result = _line(expectation, expectation.text, text, "the text")
    if result.verdict is Verdict.PASS:
        return result
    begins = one_line(text, limit=80)
    return _failed(
        expectation,
        str(expectation.text),
        begins,
        f'the text ({plural(len(response.body), "byte")}) begins with "{begins}", expected {result.expected}',
        "the text",
    )


def _json(expectation: JsonIs, body: Body) -> Result:
    try:
        actual = body.one(expectation.path)
    except ValueError as error:
        shown = "(not JSON)" if body.problem else "(several values)"
        return _failed(expectation, str(expectation.condition), shown, str(error), expectation.path.text)
    return _line(expectation, expectation.condition, actual, expectation.path.text)


def _fields(expectation: FieldsAre, body: Body) -> Result:
    total = len(expectation.fields)
    try:
        found = body.one(expectation.at)
    except ValueError as error:
        return _fields_line(expectation, 0, "(not JSON)" if body.problem else "(several values)", str(error))
    if not isinstance(found, dict):
        where = clean(expectation.at.text, limit=200)
        what = "missing" if found is MISSING else f"not an object but {clean(show(found), limit=60)}"
        return _fields_line(expectation, 0, clean(show(found), limit=200), f"{where} is {what}")
    there = {name: walk(found, name.split(".")) for name in expectation.fields}
    missing = [name for name, values in there.items() if not values]
    wrong = [
        f"{name} is a {_type_of(there[name][0])}, expected a {wanted}"
        for name, wanted in expectation.types.items()
        if there[name] and _type_of(there[name][0]) != wanted
    ]
    extra = [] if expectation.extra == "allow" else _extra(found, expectation.fields)
    faults = [f"missing: {_named(missing)}"] if missing else []
    faults += [f"not expected: {_named(extra)}"] if extra else []
    faults += wrong
    count = total - len(missing) - len(wrong)
    return _fields_line(expectation, count, "; ".join([f"{count} of {total}", *faults]), "; ".join(faults))


def _fields_line(expectation: FieldsAre, count: int, actual: str, reason: str) -> Result:
    total = len(expectation.fields)
    say = expectation.say or "{count}/{total} fields present"
    if reason and "{count}" not in say:
        say = said(say, one_line(reason), holds=False)
    return Result(
        Verdict.FAIL if reason else Verdict.PASS,
        say=say.replace("{count}", str(count)).replace("{total}", str(total)),
        expected=clean(f"{plural(total, 'field')}: {', '.join(expectation.fields)}", limit=400),
        actual=actual,
        reason=reason,
        required=expectation.required,
        measurement=Measurement(value=count, limit=f"== {total}", unit="fields"),
    )


def _extra(found: Mapping[str, Json], fields: Sequence[str]) -> list[str]:
    """The keys beside the named ones, in every object of which fields are named; nested ones with their path."""
    levels: dict[tuple[str, ...], set[str]] = {(): set()}
    for name in fields:
        parts = tuple(name.split("."))
        for depth, part in enumerate(parts):
            levels.setdefault(parts[:depth], set()).add(part)
    extra = []
    for path, known in levels.items():
        inner = walk(dict(found), path)
        if inner and isinstance(inner[0], dict):
            extra += [".".join((*path, key)) for key in inner[0] if key not in known]
    return extra


def _type_of(value: Json) -> str:
    """As the playbook names it; a truth value is no number."""
    kinds = ((str, "text"), (bool, "boolean"), (int | float, "number"), (list, "list"), (dict, "object"))
    return next((name for kind, name in kinds if isinstance(value, kind)), "null")


def _named(names: Sequence[str]) -> str:
    shown = ", ".join(one_line(name, limit=80) for name in names[:_NAMED])
    return shown if len(names) <= _NAMED else f"{shown} and {len(names) - _NAMED:,} more"
