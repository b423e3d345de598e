"""The console of a launch: follows one client, shows the launch, and carries what a person asks for to it."""

from __future__ import annotations

from dataclasses import replace
from datetime import tzinfo
from typing import Any, ClassVar, Final

from textual.app import ComposeResult
from textual.binding import BindingType

from warroom.client import LaunchClient, Lost, Simulation
from warroom.client.signal_values import TriggerNow
from warroom.client.values import GateNow, IncidentNow, LaunchNow, PostNow, StepNow
from warroom.clock import Clock
from warroom.screens import keys
from warroom.screens.dialogs import Confirm, Pick, Reader
from warroom.screens.launch_about import about_items
from warroom.screens.launch_acting import ActingScreen
from warroom.screens.launch_board import LaunchScene
from warroom.screens.launch_details import note_items
from warroom.screens.launch_keys import KEYS, REQUESTS
from warroom.screens.launch_signals import signal_items
from warroom.screens.launch_view import Item, is_open
from warroom.screens.messages import News, sentence
from warroom.screens.panes import RowList

_DEMO: Final = frozenset(("scenario",))
"""The ids of the keys that only a demo has."""


class LaunchScreen(ActingScreen):
    """Follows one launch."""

    CSS_PATH: ClassVar[Any] = ["shared.tcss", "launch.tcss"]
    AUTO_FOCUS = "#plan"
    BINDINGS: ClassVar[list[BindingType]] = [*keys.bindings(KEYS)]

    def __init__(
        self,
        client: LaunchClient,
        clock: Clock,
        zone: tzinfo | None = None,
        simulation: Simulation | None = None,
    ) -> None:
        super().__init__(client, clock)
        self._zone = zone
        self._simulation = simulation
        if simulation:
            self.view = replace(self.view, scenario=simulation.in_force)

    def compose(self) -> ComposeResult:
        """The panes."""
        yield self.board

    # --- following the client

    def on_mount(self) -> None:
        """Begin to follow the client."""
        self.run_worker(self._follow(), name="follow", exit_on_error=False)
        self.set_interval(1.0, self.repaint)

    async def _follow(self) -> None:
        reason = "its news have ended"
        try:
            async for seen in self.client.states():
                self.post_message(News(seen, self.clock.now()))
        except Exception as fault:  # noqa: BLE001
            reason = sentence(fault)
        now = self.clock.now()
        self.post_message(News(Lost(f"this console follows it no longer: {reason}", now), now))

    def on_news(self, message: News) -> None:
        """Take the news in; draw soon."""
        is_first = self.view.launch is None
        try:
            self.view = self.view.heard(message.seen, message.at)
            if is_first and self.view.launch:
                self.board.begin(self.view.launch)
        except Exception as defect:  # noqa: BLE001
            self.add_defect(f"news could not be understood: {sentence(defect)}")
        self.repaint_soon()

    # --- drawing

    def draw(self) -> None:
        """Draw everything as it stands now."""
        self.board.draw(
            LaunchScene(
                view=self.view,
                now=self.view.now(self.clock.now()),
                zone=self._zone,
                defects=self.defects,
                said=self.said,
                is_refusal=self.is_refusal,
                hidden_keys=_useless(self.selected, is_zoomed=self.board.is_zoomed, is_tiled=self.board.is_tiled)
                | self._not_here,
                marked_keys=_DEMO,
            )
        )

    @property
    def _not_here(self) -> frozenset[str]:
        """The ids of the keys that do nothing in this console, whatever is selected."""
        reads_only = REQUESTS if self.view.read_only or self._is_closed else frozenset[str]()
        return _missing(self.view.launch) | (frozenset() if self._simulation else _DEMO) | reads_only

    @property
    def _is_closed(self) -> bool:
        return self.view.launch is not None and self.view.launch.closed is not None

    def on_row_list_chosen(self, _: RowList.Chosen) -> None:
        """A person selected a row; until then the selection goes to what is of interest."""
        self.board.details.scroll_home(animate=False)
        self.repaint()

    def action_look(self, name: str) -> None:
        """Give a pane the focus."""
        self.board.look_at(name)

    def action_other(self, by: int) -> None:
        """To the next pane, or the one before."""
        self.board.look_further(by)

    def action_zoom(self) -> None:
        """Details over the whole screen, or the lists again."""
        self.board.zoom(not self.board.is_zoomed)

    def action_tiles(self) -> None:
        """Signals and triggers as tiles over the whole screen, or the lists again."""
        if self.view.launch is None or not signal_items(self.view.launch):
            self.say("this launch watches no signals and has no triggers")
        else:
            self.board.tile(not self.board.is_tiled)

    def action_back(self) -> None:
        """Back to the lists; from the details of a tile to the tiles."""
        if self.board.is_tiled and not self.board.is_zoomed:
            self.board.tile(False)
        else:
            self.board.zoom(False)

    def action_enter(self) -> None:
        """Tick a step; read anything else."""
        if isinstance(self.selected, StepNow) and not self.board.is_zoomed:
            self.action_tick()
        else:
            self.action_zoom()

    # --- reading and leaving

    def action_copy(self) -> None:
        """Copy the address of a step, or the text of a post."""
        item = self.selected
        text = item.link if isinstance(item, StepNow) else ""
        if isinstance(item, PostNow):
            text = item.text or item.preview
        if text:
            self.app.copy_to_clipboard(text)
            self.say(f"given to the terminal's clipboard: {text}")
        else:
            self.say("there is nothing to copy here: select a step with an address, or a post")

    def action_scenario(self) -> None:
        """Pick how the demo's services behave."""
        if self._simulation:
            _ = self.app.push_screen(Pick("Choose a scenario", self._simulation.choices), self._scenario)
        else:
            self.say("only a demo has scenarios: this launch is real", is_refusal=True)

    def _scenario(self, choice_id: str | None) -> None:
        if choice_id is not None and self._simulation:
            self.request(self._behave(self._simulation, choice_id))

    async def _behave(self, simulation: Simulation, choice_id: str) -> str:
        await simulation.choose(choice_id)
        choices = tuple(replace(choice, in_force=choice.id == choice_id) for choice in simulation.choices)
        self._simulation = replace(simulation, choices=choices)
        self.view = replace(self.view, scenario=self._simulation.in_force)
        note = next(choice.note for choice in choices if choice.in_force)
        return f"scenario {self.view.scenario}, from now on: {note}"

    def action_notes(self) -> None:
        """Every note."""
        notes = note_items(self.view.launch.notes) if self.view.launch else []
        _ = self.app.push_screen(Reader("Notes", notes or [("", "nothing was noted yet")]))

    def action_about(self) -> None:
        """What is wrong, and the facts of the launch."""
        items = about_items(self.view, self.view.now(self.clock.now()))
        _ = self.app.push_screen(Reader("About this launch", items))

    def action_help(self) -> None:
        """The keys that can do something in this console."""
        known = [key for key in KEYS if key.id not in self._not_here]
        _ = self.app.push_screen(Reader("Keys", keys.help_items(known)))

    def action_leave(self) -> None:
        """Leave; ask first."""
        self.ask_to_leave()

    def ask_to_leave(self) -> None:
        """Ask whether to leave, and leave."""
        engine = self.view.launch.engine if self.view.launch else None
        runs = (
            f"The engine (process {engine.pid}) goes on and posts what is due"
            if engine and not self.view.lost
            else ""
        )
        back = "`warroom console` comes back to it" if runs else "`warroom run` takes it up again"
        if self._is_closed:
            back = "the launch is closed"
        text = f"{runs or 'Leaving changes nothing'}; {back}."
        if self._simulation:
            text = "The demo ends with it: its engine and the simulated services. Its journal and its posts are kept."
        _ = self.app.push_screen(Confirm("Leave the console?", text, "leave", "stay"), self._leave)

    def _leave(self, sure: bool | None) -> None:
        if sure:
            self.app.exit(0)


