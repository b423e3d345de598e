"""What a suite run is handed by whoever composes it: the clock, the ports of each check, and where evidence goes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from warroom.clock import Clock
from warroom.contract import Context, GatePort, Needed, Sample
from warroom.events import GateInfo
from warroom.redact import Redactor


class GateBoard(GatePort, Protocol):
    """The gates of the playbook, asked or declared."""

    async def info(self, gate: str) -> GateInfo:
        """The gate with its state, who said so and since when; asked at most once within its time to live."""
        ...

    def ask_anew(self) -> None:
        """From now on gates are asked again, whatever was read before."""
        ...


class ContextFactory(Protocol):
    """Builds the context of one run of one check."""

    def __call__(
        self,
        check_id: str,
        run: int,
        run_id: str,
        needed: Mapping[str, Needed],
        on_progress: Callable[[Sample, int], None],
    ) -> Context:
        """`run` counts the runs of this check from 1; each keeps its evidence apart.

        `run_id` is the same for every try of what a person asked for once, and no other run ever has it.
        """
        ...


@dataclass(frozen=True, slots=True)
class Bench:
    """Everything a suite run asks of the outside.

    `seal` closes the evidence and returns the hash of its manifest and sentences on what could not be kept.
    """

    clock: Clock
    redactor: Redactor
    context: ContextFactory
    gates: GateBoard
    seal: Callable[[], tuple[str, tuple[str, ...]]]
    evidence_dir: str = ""
    evidence_log: str = ""
