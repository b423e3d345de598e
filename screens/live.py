"""What every screen does that follows something: draws a few times a second, says what came of requests, lives on
after a defect of its own."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Awaitable
from typing import Final

from textual import events
from textual.screen import Screen

from warroom.screens.messages import Said, sentence
from warroom.text import one_line

# Repaints are gathered: at most eight a second, however many events come.
_REPAINT_S: Final = 0.125
_SAID_S: Final = 5.0
_REFUSED_S: Final = 15.0


class LiveScreen(Screen[None]):
    """Workers only post messages; `repaint` alone draws.

    `said` is what a person is told at the foot for a while, empty most of the time; `is_refusal`: it was not done.
    `is_asking`: a request is under way. `defects` are sentences on what went wrong in this console, the latest last.
    """

    def __init__(self) -> None:
        super().__init__()
        self.said = ""
        self.is_refusal = False
        self.is_asking = False
        self.defects: tuple[str, ...] = ()
        self._will_repaint = False
        self._said_times = 0

    @abstractmethod
    def draw(self) -> None:
        """Draw everything as it stands now."""

    @abstractmethod
    def ask_to_leave(self) -> None:
        """Ask whether to leave, and leave."""

    # --- drawing

    def repaint_soon(self) -> None:
        """Draw within an eighth of a second."""
        if not self._will_repaint:
            self._will_repaint = True
            self.set_timer(_REPAINT_S, self.repaint)

    def repaint(self) -> None:
        """Draw now. What cannot be drawn is said, and ends nothing."""
        self._will_repaint = False
        try:
            self.draw()
        except Exception as defect:  # noqa: BLE001
            self.add_defect(f"not everything could be drawn: {sentence(defect)}")

    def add_defect(self, said: str) -> None:
        """A defect of the console is a line of its own; it must not end it."""
        if said not in self.defects:
            self.defects = (*self.defects[-2:], said)
            self.repaint_soon()

    def on_resize(self, _: events.Resize) -> None:
        """Share the rows anew."""
        self.call_after_refresh(self.repaint)

    # --- requests

    def request(self, request: Awaitable[str | None], taken: str = "") -> None:
        """Carry out a request beside the drawing, and say what it answers, or `taken`, or why it was refused."""
        self.is_asking = True
        self.run_worker(self._carry_out(request, taken), group="requests", exit_on_error=False)

    async def _carry_out(self, request: Awaitable[str | None], taken: str) -> None:
        try:
            said = Said(await request or taken)
        except Exception as refusal:  # noqa: BLE001
            said = Said(f"not done: {sentence(refusal)}", is_refusal=True)
        self.is_asking = False
        self.post_message(said)

    def on_said(self, message: Said) -> None:
        """Show what came of a request."""
        self.say(message.text, is_refusal=message.is_refusal)

    def say(self, text: str, *, is_refusal: bool = False) -> None:
        """Tell the person `text` at the foot, for a while."""
        self.said, self.is_refusal = one_line(text, limit=500), is_refusal
        self._said_times += 1
        time = self._said_times
        self.set_timer(_REFUSED_S if is_refusal else _SAID_S, lambda: self._hush(time))
        self.repaint()

    def _hush(self, time: int) -> None:
        # Only what was said last may be taken back by its own timer.
        if time == self._said_times:
            self.said = ""
            self.repaint()