def _missing(launch: LaunchNow | None) -> frozenset[str]:
    """The ids of the keys for which the playbook has nothing."""
    has_procedures = launch is not None and (launch.procedures or launch.levers)
    has_switch = launch is not None and any(one.kill_switch for one in launch.levers)
    has_signals = launch is not None and bool(signal_items(launch))
    there = {"act": has_procedures, "kill": has_switch, "tiles": has_signals, "signals": has_signals}
    there["trigger"] = launch is not None and bool(launch.triggers)
    return frozenset(key for key, is_there in there.items() if not is_there)


def _useless(item: Item | None, *, is_zoomed: bool, is_tiled: bool) -> frozenset[str]:
    """The ids of the keys that do nothing for `item`, or nothing new."""
    is_owed = isinstance(item, PostNow) and is_open(item)
    is_held = isinstance(item, PostNow) and item.standing == "held"
    is_to_do = isinstance(item, PostNow) and item.standing == "to do"
    may_go_again = isinstance(item, PostNow) and item.standing == "failed"
    does_nothing = {
        "tick": not isinstance(item, StepNow) and not is_to_do,
        "zoom": is_zoomed or isinstance(item, StepNow),
        "details": is_zoomed or not isinstance(item, StepNow),
        "other": is_zoomed or is_tiled,
        "back": not (is_zoomed or is_tiled),
        "tiles": is_zoomed or is_tiled,
        "post": (not is_owed and not may_go_again) or is_to_do,
        "hold": not is_owed or is_held,
        "release": not is_held,
        "edit": not is_owed,
        "gate": not isinstance(item, GateNow),
        "trigger": not isinstance(item, TriggerNow),
        "resolve": not (isinstance(item, IncidentNow) and item.resolved_at is None),
    }
    return frozenset(key for key, is_useless in does_nothing.items() if is_useless)
