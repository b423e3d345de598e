"""Opens the console of a launch and hands back the exit code."""

from __future__ import annotations

from datetime import tzinfo
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.widgets import Input, TextArea

from warroom.client import LaunchClient, Simulation
from warroom.clock import Clock
from warroom.errors import ExitCode
from warroom.screens.app import Frame
from warroom.screens.launch import LaunchScreen


class LaunchConsole(Frame):
    """The console of a launch. `zone` is the reader's, None that of this machine; `simulation` is what a demo runs
    against, None for a real launch.

    The kill switch is reached from every window: where people write K is a letter, and F9 is not.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("K,shift+k", "kill('K')", "kill switch", show=False, priority=True, id="console.kill"),
        Binding("f9", "kill('F9')", "kill switch", show=False, priority=True, id="console.kill_writing"),
    ]

    def __init__(
        self,
        client: LaunchClient,
        clock: Clock,
        *,
        color: bool = True,
        ascii_only: bool = False,
        zone: tzinfo | None = None,
        simulation: Simulation | None = None,
    ) -> None:
        self.client = client
        self.launch = LaunchScreen(client, clock, zone, simulation)
        super().__init__(self.launch, color=color, ascii_only=ascii_only)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Whether a key means an action now."""
        return (action, parameters) != ("kill", ("K",)) or not isinstance(self.focused, Input | TextArea)

    def action_kill(self, _: str) -> None:
        """Ask whether to pull the kill switch, above whatever is open."""
        self.launch.kill()


def run_launch_console(
    client: LaunchClient,
    clock: Clock,
    *,
    color: bool = True,
    ascii_only: bool = False,
    simulation: Simulation | None = None,
) -> int:
    """Show a launch until a person leaves it. Blocks; the terminal is as before when it returns.

    `simulation` is as in `LaunchConsole`. What comes back is 0 when the person left, 143 when the program was told to
    end, 70 when the console itself failed (it has said why on stderr). The engine goes on in any case.
    """
    console = LaunchConsole(client, clock, color=color, ascii_only=ascii_only, simulation=simulation)
    code = console.run(mouse=False)
    return ExitCode.INTERNAL if code is None else code
