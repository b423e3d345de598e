"""Reads `warroom verify` as pipelines write it: options in full, each followed by its value.

Importing the command-line library takes as long as a quarter of the checks' own libraries, before the first request.
Everything else (help, `--suite=x`, what is wrong) is left to it, and so is every refusal.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from warroom.cli.options import VerifyOptions

_FLAGS: Final = {"--headless": "headless", "--strict": "strict", "--allow-commands": "allow_commands"}
_TEXTS: Final = {"--suite": "suite", "--environment": "environment", "--wait": "wait", "--format": "format"}
_PATHS: Final = {"--env-file": "env_file", "--evidence": "evidence"}
_LISTS: Final = {
    "--only": "only",
    "--skip": "skip",
    "--input": "inputs",
    "--gate": "gates",
    "--attest": "attest",
    "--report": "reports",
}


def verify_options(argv: Sequence[str]) -> VerifyOptions | None:
    """What `argv` asks of `verify`; None where it is another command or not written plainly."""
    if not argv or argv[0] != "verify":
        return None
    found: dict[str, Any] = {}
    words = iter(argv[1:])
    for word in words:
        value = "" if word in _FLAGS or not word.startswith("-") else next(words, "-")
        if value.startswith("-") or not _add(found, word, value):
            return None
    return VerifyOptions(**found) if "playbook" in found else None


def _add(found: dict[str, Any], word: str, value: str) -> bool:
    """Adds one option or the playbook; False for what is unknown or was there before."""
    if word in _LISTS:
        found[_LISTS[word]] = (*found.get(_LISTS[word], ()), value)
        return True
    named: dict[str, Any]
    if word in _FLAGS:
        named = {_FLAGS[word]: True}
    elif word in _TEXTS:
        named = {_TEXTS[word]: value}
    elif word in _PATHS:
        named = {_PATHS[word]: Path(value)}
    elif word and not word.startswith("-"):
        named = {"playbook": Path(word)}
    else:
        return False
    is_new = not named.keys() & found.keys()
    found |= named
    return is_new
