"""What a person asks of a launch through its console: the windows that ask for values, and the requests."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from warroom.client import Choice, LaunchClient
from warroom.client.signal_values import TriggerNow
from warroom.client.values import GateNow, IncidentNow, LaunchNow, PostNow, StepNow
from warroom.clock import Clock
from warroom.screens.dialogs import Confirm, Pick
from warroom.screens.forms import Editor, Field, Form
from warroom.screens.launch_board import LaunchBoard
from warroom.screens.launch_head import launch_clock
from warroom.screens.launch_marks import owes_note
from warroom.screens.launch_signals import is_active
from warroom.screens.launch_view import Item, LaunchView, is_open, needs_of, unsent
from warroom.screens.lines import time_of_day
from warroom.screens.live import LiveScreen

_NAMED: Final = 3
"""How many of the posts that stay unsent are named before a launch is closed."""
REASON: Final = Field("reason", "Why?")
_ONCE_MORE: Final = ("failed", "sent", "done", "skipped", "checking whether it arrived")
"""How a post stands that can only be sent again."""
_HOW_LONG: Final = Field("for", "For how long, as 30m or 2h?", "duration", "1h")
_MEANS: Final = {
    "ack": "You take care of it until it is over. What it runs, and the posts that are owed, stay as they are.",
    "ack while": "You take care of it for a while. What it runs, and the posts that are owed, stay as they are.",
    "snooze while": "Posts about it are held back, for at most 7 days. What it runs, it runs all the same.",
    "snooze ends": "It is told again.",
    "resume": "It is over.",
    "declare": "It fires at once.",
}


def trigger_choices(trigger: TriggerNow) -> list[Choice]:
    """What can be asked of a trigger as it stands now."""
    is_declared = not (trigger.signal or trigger.lever or trigger.slo)
    offered = [
        (is_active(trigger), Choice("ack", "Acknowledge it", "you take care of it until it is over")),
        (is_active(trigger), Choice("ack while", "Acknowledge it for a while")),
        (
            trigger.stage == "latched" or (is_declared and is_active(trigger)),
            Choice("resume", "Resume", "it is over"),
        ),
        (is_declared and not is_active(trigger), Choice("declare", "Declare it", "it is so: it fires at once")),
        (not trigger.snoozed, Choice("snooze while", "Snooze it", "hear nothing of it for a while")),
        (trigger.snoozed is not None, Choice("snooze ends", "End the snooze")),
    ]
    return [choice for is_offered, choice in offered if is_offered]


class AskingScreen(LiveScreen):
    """Carries requests to the client. Nothing is shown as done before the engine says so."""

    def __init__(self, client: LaunchClient, clock: Clock) -> None:
        super().__init__()
        self.view = LaunchView(client.name, client.read_only)
        self.client = client
        self.clock = clock
        self.board = LaunchBoard()

    @property
    def selected(self) -> Item | None:
        """The selected item; None while there is nothing."""
        return self.board.selected(self.view)

    def _ask(self, body: Mapping[str, Any]) -> None:
        self.say("asked the engine …")
        self.request(self.client.ask(body))
        if body["request"] == "step":
            # The next step is what to look at then.
            self.board.forget("plan")

    def _may_ask(self) -> bool:
        """Whether anything can be asked; what stands against it is said."""
        if self.is_asking:
            self.say("the engine has not answered yet: nothing more was asked", is_refusal=True)
        elif self.view.read_only:
            self.say("this console is read-only: nothing was asked", is_refusal=True)
        elif self.view.launch is None:
            self.say("nothing is known of the launch yet", is_refusal=True)
        else:
            return True
        return False

    def _form(self, title: str, text: str, fields: tuple[Field, ...], then: Callable[..., None]) -> None:
        """Ask for values and hand them to `then`, by their names."""

        def given(values: Mapping[str, str] | None) -> None:
            if values is not None:
                then(**values)

        _ = self.app.push_screen(Form(title, text, fields), given)

    def _confirm(self, title: str, text: str, yes: str, body: Mapping[str, Any]) -> None:
        def answered(sure: bool | None) -> None:
            if sure:
                self._ask(body)

        _ = self.app.push_screen(Confirm(title, text, yes, "leave it"), answered)

    def action_tick(self) -> None:
        """Tick the selected step; ask for what it asks for, and before T0 is set."""
        step, launch = self.selected, self.view.launch
        if not self._may_ask() or launch is None:
            return
        if isinstance(step, PostNow) and step.standing == "to do":
            self._ask_done(step)
            return
        if not isinstance(step, StepNow):
            self.say("select a step to tick (1 shows them), or an update that is there to do")
            return
        body = {"request": "step", "step": step.id}
        sets_t0 = step.marks_t0 and launch.t0 is None
        skipped = _skipped(launch, step)
        if step.asks:
            self._ask_values(step, sets_t0, skipped)
        elif sets_t0:
            text = f"{step.do}\n\nThis sets T0 to now: every update is counted from it.\n{skipped}".rstrip()
            self._confirm("Tick it and set T0?", text, "set T0", body)
        elif skipped:
            self._confirm("Tick it out of order?", f"{step.do}\n\n{skipped}", "tick it", body)
        elif step.ticked:
            text = f"{step.do}\n\n{step.ticked.by} ticked it at {time_of_day(step.ticked.at)}."
            self._confirm("Tick it again?", text, "tick it", body)
        else:
            self._ask(body)

    def _ask_values(self, step: StepNow, sets_t0: bool, skipped: str) -> None:
        before = step.ticked.values if step.ticked else {}
        told = [step.expect, f"Address: {step.link}" if step.link else "", "This sets T0 to now." if sets_t0 else ""]
        told.append(skipped)
        fields = tuple(Field(ask.name, ask.text, ask.type, before.get(ask.name, "")) for ask in step.asks)

        def given(**values: str) -> None:
            self._ask({"request": "step", "step": step.id, "values": values})

        self._form(step.do, "\n".join(part for part in told if part), fields, given)

    def _owed_post(self) -> PostNow | None:
        """The selected post, where it is owed and may be asked for something; what stands against it is said."""
        post = self.selected
        if not self._may_ask():
            return None
        if not isinstance(post, PostNow):
            self.say("select a post first (2 shows them)")
            return None
        if not is_open(post):
            self.say(f"{post.time} {post.title} is {post.standing} already", is_refusal=True)
            return None
        return post

    def action_post(self) -> None:
        """Post the selected update now, or again; tick it where it is there to do."""
        post = self.selected
        if isinstance(post, PostNow) and post.standing in _ONCE_MORE:
            if self._may_ask():
                self._ask_again(post)
            return
        post = self._owed_post()
        if post and post.standing == "to do":
            self._ask_done(post)
        elif post:
            due = f"It is due at {time_of_day(post.due)}." if post.due else "It is not due yet."
            missing = needs_of(self.view.launch, post) if self.view.launch else ()
            needs = f" It still needs: {'; '.join(missing)}." if missing else ""
            body = {"request": "post", "slot": post.slot}
            self._confirm(f"Post {post.time} {post.title} now?", f"{due}{needs}", "post now", body)

    def _ask_again(self, post: PostNow) -> None:
        slot, why = post.slot, f": {post.reason}" if post.reason else ""
        text = f"It is {post.standing}{why}. The same text goes out once more and says who wanted it, and why."
        self._form(
            f"Send {post.time} {post.title} again?",
            text,
            (REASON,),
            lambda reason: self._ask({"request": "post_again", "slot": slot, "reason": reason}),
        )

    def _ask_done(self, post: PostNow) -> None:
        slot, told = post.slot, f"You told it by {post.task.medium}, as it stands there." if post.task else ""
        self._form(
            f"{post.time} {post.title} is done?",
            told,
            (Field("link", "Where can it be seen? (an address, or nothing)", optional=True),),
            lambda link: self._ask({"request": "post_done", "slot": slot, "link": link}),
        )

    def _ask_skip(self, post: PostNow) -> None:
        slot = post.slot
        self._form(
            f"Skip {post.time} {post.title}?",
            "Nobody is going to tell it; that is on record, with your reason.",
            (REASON,),
            lambda reason: self._ask({"request": "post_skip", "slot": slot, "reason": reason}),
        )

    def action_hold(self) -> None:
        """Hold the selected update back; skip it where it is a task for a person."""
        post = self._owed_post()
        if post and post.task:
            self._ask_skip(post)
        elif post:
            slot = post.slot
            text = "It is not posted until somebody releases it, however late that is."
            self._form(
                f"Hold {post.time} {post.title}",
                text,
                (REASON,),
                lambda reason: self._ask({"request": "hold", "slot": slot, "reason": reason}),
            )

    def action_release(self) -> None:
        """Release the selected update."""
        post = self._owed_post()
        if post:
            self._ask({"request": "release", "slot": post.slot})

    def action_edit(self) -> None:
        """Write the remark of the selected update."""
        post = self._owed_post()
        if post is None:
            return
        slot, before = post.slot, post.remark.text if post.remark else ""

        def written(text: str | None) -> None:
            if text is not None and text != before:
                self._ask({"request": "draft", "slot": slot, "text": text})

        title = f"Your remark to {post.time} {post.title}: it stands below what was measured"
        _ = self.app.push_screen(Editor(title, before), written)

    def action_gate(self) -> None:
        """Have the selected gate asked again, or say how it stands."""
        gate = self.selected
        if not self._may_ask():
            return
        if not isinstance(gate, GateNow):
            self.say("select a gate first (3 shows them)")
            return
        choices = [
            Choice("poll", "Ask it again now"),
            *(
                Choice(state, f"It is {state.upper()}", "you say so, with a reason")
                for state in ("green", "red", "unknown")
            ),
        ]
        body = {"request": "gate", "gate": gate.id}

        def chosen(state: str | None) -> None:
            if state == "poll":
                self._ask({**body, "state": state})
            elif state:
                title = f"{gate.title} is {state.upper()}"
                self._form(title, "", (REASON,), lambda reason: self._ask({**body, "state": state, "reason": reason}))

        _ = self.app.push_screen(Pick(f"{gate.title} {gate.system}", choices), chosen)

    def action_trigger(self) -> None:
        """Acknowledge the selected trigger, snooze, resume or declare it."""
        trigger = self.selected
        if not self._may_ask():
            return
        if not isinstance(trigger, TriggerNow):
            self.say("select a trigger first (5 shows them)")
            return

        def chosen(what: str | None) -> None:
            if what is None:
                return
            request, _, lasts = what.partition(" ")
            body = {"request": request, "trigger": trigger.id, **({"for": "0s"} if lasts == "ends" else {})}
            fields = (REASON, _HOW_LONG) if lasts == "while" else (REASON,)
            self._form(trigger.title, _MEANS[what], fields, lambda **values: self._ask({**body, **values}))

        _ = self.app.push_screen(Pick(trigger.title, trigger_choices(trigger)), chosen)

    def action_t0(self) -> None:
        """Set, slip or scrub T0."""
        launch = self.view.launch
        if not self._may_ask() or launch is None:
            return
        is_set = launch.t0 is not None
        choices = [
            Choice("now", "Slip T0 to now" if is_set else "Set T0 to now"),
            Choice("at", "Slip T0 to an instant" if is_set else "Set T0 to an instant"),
            *([Choice("scrub", "Scrub T0", "nothing is owed until it is set again")] if is_set else []),
        ]
        _ = self.app.push_screen(
            Pick(launch_clock(launch, self.view.now(self.clock.now())), choices), self._t0_chosen
        )

    def _t0_chosen(self, how: str | None) -> None:
        launch = self.view.launch
        if how is None or launch is None:
            return
        reason = (REASON,) if launch.t0 is not None else ()
        at = (Field("at", "UTC, as 2025-11-01T02:00:00Z", "timestamp"),) if how == "at" else ()
        text = "What is unsent is counted from the new T0." if how != "scrub" else "What is unsent is owed no longer."
        body = {"request": "scrub" if how == "scrub" else "t0"}
        if at or reason:
            title = "Scrub T0" if how == "scrub" else "Set T0"
            self._form(title, text, (*at, *reason), lambda **values: self._ask({**body, **values}))
        else:
            self._confirm("Set T0 to now?", "Every update is counted from it.", "set T0", body)

    def action_incident(self) -> None:
        """Open an incident."""
        if self._may_ask():
            self._form(
                "Open an incident",
                "A note on it is owed in the war-room within 10 minutes.",
                (Field("text", "What is wrong?"), Field("severity", "info, warning or critical", initial="warning")),
                lambda text, severity: self._ask({"request": "incident", "text": text, "severity": severity}),
            )

    def _open_incident(self) -> IncidentNow | None:
        """The selected incident where it is open; else the only open one."""
        item, launch = self.selected, self.view.launch
        if isinstance(item, IncidentNow):
            return item if item.resolved_at is None else None
        is_open = [one for one in launch.incidents if one.resolved_at is None] if launch else []
        return is_open[0] if len(is_open) == 1 and self.board.list == "state" else None

    def action_note(self, of: str = "") -> None:
        """Write a note on the selected incident, on the one that owes a note, or on the launch; `launch`: on that."""
        launch = self.view.launch
        if not self._may_ask() or launch is None:
            return
        is_chosen = isinstance(self.selected, IncidentNow) and self.selected.resolved_at is None
        owing = None if is_chosen else owes_note(launch)
        incident = None if of == "launch" else owing or self._open_incident()
        about = {"request": "incident_note", "incident": incident.id} if incident else {"request": "note"}
        title = f"Note on incident {incident.id}" if incident else "Note on the launch"
        text = incident.text if incident else ""
        self._form(
            title,
            text,
            (Field("text", "What is to be put on record?"),),
            lambda text: self._ask({**about, "text": text}),
        )

    def action_resolve(self) -> None:
        """Resolve the selected incident."""
        incident = self._open_incident()
        if not self._may_ask():
            return
        if incident is None:
            self.say("select an open incident first (3 shows them)")
            return
        body = {"request": "incident_resolve", "incident": incident.id}
        self._form(
            f"Resolve incident {incident.id}",
            incident.text,
            (Field("reason", "What resolved it?"),),
            lambda reason: self._ask({**body, "reason": reason}),
        )

    def action_close_launch(self) -> None:
        """Close the launch."""
        launch = self.view.launch
        if not self._may_ask() or launch is None:
            return
        left = unsent(launch)
        named = f": {', '.join(left[:_NAMED])}{', …' if len(left) > _NAMED else ''}" if left else ""
        text = f"Posts that are still owed and will then never be sent: {len(left)}{named}."
        if is_open := [one.id for one in launch.incidents if one.resolved_at is None]:
            text += f" Never resolved: {', '.join(is_open)}."
        self._form(
            "Close the launch", text, (REASON,), lambda reason: self._ask({"request": "close", "reason": reason})
        )


def _skipped(launch: LaunchNow, step: StepNow) -> str:
    """That steps before this one in its phase are not ticked; empty where all are, and for one that is ticked."""
    phase = next((one for one in launch.phases if step.id in one.steps), None)
    if phase is None or step.ticked:
        return ""
    ahead = phase.steps[: phase.steps.index(step.id)]
    left = [one.do for one in launch.steps if one.id in ahead and one.ticked is None]
    return f"Not ticked before it: {'; '.join(left)}" if left else ""
