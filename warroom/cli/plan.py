"""`warroom plan`: what a launch will do, before it does anything."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Final

from warroom.adapters.credentials import secrets_of
from warroom.api.models import instant
from warroom.checks import all_kinds
from warroom.cli.options import pairs
from warroom.cli.plain import write
from warroom.clock import RealClock
from warroom.errors import UsageError
from warroom.launch.schedule import require_likely_t0, require_t0
from warroom.plan import plan_of
from warroom.plan.text import plan_json, plan_lines
from warroom.plan.values import Warned
from warroom.playbook.course import Course
from warroom.playbook.inputs import InputValues
from warroom.playbook.load import load_partly
from warroom.redact import Redactor
from warroom.text import clean, plural

FORMATS: Final = ("text", "json")


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanOptions:
    """The options of `warroom plan`; empty means not given."""

    playbook: Path
    inputs: tuple[str, ...] = ()
    env_file: Path | None = None
    environment: str = ""
    t0: str = ""
    format: str = "text"


def plan(options: PlanOptions, environ: Mapping[str, str] | None = None) -> int:
    """Prints the plan; 0 where there is nothing to mend, 1 for findings. Raises WarroomError for a playbook that does
    not hold. Sends nothing."""
    if options.format not in FORMATS:
        raise UsageError(
            f"there is no format '{clean(options.format, limit=80)}'", hint=f"one of {', '.join(FORMATS)}"
        )
    t0 = instant(options.t0) if options.t0 else None
    if t0:
        require_t0(t0, RealClock().now())
    given = InputValues(
        pairs(options.inputs, "--input"), dict(os.environ if environ is None else environ), options.env_file
    )
    loaded = load_partly(options.playbook, kinds=all_kinds(), inputs=given, environment=options.environment or None)
    secrets = secrets_of(loaded.playbook)
    made, redact = plan_of(loaded, t0, tuple(secrets)), Redactor.of(secrets)
    made = replace(made, findings=(*_unlikely(loaded.playbook.course, t0), *made.findings))
    if options.format == "json":
        write(sys.stdout, redact(json.dumps(plan_json(made), indent=2, ensure_ascii=False)))
    else:
        for line in plan_lines(made):
            write(sys.stdout, redact(clean(line)))
    found = plural(len(made.findings), "finding") if made.findings else "no findings"
    write(sys.stderr, f"warroom: {found}; nothing was sent")
    return 1 if made.findings else 0


def _unlikely(course: Course, t0: datetime | None) -> Iterator[Warned]:
    """That `warroom run` refuses this T0."""
    try:
        if t0:
            require_likely_t0(course, t0, RealClock().now())
    except UsageError as error:
        yield Warned("T0", error.message, error.hint)
