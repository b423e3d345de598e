"""kill -9: at random moments, and at each point where it would hurt."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.soak.faulty import POINTS
from tests.soak.oracle import judge
from tests.soak.people import People
from tests.soak.row import Row, Scale
from tests.soak.service import service
from tests.soak.wrong import WRONG
from tests.soak.yard import Beats, Yard, ago

_KILLED = -9
_LIVES_S = 1.4
# Kills of one launch: a playbook owes at most a thousand posts of a kind.
_BATCH = 50


def at_random(folder: Path, scale: Scale) -> Iterator[Row]:
    """Engines that live for a moment each, some not even until they are ready; then one that catches up."""
    dice = random.Random(scale.seed)
    batches = [min(_BATCH, scale.kills - begun) for begun in range(0, scale.kills, _BATCH)]
    rows = [_batch(folder / str(number), kills, dice, scale) for number, kills in enumerate(batches)]
    yield _sum("kill -9 at random moments", rows)


def _batch(folder: Path, kills: int, dice: random.Random, scale: Scale) -> Row:
    yard = Yard(folder, Beats(last_s=60 + 15 * kills), ago(0))
    with People(yard.socket) as people:
        for _ in range(kills):
            _live(yard, dice.uniform(0.0, _LIVES_S), waits_for_it=dice.random() < 0.7)
        owed = yard.catch_up()
    return _judged("", kills, yard, owed, scale, people.heads)


def _live(yard: Yard, life_s: float, *, waits_for_it: bool) -> None:
    if waits_for_it:
        with yard.engine():
            time.sleep(life_s)
        return
    with yard.said.open("a", encoding="utf-8") as said:
        process = yard.popen(stdout=said, stderr=said)
        time.sleep(life_s)
        process.kill()
        process.wait()


def at_each_point(folder: Path, scale: Scale) -> Iterator[Row]:
    """In one launch an engine dies at every point in turn, and a sound one finishes it; again in another order."""
    with service() as url:
        rows = [_round(folder / str(number), url, number, scale) for number in range(1, scale.rounds + 1)]
    yield _sum("kill -9 at each of the named points", rows)


def _round(folder: Path, url: str, number: int, scale: Scale) -> Row:
    """A launch whose posts are all due already (the first), or fall due while engines die in any order."""
    made, *others, suite = POINTS
    random.Random(scale.seed + number).shuffle(others)
    past = Beats(last_s=2, once=tuple(range(1, len(POINTS) + 2)), suite_url=url)
    beats, points = (past, POINTS) if number == 1 else (Beats(last_s=900, suite_url=url), [made, suite, *others])
    yard = Yard(folder, beats, ago(20 if number == 1 else 0))
    wrong: list[str] = []
    for point in points:
        code = yard.dies(f"kill:{point}:1")
        wrong += [f"the engine was to die {point}: {_bad(code)}"] if code != _KILLED else []
    if number > 1:
        return _judged("", len(points), yard, yard.catch_up(), scale, wrong=wrong)
    code = yard.finish()
    wrong += [] if code == 0 else [_bad(code)]
    return _judged("", len(points), yard, beats.owed(), scale, wrong=wrong)


def wrong_engines(folder: Path, scale: Scale) -> Iterator[Row]:
    """The harness is no good unless it finds fault with these."""
    for name in WRONG:
        yard = Yard(folder / name.replace(" ", "-"), Beats(last_s=2, once=(1, 2)), ago(10))
        code = yard.dies(f"wrong:{name}:1")
        finished = yard.finish()
        judged = judge(yard.kept(), yard.t0, yard.beats.owed(), slack=scale.slack)
        found = len(judged.doubled if name == WRONG[0] else judged.lost)
        wrong = [] if (code, finished) == (_KILLED, 0) else [_bad(code), _bad(finished)]
        wrong += [] if found else [f"nothing was found wrong with an engine that does {name}"]
        word = "doubled" if name == WRONG[0] else "lost"
        yield Row(f"a wrong engine ({name}) is found out", 1, wrong=tuple(wrong), figures={word: found})


def _sum(scenario: str, rows: Sequence[Row]) -> Row:
    asked = sum(row.figures.get("acknowledged requests", 0.0) for row in rows)
    return Row(
        scenario,
        n=sum(row.n for row in rows),
        lost=sum(row.lost for row in rows),
        doubled=sum(row.doubled for row in rows),
        early=sum(row.early for row in rows),
        late_s=max((row.late_s for row in rows if row.late_s is not None), default=None),
        heads=sum(row.heads for row in rows),
        wrong=tuple(sentence for row in rows for sentence in row.wrong),
        figures={"acknowledged requests": asked} if asked else {},
    )


def _judged(
    scenario: str,
    n: int,
    yard: Yard,
    owed: Sequence[str],
    scale: Scale,
    heads: Sequence[str] = (),
    wrong: Sequence[str] = (),
) -> Row:
    judged = judge(yard.kept(), yard.t0, owed, heads, slack=scale.slack)
    crashed = ["a traceback was written"] if "Traceback" in yard.complaints() else []
    return Row(
        scenario=scenario,
        n=n,
        lost=len(judged.lost),
        doubled=len(judged.doubled),
        early=len(judged.early),
        late_s=judged.late_s,
        heads=judged.heads,
        wrong=(*wrong, *judged.wrong, *crashed),
        figures={"acknowledged requests": len(heads)} if heads else {},
    )


def _bad(code: int) -> str:
    return f"the engine ended with {code}"
