"""Opens the console of a launch and hands back the exit code."""

from __future__ import annotations

from datetime import tzinfo

from warroom.client import LaunchClient
from warroom.clock import Clock
from warroom.errors import ExitCode
from warroom.screens.app import Frame
from warroom.screens.launch import LaunchScreen


class LaunchConsole(Frame):
    """The console of a launch. `zone` is the reader's, None that of this machine."""

    def __init__(
        self,
        client: LaunchClient,
        clock: Clock,
        *,
        color: bool = True,
        ascii_only: bool = False,
        zone: tzinfo | None = None,
    ) -> None:
        self.client = client
        self.launch = LaunchScreen(client, clock, zone)
        super().__init__(self.launch, color=color, ascii_only=ascii_only)


def run_launch_console(client: LaunchClient, clock: Clock, *, color: bool = True, ascii_only: bool = False) -> int:
    """Show a launch until a person leaves it. Blocks; the terminal is as before when it returns.

    What comes back is 0 when the person left, 143 when the program was told to end, 70 when the console itself failed
    (it has said why on stderr). The engine goes on in any case.
    """
    code = LaunchConsole(client, clock, color=color, ascii_only=ascii_only).run(mouse=False)
    return ExitCode.INTERNAL if code is None else code
