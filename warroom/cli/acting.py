"""What a launch may change outside: its levers and the steps of its procedures."""

from __future__ import annotations

from collections.abc import Mapping

from warroom.adapters.actions import Actions
from warroom.adapters.command import Commands
from warroom.adapters.credentials import secrets_of
from warroom.adapters.http import Heard, HttpAdapter
from warroom.cli.composition import allow_file
from warroom.clock import Clock
from warroom.playbook.loaded import Playbook
from warroom.redact import Redactor


class LaunchActions(Actions):
    """The actions of `playbook`. Its commands run where `allow_commands`, or a file of this user, allows them."""

    def __init__(
        self,
        playbook: Playbook,
        clock: Clock,
        environ: Mapping[str, str],
        *,
        allow_commands: bool,
        heard: Heard | None = None,
    ) -> None:
        self._adapter = HttpAdapter(playbook.targets, clock, secrets=playbook.secrets, heard=heard)
        commands = Commands(clock, allowed=allow_commands, allow_file=allow_file(environ), environ=environ)
        redact = Redactor.of(secrets_of(playbook))
        super().__init__(playbook.levers, playbook.deeds, self._adapter, commands, redact)

    async def aclose(self) -> None:
        """Closes every connection."""
        await self._adapter.aclose()
