"""What the console knows: the folded state of the run, and what only someone who watches it needs."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from warroom.events import (
    CheckFinished,
    CheckOutcome,
    CheckStarted,
    CheckWaiting,
    Envelope,
    Hint,
    Question,
    RunFinished,
    RunStarted,
)
from warroom.suite_state import DONE, RUNNING, CheckState, SuiteState, step
from warroom.text import clean
from warroom.verdict import Verdict

_LONGEST_TEXT = 20_000


@dataclass(frozen=True, slots=True)
class Retry:
    """A check will be tried again at `at`; `reason` says what went wrong before."""

    at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class View:
    """The fold of the events for one person's screen.

    `under_way` is true from the start of a run, or of a rerun, to its end; `begun_at` is when that was. `retries` by
    check id. `last_at` is when the newest event happened; `lost` says why no more will come, empty while they do.
    """

    state: SuiteState = field(default_factory=SuiteState)
    under_way: bool = False
    begun_at: datetime | None = None
    retries: Mapping[str, Retry] = field(default_factory=dict)
    last_at: datetime | None = None
    lost: str = ""

    @property
    def checks(self) -> tuple[CheckState, ...]:
        """The checks in order of display."""
        return tuple(self.state.checks.values())

    def question_of(self, check_id: str) -> Question | None:
        """The first open question of a check; None where it asks nothing."""
        return next((question for question in self.state.questions.values() if question.check == check_id), None)

    @property
    def alarms(self) -> tuple[tuple[str, Hint], ...]:
        """What must be acted on at once: each critical hint, with the titles of the checks that found it, the worst
        first."""
        found: dict[Hint, list[str]] = {}
        for outcome in _alarming(self.checks):
            is_current = self.state.checks[outcome.id].lifecycle == DONE
            title = outcome.title if is_current else f"{outcome.title}, earlier"
            for hint in filter(_is_critical, outcome.hints):
                found.setdefault(hint, []).append(title)
        return tuple((", ".join(titles), hint) for hint, titles in found.items())

    @property
    def tally(self) -> Mapping[Verdict, int]:
        """How many checks of this run came to which verdict, the best first."""
        found = [check.outcome.verdict for check in self.checks if check.outcome and check.lifecycle == DONE]
        return {verdict: found.count(verdict) for verdict in Verdict if verdict in found}

    def without_connection(self, reason: str) -> View:
        """The view when no more events will come."""
        return replace(self, lost=reason)

    @property
    def questions(self) -> tuple[Question, ...]:
        """The questions that wait for a person, oldest first."""
        return tuple(self.state.questions.values())


def _is_critical(hint: Hint) -> bool:
    return hint.severity == "critical"


def _alarming(checks: Iterable[CheckState]) -> list[CheckOutcome]:
    """The outcomes with a critical hint, the worst first."""
    found = [check.outcome for check in checks if check.outcome and any(map(_is_critical, check.outcome.hints))]
    return sorted(found, key=lambda outcome: -outcome.verdict.rank)


def of_interest(view: View) -> str | None:
    """The id of the check to look at first: an alarm, a failure, something undecided, a question, a series of
    measurements; None where none stands out."""
    checks = view.checks
    done = [check for check in checks if check.outcome and check.lifecycle == DONE]
    if alarming := _alarming(done):
        return alarming[0].id
    failed = (c for c in done if c.outcome and c.outcome.verdict is Verdict.FAIL)
    undecided = (c for c in done if c.outcome and c.outcome.verdict.is_unknown and c.outcome.required)
    asking = (c for c in checks if view.question_of(c.info.id))
    measuring = (c for c in checks if c.lifecycle == RUNNING and c.samples_total)
    measured = (c for c in checks if c.samples_ms)
    groups = (failed, undecided, asking, measuring, measured)
    return next((check.info.id for group in groups for check in group), None)


def advance(view: View, envelope: Envelope) -> View:
    """The view after one more event; an event that was folded already changes nothing."""
    if envelope.seq <= view.state.seq:
        return view
    state, event, at = step(view.state, envelope), envelope.event, envelope.at
    view = replace(view, state=state, last_at=at)
    match event:
        case RunStarted():
            return replace(view, under_way=True, begun_at=at, retries={})
        case RunFinished():
            return replace(view, under_way=False, retries={})
        case CheckWaiting(check=check, seconds=seconds, reason=reason):
            retries = {**view.retries, check: Retry(at + timedelta(seconds=seconds), reason)}
            return replace(_begun(view, at), retries=retries)
        case CheckStarted(check=check):
            return replace(_begun(view, at), retries=_without(view.retries, check))
        case CheckFinished(outcome=outcome):
            return replace(view, retries=_without(view.retries, outcome.id))
        case _:
            return view


def _begun(view: View, at: datetime) -> View:
    return view if view.under_way else replace(view, under_way=True, begun_at=at)


def _without(retries: Mapping[str, Retry], check: str) -> Mapping[str, Retry]:
    return {key: value for key, value in retries.items() if key != check} if check in retries else retries


def cleaned(value: Any) -> Any:
    """`value` with every text in it made safe to show.

    Events carry safe text already. A stream may come from another process, and a screen is where a control
    character would do its harm: so it is made sure here, once, as an event enters.
    """
    if type(value) is str:
        return value if value.isascii() and value.isprintable() else clean(value, limit=_LONGEST_TEXT)
    if isinstance(value, tuple):
        return tuple(cleaned(item) for item in value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        values = {item.name: getattr(value, item.name) for item in dataclasses.fields(value)}
        safe = {name: cleaned(item) for name, item in values.items()}
        changed = any(safe[name] is not item for name, item in values.items())
        return type(value)(**safe) if changed else value
    return value
