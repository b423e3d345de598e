"""The verification console: the checks of a run, what each came to, and what a person can do about it."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.message import Message
from textual.screen import Screen

from warroom.client import Client
from warroom.clock import Clock
from warroom.errors import ExitCode, WarroomError
from warroom.events import Envelope
from warroom.screens import keys, palette
from warroom.screens.details import details_lines, title_line
from warroom.screens.dialogs import Ask, Confirm, Pick, Reader
from warroom.screens.header import header_lines
from warroom.screens.layout import Heights, share
from warroom.screens.lines import EMPTY, fit, guarded, line, spread, wrapped
from warroom.screens.notices import notice_lines
from warroom.screens.panes import LineBlock, LinePane, RowList
from warroom.screens.rows import check_row, columns_for, head_row
from warroom.screens.view import View, advance, cleaned, of_interest
from warroom.suite_state import CheckState
from warroom.text import one_line, plural

# Repaints are gathered: at most eight a second, however many events come.
_REPAINT_S = 0.125
_SAID_S = 5.0


class Arrived(Message):
    """An event came."""

    def __init__(self, envelope: Envelope) -> None:
        super().__init__()
        self.envelope = envelope


class Lost(Message):
    """No more events will come."""

    def __init__(self, reason: str) -> None:
        super().__init__()
        self.reason = reason


class Said(Message):
    """A request was taken or refused."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text


