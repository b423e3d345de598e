"""Kind `headers`: the headers of an answer by name and by value, and what the answer itself says of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Annotated, Any

from pydantic import Field, GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

from warroom.checks.answer import AnswerParameters, answer_of
from warroom.checks.header_rules import weakness
from warroom.checks.http import header_name, success
from warroom.contract import Context, Findings, Kind, Parameters, Response, judge
from warroom.expect import Body, JsonPath, JsonPathText, Said, said_with
from warroom.text import clean, one_line, plural
from warroom.units import MISSING, Condition, show
from warroom.verdict import Measurement, Result, Verdict

_REPORT_ONLY = "content-security-policy-report-only"
Wanted = tuple[str, Condition | None]
"""A header by its name in lower case, and what it must be; None: what its own rule says."""


class _HeaderList:
    """A list of names, or a mapping of names to conditions (nothing: the header's own rule)."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        text = core_schema.str_schema()
        either = core_schema.union_schema(
            [
                core_schema.list_schema(text, min_length=1),
                core_schema.dict_schema(text, core_schema.nullable_schema(text), min_length=1),
            ]
        )
        return core_schema.no_info_plain_validator_function(self._value, json_schema_input_schema=either)

    def _value(self, value: Any) -> tuple[Wanted, ...]:
        if not isinstance(value, list | tuple | dict) or not value:
            raise ValueError("give a list of names, or names with conditions")
        pairs = value.items() if isinstance(value, dict) else [(name, None) for name in value]
        wanted = tuple(self._pair(name, condition) for name, condition in pairs)
        names = [name for name, _ in wanted]
        if twice := [name for name in names if names.count(name) > 1]:
            raise ValueError(f"'{twice[0]}' is named twice")
        return wanted

    @staticmethod
    def _pair(name: Any, condition: Any) -> Wanted:
        if not isinstance(name, str) or not isinstance(condition, str | None):
            raise ValueError("names and conditions are text")
        return header_name(name).lower(), None if condition is None else Condition.parse(condition)


class Listed(Parameters):
    """Where the body lists the headers that it has and lacks, by its own account."""

    present: JsonPathText = Field(description="JSONPath of the list of headers it has")
    missing: JsonPathText | None = Field(None, description="JSONPath of the list of headers it lacks")


class HeadersParameters(AnswerParameters):
    """The headers wanted, in the answer of another check or in one of its own."""

    headers: Annotated[tuple[Wanted, ...], _HeaderList()] = Field(
        description="names, or names with a condition on the value; without one the value must protect"
    )
    listed: Listed | None = Field(None, description="where the answer itself lists its headers; has to agree")
    say: Annotated[Said, said_with("count", "total")] = Field(
        "{count}/{total} headers as expected", description="the line it contributes to a post"
    )


def _header_line(wanted: Wanted, response: Response) -> Result:
    name, condition = wanted
    values = response.header_values(name)
    shown = one_line(values[0], limit=160) if values else "(missing)"
    if len(values) > 1:
        listed = one_line(" | ".join(values))
        reason = f"{name} was sent {len(values)} times, and clients differ in which one they obey: {listed}"
        return _line(name, condition, listed, reason)
    if condition is not None:
        return judge(condition, values[0] if values else MISSING, say=f"{name}: {shown}", subject=name)
    if not values:
        return _line(name, None, shown, _why_missing(name, response))
    weak = weakness(name, values[0])
    return _line(name, None, shown, f"{name} does not protect: {weak} ('{shown}')" if weak else "")


def _why_missing(name: str, response: Response) -> str:
    if name == "content-security-policy" and response.header_values(_REPORT_ONLY):
        return f"{name} is missing: {_REPORT_ONLY} reports and protects nothing"
    return f"{name} is missing"


def _line(name: str, condition: Condition | None, actual: str, reason: str) -> Result:
    expected = str(condition) if condition else "present, with a value that protects"
    return Result(
        Verdict.FAIL if reason else Verdict.PASS,
        say=f"{name}: {actual}",
        expected=clean(expected, limit=200),
        actual=actual,
        reason=reason,
        measurement=Measurement(value=actual, limit=clean(expected, limit=200)),
    )


def _summary(say: str, lines: Sequence[Result]) -> Result:
    total, bad = len(lines), [line for line in lines if line.verdict is not Verdict.PASS]
    count = total - len(bad)
    return Result(
        Verdict.FAIL if bad else Verdict.PASS,
        say=say.replace("{count}", str(count)).replace("{total}", str(total)),
        expected=f"{total}/{total}",
        actual=f"{count}/{total}",
        reason=f"{plural(len(bad), 'header')} of {total} not as expected" if bad else "",
        measurement=Measurement(value=count, limit=f"== {total}", unit="headers"),
    )


def _listed_line(listed: Listed, headers: Iterable[Wanted], response: Response) -> Result:
    body = Body.of(response)
    try:
        present = _names_at(listed.present, body)
        missing = _names_at(listed.missing, body) if listed.missing else set()
        faults = _contradictions(present, missing, {name for name, _ in headers}, response)
    except ValueError as error:
        faults = [str(error)]
    return Result(
        Verdict.FAIL if faults else Verdict.PASS,
        say="the answer's own list of headers agrees" if not faults else "the answer's own list of headers is wrong",
        expected="the headers that were sent",
        actual="; ".join(faults) or "the same",
        reason="; ".join(faults),
        measurement=Measurement(value=not faults, limit="the headers that were sent"),
    )


def _names_at(path: JsonPath, body: Body) -> set[str]:
    found = body.one(path)
    if not isinstance(found, list) or not all(isinstance(name, str) for name in found):
        raise ValueError(f"{clean(path.text, limit=100)} is not a list of names: {one_line(show(found), limit=80)}")
    return {str(name).lower() for name in found}


def _contradictions(present: set[str], missing: set[str], wanted: set[str], response: Response) -> list[str]:
    sent = {name.lower() for name, _ in response.headers}
    found = {
        "it claims {}, which it does not send": present - sent,
        "it sends {}, which it does not list": (wanted & sent) - present,
        "it lists {} as missing": missing - sent,
        "it lists {} as missing, which it sends": missing & sent,
    }
    return [text.replace("{}", one_line(", ".join(sorted(names)))) for text, names in found.items() if names]


async def run(params: HeadersParameters, ctx: Context) -> Findings:
    response = await answer_of(params, ctx)
    lines = [_header_line(wanted, response) for wanted in params.headers]
    summary = _summary(params.say, lines)
    others = [_listed_line(params.listed, params.headers, response)] if params.listed else []
    if (status := success(response)).verdict is not Verdict.PASS:
        others.append(status)
    faults = [line.reason for line in (*lines, *others) if line.verdict is not Verdict.PASS]
    missing = [name for name, _ in params.headers if not response.header_values(name)]
    return Findings(
        results=(summary, *lines, *others),
        measurement=summary.measurement,
        fact=response,
        symptom={"status": str(response.status), "missing": ", ".join(missing)},
        evidence=(response.evidence,) if response.evidence else (),
        reproduce=ctx.http.curl_of(response.request) if response.request else "",
        reason="; ".join(faults),
    )


KIND = Kind(
    name="headers",
    summary="headers by name and by value: missing, weak, doubled ones are named",
    params=HeadersParameters,
    run=run,
    needs=lambda params: params.needs,
    provides=Response,
    targets=lambda params: params.targets,
    method="GET",
)
