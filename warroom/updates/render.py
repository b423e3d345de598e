"""The text of a post, from the state of the launch. Pure: the same state gives the same text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from warroom.launch.ledger import Prepare
from warroom.launch.levers import last_found, lever_problem
from warroom.launch.overall import overall, overall_words
from warroom.launch.results import CheckFound, LineFound
from warroom.launch.runs import check_for
from warroom.launch.schedule import Slot, channel_of
from warroom.launch.signal_words import signal_line
from warroom.launch.state import REST, LaunchState, Record, Stage
from warroom.launch.values import value_of
from warroom.playbook.template import Call, Line, Picked, Template, Value
from warroom.text import clean
from warroom.units import format_duration
from warroom.verdict import Verdict, word

_SIGNS: Final = {Verdict.PASS: "✅", Verdict.FAIL: "❌"}
_LONGEST: Final = 1_000
_SENT: Final = (Stage.SENDING, Stage.UNKNOWN, Stage.CONFIRMED, Stage.DEAD)
_NAMES: Final = 1_900
"""How long a list of the slots that a post stands for may be, in characters, to stand in its delivery line."""


def post_text(state: LaunchState, prepare: Prepare) -> str:
    """The text of the post, line feeds between its lines, none at the end. Raises LookupError for a value that is not
    there: `decide` does not ask for such a post. One in place of another says which channel does not have that one,
    and why."""
    if prepare.slot.instead_of:
        return _instead_text(state, state.records[prepare.slot.instead_of])
    template = state.course.updates[prepare.slot.update].template
    slot, names = prepare.slot, _names(prepare)
    text = text_of(template, state, slot, prepare.at or prepare.due)
    return text if len(names) <= _NAMES else f"{text}\nStands for {names} too"


def _instead_text(state: LaunchState, record: Record) -> str:
    channel = channel_of(state.course, record.slot)
    named = channel.id if channel else ""
    how, reason = "has not got this post so far", record.reason
    if record.stage is Stage.DEAD:
        how = "FAILED: it refused this post"
    elif record.stage is Stage.CONFIRMED:
        how, reason = "has only the beginning of this post", state.files[record.slot, REST].reason
    why = clean(reason, limit=_LONGEST) or "no answer"
    text = with_remarks(record.text, state, (record.slot, *record.merged))
    return f"⚠️ Channel {named} {how} ({why})\n{text}"


def _names(prepare: Prepare) -> str:
    return ", ".join(slot.time for slot in prepare.merged)


def with_remarks(text: str, state: LaunchState, slots: Iterable[str]) -> str:
    """`text` and below it what people remark on those slots, each with its name: nobody takes it for measured."""
    remarks = [state.remarks[slot] for slot in slots if slot in state.remarks]
    return "\n".join([text, *(f"Remark by {remark.by}: {_indented(remark.text)}" for remark in remarks)])


def _indented(text: str) -> str:
    return text.replace("\n", "\n  ")


def delivery_line(
    prepare: Prepare, head: str = "", *, again: bool = False, resent: str = "", unsure: Sequence[Slot] = ()
) -> str:
    """The line outside the text: `LATE by 12m3s; stands for T+3h, T+4h too; journal 42.9f86d081884c`.

    `head` is the journal's, empty where it is not to be shown; `again` says that a first copy may have arrived,
    `resent` who wants it sent once more and why, `unsure` which of those that it stands for may have arrived. Empty
    for a post in time that stands for itself alone. Where a post stands for very many its text names them.
    """
    parts = [f"LATE by {format_duration(timedelta(seconds=int(prepare.late_s)))}"] if prepare.late_s else []
    if prepare.early_s >= 1:
        parts.append(f"EARLY by {format_duration(timedelta(seconds=int(prepare.early_s)))}")
    if prepare.merged:
        names = _names(prepare)
        many = f"{len(prepare.merged)} others too, named at the end"
        which = ", ".join(slot.time for slot in unsure)
        which = which if len(which) <= _NAMES - len(names) else f"{len(unsure)} of them"
        doubt = f", of which {which} may have arrived" if unsure else ""
        parts.append(f"stands for {f'{names} too' if len(names) <= _NAMES else many}{doubt}")
    if resent:
        parts.append(f"sent again by {resent}")
    if again:
        parts.append("sent again, a first copy may have arrived")
    return "; ".join([*parts, *([f"journal {head}"] if head else [])])


def delivery_of(record: Record, state: LaunchState, slots: Mapping[str, Slot]) -> str:
    """The line outside the text of a post as it was sent last; empty before the first attempt, and while another is
    to be made. `slots` are all of the launch by their id."""
    if not record.head or record.stage not in _SENT:
        return ""
    slot = origin = slots[record.slot]
    while origin.instead_of:
        origin = slots[origin.instead_of]
    merged = tuple(slots[name] for name in state.records[origin.id].merged if name in slots)
    prepare = Prepare(slot, record.key, slot.due(record.t0 or state.t0), record.late_s, merged, record.early_s)
    # One that may have arrived has told of those that it stood for itself.
    doubted = [state.records[one.id] for one in merged if state.records[one.id].again]
    told = {name for one in doubted for name in (one.slot, *one.merged)}
    unsure = tuple(one for one in merged if one.id in told)
    return delivery_line(prepare, record.head, again=record.again, resent=record.resent, unsure=unsure)


def preview_text(state: LaunchState, slot: Slot) -> str:
    """The text of the post as it would be now: with the latest results of its suite, or where a run of its own is yet
    to come with the latest of any; what is missing stands as its name."""
    course = state.course
    own = course.updates[slot.update]
    told = replace(own, before=None, suite="" if own.before is not None else own.suite)
    return draft_text(replace(state, course=replace(course, updates={**course.updates, slot.update: told})), slot)


def draft_text(state: LaunchState, slot: Slot) -> str:
    """The text of the post as far as it is known: what is missing stands as its name, `[incident.note]`, results as
    `[not measured yet]`."""
    known = [
        tuple(_or_its_name(part, state, slot) for part in line)
        for line in state.course.updates[slot.update].template.lines
    ]
    return text_of(Template(tuple(known)), state, slot)


def _or_its_name(part: str | Value | Call, state: LaunchState, slot: Slot) -> str | Value | Call:
    match part:
        case Value(name) if value_of(state, slot, name) is None:
            return f"[{name}]"
        case Call() if part.checks and not any(check_for(state, slot, check) for check in part.checks):
            return "[not measured yet]"
    return part


def text_of(template: Template, state: LaunchState, slot: Slot, at: datetime | None = None) -> str:
    """`template` filled in for the post of `slot`, as it leaves at `at` (None: nobody knows when). A line whose only
    insertions are notes that have nothing to say is left out."""
    rendered = (_line(line, state, slot, at) for line in template.lines)
    return "\n".join(line for line in rendered if line is not None)


def _line(line: Line, state: LaunchState, slot: Slot, at: datetime | None) -> str | None:
    insertions = [part for part in line if not isinstance(part, str)]
    filled = [part if isinstance(part, str) else _filled(part, state, slot, at) for part in line]
    notes = [part for part in insertions if isinstance(part, Call) and part.helper == "note"]
    if notes and len(notes) == len(insertions) and not any(_filled(note, state, slot, at) for note in notes):
        return None
    return "".join(filled)


def _filled(part: Value | Call, state: LaunchState, slot: Slot, at: datetime | None) -> str:
    if isinstance(part, Value):
        value = value_of(state, slot, part.name)
        if value is None:
            raise LookupError(f"{part.name} is not known")
        return value
    if part.helper == "overall":
        return overall_words(overall(state, at), at)
    if part.helper == "signals":
        return "\n".join(f"- {signal_line(state, signal, at)}" for signal in part.signals)
    if part.helper == "levers":
        return _levers(state, part, at)
    found = [(pick, _found(state, slot, pick.check)) for pick in part.picks]
    match part.helper:
        case "badge":
            return badge([check for _, check in found])
        case "lines":
            return "\n".join(f"- {line}" for pick, check in found for line in lines(pick, check))
        case _:
            return "; ".join(filter(None, (note(check) for _, check in found)))


def _levers(state: LaunchState, call: Call, at: datetime | None) -> str:
    """The text where every lever is as it should be; else what is wrong with each, and not the text."""
    stands = [last_found(state, plan, at) for name in call.levers if (plan := state.course.levers.get(name))]
    wrong = [problem for one in stands if (problem := lever_problem(one))]
    verdict = Verdict.INCONCLUSIVE if all(one.as_expected is not False for one in stands) else Verdict.FAIL
    return _signed(verdict, "; ".join(wrong)) if wrong else call.picks[-1].texts[0]


def _found(state: LaunchState, slot: Slot, check: str) -> CheckFound:
    """What was found; a check that its suite left out was not measured, and says so."""
    found = check_for(state, slot, check)
    reason = "it was not run"
    return found or CheckFound(check, check, Verdict.INCONCLUSIVE, word(Verdict.INCONCLUSIVE), reason)


def badge(checks: Iterable[CheckFound]) -> str:
    """The worst of them with its sign: `✅ GREEN`, `⚠️ DEGRADED - pending Gate 1`, `❌ RED`, `⚠️ UNKNOWN`.

    Of equally bad ones the first. Without its mode: GREEN (dry-run) is the word for the whole.
    """
    worst = max(checks, key=lambda check: check.verdict.rank)
    said = word(Verdict.PASS) if worst.verdict is Verdict.PASS else worst.word
    return f"{_SIGNS.get(worst.verdict, '⚠️')} {said}"


def lines(pick: Picked, check: CheckFound) -> list[str]:
    """What a check says: of the lines that hold those that are picked, every line that does not, and what is urgent.

    A text that picks nothing gives a line of its own that says so: a typing error must not hide what was measured.
    """
    shown = [line for line in check.lines if _speaks(line) or _is_picked(line, pick.texts)]
    said = [_said(line) for line in shown]
    if check.verdict is Verdict.PASS:
        lost = [text for text in pick.texts if not any(text in line.say for line in check.lines)]
        return said + [f"{text} not measured" for text in lost]
    if not any(_speaks(line) for line in shown):
        said.append(_signed(check.verdict, f"{check.title}: {check.word}{_why(check.reason)}"))
    return said + [_signed(check.verdict, text) for text in check.urgent]


def note(check: CheckFound) -> str:
    """Why it is not green, and what is urgent. Empty for a pass."""
    if check.verdict is Verdict.PASS:
        return ""
    return clean("; ".join((check.reason or check.word, *check.urgent)), limit=_LONGEST)


def _speaks(line: LineFound) -> bool:
    """Whether a line is shown without being picked; one that was left out on purpose is not."""
    return line.verdict is not Verdict.PASS and (line.required or line.verdict is not Verdict.SKIPPED)


def _is_picked(line: LineFound, texts: Sequence[str]) -> bool:
    return line.verdict is Verdict.PASS and (not texts or any(text in line.say for text in texts))


def _said(line: LineFound) -> str:
    if line.verdict is Verdict.PASS:
        return clean(line.say, limit=_LONGEST)
    return _signed(line.verdict, line.say + (_why(line.reason) if line.reason not in line.say else ""))


def _why(reason: str) -> str:
    return f" ({reason})" if reason else ""


def _signed(verdict: Verdict, text: str) -> str:
    return clean(f"{_SIGNS.get(verdict, '⚠️')} {text}", limit=_LONGEST)
