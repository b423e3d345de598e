"""`warroom plan`: its output, its exit codes, and that it asks nobody anything."""

from __future__ import annotations

import json
import socket
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.plan.planned import GIVEN
from tests.playbook.test_shipped import AUTO_COM_CENTER
from warroom.cli.plan import PlanOptions, plan
from warroom.clock import RealClock, stamp
from warroom.errors import PlaybookError, UsageError

SECOND = "%Y-%m-%dT%H:%M:%SZ"
T0 = RealClock().now().replace(microsecond=0) + timedelta(days=1)


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("it asks the network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


def test_a_complete_set_up_is_clean(capsys: pytest.CaptureFixture[str]) -> None:
    code = plan(PlanOptions(playbook=AUTO_COM_CENTER, t0=T0.strftime(SECOND)), GIVEN)
    shown = capsys.readouterr()
    assert (code, shown.err) == (0, "warroom: no findings; nothing was sent\n")
    assert f"  T+48h  {(T0 + timedelta(hours=48)).strftime(SECOND)}" in shown.out
    assert [
        value for name, value in GIVEN.items() if value in shown.out and ("TOKEN" in name or "SECRET" in name)
    ] == [GIVEN["M2M_TOKEN_URL"]]


def test_missing_inputs_are_findings_and_the_rest_is_planned_all_the_same(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert plan(PlanOptions(playbook=AUTO_COM_CENTER), {}) == 1
    shown = capsys.readouterr().out
    assert "input M2M_CLIENT_SECRET: is required and not set" in shown
    assert "auto_com_center: PUBLISHED ✅" in shown


def test_as_json_it_holds_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    options = PlanOptions(playbook=AUTO_COM_CENTER, t0=T0.strftime(SECOND), format="json")
    assert plan(options, GIVEN) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["schema"], told["t0"]) == ("warroom.plan/1", stamp(T0))
    assert told["posts"][0]["due"] == stamp(T0 + timedelta(minutes=5))
    assert told["posts"][-1]["due"] is None
    assert told["findings"] == []


def test_a_t0_that_run_refuses_is_a_finding(capsys: pytest.CaptureFixture[str]) -> None:
    assert plan(PlanOptions(playbook=AUTO_COM_CENTER, t0="2024-11-01T02:00:00Z"), GIVEN) == 1
    shown = capsys.readouterr()
    assert "T0: T0 cannot be 2024-11-01T02:00:00.000Z: the launch would be over since 2024-11-03T02" in shown.out
    assert "is the date right?" in shown.out
    assert shown.err == "warroom: 1 finding; nothing was sent\n"


@pytest.mark.parametrize(
    ("t0", "output"), [("tomorrow", "text"), ("2999-01-01T00:00:00Z", "text"), ("2025-11-01T02:00:00Z", "junit")]
)
def test_a_wrong_call_says_what_is_wrong(t0: str, output: str) -> None:
    with pytest.raises(UsageError):
        plan(PlanOptions(playbook=AUTO_COM_CENTER, t0=t0, format=output), GIVEN)


def test_an_invalid_playbook_is_exit_code_2(tmp_path: Path) -> None:
    path = tmp_path / "wrong.yaml"
    path.write_text("warroom: 1\nlaunch: {id: l, titel: L}\n")
    with pytest.raises(PlaybookError) as wrong:
        plan(PlanOptions(playbook=path), {})
    assert int(wrong.value.exit_code) == 2


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"env_file": Path("/no/such.env")}, "no/such.env"),
        ({"inputs": ("NOPE=1",)}, "the playbook has no such input"),
        ({"inputs": ("M2M_CLIENT_SECRET=hunter2hunter2",)}, "a secret given so shows in the process list"),
        ({"environment": "nowhere"}, "there is no such environment"),
    ],
)
def test_what_is_given_wrongly_is_no_finding_but_a_wrong_call(given: dict[str, Any], said: str) -> None:
    with pytest.raises(PlaybookError) as wrong:
        plan(PlanOptions(playbook=AUTO_COM_CENTER, **given), GIVEN)
    assert said in str(wrong.value)
    assert "hunter2" not in str(wrong.value)


def test_a_value_that_does_not_hold_is_a_finding_and_not_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert plan(PlanOptions(playbook=AUTO_COM_CENTER), {**GIVEN, "M2M_CLIENT_SECRET": "abc123"}) == 1
    shown = capsys.readouterr().out
    assert "input M2M_CLIENT_SECRET: the value from the environment is shorter than 8 characters" in shown
    assert "abc123" not in shown


def test_a_playbook_that_owes_nothing_has_an_empty_plan(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "bare.yaml"
    path.write_text("warroom: 1\nlaunch: {id: bare, title: Bare}\n")
    assert plan(PlanOptions(playbook=path), {}) == 0
    assert "Posts\n  none" in capsys.readouterr().out
