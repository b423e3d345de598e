"""A launch whose engine is gone, made in this process: the files that an engine leaves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from warroom.cli.opened import LaunchOptions, open_launch
from warroom.clock import RealClock
from warroom.errors import WarroomError

PLAYBOOK = """
warroom: 1
launch: {id: quiet, title: Quiet}
channels:
  file: {kind: file, path: war-room.txt}
updates:
  first: {title: First, channel: file, template: first, at: T+1h}
templates:
  first: "first {{ post.time }}"
"""


@dataclass(frozen=True)
class Left:
    """A state folder with one open launch in it, and the playbook that it was opened with."""

    state: Path
    playbook: Path

    @property
    def folder(self) -> Path:
        """The folder of the one launch."""
        (folder,) = (path for path in self.state.iterdir() if path.is_dir() and not path.is_symlink())
        return folder

    @property
    def copy(self) -> Path:
        """The launch's own copy of its playbook."""
        return self.folder / "playbook" / self.playbook.name

    def opens(self, playbook: str = "", *, new: bool = False) -> str:
        """The name of the launch that `warroom run` opens or takes up, and gives free again. Raises WarroomError."""
        options = LaunchOptions(playbook=Path(playbook or self.playbook), state=self.state, new=new)
        opened = open_launch(options, {}, RealClock())
        opened.journal.close()
        return opened.name


def left(at: Path, text: str = PLAYBOOK) -> Left:
    """A launch that was opened below `at`, and whose engine ended at once."""
    playbook = at / "quiet.yaml"
    playbook.write_text(text, "utf-8")
    found = Left(at / "state", playbook)
    found.opens()
    return found


def refusal(call: Callable[[], object]) -> str:
    """What a person is told, and what to do, when `call` is refused."""
    with pytest.raises(WarroomError) as refused:
        call()
    return f"{refused.value.message}\n{refused.value.hint}"
