"""Asking the person at the terminal before something that cannot be taken back."""

from __future__ import annotations

import sys

from warroom.errors import UsageError


def confirmed(question: str, *, yes: bool) -> bool:
    """Whether the person says yes, or has said so with `--yes`. Raises UsageError where nobody can be asked."""
    if yes:
        return True
    if not sys.stdin.isatty():
        raise UsageError("there is nobody to ask", hint="say --yes")
    sys.stderr.write(f"{question} [y/N] ")
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() in ("y", "yes")
