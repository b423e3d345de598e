"""kill -9 while somebody edits and deletes our messages in Slack, also those of which no engine knows yet that they
arrived.

A message that was edited is found by its key. One that was deleted and known to be there never comes again. One that
was deleted in doubt is not there for any look-up, so it comes once more, and the audit says so; or the post that
replaces it names it.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from tests.soak.oracle import Judgement, confirmed, died_in_doubt, found_by_key, judge
from tests.soak.row import Row, Scale
from tests.soak.slack_kills import SIMULATED, Killed, Trouble
from tests.soak.slack_there import SlackBeats, SlackThere, SlackYard, key_of, received_of, slot_of
from tests.soak.yard import ago, until
from warroom.journal.reading import read_only
from warroom.launch.second_copies import KINDS, second_copies
from warroom.simulator.slack_faults import Fault
from warroom.simulator.slack_room import Message

_IN_TIME_S: Final = 20.0
_DIES_WITHIN_S: Final = 4.0
_MOST: Final = 18
_ENOUGH: Final = 8
"""So many posts are touched in doubt at most, before one of them is one that no other can replace."""

_NAMED: Final = "named by another"


def _then(what: str) -> Callable[[random.Random], list[Fault]]:
    def faults(dice: random.Random) -> list[Fault]:
        kind, times = dice.choice(("silent", "reset", "close")), dice.randint(1, 2)
        return [Fault("chat.postMessage", kind, True, "", times, what)]

    return faults


TROUBLES: Final = {
    "edited": Trouble("somebody edits our messages", _then("edited")),
    "deleted": Trouble("somebody deletes our messages", _then("deleted")),
}


class MeddledYard(SlackYard):
    """A launch whose posts count as there when it is known what became of those that somebody touched in doubt."""

    def known(self) -> set[str]:
        """The slots of posts that are there and, where edited in doubt, found; or that were refused for good."""
        unfound = {key_of(one) for one in self.slack.meddled("edited")[0]} - found_by_key(self.launch())
        gone = {one.ts for one in self.slack.meddled("deleted")[0]}
        there = [one for one in self.slack.updates() if one.ts not in gone and key_of(one) not in unfound]
        posts = [received_of(one) for one in there]
        return {slot for post in posts for slot in (post.slot, *post.named)} | set(self.failed())


class Meddled(Killed):
    """A launch whose engines are killed while somebody has its messages `edited` or `deleted`."""

    def kill_amid(self, what: str, *, at_a_point: bool, another_waits: bool) -> None:
        """An engine has one more post confirmed, which somebody then touches, as well as the next one as soon as
        it is accepted without an answer; there it is killed. Or it dies at a point, with such answers from its
        beginning. Where another waits, that one is next."""
        faults = TROUBLES[what].faults(self.dice)
        self.slack.ails(faults if at_a_point else [], 0.0)
        engine, self._waiting = self._waiting or self._begin(self._fault(at_a_point)), None

        def is_over() -> bool:
            return engine.process.poll() is not None

        until(lambda: "owner.acquired" in engine.kinds() or is_over(), "an engine owns the launch")
        self._waiting = self._begin(f"waits;{self._fault(not at_a_point)}") if another_waits else None
        if at_a_point:
            self._live(engine.process, _DIES_WITHIN_S)
            self.at_their_point += is_over()
        else:
            known = confirmed(self.yard.launch())
            until(lambda: confirmed(self.yard.launch()) - known, "one more is confirmed")
            self.slack.meddle(what, confirmed(self.yard.launch()))
            before = self._alone(what)
            # While it waits for an answer it cannot look.
            self.slack.ails([replace(one, kind="silent", times=_ENOUGH) for one in faults], 0.0)
            until(lambda: self._alone(what) > before, f"it strikes: {TROUBLES[what].name}")
        self._end(engine)

    def _alone(self, what: str) -> int:
        """How many were touched in doubt that are never replaced by others."""
        return sum(slot_of(one).startswith("once") for one in self.slack.meddled(what)[0])


def kills(folder: Path, scale: Scale) -> Iterator[Row]:
    """One launch for each that somebody does; every other engine dies at a point, and in half of the kills another
    engine waits."""
    dice = random.Random(scale.seed)
    for what in TROUBLES:
        yield _row(what, folder / what, replace(scale, kills=min(max(4, scale.kills), _MOST)), dice)


def _row(what: str, folder: Path, scale: Scale, dice: random.Random) -> Row:
    with SlackThere() as slack:
        last_s = 120 + 15 * scale.kills
        beats = SlackBeats(last_s=last_s, channels=("two",), once=tuple(range(1, last_s, 3)))
        yard = MeddledYard(folder, beats, ago(0), slack)
        meddled = Meddled(yard, slack, dice)
        for number in range(scale.kills):
            waits = number >= scale.kills // 2
            meddled.kill_amid(what, at_a_point=number % 2 == 1, another_waits=waits)
        meddled.leave()
        slack.ails([], 0.0)
        owed = yard.catch_up()
        judged = _judged(yard, slack, owed, scale)
        struck = slack.struck()
    wrong = [word for word in ("Traceback", "it ended by itself") if word in yard.complaints()]
    at_once, later = slack.meddled(what)
    named = {slot for post in slack.accepted() for slot in post.named}
    figures, unlike = seen_of(what, yard.kept(), at_once, named)
    heads = sum(not one.thread_ts for one in later)
    figures |= {f"{what} later": float(len(later)), "heads of threads among them": float(heads)}
    unlike += [f"never: {name}" for name, number in figures.items() if not number and name != _NAMED]
    return Row(
        f"kill -9, Slack: {TROUBLES[what].name}",
        n=scale.kills,
        lost=len(judged.lost),
        doubled=len(judged.doubled),
        early=len(judged.early),
        late_s=judged.late_s,
        heads=judged.heads,
        wrong=(*judged.wrong, *wrong, *unlike, *judged.doubled, *judged.lost),
        figures={
            "killed at a point": float(meddled.at_their_point),
            **{name: float(number) for name, number in struck.items()},
            **figures,
        },
        simulated=SIMULATED,
    )


def _judged(yard: SlackYard, slack: SlackThere, owed: Sequence[str], scale: Scale) -> Judgement:
    """Of what was deleted in doubt nothing counts as received: all else is there once, so it came just once more."""
    gone = slack.meddled("deleted")[0]
    posts = [received_of(one) for one in slack.updates() if one not in gone]
    heads = [received_of(one).head for one in gone]
    return judge(
        yard.kept(), yard.t0, owed, heads, slack=scale.slack, in_time_s=_IN_TIME_S, posts=posts, failed=yard.failed()
    )


def seen_of(
    what: str, kept: Path, at_once: Collection[Message], named: Collection[str]
) -> tuple[dict[str, float], list[str]]:
    """Of how many messages that were touched in doubt the journal, or the post that replaces them (`named`), says
    what became of them, and how many engines were killed in that doubt: the figures, and what is wrong."""
    slots = {slot_of(one): key_of(one) for one in at_once}
    died = {"in doubt when their engine was killed": float(len(died_in_doubt(kept) & set(slots)))}
    if what == "edited":
        found = found_by_key(kept)
        wrong = [f"{slot} was edited in doubt, and was not found" for slot, key in slots.items() if key not in found]
        return {"edited in doubt, and found": float(len(slots) - len(wrong)), **died}, wrong
    again = set(slots) & set(second_copies(read_only(kept).of_kinds(KINDS)))
    replaced = set(slots) & set(named) - again
    silent = sorted(set(slots) - again - replaced)
    wrong = [f"{slot} was deleted in doubt, and nothing says that it came again" for slot in silent]
    figures = {"deleted in doubt, and sent once more": float(len(again)), _NAMED: float(len(replaced))}
    return {**figures, **died}, wrong
