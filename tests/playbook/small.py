"""A small playbook and two small kinds of check, for the tests of the language."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from textwrap import dedent
from typing import Any

from pydantic import Field

from warroom.contract import AnyKind, Context, Findings, Kind, Parameters, Response
from warroom.errors import PlaybookError, Problem
from warroom.expect import ConditionText, DurationText, Expectations
from warroom.playbook.inputs import InputValues
from warroom.playbook.load import load_playbook
from warroom.playbook.loaded import Playbook
from warroom.units import parse_duration


class ProbeParameters(Parameters):
    """One request."""

    target: str = Field(description="where it goes")
    path: str = ""
    samples: int = Field(1, ge=1, le=100)
    limit: ConditionText | None = None
    pause: DurationText = parse_duration("1s")
    header: str | list[str] = ""
    expect: Expectations = ()


class JudgeParameters(Parameters):
    """What another check's answer is judged by."""

    response: str
    after: str = ""
    lever: str = ""
    gate: str = ""
    strict: bool = False


async def _run(params: Any, ctx: Context) -> Findings:
    raise NotImplementedError


def _needs(params: JudgeParameters) -> Mapping[str, type]:
    return {params.response: Response, **({params.after: object} if params.after else {})}


PROBE: AnyKind = Kind(
    name="probe",
    summary="asks once",
    params=ProbeParameters,
    run=_run,
    provides=Response,
    targets=lambda params: [params.target],
)
JUDGE: AnyKind = Kind(
    name="judge",
    summary="judges an answer",
    params=JudgeParameters,
    run=_run,
    needs=_needs,
    levers=lambda params: [params.lever] if params.lever else [],
    gates=lambda params: [params.gate] if params.gate else [],
)
KINDS: Mapping[str, AnyKind] = {kind.name: kind for kind in (PROBE, JUDGE)}

SMALL = """\
warroom: 1
launch: {id: small, title: Small}
inputs:
  APP_URL: {required: true, description: Address of the app}
  TOKEN: {secret: true, description: Token for the app}
targets:
  app: {url: "${APP_URL}"}
  board: {url: "https://example.com/board", human: true}
levers:
  SEND: {expect: "false", read: {target: app, path: /state}}
gates:
  auth: {read: {target: app, path: /gate}}
checks:
  health:
    kind: probe
    target: app
  judged:
    kind: judge
    response: health
suites:
  verify:
    checks: [health, judged]
"""
ENVIRON = {"APP_URL": "http://127.0.0.1:9"}


def write(folder: Path, text: str | bytes, name: str = "play.yaml") -> Path:
    """A file in `folder`, whose parents are made."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else dedent(text).encode())
    return path


def load(
    path: Path,
    *,
    environ: Mapping[str, str] = ENVIRON,
    overrides: Mapping[str, str] | None = None,
    env_file: Path | None = None,
    environment: str | None = None,
    kinds: Mapping[str, AnyKind] = KINDS,
) -> Playbook:
    """The playbook at `path`, by default with the inputs of the small one."""
    given = InputValues(overrides or {}, environ, env_file)
    return load_playbook(path, kinds=kinds, inputs=given, environment=environment)


def problems_of(path: Path, **given: Any) -> list[Problem]:
    """The problems of the playbook at `path`; empty when it loads."""
    try:
        load(path, **given)
    except PlaybookError as error:
        return list(error.problems)
    return []


def said(path: Path, **given: Any) -> list[str]:
    """The problems as `line:column: key: message (suggestion)`, without the name of the playbook itself."""
    return [str(problem).removeprefix(f"{path}:") for problem in problems_of(path, **given)]
