"""kill -9 while Slack fails, too: what it accepted in the end is each update once."""

from __future__ import annotations

import random
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from tests.cli.launching import EngineProcess, Process
from tests.soak.oracle import Judgement, found_by_key, judge, not_reached, slot_id
from tests.soak.row import Row, Scale
from tests.soak.slack_points import POINTS
from tests.soak.slack_there import POSTS, SCALE, SETTLE_S, SlackBeats, SlackThere, SlackYard
from tests.soak.wrong import WRONG
from tests.soak.yard import ago, until
from warroom.simulator.slack_faults import Fault

_KILLED: Final = -9
_LIVES_S: Final = 1.4
_KEEPS_S: Final = 10.0
"""The status message comes after the dead-man switch, which takes its time."""
_DIES_WITHIN_S: Final = 4.0
_IN_TIME_S: Final = 20.0
_REFUSALS: Final = 18
_FEW: Final = 3
_MANY: Final = 20
"""For so many seconds others say the keys of what is due."""
_LONGEST_ANSWER: Final = 1_200
_RETRY_AFTER: Final = ("", "1", "0", "1.5", "-1", "soon", "Wed, 21 Oct 2026 07:28:00 GMT", "99999999")
_BAD_LOOK_UPS: Final = (("status", "503"), ("limited", "1"), ("reset", ""), ("cut", "300"), ("body", "<html>"))
_SIX_HOURS_S: Final = 6 * 3600 / SCALE
SIMULATED: Final = f"settle time {SETTLE_S:g} s for 60 s (1:{SCALE:g})"


def _none(_: random.Random) -> list[Fault]:
    return []


def _post(kind: str, value: str = "", *, applied: bool = True) -> Callable[[random.Random], list[Fault]]:
    return lambda dice: [Fault("chat.postMessage", kind, applied, value, dice.randint(1, 2))]


def _cut(dice: random.Random) -> list[Fault]:
    return _post("cut", str(dice.randrange(_LONGEST_ANSWER)))(dice)


def _limited(dice: random.Random) -> list[Fault]:
    return _post("limited", dice.choice(_RETRY_AFTER), applied=False)(dice)


def _both(dice: random.Random) -> list[Fault]:
    """A look-up that fails in one of these ways, after a post whose answer was lost."""
    kind, value = dice.choice(
        [("status", "503"), ("limited", "1"), ("reset", ""), ("cut", "300"), ("body", "<html>")]
    )
    return [*_post("close")(dice), Fault("conversations.*", kind, False, value, dice.randint(1, 2))]


@dataclass(frozen=True, slots=True)
class Trouble:
    """What is wrong with Slack. `faults` come anew for each engine; messages become visible `visible_after` settle
    times after their acceptance. Where that is more than one, a second copy is not a broken promise. What `refuses`
    names is so for two of three engines: what falls due then is FAILED.
    """

    name: str
    faults: Callable[[random.Random], list[Fault]] = _none
    visible_after: float = 0.0
    is_down: bool = False
    says_our_keys: bool = False
    refuses: str = ""

    @property
    def may_double(self) -> bool:
        """Whether no look-up can tell in time that a post arrived."""
        return self.visible_after > 1.0

    @property
    def strikes(self) -> frozenset[str]:
        """What its faults are to hit, `posts` and `look-ups`."""
        methods = {one.method for one in self.faults(random.Random(0))}
        return frozenset("look-ups" if one.startswith("conversations.") else "posts" for one in methods)


TROUBLES: Final = (
    Trouble("nothing else is wrong"),
    Trouble("accepted, then reset", _post("reset")),
    Trouble("accepted, then closed", _post("close")),
    Trouble("accepted, then silent", _post("silent")),
    Trouble("accepted, then 503", _post("status", "503")),
    Trouble("accepted, then internal_error", _post("error", "internal_error")),
    Trouble("accepted, then HTML at 200", _post("body", "<!doctype html><p>Slack</p>")),
    Trouble("accepted, the answer cut at any byte", _cut),
    Trouble("not accepted, then reset", _post("reset", applied=False)),
    Trouble("not accepted, then 503", _post("status", "503", applied=False)),
    Trouble("429 in eight forms", _limited),
    Trouble("look-ups fail, too", _both),
    Trouble("others say our keys", _post("close"), says_our_keys=True),
    Trouble("visible after 0.9 settle times", _post("close"), visible_after=0.9),
)
REFUSED: Final = (
    Trouble("its token is revoked", refuses="token_revoked"),
    Trouble("a channel is archived", refuses="is_archived"),
)
TOO_LATE: Final = Trouble("visible after 10 settle times", _post("close"), visible_after=10.0)
DOWN: Final = Trouble("down", is_down=True)


