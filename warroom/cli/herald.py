"""What an engine in the background tells whoever started it, and how that is read: one line on a pipe."""

from __future__ import annotations

import contextlib
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from warroom.client.values import NotUnderstood


@dataclass(frozen=True, slots=True)
class Told:
    """The launch in `folder` has an engine that answers, process `pid`. `taken`: it is another one than was started;
    then `pid` may be 0. `notes` are sentences for a person.
    """

    folder: Path
    pid: int
    taken: bool = False
    notes: tuple[str, ...] = ()


class Herald:
    """The end of the pipe that the engine writes to. Without a pipe it tells nobody."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        if descriptor >= 0:
            os.set_inheritable(descriptor, False)

    @property
    def is_awaited(self) -> bool:
        """Whether the engine was started in the background by somebody who waits to hear of it."""
        return self._descriptor >= 0

    def tell(self, told: Told) -> None:
        """Says it, once. Whoever waited may be gone."""
        said = {"folder": str(told.folder), "pid": told.pid, "taken": told.taken, "notes": told.notes}
        with contextlib.suppress(OSError):
            os.write(self._descriptor, json.dumps(said).encode())
        self.close()

    def close(self) -> None:
        """Nothing more will be said. Idempotent."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


def heard(raw: bytes) -> Told | None:
    """What the engine told before it closed the pipe; None where it ended without a word. Raises NotUnderstood."""
    if not raw:
        return None
    try:
        said: Any = json.loads(raw)
        return Told(Path(said["folder"]), int(said["pid"]), bool(said["taken"]), tuple(map(str, said["notes"])))
    except (ValueError, KeyError, TypeError):
        raise NotUnderstood("the engine's word that it is ready is not understood") from None
