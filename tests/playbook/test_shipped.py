"""The playbooks that come with Warroom, with the check kinds that come with it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.playbook.small import load, problems_of
from warroom.checks import BUILTIN
from warroom.lint import lint
from warroom.playbook.select import select
from warroom.verdict import Verdict

ROOT = Path(__file__).parents[2]
SHIPPED = sorted((ROOT / "playbooks").glob("*.yaml"))
AUTO_COM_CENTER = ROOT / "playbooks" / "auto_com_center.yaml"
DEMO = ROOT / "playbooks" / "demo.yaml"
KINDS = {kind.name: kind for kind in BUILTIN}
ENVIRON = {
    "AUTO_COM_CENTER_URL": "http://127.0.0.1:1",
    "SCHOLAR_AUTH_JWKS_URL": "http://127.0.0.1:2/.well-known/jwks.json",
    "M2M_TOKEN_URL": "http://127.0.0.1:2/oauth/token",
    "M2M_CLIENT_ID": "warroom",
    "M2M_CLIENT_SECRET": "swordfish-7c1d",
}


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.name)
def test_the_linter_finds_nothing(path: Path) -> None:
    assert lint([path], KINDS) == []


def test_the_third_document_is_there_as_its_authors_wrote_it() -> None:
    playbook = load(AUTO_COM_CENTER, environ=ENVIRON, kinds=KINDS)
    assert ("CEO GO", "2025-11-01T02:00:00Z") in playbook.launch.facts
    assert playbook.launch.owner == "auto_com_center Lead (Comms DRI)"
    assert playbook.launch.links == (("Deployments, then Publish", "https://replit.com/@jamarrlmayes/workspace"),)
    assert {name: lever.expect for name, lever in playbook.levers.items()} == {
        "DISABLE_SEND": "true",
        "PROMO_SENDS": "false",
        "RETRIES_ENABLED": "true",
        "RATE_LIMIT_ENABLED": "true",
    }
    assert [name for name, lever in playbook.levers.items() if lever.kill_switch] == ["DISABLE_SEND"]
    tolerated = {check.id: check.tolerate for check in playbook.checks.values() if check.tolerate}
    assert {name: (t.gate, t.expect, t.as_) for name, t in tolerated.items()} == {
        "jwks": ("gate1", {"status": ("308", "404", "500")}, Verdict.DEGRADED),
        "m2m": ("gate1", {"status": ("401", "403")}, Verdict.BLOCKED),
    }
    assert [rule.severity for rule in playbook.hints][-1] == "critical"


@pytest.mark.covers("S3-M02")
def test_its_suite_shows_the_eight_checks_in_the_order_of_the_document_and_tries_again_after_2_to_3_minutes() -> None:
    playbook = load(AUTO_COM_CENTER, environ=ENVIRON, kinds=KINDS)
    selection = select(playbook)
    shown = ["canary", "security_headers", "p95", "jwks", "m2m", "events", "providers", "kill_switch"]
    assert [selected.spec.id for selected in selection.checks] == shown
    assert {"m2m", "kill_switch"} <= set(playbook.checks["events"].needs)
    assert list(playbook.checks["security_headers"].needs) == ["canary"]
    until = playbook.suites["verify"].until
    assert until is not None
    assert 120 <= until.every_s <= 180 <= until.timeout_s


def test_what_the_document_does_not_give_is_asked_for_by_name() -> None:
    assert [problem.key for problem in problems_of(AUTO_COM_CENTER, environ={}, kinds=KINDS)] == [
        f"inputs.{name}" for name in ENVIRON
    ]


def test_the_demo_is_the_same_launch_ten_times_as_fast() -> None:
    real, demo = (load(path, environ=ENVIRON, kinds=KINDS).course for path in (AUTO_COM_CENTER, DEMO))
    assert set(demo.updates) == set(real.updates)
    assert set(demo.watched.triggers) == set(real.watched.triggers)
    assert set(demo.watched.signals) == set(real.watched.signals)
    spans = [(real.mode_for, demo.mode_for)]
    for name, post in real.updates.items():
        spans += [(getattr(post, key), getattr(demo.updates[name], key)) for key in ("starts", "ends")]
    for name, trigger in real.watched.triggers.items():
        spans.append((trigger.hold.span, demo.watched.triggers[name].hold.span))
        if trigger.signal != "p95":  # a minute of 30 samples stays one
            spans.append((trigger.window, demo.watched.triggers[name].window))
    assert [(slow, fast) for slow, fast in spans if slow and (fast is None or fast * 10 != slow)] == []


def test_gates_without_an_address_are_not_configured() -> None:
    targets = load(AUTO_COM_CENTER, environ=ENVIRON, kinds=KINDS).targets
    assert targets["gate1"].not_configured == "GATE1_URL is not set"


def test_the_values_of_a_playbook_cost_no_yaml_and_loading_one_costs_no_http() -> None:
    code = f"""\
import sys
from pathlib import Path

import warroom.playbook.loaded
import warroom.playbook.select

assert "ruamel.yaml" not in sys.modules
from warroom.checks import BUILTIN
from warroom.playbook.load import check_playbook

assert check_playbook(Path({str(AUTO_COM_CENTER)!r}), {{kind.name: kind for kind in BUILTIN}}) == []
print([name for name in ("httpx", "textual", "joserfc", "jsonpath", "slack_sdk") if name in sys.modules])
"""
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True, cwd=ROOT)
    assert done.stdout.strip() == "[]"
