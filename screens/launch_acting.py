"""What a person asks of levers and procedures through the console: start, confirm, tick, skip, set, stop sends."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from warroom.client import Choice
from warroom.client.action_values import LeverNow, ProcedureNow
from warroom.client.values import LaunchNow
from warroom.screens.dialogs import Pick
from warroom.screens.forms import Field, Form
from warroom.screens.launch_actions import ready
from warroom.screens.launch_requests import REASON, AskingScreen
from warroom.screens.launch_view import Item

_VALUE: Final = Field("value", "What is it to be set to?")
_IS: Final = Field("value", "What is it?")
Do = Callable[[], None]


class KillSwitch(Form):
    """Asks for the name of the kill switch before it is pulled."""

    DOES = "stops sends"


class ActingScreen(AskingScreen):
    """Carries what is asked about levers and procedures."""

    def kill(self) -> None:
        """Set every kill switch to what stops sends, once its name was typed."""
        launch = self.view.launch
        if isinstance(self.app.screen, KillSwitch) or not self._may_ask() or launch is None:
            return
        switches = [one for one in launch.levers if one.kill_switch]
        if not switches:
            self.say("the playbook has no kill switch", is_refusal=True)
            return
        told = "\n".join(_pulled(one) for one in switches)
        name = switches[0].name
        typed = Field("typed", f"Type {name} to stop sends", wanted=name)

        def given(values: Mapping[str, str] | None) -> None:
            if values is not None:
                self._ask({"request": "kill_switch", "reason": "from the console"})

        text = f"{told}\nIt is read back; what comes of it stands in the journal."
        _ = self.app.push_screen(KillSwitch("Kill switch", text, (typed,)), given)

    def action_act(self) -> None:
        """Choose what is to be done: for what waits, the selected lever, a procedure."""
        launch = self.view.launch
        if not self._may_ask() or launch is None:
            return
        offered = self._offered(launch, self.selected)
        if not offered:
            self.say("there is nothing to do here: the playbook has no procedures, and no lever is selected")
            return

        def chosen(number: str | None) -> None:
            if number is not None:
                offered[int(number)][2]()

        choices = [Choice(str(at), title, note) for at, (title, note, _) in enumerate(offered)]
        _ = self.app.push_screen(Pick("What is to be done?", choices), chosen)

    def _offered(self, launch: LaunchNow, selected: Item | None) -> list[tuple[str, str, Do]]:
        """What can be chosen: a title, a note, and what it does."""
        found = [one for run in launch.procedures if run.stage not in ("ready", "finished") for one in self._of(run)]
        if isinstance(selected, LeverNow):
            found += self._of_lever(selected)
        return [*found, *(self._start(procedure) for procedure in ready(launch))]

    def _of(self, run: ProcedureNow) -> list[tuple[str, str, Do]]:
        """For a run under way: what it waits for, leaving that out, aborting it."""
        waits, found = run.waits_for, list[tuple[str, str, Do]]()
        body = {"run": run.run, "step": waits.step if waits else ""}
        stop = {"request": "skip", "run": run.run, "step": ""}
        abort = (f"Abort: {run.title}", run.run, lambda: self._reasoned("Abort the procedure", (REASON,), stop))
        if waits and waits.what == "delay":
            confirm = {"request": "confirm", **body}
            return [abort, (f"Begin now: {run.title}", run.run, lambda: self._sure(run.title, confirm, waits.typed))]
        if waits and waits.what == "confirm":
            confirm = {"request": "confirm", **body}
            found.append((f"Confirm: {waits.text}", run.run, lambda: self._sure(waits.text, confirm, waits.typed)))
        if waits and waits.what == "do":
            done = {"request": "done", **body}
            fields = (Field("reason", "What came of it?"),)
            found.append((f"Done: {waits.text}", run.run, lambda: self._reasoned(waits.text, fields, done)))
        if waits and waits.step:
            skip = {"request": "skip", **body}
            found.append((f"Skip: {waits.text}", run.run, lambda: self._reasoned("Skip it", (REASON,), skip)))
        return [*found, abort]

    def _sure(self, text: str, body: Mapping[str, str], name: str) -> None:
        if name:
            fields = _typed(name, is_dangerous=True)
            self._form("Let it be done?", text, fields, lambda **values: self._ask({**body, **values}))
        else:
            self._confirm("Let it be done?", text, "confirm it", body)

    def _reasoned(self, title: str, fields: tuple[Field, ...], body: Mapping[str, str]) -> None:
        self._form(title, "", fields, lambda **values: self._ask({**body, **values}))

    def _of_lever(self, lever: LeverNow) -> list[tuple[str, str, Do]]:
        note = f"by hand: {lever.by_person}" if lever.by_person else _now(lever)
        body = {"request": "lever", "lever": lever.name}
        said = [self._attesting(lever)] if lever.attest else []
        extra = (REASON, *_typed(lever.name, is_dangerous=lever.dangerous))
        if not lever.values:
            fields = (_VALUE, *extra)
            return [*said, (f"Set {lever.name}", note, lambda: self._reasoned(f"Set {lever.name}", fields, body))]

        def setting(value: str) -> tuple[str, str, Do]:
            title = f"Set {lever.name} to {value}"
            return title, note, lambda: self._reasoned(title, extra, {**body, "value": value})

        return [*said, *(setting(value) for value in lever.values if value != lever.actual)]

    def _attesting(self, lever: LeverNow) -> tuple[str, str, Do]:
        title, body = f"Say what {lever.name} is", {"request": "attest", "lever": lever.name}
        return title, lever.attest, lambda: self._reasoned(title, (_IS, REASON), body)

    def _start(self, procedure: ProcedureNow) -> tuple[str, str, Do]:
        steps = " → ".join(step.text for step in procedure.steps)
        fields = (REASON, *_typed(procedure.id, is_dangerous=procedure.dangerous))
        body = {"request": "procedure", "procedure": procedure.id}

        def start() -> None:
            text = "\n".join(f"{number}. {step.text}" for number, step in enumerate(procedure.steps, 1))
            self._form(f"Start: {procedure.title}", text, fields, lambda **values: self._ask({**body, **values}))

        return f"Start: {procedure.title}", steps, start


def _typed(name: str, *, is_dangerous: bool) -> tuple[Field, ...]:
    return (Field("typed", f"It is dangerous: type {name}", wanted=name),) if is_dangerous else ()


def _pulled(switch: LeverNow) -> str:
    """What pulling it changes."""
    if switch.actual == switch.stops:
        return f"{switch.name} is {switch.stops} already: it is set if that has changed."
    is_now = f"Nobody knows what {switch.name} is" if switch.actual is None else f"{switch.name} is {switch.actual}"
    return f"{is_now}: it is set to {switch.stops}."


def _now(lever: LeverNow) -> str:
    return "nobody knows what it is" if lever.actual is None else f"it is {lever.actual}"
