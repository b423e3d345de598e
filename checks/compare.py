"""Kind `compare`: the JSON of an answer beside a baseline from elsewhere, which it has to match or exceed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from warroom.checks.answer import AnswerParameters, answer_of
from warroom.checks.http import success
from warroom.contract import Context, Findings, Kind, Response, judge
from warroom.expect import Body, ConditionText, Said, said_with
from warroom.text import clean, one_line, plural
from warroom.units import MISSING, Actual, Condition, Json, show
from warroom.verdict import Measurement, Result, Verdict

_NAMED = 5


class CompareParameters(AnswerParameters):
    """A JSON answer beside a baseline. Text, numbers and truth values match where they are equal; a list where it
    holds every entry of the baseline's, and an empty one where it is empty; further fields and entries are no fault.
    """

    baseline: dict[str, Any] = Field(min_length=1, description="the JSON object that it has to match or exceed")
    of: str = Field("the baseline", min_length=1, description="where the baseline comes from, such as development")
    instead: dict[str, ConditionText] = Field(
        default_factory=dict,
        description="fields that are held against a condition, by name; a nested one as object.field",
    )
    say: Annotated[Said, said_with("count", "total")] = Field(
        "{count}/{total} fields match or exceed", description="the line it contributes to a post"
    )

    @model_validator(mode="after")
    def _check(self) -> Self:
        fields = dict(_fields(self.baseline))
        if dotted := next((name for name in _keys(self.baseline) if "." in name), ""):
            raise ValueError(f"'{dotted}' has a dot: write an object within the object instead")
        if unknown := [name for name in self.instead if name not in fields]:
            raise ValueError(f"`instead` names '{unknown[0]}', which the baseline does not have")
        for name, value in fields.items():
            is_zero = isinstance(value, int | float) and not isinstance(value, bool) and value == 0
            if is_zero and name not in self.instead:
                message = f"'{name}' is 0 in the baseline, with which nothing can be compared"
                raise ValueError(f"{message}; say under `instead` what it has to be")
        return self


def _fields(value: Mapping[str, Json], above: str = "") -> Iterator[tuple[str, Json]]:
    """Every field that is no object, by its name in the whole, in order."""
    for name, inner in value.items():
        if isinstance(inner, dict) and inner:
            yield from _fields(inner, f"{above}{name}.")
        else:
            yield f"{above}{name}", inner


def _keys(value: Mapping[str, Json]) -> Iterator[str]:
    for name, inner in value.items():
        yield name
        yield from _keys(inner) if isinstance(inner, dict) else ()


def _line(name: str, wanted: Json, actual: Actual, params: CompareParameters) -> Result:
    of, subject = clean(params.of, limit=80), clean(name, limit=120)
    if name in params.instead:
        condition, before = params.instead[name], clean(show(wanted), limit=80)
        say = f"{subject}: {{actual}}, {condition} counts ({of}: {before})"
        return judge(condition, actual, say=say, subject=subject)
    fault = _fault(wanted, actual)
    shown, expected = clean(show(actual), limit=200), clean(show(wanted), limit=200)
    more = _more(wanted, actual)
    return Result(
        Verdict.FAIL if fault else Verdict.PASS,
        say=f"{subject}: {fault or f'as in {of}{more}'}",
        expected=f"{expected} ({of})",
        actual=shown,
        reason=f"{subject} {fault}; {of} has {one_line(expected, limit=120)}" if fault else "",
        measurement=Measurement(value=shown, limit=expected),
    )


def _fault(wanted: Json, actual: Actual) -> str:
    """Why the value does not match; empty where it does."""
    if actual is MISSING:
        return "is missing"
    if not isinstance(wanted, list):
        return "" if Condition("", "==", wanted).holds(actual) else f"is {one_line(show(actual), limit=120)}"
    if not isinstance(actual, list):
        return f"is no list but {one_line(show(actual), limit=120)}"
    if not wanted:
        return f"holds {_names(actual)}" if actual else ""
    gone = [item for item in wanted if not Condition("", "contains", item).holds(actual)]
    return f"lacks {_names(gone)}" if gone else ""


def _more(wanted: Json, actual: Actual) -> str:
    if not isinstance(wanted, list) or not isinstance(actual, list):
        return ""
    extra = [item for item in actual if not Condition("", "contains", item).holds(wanted)]
    return f", and {_names(extra)}" if extra else ""


def _names(items: Sequence[Json]) -> str:
    shown = ", ".join(one_line(show(item), limit=80) for item in items[:_NAMED])
    return shown if len(items) <= _NAMED else f"{shown} and {len(items) - _NAMED:,} more"


def _at(document: Json, name: str) -> Actual:
    for part in name.split("."):
        if not isinstance(document, dict) or part not in document:
            return MISSING
        document = document[part]
    return document


async def run(params: CompareParameters, ctx: Context) -> Findings:
    response = await answer_of(params, ctx)
    body = Body.of(response)
    fields = _fields(params.baseline)
    status = success(response)
    lines = [_line(name, wanted, _at(body.document, name), params) for name, wanted in fields]
    count, total = sum(line.verdict is Verdict.PASS for line in lines), len(lines)
    bad = total - count
    summary = Result(
        Verdict.FAIL if bad else Verdict.PASS,
        say=params.say.replace("{count}", str(count)).replace("{total}", str(total)),
        expected=f"{total}/{total}",
        actual=f"{count}/{total}",
        reason=f"{plural(bad, 'field')} of {total} fall behind {clean(params.of, limit=80)}" if bad else "",
        measurement=Measurement(value=count, limit=f"== {total}", unit="fields"),
    )
    others = [status] if status.verdict is not Verdict.PASS else []
    faults = [body.problem] if body.problem else [line.reason for line in lines if line.reason]
    return Findings(
        results=(summary, *lines, *others),
        measurement=summary.measurement,
        fact=response,
        symptom={"status": str(response.status)},
        evidence=(response.evidence,) if response.evidence else (),
        reproduce=ctx.http.curl_of(response.request) if response.request else "",
        reason="; ".join([*(line.reason for line in others), *faults]),
    )


KIND = Kind(
    name="compare",
    summary="an answer beside a baseline from elsewhere, field by field: matched, exceeded or behind",
    params=CompareParameters,
    run=run,
    needs=lambda params: params.needs,
    provides=Response,
    targets=lambda params: params.targets,
    method="GET",
)