class Killed:
    """A launch whose engines are killed, also at these `points`."""

    def __init__(
        self,
        yard: SlackYard,
        slack: SlackThere,
        dice: random.Random,
        points: Sequence[str] = POINTS,
        lives_s: float = _LIVES_S,
    ) -> None:
        self.yard = yard
        self.slack = slack
        self.dice = dice
        self._points = points
        self._lives_s = lives_s
        self.at_their_point = 0
        self.foreign: set[str] = set()
        self._struck: dict[str, Counter[str]] = {}
        self._waiting: EngineProcess | None = None

    def kill(self, trouble: Trouble, *, at_a_point: bool, another_waits: bool, refuses: str = "") -> None:
        """Lets an engine live for a moment, or up to a point, and kills it; where another waits, that one is next."""
        self.slack.ails(trouble.faults(self.dice), trouble.visible_after * SETTLE_S, refuses)
        before = self.slack.hits()
        if trouble.says_our_keys:
            self._say_our_keys(_FEW)
        engine = self._waiting or self._begin(self._fault(at_a_point))
        self._waiting = None
        if self.dice.random() < 0.2 and not another_waits and not refuses:
            time.sleep(self.dice.uniform(0.0, self._lives_s))
        else:
            until(lambda: _owns(engine) or engine.process.poll() is not None, "an engine owns the launch")
            self._waiting = self._begin(f"waits;{self._fault(True)}") if another_waits else None
            if refuses and not at_a_point:
                until(lambda: _was_refused(engine) or engine.process.poll() is not None, "a post is refused")
            self._live(engine.process, _DIES_WITHIN_S if at_a_point else self.dice.uniform(0.0, self._lives_s))
        self.at_their_point += engine.process.poll() == _KILLED
        self._end(engine)
        self._struck.setdefault(trouble.name, Counter()).update(self.slack.hits() - before)
        if refuses and not self.yard.failed():
            self._see_a_refusal()

    def make_sure(self, trouble: Trouble) -> None:
        """Where something of the trouble has not struck so far, an engine lives until it does, and is killed then.
        Raises AssertionError where it never does."""
        if trouble.is_down:
            self._lives_until(lambda: not_reached(self.yard.launch()), "a connection is refused")
        if trouble.says_our_keys or trouble.strikes - set(+self._struck.get(trouble.name, Counter())):
            self.slack.ails(trouble.faults(self.dice), trouble.visible_after * SETTLE_S)
            before = self.slack.hits()
            if trouble.says_our_keys:
                self._say_our_keys(_MANY)
            self._lives_until(
                lambda: trouble.strikes <= set(self.slack.hits() - before), f"it strikes: {trouble.name}"
            )

    def _lives_until(self, fact: Callable[[], object], what: str) -> None:
        self.leave()
        engine = self._begin("")
        until(fact, what)
        self._end(engine)

    def _see_a_refusal(self) -> None:
        """Whoever died before anything was refused is followed by one that lives until then."""
        self.leave()
        engine = self._begin("")
        until(lambda: _was_refused(engine), "a post is refused")
        self._end(engine)

    def leave(self) -> None:
        """Nobody waits any more."""
        if self._waiting:
            self._end(self._waiting)
        self._waiting = None

    def _say_our_keys(self, seconds: int) -> None:
        """Others say the keys of what is due in the next seconds; of a launch, so one is opened first."""
        if not sorted(self.yard.outside.glob("soak-*")):
            engine = self._begin("")
            until(lambda: _owns(engine), "an engine owns the launch")
            self._end(engine)
        second = int(time.time() - self.yard.t0.timestamp())
        for ahead in range(seconds):
            for name, channel in POSTS.items():
                key = f"wr:{self.yard.launch().name}:{slot_id(name, second + ahead + 1)}"
                self.foreign.add(key)
                self.slack.says(channel, key)

    def _fault(self, at_a_point: bool) -> str:
        return f"kill:{self.dice.choice(self._points)}:{self.dice.randint(1, 2)}" if at_a_point else ""

    def _begin(self, fault: str) -> EngineProcess:
        engine = EngineProcess(self.yard.popen(fault=fault))
        engine.follow()
        return engine

    def _live(self, process: Process, life_s: float) -> None:
        try:
            process.wait(life_s)
        except subprocess.TimeoutExpired:
            return

    def _end(self, engine: EngineProcess) -> None:
        engine.process.kill()
        code = engine.ended()
        with self.yard.said.open("a", encoding="utf-8") as said:
            said.writelines(engine.complaints)
            said.writelines([f"it ended by itself with {code}\n"] if code != _KILLED else [])


