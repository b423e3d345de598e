"""Opens the console of a run and hands back the exit code; the frame that every console has around it."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Sequence
from contextlib import suppress
from typing import ClassVar

from rich.text import Text
from textual.app import App
from textual.binding import Binding, BindingType
from textual.filter import LineFilter

from warroom.client import Client
from warroom.clock import Clock
from warroom.errors import ExitCode
from warroom.screens.dialogs import Confirm
from warroom.screens.filters import AsciiOnly, NoColour
from warroom.screens.live import LiveScreen
from warroom.screens.palette import THEME
from warroom.screens.verify import VerifyScreen
from warroom.text import one_line


class _Defect(Exception):
    """A defect of the console as one sentence: what a library prints would show the values of our variables."""

    def __rich__(self) -> Text:
        return Text(str(self))


class Frame(App[int]):
    """The application around one screen: colours, signals, defects, and that leaving is never at once."""

    TITLE = "warroom"
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+q,ctrl+c", "ask_to_leave", "leave", show=False, priority=True, id="console.leave_asking"),
    ]

    def __init__(self, first: LiveScreen, *, color: bool, ascii_only: bool) -> None:
        super().__init__()
        self.animation_level = "none"
        self.register_theme(THEME)
        self.theme = THEME.name
        self._shown_through: tuple[LineFilter, ...] = (
            *(() if color else (NoColour(),)),
            *((AsciiOnly(),) if ascii_only else ()),
        )
        self._first = first

    def on_mount(self) -> None:
        """Open the first screen; from now on a signal gives the terminal back before the program ends."""
        _ = self.push_screen(self._first)
        with suppress(NotImplementedError, RuntimeError, ValueError):
            # Where there are no signals (Windows), or this is not the main thread (tests), none can be caught.
            loop = asyncio.get_running_loop()
            loop.add_signal_handler(signal.SIGTERM, self.exit, ExitCode.TERMINATED)
            loop.add_signal_handler(signal.SIGINT, self.exit, ExitCode.INTERRUPTED)
            # The terminal is gone; Windows has no such signal.
            hangup = getattr(signal, "SIGHUP", signal.SIGTERM)
            loop.add_signal_handler(hangup, self.exit, ExitCode.TERMINATED)

    def get_line_filters(self) -> Sequence[LineFilter]:
        """What every drawn line passes."""
        return self._shown_through

    def action_ask_to_leave(self) -> None:
        """Ctrl+Q and Ctrl+C: never at once."""
        if not isinstance(self.screen, Confirm):
            self._first.ask_to_leave()

    def _handle_exception(self, error: Exception) -> None:
        said = f"The console ended by a defect of its own: {type(error).__name__}: {one_line(str(error))}"
        shown = _Defect(said)
        shown.__cause__ = error
        super()._handle_exception(shown)


class Console(Frame):
    """The console of a verification."""

    def __init__(self, client: Client, clock: Clock, *, color: bool = True, ascii_only: bool = False) -> None:
        self.client = client
        self.verify = VerifyScreen(client, clock)
        super().__init__(self.verify, color=color, ascii_only=ascii_only)


def run_console(client: Client, clock: Clock, *, color: bool = True, ascii_only: bool = False) -> int:
    """Show the console until a person leaves it. Blocks; the terminal is as before when it returns.

    What comes back is the exit code of the last finished run, 130 when the person left before its end, 143 when the
    program was told to end, 70 when the console itself failed (it has said why on stderr). What still runs then is
    the caller's to stop.
    """
    app = Console(client, clock, color=color, ascii_only=ascii_only)
    code = app.run(mouse=False)
    return ExitCode.INTERNAL if code is None else code
