"""`warroom run --listen` and `warroom token` as real processes."""

from __future__ import annotations

import json
import re
import socket
import time
import urllib.error
import urllib.request
from contextlib import ExitStack, closing
from dataclasses import replace
from pathlib import Path

import pytest

from tests.cli.launching import PATIENCE_S, Desk, EngineProcess, ago
from tests.cli.test_draft import PLAYBOOK

LATE_S = 5.0


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    playbook = tmp_path / "quiet.yaml"
    playbook.write_text(PLAYBOOK, "utf-8")
    return Desk(tmp_path / "state", {}, playbook)


def address(engine: EngineProcess) -> str:
    end = time.monotonic() + PATIENCE_S
    while not (found := re.search(r"listens on (http://\S+)", "".join(engine.complaints))):
        assert time.monotonic() < end, engine.complaints
        time.sleep(0.02)
    return found[1]


def status_of(url: str, token: str) -> int:
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {token}"})
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def test_a_token_opens_the_launch_until_it_is_taken_back(desk: Desk) -> None:
    with desk.engine("--t0", ago(minutes=1), "--listen", "127.0.0.1:0") as engine:
        url = address(engine) + "/state"
        assert "nobody has a token yet" in "".join(engine.complaints)
        assert status_of(url, "wr_guess") == 403
        made = desk.ask("token", "ada", launch="quiet")
        assert made.code == 0
        token = made.out.strip()
        assert status_of(url, token) == 200
        listed = desk.ask("token", launch="quiet").out
        assert listed.startswith("ada ")
        assert token not in listed
        assert desk.ask("token", "ada", "--revoke", launch="quiet").code == 0
        assert status_of(url, token) == 403
        engine.wait_for("api.refused", reason="its token is not known")
        assert engine.end() == 143
    assert token not in "".join(engine.complaints)


def test_an_address_that_is_taken_ends_no_engine_and_keeps_no_post(desk: Desk) -> None:
    with desk.engine("--t0", ago(minutes=1)) as first, closing(socket.create_server(("127.0.0.1", 0))) as other:
        taken = f"127.0.0.1:{other.getsockname()[1]}"
        with desk.engine("--take-over", "--listen", taken) as second:
            assert first.ended() == 143
            assert desk.ask("post", "T+1h", launch="quiet").code == 0
            second.wait_for("update.confirmed", slot="once@T+1h")
            said = "".join(second.complaints)
            assert f"nobody reaches it over TCP: --listen {taken}: Address already in use" in said
            assert second.end() == 143


def test_a_reader_of_the_journal_hears_nothing_after_its_token_was_taken_back(desk: Desk) -> None:
    with desk.engine("--t0", ago(minutes=1), "--listen", "127.0.0.1:0") as engine:
        token = desk.ask("token", "ada", launch="quiet").out.strip()
        asked = urllib.request.Request(address(engine) + "/events", headers={"Authorization": f"Bearer {token}"})
        with urllib.request.urlopen(asked, timeout=PATIENCE_S) as answer:
            assert answer.readline().startswith(b"id: 1")
            assert desk.ask("note", "known to all", launch="quiet").code == 0
            assert desk.ask("token", "ada", "--revoke", launch="quiet").code == 0
            assert desk.ask("note", "known to few", launch="quiet").code == 0
            heard = answer.read()
        assert b"known to all" in heard
        assert b"known to few" not in heard
        assert engine.end() == 143


@pytest.mark.parametrize(
    ("address", "says"), [("0.0.0.0:80", "takes one address"), ("192.0.2.7:80", "other machines can reach")]
)
def test_a_dangerous_address_is_refused_before_anything_begins(address: str, says: str, desk: Desk) -> None:
    ended = desk.run("--listen", address)
    assert ended.code == 2
    assert says in ended.err
    assert not desk.state.exists()


def test_idle_connections_keep_neither_posts_nor_people_out(desk: Desk) -> None:
    more = "\n  later: {title: Later, channel: file, template: once, at: T+2h}\ntemplates:"
    desk.playbook.write_text(PLAYBOOK.replace("\ntemplates:", more), "utf-8")
    few = replace(desk, prefix=("sh", "-c", 'ulimit -n 200; exec "$@"', "sh"))
    with ExitStack() as stack, few.engine("--t0", ago(minutes=59, seconds=50), "--listen", "127.0.0.1:0") as engine:
        url = address(engine)
        token = desk.ask("token", "ada", launch="quiet").out.strip()
        for number in range(600):
            idle = stack.enter_context(closing(socket.socket()))
            idle.bind((f"127.0.0.{2 + number % 50}", 0))
            idle.setblocking(False)
            idle.connect_ex(("127.0.0.1", int(url.rpartition(":")[2])))
        engine.wait_for("update.confirmed", slot="once@T+1h")
        assert status_of(url + "/state", token) == 200
        standing = json.loads(desk.ask("status", "--json", launch="quiet").out)
        (post,) = [found for found in standing["updates"] if found["slot"] == "once@T+1h"]
        assert (post["standing"], post["late_s"] < LATE_S) == ("sent", True), post
        assert engine.end() == 143
    complaints = "".join(engine.complaints)
    assert "Traceback" not in complaints
    assert len(complaints) < 2_000
