"""A launch that owes nothing yet says once what it waits for, to a pipe and to a person alike."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from tests.cli.attaching import WarRoom, leave, until
from tests.cli.launching import Desk, ago
from tests.launch.course import T0, after, course, opened
from warroom.cli.waiting import waits_for

FOLDER = Path("/srv/launches/auto")
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def for_t0(desk: Desk) -> str:
    return f"the launch waits for T0: warroom t0 {desk.folder().name} --state {desk.state} now"


def test_an_engine_on_a_pipe_names_the_command_and_the_command_works(desk: Desk) -> None:
    with desk.engine() as engine:
        until(lambda: any("waits for" in line for line in engine.complaints))
        (told,) = [line.strip() for line in engine.complaints if "waits for" in line]
        assert told.startswith(f"warroom: {for_t0(desk)}")
        given = told.partition("warroom t0 ")[2].partition(",")[0].split()
        assert desk.ask("t0", *given[1:], launch=given[0]).code == 0
        engine.wait_for("t0.set")
        assert engine.end() == 143
    assert sum("waits for" in line for line in engine.complaints) == 1
    assert "waits for" not in json.dumps(engine.entries)


def test_an_engine_with_t0_names_the_first_post(desk: Desk) -> None:
    with desk.engine("--t0", ago(minutes=1)) as engine:
        until(lambda: any("when post publish_confirmation@T+5m is due" in line for line in engine.complaints))
        assert engine.end() == 143


def test_who_opens_a_console_is_told_beside_it_and_the_log_has_it(desk: Desk) -> None:
    room = WarRoom(desk)
    try:
        with room.run() as terminal:
            terminal.wait_for("T0 not set")
            assert leave(terminal) == 0
        assert for_t0(desk).encode() in terminal.raw
        assert (desk.folder() / "engine.log").read_text("utf-8").count(for_t0(desk)) == 1
    finally:
        room.end()


def test_a_post_that_is_due_is_news_enough() -> None:
    assert waits_for(opened(), FOLDER, T0 + MINUTE).endswith("when post publish_confirmation@T+5m is due")
    assert waits_for(opened(), FOLDER, T0 + 6 * MINUTE) == ""


def test_a_launch_that_is_closed_waits_for_nothing() -> None:
    closed = after(opened(None), "launch.closed", T0 + HOUR, by="ada", reason="called off")
    assert waits_for(closed, FOLDER, T0 + HOUR) == ""


def test_a_launch_without_another_post_says_how_it_ends() -> None:
    state = replace(opened(), course=replace(course(), updates={}))
    said = waits_for(state, FOLDER, T0 + MINUTE)
    assert said == "the launch owes no more posts: warroom close auto --state /srv/launches --reason TEXT"
