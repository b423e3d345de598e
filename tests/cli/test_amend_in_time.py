"""`warroom amend` while posts fall due: whichever engine has them, they are on time by what the Slack took."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.cli.launching import Desk
from tests.cli.slack_desks import slack_desk
from tests.cli.test_run_slack import wait_until
from warroom.simulator import SimulatorProcess

IN_TIME = timedelta(seconds=5)
"""What the README promises for a channel that is reachable."""
EVERY = timedelta(milliseconds=750)
ROOMS = ("C0WARROOM", "C0BACKUP")
MANY = 160
AMENDED = 5


def due(number: int) -> timedelta:
    """When a post is due, from T0. They go to the rooms by turns, as each takes a message a second."""
    return EVERY * number


def playbook(version: int) -> str:
    """Posts of which none is merged; the last, which no engine lives to see, tells the versions apart."""
    access = 'kind: slack, token: "${SLACK_BOT_TOKEN}", api: "${SLACK_API_URL}", live: false'
    lines = ["warroom: 1", "launch: {id: auto_com_center, title: auto_com_center}", "inputs:"]
    lines += ["  SLACK_BOT_TOKEN: {default: '', secret: true}", "  SLACK_API_URL: {default: ''}", "channels:"]
    lines += [f"  r{n}: {{{access}, channel: {room}, path: r{n}.txt}}" for n, room in enumerate(ROOMS)]
    lines += ["updates:", f"  last: {{channel: r0, template: said, at: T+{1 + version}h}}"]
    for number in range(1, MANY):
        at = f"T+{due(number) // timedelta(milliseconds=1)}ms"
        lines.append(f"  p{number}: {{channel: r{number % len(ROOMS)}, template: said, at: {at}}}")
    return "\n".join([*lines, 'templates: {said: "{{ post.time }}"}']) + "\n"


@pytest.fixture
def simulator() -> Iterator[SimulatorProcess]:
    with SimulatorProcess() as running:
        yield running


def taken(simulator: SimulatorProcess) -> dict[int, list[datetime]]:
    """When the Slack took each post, by its number."""
    found: dict[int, list[datetime]] = {}
    for one in simulator.slack()["attempts"]:
        if one["method"] == "chat.postMessage" and one["applied"]:
            number = int(one["key"].rpartition(":p")[2].partition("@")[0])
            found.setdefault(number, []).append(datetime.fromisoformat(one["at"]))
    return found


def amended(desk: Desk) -> bool:
    """Whether the other playbook takes over; where a post is on its way at that moment one is to ask again."""
    ended = desk.ask("amend", str(desk.playbook), "--yes")
    assert ended.code == 0 or "amend again " in ended.err, ended.err
    return ended.code == 0


def instant(entry: Any) -> datetime:
    return datetime.fromisoformat(entry["at"])


def test_what_falls_due_while_other_playbooks_take_over_is_posted_once_and_within_five_seconds(
    simulator: SimulatorProcess, tmp_path: Path
) -> None:
    desk = slack_desk(simulator, tmp_path, playbook(0))
    t0 = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=3)
    spans = []
    with desk.engine("--t0", t0.isoformat()) as engine:
        engine.wait_for("update.confirmed")
        for version in range(1, AMENDED + 1):
            desk.playbook.write_text(playbook(version), "utf-8")
            asked = datetime.now(UTC)
            wait_until(lambda: amended(desk))
            spans.append((asked, instant(engine.wait_for("owner.acquired", epoch=version + 1))))
        after = int((datetime.now(UTC) - t0) / EVERY) + 2
        wait_until(lambda: after in taken(simulator))
    came = taken(simulator)
    assert [number for number in range(1, after + 1) if len(came.get(number, ())) != 1] == []
    late = {number: came[number][0] - t0 - due(number) for number in range(1, after + 1)}
    assert {number: by for number, by in late.items() if not timedelta() <= by <= IN_TIME} == {}
    amid = [number for number in late if any(begin <= t0 + due(number) <= end for begin, end in spans)]
    assert amid, "none fell due meanwhile"