def _was_refused(engine: EngineProcess) -> bool:
    return "update.dead" in engine.kinds()


def _owns(engine: EngineProcess) -> bool:
    return "owner.acquired" in engine.kinds()


def kills(folder: Path, scale: Scale) -> Iterator[Row]:
    """One launch for each trouble; in the short form one in which they take turns, with those that are refused. In
    half of the kills another engine waits."""
    dice = random.Random(scale.seed)
    if scale.kills < len(TROUBLES) + 2:
        every = (*TROUBLES, *REFUSED)
        name = f"kill -9 while Slack fails in {len(every) - 1} ways"
        yield _row(name, folder, replace(scale, kills=len(every)), every, dice)
        return
    each, rest = divmod(scale.kills, len(TROUBLES) + 2)
    for number, trouble in enumerate((*TROUBLES, TOO_LATE, DOWN)):
        share = replace(scale, kills=each + (number < rest), lasts_s=_SIX_HOURS_S)
        more = f" for {_SIX_HOURS_S:g} s, six hours on that scale" if trouble.is_down else ""
        yield _row(f"kill -9, Slack: {trouble.name}{more}", folder / str(number), share, (trouble,), dice)


def refused(folder: Path, scale: Scale) -> Iterator[Row]:
    """What Slack refuses for good is FAILED once, and everything else goes on."""
    dice = random.Random(scale.seed)
    for number, trouble in enumerate(REFUSED):
        few = replace(scale, kills=min(scale.kills, _REFUSALS))
        yield _row(f"kill -9, Slack: {trouble.name}", folder / str(number), few, (trouble,), dice)


def status(folder: Path, scale: Scale) -> Iterator[Row]:
    """Of the status message, which waits until its channel is quiet, there is never a second copy."""
    few = replace(scale, kills=min(scale.kills, len(TROUBLES)))
    beats = SlackBeats(last_s=120 + 15 * few.kills, channels=("two",), keeps_status="one")
    name = "kill -9 while Slack fails, with a status message"
    yield _row(name, folder, few, TROUBLES, random.Random(scale.seed), beats)


def late(folder: Path, scale: Scale) -> Iterator[Row]:
    """What becomes visible within the settle time is there once; what comes later may be there twice, never lost."""
    for number, trouble in enumerate((TROUBLES[-1], TOO_LATE)):
        few = replace(scale, kills=4)
        yield _row(f"Slack: {trouble.name}", folder / str(number), few, (trouble,), random.Random(scale.seed))


def down(folder: Path, scale: Scale) -> Iterator[Row]:
    """Slack takes no connections for a while."""
    yield _row(f"Slack: down for {scale.lasts_s:g} s", folder, replace(scale, kills=2), (DOWN,), random.Random(1))


def _row(
    name: str,
    folder: Path,
    scale: Scale,
    troubles: Sequence[Trouble],
    dice: random.Random,
    beats: SlackBeats | None = None,
) -> Row:
    with SlackThere() as slack:
        yard = SlackYard(folder, beats or SlackBeats(last_s=120 + 15 * scale.kills), ago(0), slack)
        killed = Killed(yard, slack, dice, lives_s=_KEEPS_S if yard.keeps_status else _LIVES_S)
        with _down(slack, scale.lasts_s if troubles[0].is_down else 0.0):
            for number in range(scale.kills):
                second = number >= scale.kills // 2
                round_, index = divmod(number, len(troubles))
                refuses = troubles[index].refuses if round_ % 3 != 2 else ""
                killed.kill(troubles[index], at_a_point=number % 2 == 1, another_waits=second, refuses=refuses)
            for one in dict.fromkeys(troubles):
                killed.make_sure(one)
            killed.leave()
        slack.ails([], troubles[-1].visible_after * SETTLE_S)
        owed = yard.catch_up()
        judged = _judged(yard, slack, owed, scale)
        row = _told(name, scale.kills, judged, troubles, slack, yard)
        seen, wrong = seen_of(troubles, yard.kept(), killed.foreign)
        figures = {"killed at a point": float(killed.at_their_point), **row.figures, **seen}
        return replace(row, figures=figures, wrong=(*row.wrong, *wrong))


