"""Kind `command`: runs a program, and judges its exit code and output."""

from __future__ import annotations

import shlex
import signal
from collections.abc import Mapping
from typing import Annotated, Any, Final

from pydantic import AfterValidator, Field

from warroom.contract import CommandResult, Context, Findings, Kind, Parameters, judge
from warroom.expect import ConditionText, TimeoutText
from warroom.text import clean, one_line
from warroom.units import Condition, parse_duration
from warroom.verdict import Measurement, Result, Verdict


def _without_nul(word: str) -> str:
    if "\0" in word:
        raise ValueError("it cannot hold a NUL character")
    return word


_Word = Annotated[str, AfterValidator(_without_nul)]


class CommandExpectation(Parameters):
    """What the end of a command must be."""

    exit_code: Annotated[int, Field(ge=0, le=255)] = Field(0, description="what the command must end with")
    stdout: ConditionText | None = Field(None, description="on the output without its last line end")
    stderr: ConditionText | None = Field(None, description="on the error output, in the same way")


class CommandParameters(Parameters):
    """A program and its arguments, run without a shell."""

    argv: Annotated[tuple[_Word, ...], Field(strict=False, min_length=1)] = Field(
        description="the program and its arguments, one each"
    )
    env: Mapping[str, _Word] = Field(default_factory=dict, description="variables beside the few that are passed on")
    expect: CommandExpectation = Field(CommandExpectation(), description="what its end must be")
    command_timeout: TimeoutText = Field(parse_duration("10s"), description="then it is ended, with all it started")


def _exit_line(wanted: int, result: CommandResult) -> Result:
    holds = result.exit_code == wanted
    actual = str(result.exit_code) if result.exit_code >= 0 else f"ended by {_signal_name(-result.exit_code)}"
    said = one_line(result.stderr, limit=120)
    more = f': "{said}"' if said else ""
    return Result(
        Verdict.PASS if holds else Verdict.FAIL,
        say=f"exit code {actual}",
        expected=str(wanted),
        actual=actual,
        reason="" if holds else f"exit code is {actual}, expected {wanted}{more}",
        measurement=Measurement(value=result.exit_code, limit=f"== {wanted}"),
    )


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


# What holds for the beginning of a text, and so for the whole.
_SEEN_IN_A_PART: Final = ("contains", "present")


def _output_line(name: str, condition: Condition, text: str, *, truncated: bool) -> Result:
    shown = one_line(text, limit=120)
    line = judge(condition, text.removesuffix("\n"), say=f"{name}: {shown}", subject=name)
    if truncated and not (line.verdict is Verdict.PASS and condition.op in _SEEN_IN_A_PART):
        return line.as_verdict(Verdict.INCONCLUSIVE, f"{name} was cut: what decides may be in the rest")
    return line


def _said(argv: tuple[str, ...], env: Mapping[str, Any]) -> str:
    set_up = "".join(f"{name}=… " for name in env)
    return clean(set_up + shlex.join(argv), limit=1_000)


def _evidence(params: CommandParameters, result: CommandResult) -> dict[str, Any]:
    # The values of variables are left out: what a command gets that way is as a rule a secret.
    return {
        "argv": params.argv,
        "env": sorted(params.env),
        "exit_code": result.exit_code,
        "stdout": result.stdout,
        "stderr": result.stderr,
        "truncated": result.truncated,
        "elapsed_s": result.elapsed_s,
    }


async def run(params: CommandParameters, ctx: Context) -> Findings:
    result = await ctx.commands.run(params.argv, timeout_s=params.command_timeout.total_seconds(), env=params.env)
    wanted = params.expect
    lines = [_exit_line(wanted.exit_code, result)]
    for name, condition, text in (("stdout", wanted.stdout, result.stdout), ("stderr", wanted.stderr, result.stderr)):
        if condition is not None:
            lines.append(_output_line(name, condition, text, truncated=name in result.truncated))
    kept = ctx.evidence.save_json("command", _evidence(params, result))
    return Findings(
        tuple(lines),
        measurement=Measurement(value=result.exit_code, limit=f"== {wanted.exit_code}", source=clean(params.argv[0])),
        fact=result,
        symptom={"exit_code": str(result.exit_code)},
        evidence=tuple(filter(None, (result.evidence, kept))),
        reproduce=_said(params.argv, params.env),
    )


KIND = Kind(
    name="command",
    summary="a program: its exit code and its output",
    params=CommandParameters,
    run=run,
    provides=CommandResult,
    lasts="command_timeout",
)
