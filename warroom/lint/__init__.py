"""What is wrong with a playbook, without running it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from warroom.contract import AnyKind
from warroom.errors import Problem


def lint(paths: Iterable[Path], kinds: Mapping[str, AnyKind]) -> list[Problem]:
    """Every problem of the playbooks at `paths`, playbook by playbook in file order; empty when they are clean.

    Nothing is sent and no secret is read: an input that is not set is no problem here.
    """
    from warroom.playbook.load import check_playbook

    return [problem for path in paths for problem in check_playbook(path, kinds)]