def seen_of(troubles: Sequence[Trouble], kept: Path, foreign: Collection[str]) -> tuple[dict[str, float], list[str]]:
    """That others said the key of what was looked up, and that connections were refused, where that is the trouble:
    the figures, and what is wrong with them."""
    figures = {}
    if any(one.says_our_keys for one in troubles):
        figures["found beside others with its key"] = float(len(found_by_key(kept) & set(foreign)))
    if any(one.is_down for one in troubles):
        figures["connections refused"] = float(not_reached(kept))
    return figures, [f"never: {what}" for what, number in figures.items() if not number]


def _told(
    name: str, n: int, judged: Judgement, troubles: Sequence[Trouble], slack: SlackThere, yard: SlackYard
) -> Row:
    said = yard.complaints()
    wrong = [word for word in ("Traceback", "it ended by itself") if word in said]
    may_double = troubles[0].may_double
    copies = len(judged.doubled)
    wrong += ["no second copy: this Slack does not show what it is to show"] if may_double and not copies else []
    statuses = slack.statuses()
    wrong += ["there is no status message"] if yard.keeps_status and not statuses else []
    wrong += [] if may_double else [f"{key} is there {count} times" for key, count in statuses.items() if count > 1]
    refused = sum(yard.failed().values())
    wrong += ["nothing was FAILED"] if any(one.refuses for one in troubles) and not refused else []
    figures = {name: float(number) for name, number in slack.struck().items()}
    figures |= {"FAILED": float(refused)} if refused else {}
    figures |= {"status messages": float(len(statuses))} if statuses else {}
    return Row(
        name,
        n=n,
        lost=len(judged.lost),
        doubled=0 if may_double else copies,
        early=len(judged.early),
        late_s=judged.late_s,
        heads=judged.heads,
        wrong=(*judged.wrong, *wrong, *(() if may_double else judged.doubled), *judged.lost),
        figures={**figures, **({"second copies": float(copies)} if may_double else {})},
        simulated=SIMULATED,
    )


def _judged(yard: SlackYard, slack: SlackThere, owed: Sequence[str], scale: Scale) -> Judgement:
    posts, kept = slack.accepted(), yard.kept()
    failed = yard.failed()
    return judge(kept, yard.t0, owed, slack=scale.slack, in_time_s=_IN_TIME_S, posts=posts, failed=failed)


@contextmanager
def _down(slack: SlackThere, seconds: float) -> Iterator[None]:
    """Takes no connections from now on, for that long and at least to the end of the block; 0: it takes them."""
    if not seconds:
        yield
        return
    slack.is_down(True)
    began = time.monotonic()
    yield
    threading.Event().wait(max(0.0, began + seconds - time.monotonic()))
    slack.is_down(False)


def wrong_engines(folder: Path, scale: Scale) -> Iterator[Row]:
    """The harness is no good unless it finds fault with these in Slack as well."""
    for name in WRONG:
        with SlackThere() as slack:
            beats = SlackBeats(last_s=4, once=(1, 2))
            yard = SlackYard(folder / name.replace(" ", "-"), beats, ago(10), slack)
            codes = (yard.dies(f"wrong:{name}:1"), yard.finish())
            judged = _judged(yard, slack, beats.owed(), scale)
        found = len(judged.doubled if name == WRONG[0] else judged.lost)
        wrong = [] if codes == (_KILLED, 0) else [f"the engines ended with {codes}"]
        wrong += [] if found else [f"nothing was found wrong with an engine that does {name}"]
        word = "doubled" if name == WRONG[0] else "lost"
        yield Row(f"a wrong engine ({name}) is found out in Slack", 1, wrong=tuple(wrong), figures={word: found})
