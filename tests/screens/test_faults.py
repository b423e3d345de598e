"""What goes wrong beside the launch: the stream, an event, a drawing."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.screens import replays
from tests.screens.stage import Staged, console_for, screen_text, shown
from warroom.clock import VirtualClock
from warroom.errors import WarroomError
from warroom.events import CheckFinished, Envelope, RunStarted
from warroom.screens.app import Console

STREAMS: dict[str, tuple[dict[str, Any], str]] = {
    "a stream that ends": ({"ends": True}, "the stream of events has ended"),
    "a stream that breaks": ({"breaks": ConnectionResetError("reset")}, "ConnectionResetError: reset"),
    "a stream that is refused": ({"breaks": WarroomError("no such launch", hint="see warroom launches")},
                                 "no such launch; see warroom launches"),
}  # fmt: skip


@pytest.mark.parametrize(("how", "said"), STREAMS.values(), ids=STREAMS)
async def test_the_end_of_the_stream_is_said_with_the_age_of_the_last_event(how: dict[str, Any], said: str) -> None:
    client = Staged(replays.envelopes(replays.green()), **how)
    app = console_for((), client=client, after=timedelta(seconds=42))
    async with app.run_test(size=(120, 36)) as pilot:
        await shown(pilot)
        assert f"no longer connected, last event 42.0 s ago: {said}" in screen_text(app)
        await pilot.press("q")
    assert app.return_value == 0


async def test_a_stream_that_never_began_is_said() -> None:
    app = console_for((), client=Staged([], breaks=OSError("no route")))
    async with app.run_test(size=(120, 36)) as pilot:
        await shown(pilot)
        assert "no longer connected, no event was seen: OSError: no route" in screen_text(app)


async def test_an_event_nobody_understands_is_said_and_the_rest_is_shown() -> None:
    told = list(replays.envelopes(replays.green()))
    strange: Any = object()
    told.insert(3, Envelope(0, told[3].at, strange))
    told = [replace(envelope, seq=index + 1) for index, envelope in enumerate(told)]
    app = console_for((), client=Staged(told))
    async with app.run_test(size=(120, 36)) as pilot:
        await shown(pilot)
        text = screen_text(app)
        assert "an event could not be understood: AttributeError" in text
        assert "✔ GREEN (dry-run)" in text


async def test_what_cannot_be_drawn_takes_one_line() -> None:
    nothing: Any = None
    broken = replays.outcome("p95")
    events = [*replays.green()[:-1], CheckFinished(replace(broken.outcome, results=nothing))]
    app = console_for(events)
    async with app.run_test(size=(120, 36)) as pilot:
        await shown(pilot)
        text = screen_text(app)
        assert "this check cannot be shown: TypeError" in text
        assert "Kill-switch" in text


async def test_a_row_that_cannot_be_drawn_is_a_row() -> None:
    wrong: Any = 7
    broken = replays.outcome("jwks")
    app = console_for([*replays.green()[:-1], CheckFinished(replace(broken.outcome, measurement=wrong))])
    async with app.run_test(size=(120, 36)) as pilot:
        await shown(pilot)
        text = screen_text(app)
        assert "this row cannot be shown: AttributeError" in text
        assert "Kill-switch" in text


async def test_a_pane_that_cannot_be_drawn_is_said_above_the_others() -> None:
    started, *rest = replays.begun()
    assert isinstance(started, RunStarted)
    wrong: Any = 7
    titles = [replace(info, title=wrong) if info.id == "jwks" else info for info in started.checks]
    app = console_for([replace(started, checks=tuple(titles)), *rest])
    async with app.run_test(size=(120, 36)) as pilot:
        await shown(pilot)
        await shown(pilot)
        assert "not everything could be drawn: TypeError" in screen_text(app)


async def test_a_defect_of_the_console_is_one_sentence_and_a_failure() -> None:
    class Broken(Staged):
        @property
        def choices(self) -> Any:
            token = "s3cret"  # noqa: F841
            raise KeyError("no choices")

        @choices.setter
        def choices(self, _: Any) -> None: ...

    app = Console(Broken([]), VirtualClock(replays.START))
    with pytest.raises(Exception, match="ended by a defect of its own: KeyError: 'no choices'"):
        await _asked_for_choices(app)
    assert app.return_code == 1


async def _asked_for_choices(app: Console) -> None:
    async with app.run_test() as pilot:
        await pilot.pause()
        app.verify.repaint()
        assert "not everything could be drawn: KeyError" in "".join(app.verify.defects)
        await pilot.press("s")


async def test_a_whole_suite_of_two_hundred_draws_only_what_is_in_sight(monkeypatch: pytest.MonkeyPatch) -> None:
    from warroom.screens import board, rows

    drawn: list[str] = []
    real = rows.check_row

    def counting(view: Any, check: Any, *rest: Any, **more: Any) -> Any:
        drawn.append(check.info.id)
        return real(view, check, *rest, **more)

    monkeypatch.setattr(board, "check_row", counting)
    events = [*replays.many(200), *(replays.many(200)[201:] * 8)]
    assert len(events) >= 1000
    app = console_for(events)
    async with app.run_test(size=(120, 36)) as pilot:
        await shown(pilot)
        drawn.clear()
        app.verify.repaint()
        await pilot.pause()
        assert app.verify.view.state.seq == len(events)
    assert 0 < len(drawn) <= 36
