"""The verification console: follows one client, shows its checks, and carries what a person asks for to it."""

from __future__ import annotations

from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType

from warroom.client import Client
from warroom.clock import Clock
from warroom.errors import ExitCode
from warroom.events import Question
from warroom.screens import keys
from warroom.screens.board import Board, Scene
from warroom.screens.dialogs import Ask, Confirm, Pick, Reader
from warroom.screens.header import launch_items, result_items
from warroom.screens.live import LiveScreen
from warroom.screens.messages import Arrived, Lost, sentence
from warroom.screens.panes import RowList
from warroom.screens.view import View, advance, cleaned, of_interest
from warroom.suite_state import CheckState
from warroom.text import plural


class VerifyScreen(LiveScreen):
    """Follows one run."""

    CSS_PATH: ClassVar[Any] = ["shared.tcss", "verify.tcss"]
    AUTO_FOCUS = "#list"
    BINDINGS: ClassVar[list[BindingType]] = [*keys.bindings(keys.KEYS)]

    def __init__(self, client: Client, clock: Clock) -> None:
        super().__init__()
        self.view = View()
        self._client = client
        self._clock = clock
        self._board = Board()

    @property
    def exit_code(self) -> int:
        """The exit code of the last finished run; 130 while one is under way or none has begun."""
        finished = self.view.state.finished
        return finished.exit_code if finished and not self.view.under_way else ExitCode.INTERRUPTED

    @property
    def selected(self) -> CheckState | None:
        """The selected check; None while there are none."""
        return self._board.selected(self.view)

    def compose(self) -> ComposeResult:
        """The panes."""
        yield self._board

    # --- following the client

    def on_mount(self) -> None:
        """Begin to follow the client."""
        self.run_worker(self._follow(), name="follow", exit_on_error=False)
        self.set_interval(1.0, self._tick)

    async def _follow(self) -> None:
        reason = "the stream of events has ended"
        try:
            async for envelope in self._client.events():
                self.post_message(Arrived(envelope))
        except Exception as fault:  # noqa: BLE001
            reason = sentence(fault)
        self.post_message(Lost(reason))

    def on_arrived(self, message: Arrived) -> None:
        """Fold the event; draw soon."""
        try:
            self.view = advance(self.view, cleaned(message.envelope))
        except Exception as defect:  # noqa: BLE001
            self.add_defect(f"an event could not be understood: {sentence(defect)}")
        self.repaint_soon()

    def on_lost(self, message: Lost) -> None:
        """Say that nothing new will be seen."""
        self.view = self.view.without_connection(message.reason)
        self.repaint_soon()

    # --- drawing

    def _tick(self) -> None:
        if self.view.under_way or self.view.lost:
            self.repaint()

    def draw(self) -> None:
        """Draw everything as it stands now."""
        if not self._board.rows.is_touched:
            self._board.select(self.view, of_interest(self.view))
        self._drop_settled_question()
        questions = self.view.questions
        selected = self.selected
        useless = {
            "answer": not questions,
            "choose": not self._client.choices,
            "stop": not self.view.under_way,
            "copy": not (selected and selected.outcome and selected.outcome.reproduce),
        }
        hidden = frozenset(key for key, is_useless in useless.items() if is_useless)
        marked = frozenset({"answer"} if questions else ())
        self._board.draw(Scene(self.view, self._clock.now(), self.defects, self.said, hidden, marked))

    def on_row_list_chosen(self, _: RowList.Chosen) -> None:
        """A person selected a row; until then the selection goes to what is of interest."""
        self._board.details.scroll_home(animate=False)
        self.repaint()

    def action_zoom(self) -> None:
        """Details over the whole screen, or the list again."""
        self._board.zoom()

    def action_back(self) -> None:
        """Back to the list."""
        self._board.zoom(False)

    def action_other(self) -> None:
        """From the list to the details and back."""
        self._board.exchange()

    # --- requests

    def action_rerun(self) -> None:
        """Run the selected check again."""
        if self.selected:
            info = self.selected.info
            self.request(self._client.rerun([info.id]), f"asked to run again: {info.title}")

    def action_rerun_all(self) -> None:
        """Run every check again."""
        self.request(self._client.rerun(), "asked to run every check again")

    def action_stop(self) -> None:
        """Stop the run, when the person is sure."""
        if not self.view.under_way:
            self.say("nothing is running")
            return
        dialog = Confirm("Stop the run?", "What has not finished becomes UNKNOWN; R runs it again.", "stop", "go on")
        _ = self.app.push_screen(dialog, self._stop)

    def _stop(self, sure: bool | None) -> None:
        if sure:
            self.request(self._client.stop(), "asked to stop")

    def action_answer(self) -> None:
        """Answer the selected check's question, or the oldest."""
        questions, selected = self.view.questions, self.selected
        here = [question for question in questions if selected and question.check == selected.info.id]
        if questions:
            self._ask((here or questions)[0])
        else:
            self.say("no question is open")

    def _ask(self, question: Question) -> None:
        asked = self.view.state.checks.get(question.check)
        dialog = Ask(question, asked.info.title if asked else question.check, len(self._later_than(question)))
        _ = self.app.push_screen(dialog, lambda answer: self._answer(question, answer))

    def _answer(self, question: Question, answer: str | None) -> None:
        if answer is None:
            return
        self.request(self._client.answer(question.id, answer), f"answered: {answer}")
        later = self._later_than(question)
        if later:
            self._ask(later[0])

    def _later_than(self, question: Question) -> list[Question]:
        """The open questions that come after this one."""
        open_questions = list(self.view.state.questions.values())
        ids = [one.id for one in open_questions]
        return open_questions[ids.index(question.id) + 1 :] if question.id in ids else []

    def _drop_settled_question(self) -> None:
        """Somebody else may have answered, or the check has ended."""
        dialog = self.app.screen
        if isinstance(dialog, Ask) and dialog.question.id not in self.view.state.questions:
            dialog.action_close()

    def action_choose(self) -> None:
        """Pick one of the client's choices."""
        if self._client.choices:
            _ = self.app.push_screen(Pick("Choose a scenario", self._client.choices), self._choose)
        else:
            self.say("there is nothing to choose here")

    def _choose(self, choice_id: str | None) -> None:
        if choice_id is not None:
            title = next(choice.title for choice in self._client.choices if choice.id == choice_id)
            self.request(self._client.choose(choice_id), f"chosen: {title}; every check runs again")

    def action_copy(self) -> None:
        """Copy the command that repeats the deciding request."""
        outcome = self.selected.outcome if self.selected else None
        if outcome and outcome.reproduce:
            self.app.copy_to_clipboard(outcome.reproduce)
            self.say(f"given to the terminal's clipboard: {outcome.reproduce}")
        else:
            self.say("this check has no command to copy yet")

    def action_notes(self) -> None:
        """How the run ended, everything that was noted, and the launch in full."""
        notes = [(note.severity.capitalize(), note.text) for note in self.view.state.notes]
        told = [*result_items(self.view), *notes, *launch_items(self.view)]
        _ = self.app.push_screen(Reader("About this run", told or [("", "nothing was noted yet")]))

    def action_help(self) -> None:
        """The keys."""
        _ = self.app.push_screen(Reader("Keys", keys.help_items(keys.KEYS)))

    def action_leave(self) -> None:
        """Leave; ask first while a run is under way."""
        if self.view.under_way:
            self.ask_to_leave()
        else:
            self.app.exit(self.exit_code)

    def ask_to_leave(self) -> None:
        """Ask whether to leave, and leave."""
        left = len(self.view.checks) - self.view.state.done
        under_way = f"{plural(left, 'check')} not finished yet; the exit code will be {self.exit_code}."
        text = under_way if self.view.under_way else "The run is over."
        _ = self.app.push_screen(Confirm("Leave the console?", text, "leave", "stay"), self._leave)

    def _leave(self, sure: bool | None) -> None:
        if sure:
            self.app.exit(self.exit_code)