class VerifyScreen(Screen[None]):
    """Follows one client. Workers only post messages; `repaint` alone draws."""

    CSS_PATH = "verify.tcss"
    AUTO_FOCUS = "#list"
    BINDINGS: ClassVar[list[BindingType]] = [*keys.BINDINGS]

    def __init__(self, client: Client, clock: Clock) -> None:
        super().__init__()
        self.view = View()
        self._client = client
        self._clock = clock
        self._zoomed = False
        # Until a person selects a row, the selection goes to what is of interest.
        self._follows = True
        self._will_repaint = False
        self._heights: Heights | None = None
        self._said = ""
        self._defects: tuple[str, ...] = ()
        self._answered: frozenset[str] = frozenset()

    @property
    def exit_code(self) -> int:
        """The exit code of the last finished run; 130 while one is under way or none has begun."""
        finished = self.view.state.finished
        return finished.exit_code if finished and not self.view.under_way else ExitCode.INTERRUPTED

    @property
    def selected(self) -> CheckState | None:
        """The selected check; None while there are none."""
        checks = self.view.checks
        index = self._list.index
        return checks[index] if index < len(checks) else None

    # --- following the client

    def compose(self) -> ComposeResult:
        """The panes, from top to bottom."""
        yield LineBlock(id="header")
        yield LineBlock(id="notices")
        yield LineBlock(id="list-head")
        yield RowList(id="list")
        yield LineBlock(id="details-head")
        yield LinePane(id="details")
        yield LineBlock(id="footer")

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
            reason = _sentence(fault)
        self.post_message(Lost(reason))

    def on_arrived(self, message: Arrived) -> None:
        """Fold the event; draw soon."""
        try:
            self.view = advance(self.view, cleaned(message.envelope))
        except Exception as defect:  # noqa: BLE001
            self._defects = (f"an event could not be understood: {_sentence(defect)}",)
        self._repaint_soon()

    def on_lost(self, message: Lost) -> None:
        """Say that nothing new will be seen."""
        self.view = self.view.without_connection(message.reason)
        self._repaint_soon()

    def on_said(self, message: Said) -> None:
        """Show what came of a request."""
        self._say(message.text)

    # --- drawing

    def _tick(self) -> None:
        if self.view.under_way or self.view.lost:
            self.repaint()

    def _repaint_soon(self) -> None:
        if not self._will_repaint:
            self._will_repaint = True
            self.set_timer(_REPAINT_S, self.repaint)

    def repaint(self) -> None:
        """Draw everything as it stands now."""
        self._will_repaint = False
        if not self.is_mounted or not self.is_attached:
            return
        width, now = self.size.width, self._clock.now()
        notices = guarded(lambda: notice_lines(self.view, now, width, self._defects), "the notices")
        heights = self._arrange(len(notices))
        self._block("header").show(guarded(lambda: header_lines(self.view, now, width, heights.header), "the head"))
        self._block("notices").show(_shortened(notices, heights.notices, width))
        self._draw_list()
        if self._follows:
            self._select_of_interest()
        self._draw_details()
        self._draw_foot()

    def _draw_list(self) -> None:
        checks, now, width = self.view.checks, self._clock.now(), self._list.size.width
        longest = max((len(check.info.title) for check in checks), default=0)
        columns = columns_for(width, longest)
        self._block("list-head").show([self._head(head_row(self.size.width, longest), self._list.has_focus)])
        self._list.show(
            len(checks),
            lambda index, _, selected: check_row(self.view, checks[index], now, columns, selected=selected),
        )

    def _draw_details(self) -> None:
        check, pane, width = self.selected, self._details, self.size.width
        if check is None:
            self._block("details-head").show([EMPTY])
            pane.show([EMPTY, line(" ", ("No check has been announced yet.", palette.QUIET))])
            return
        left = line((check.info.title, palette.STRONG if pane.has_focus else palette.PLAIN))
        head = spread(left, line((title_line(check).plain, palette.QUIET), " "), width - 1)
        self._block("details-head").show([self._head(head, pane.has_focus)])
        now = self._clock.now()
        pane.show(guarded(lambda: details_lines(self.view, check, now, width - 2), "this check"))

    def _head(self, content: Content, focused: bool) -> Content:
        return line(("▌" if focused else " ", palette.STRONG), content)

    def _draw_foot(self) -> None:
        width = self.size.width
        if self._said:
            self._block("footer").show([fit(line(" ", (self._said, palette.STRONG)), width)])
            return
        questions = self.view.open_questions(self._answered)
        hidden = {
            "answer": not questions,
            "choose": not self._client.choices,
            "stop": not self.view.under_way,
            "copy": not (self.selected and self.selected.outcome and self.selected.outcome.reproduce),
        }
        marked = frozenset(("answer",)) if questions else frozenset[str]()
        self._block("footer").show([keys.foot_line(width, frozenset(k for k, v in hidden.items() if v), marked)])

    def _arrange(self, notices: int) -> Heights:
        heights = share(
            self.size.width, self.size.height, checks=len(self.view.checks), notices=notices, zoomed=self._zoomed
        )
        if heights != self._heights:
            self._heights = heights
            panes: dict[str, int] = {
                "header": heights.header,
                "notices": heights.notices,
                "list-head": heights.list_head,
                "list": heights.list,
                "details-head": heights.details_head,
                "details": heights.details,
                "footer": heights.footer,
            }
            for name, height in panes.items():
                pane = self.query_one(f"#{name}")
                pane.display = height > 0
                pane.styles.height = height
        return heights

    def on_resize(self, event: events.Resize) -> None:
        """Share the rows anew."""
        self.call_after_refresh(self.repaint)

    def _select_of_interest(self) -> None:
        wanted = of_interest(self.view)
        ids = list(self.view.state.checks)
        if wanted in ids:
            self._list.select(ids.index(wanted))

    @property
    def _list(self) -> RowList:
        return self.query_one("#list", RowList)

    @property
    def _details(self) -> LinePane:
        return self.query_one("#details", LinePane)

    def _block(self, name: str) -> LineBlock:
        return self.query_one(f"#{name}", LineBlock)

    # --- what a person does

    def on_row_list_chosen(self, message: RowList.Chosen) -> None:
        """A person selected a row: the selection stays theirs from now on."""
        self._follows = False
        self._details.scroll_home(animate=False)
        self._draw_details()
        self._draw_foot()

    def action_zoom(self) -> None:
        """Details over the whole screen, or the list again."""
        self._zoomed = not self._zoomed
        self._refocus()

    def action_back(self) -> None:
        """Back to the list."""
        self._zoomed = False
        self._refocus(to_list=True)

    def action_other(self) -> None:
        """From the list to the details and back; where only one of them fits, it is exchanged."""
        if self._heights and not (self._heights.list and self._heights.details):
            self.action_zoom()
        else:
            self._refocus(to_list=not self._list.has_focus)

    def _refocus(self, *, to_list: bool | None = None) -> None:
        self.repaint()
        if to_list is None:
            to_list = not self._zoomed
        (self._list if to_list else self._details).focus(scroll_visible=False)
        self.call_after_refresh(self.repaint)

    def action_rerun(self) -> None:
        """Run the selected check again."""
        if self.selected:
            info = self.selected.info
            self._request(f"asked to run again: {info.title}", self._client.rerun([info.id]))

    def action_rerun_all(self) -> None:
        """Run every check again."""
        self._request("asked to run every check again", self._client.rerun())

    def action_stop(self) -> None:
        """Stop the run, when the person is sure."""
        if not self.view.under_way:
            self._say("nothing is running")
            return
        dialog = Confirm("Stop the run?", "What has not finished becomes UNKNOWN; R runs it again.", "stop", "go on")
        _ = self.app.push_screen(dialog, self._stop)

    def _stop(self, sure: bool | None) -> None:
        if sure:
            self._request("asked to stop", self._client.stop())

    def action_answer(self) -> None:
        """Answer the selected check's question, or the oldest."""
        questions = self.view.open_questions(self._answered)
        if not questions:
            self._say("no question is open")
            return
        here = [question for question in questions if self.selected and question.check == self.selected.info.id]
        question = (here or questions)[0]
        asked = self.view.state.checks.get(question.check)
        title = asked.info.title if asked else question.check

        def done(answer: str | None) -> None:
            if answer is not None:
                self._answered |= {question.id}
                self._request(f"answered: {answer}", self._client.answer(question.id, answer))
                if self.view.open_questions(self._answered):
                    self.action_answer()

        _ = self.app.push_screen(Ask(question, title, len(questions) - 1), done)

    def action_choose(self) -> None:
        """Pick one of the client's choices."""
        choices = self._client.choices
        if not choices:
            self._say("there is nothing to choose here")
            return

        def done(choice: str | None) -> None:
            if choice is not None:
                title = next(each.title for each in choices if each.id == choice)
                self._request(f"chosen: {title}", self._client.choose(choice))

        _ = self.app.push_screen(Pick("Choose a scenario", choices), done)

    def action_copy(self) -> None:
        """Copy the command that repeats the deciding request."""
        outcome = self.selected.outcome if self.selected else None
        if outcome and outcome.reproduce:
            self.app.copy_to_clipboard(outcome.reproduce)
            self._say(f"copied: {outcome.reproduce}")
        else:
            self._say("this check has no command to copy yet")

    def action_notes(self) -> None:
        """Everything that was noted."""
        notes = [note for item in self.view.state.notes for note in wrapped(Content(item.text), 84, indent="· ")]
        _ = self.app.push_screen(Reader("Notes of this run", notes or [Content("nothing was noted")]))

    def action_help(self) -> None:
        """The keys."""
        _ = self.app.push_screen(Reader("Keys", keys.help_lines()))

    def action_leave(self) -> None:
        """Leave; ask first while a run is under way."""
        if self.view.under_way:
            self.ask_to_leave()
        else:
            self.app.exit(self.exit_code)

    def ask_to_leave(self) -> None:
        """Ask whether to leave, and leave."""
        under_way = f"{plural(len(self.view.checks) - self.view.state.done, 'check')} not finished yet."
        text = under_way if self.view.under_way else "The verdict stays in the reports."
        dialog = Confirm("Leave the console?", text, "leave", "stay")
        _ = self.app.push_screen(dialog, lambda sure: self.app.exit(self.exit_code) if sure else None)

    def _request(self, taken: str, request: Awaitable[None]) -> None:
        self.run_worker(self._carry_out(taken, request), group="requests", exit_on_error=False)

    async def _carry_out(self, taken: str, request: Awaitable[None]) -> None:
        said = taken
        try:
            await request
        except Exception as refusal:  # noqa: BLE001
            said = f"not done: {_sentence(refusal)}"
        self.post_message(Said(said))

    def _say(self, text: str) -> None:
        self._said = one_line(text, limit=500)
        self._draw_foot()
        self.set_timer(_SAID_S, self._hush)

    def _hush(self) -> None:
        self._said = ""
        self._draw_foot()


def _sentence(fault: Exception) -> str:
    if isinstance(fault, WarroomError):
        return one_line(f"{fault.message}; {fault.hint}" if fault.hint else fault.message, limit=300)
    return one_line(f"{type(fault).__name__}: {fault}", limit=300)


def _shortened(lines: Sequence[Content], height: int, width: int) -> Sequence[Content]:
    """The first lines that fit; the last one counts the others."""
    if len(lines) <= height or height < 1:
        return lines
    more = len(lines) - height
    return [*lines[: height - 1], spread(lines[height - 1], Content(f" +{more} "), width)]
