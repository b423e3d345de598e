"""`warroom lint` and `warroom schema`: what an author of playbooks needs."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from warroom.checks import all_kinds
from warroom.cli.plain import write
from warroom.errors import ExitCode, UsageError
from warroom.text import clean, plural


def lint(playbooks: Sequence[Path]) -> int:
    """Prints every problem of the playbooks; 0 for none, 1 for findings, 2 for a file that cannot be read."""
    from warroom.lint import lint as problems_of

    problems = problems_of(playbooks, all_kinds())
    for problem in problems:
        write(sys.stdout, clean(problem.with_caret(), limit=20_000, lines=True))
    found = plural(len(problems), "problem") if problems else "no problems"
    write(sys.stderr, f"warroom: {found} in {plural(len(playbooks), 'playbook')}")
    if any(not playbook.is_file() for playbook in playbooks):
        return int(ExitCode.USAGE)
    return 1 if problems else 0


def schema(what: str) -> int:
    """Prints a JSON Schema."""
    if what == "playbook":
        from warroom.playbook.schema import playbook_schema

        document = playbook_schema(all_kinds())
    elif what == "verify":
        from warroom.report.json_report import verify_schema

        document = verify_schema()
    else:
        raise UsageError(f"there is no schema '{clean(what)}'", hint="one of playbook, verify")
    write(sys.stdout, json.dumps(document, indent=2, ensure_ascii=False))
    return int(ExitCode.GREEN)
