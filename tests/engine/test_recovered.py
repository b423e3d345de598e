"""A breach of limits that people were told of is told once more when it is over, and no other."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from tests.engine.feeding import MINUTE, Feed, post_on
from warroom.slo.levels import Level


class Told(Feed):
    """A launch that tells of breaches and of their ends."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        back = post_on("back", "signal.recovered", text="{{ signal.title }} is {{ signal.level }} again")
        self._course = replace(self._course, updates={**self._course.updates, back.id: back})

    def breaches(self) -> list[str]:
        """The posts about the latency, in order."""
        names = [post.slot.rpartition(":")[2] for post in self.posts()]
        return [name for name in names if name.startswith(("warned@p95", "back@p95"))]


async def test_a_breach_is_told_once_and_its_end_once(tmp_path: Path) -> None:
    stage = Told(tmp_path)
    async with stage.engine():
        await stage.advance(MINUTE)
        stage.fed.values["p95"] = 0.2
        await stage.advance(10 * MINUTE)
        assert stage.breaches() == ["warned@p95#1"]
        stage.fed.values["p95"] = 0.04
        await stage.advance(30 * MINUTE)
        assert stage.breaches() == ["warned@p95#1", "back@p95#1"]
        stage.fed.values["p95"] = 0.2
        await stage.advance(MINUTE)
        stage.fed.values["p95"] = 0.04
        await stage.advance(MINUTE)
    assert stage.breaches() == ["warned@p95#1", "back@p95#1", "warned@p95#2", "back@p95#2"]
    (post,) = (one.text for one in stage.posts() if "back@p95#1" in one.slot)
    assert post == "p95 is GREEN again"


async def test_silence_ends_no_breach_also_over_a_restart(tmp_path: Path) -> None:
    stage = Told(tmp_path)
    async with stage.engine(kill=True) as engine:
        await stage.advance(MINUTE)
        stage.fed.values["p95"] = 0.2
        await stage.advance(MINUTE)
        stage.fed.values["p95"] = "no answer"
        await stage.advance(5 * MINUTE)
        assert engine.state.signals["p95"].level is Level.UNKNOWN
        assert stage.breaches() == ["warned@p95#1"]
    async with stage.engine():
        await stage.advance(MINUTE)
        assert stage.breaches() == ["warned@p95#1"]
        stage.fed.values["p95"] = 0.04
        await stage.advance(MINUTE)
    assert stage.breaches() == ["warned@p95#1", "back@p95#1"]


async def test_of_a_breach_that_nobody_heard_of_nobody_hears_that_it_is_over(tmp_path: Path) -> None:
    stage = Told(tmp_path)
    async with stage.engine():
        await stage.advance(MINUTE)
        for _ in range(5):
            stage.fed.values["p95"] = 0.2
            await stage.advance(MINUTE)
            stage.fed.values["p95"] = 0.04
            await stage.advance(MINUTE)
    assert stage.breaches() == ["warned@p95#1", "back@p95#1"]


async def test_a_breach_that_nobody_heard_of_yet_is_told_in_time_by_the_next_engine(tmp_path: Path) -> None:
    stage = Told(tmp_path)
    async with stage.engine(kill=True):
        await stage.advance(MINUTE)
        for value in (0.2, 0.04, 0.2):
            stage.fed.values["p95"] = value
            await stage.advance(MINUTE)
        assert stage.breaches() == ["warned@p95#1", "back@p95#1"]
    async with stage.engine():
        await stage.advance(10 * MINUTE)
        assert stage.breaches() == ["warned@p95#1", "back@p95#1"]
        await stage.advance(5 * MINUTE)
        assert stage.breaches() == ["warned@p95#1", "back@p95#1", "warned@p95#2"]
        stage.fed.values["p95"] = 0.04
        await stage.advance(MINUTE)
    assert stage.breaches()[-1] == "back@p95#2"
