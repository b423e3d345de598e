"""The real engine, killed again and again at random moments while it posts: nothing is lost, nothing is doubled."""

from __future__ import annotations

import os
import random
import re
import time
from collections import Counter
from pathlib import Path

from tests.cli.launching import Desk, ago
from warroom.journal.audit import audit
from warroom.journal.reading import read_only

KILLS = int(os.environ.get("WARROOM_KILLS", "12"))
SEED = int(os.environ.get("WARROOM_SEED", "1"))
EVERY_S = 1

PLAYBOOK = """
warroom: 1
launch: {{id: soak, title: Soak}}
channels:
  file: {{kind: file, path: posts.txt}}
updates:
  beat: {{title: Beat, channel: file, template: beat, every: {every}s, from: T+1s, until: T+{until}s}}
templates:
  beat: "beat {{{{ post.time }}}}"
"""


def test_kill_9_at_random_moments_loses_and_doubles_nothing(tmp_path: Path) -> None:
    dice = random.Random(SEED)
    posts = 4 * KILLS
    playbook = tmp_path / "soak.yaml"
    playbook.write_text(PLAYBOOK.format(every=EVERY_S, until=posts), "utf-8")
    desk = Desk(tmp_path / "state", {}, playbook)
    complaints = tmp_path / "complaints"
    t0 = ago(seconds=0)
    with complaints.open("w", encoding="utf-8") as kept:
        for _ in range(KILLS):
            process = desk.popen("--t0", t0, stdout=kept, stderr=kept)
            time.sleep(dice.uniform(0.4, 4.0))
            process.kill()
            process.wait()
        process = desk.popen("--t0", t0, stdout=kept, stderr=kept)
        try:
            assert process.wait(60 + posts * EVERY_S) == 0, complaints.read_text("utf-8")[-2000:]
        finally:
            process.kill()
            process.wait()
    text = (desk.folder() / "posts.txt").read_text("utf-8")
    keys = re.findall(r"^--- wr:\S+:(\S+) ", text, re.MULTILINE)
    merged = [
        name
        for entry in read_only(desk.folder()).entries()
        if entry.kind == "update.due" and entry.body["slot"] in keys
        for name in entry.body.get("merged", ())
    ]
    assert max(Counter(keys).values()) == 1
    assert set(keys) | set(merged) == {f"beat@T+{_span(number)}" for number in range(1, posts + 1)}
    assert len(re.findall(r"^--- end of ", text, re.MULTILINE)) == len(keys)
    report = audit(desk.folder(), re.findall(r"journal (\d+\.[0-9a-f]{12})$", text, re.MULTILINE))
    assert (report.problems, report.heads_checked) == ((), len(keys))
    assert "Traceback" not in complaints.read_text("utf-8")


def _span(seconds: int) -> str:
    minutes, left = divmod(seconds, 60)
    return (f"{minutes}m" if minutes else "") + (f"{left}s" if left else "")
