"""The kind `events` while the kill switch of the service goes off: by the service's own log nothing more is sent."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.checks.auth import EVENTS, PROBES, TYPES, said
from tests.checks.test_event_answers import PROVEN, Service, accept, judge, reading, state
from tests.playbook.small import load
from tests.playbook.test_shipped import AUTO_COM_CENTER as PLAYBOOK
from tests.playbook.test_shipped import ENVIRON
from warroom.checks import BUILTIN
from warroom.contract import Needed
from warroom.launch.hints import matching
from warroom.verdict import Verdict

OFF = "not sent: DISABLE_SEND is false, expected true: an event could lead to a real message"
PROBED = ("pass", "Event with a tampered token: refused (401)")
UNPROBED = ("not_exercised", "Event with no token: withheld")
REFUSED = [PROBED, ("pass", "Event with no token: refused (401)")]
NONE = ("not_exercised", "2 synthetic events: withheld")
FIRST = ("not_exercised", "1 synthetic events posted")
REST = ("not_exercised", "1 synthetic event: withheld")


@pytest.mark.parametrize(
    ("written", "off_at", "posted", "lines"),
    [
        pytest.param(EVENTS, 1, [], [PROBED, UNPROBED, NONE], id="during the first probe: 1 write, 0 events"),
        pytest.param(EVENTS, 2, [], [NONE, *REFUSED], id="during the second probe: 2 writes, 0 events"),
        pytest.param(EVENTS, 3, [TYPES[0]], [FIRST, REST, *REFUSED], id="during the first event: 1 event"),
        pytest.param(PROBES, 1, [], [PROBED, UNPROBED], id="during the first of the probes alone: 1 write"),
    ],
)
async def test_a_switch_that_goes_off_withholds_what_is_left(
    tmp_path: Path, written: Mapping[str, Any], off_at: int, posted: list[str], lines: list[tuple[str, str]]
) -> None:
    service = Service(off_at=off_at)
    outcome = await judge(tmp_path, service, written=written)
    assert len(service.sent) == off_at
    assert [json.loads(request.body)["type"] for request in service.sent[2:]] == posted
    assert outcome.verdict is Verdict.NOT_EXERCISED
    assert said(outcome) == lines
    assert outcome.reason.endswith(OFF)


async def test_it_is_read_again_where_there_is_nothing_to_probe(tmp_path: Path) -> None:
    service = Service(off_at=1, refuse=lambda body: accept(body, queued=True))
    blocked = Needed(Verdict.BLOCKED, "pending Gate 1", None)
    outcome = await judge(tmp_path, service, gate="red", token=blocked)
    assert [json.loads(request.body)["type"] for request in service.sent] == [TYPES[0]]
    assert (outcome.verdict, said(outcome)[:2]) == (Verdict.NOT_EXERCISED, [FIRST, REST])
    assert (outcome.measurement.value, outcome.measurement.limit) == (1, "== 2")


async def test_an_event_whose_answer_was_lost_is_not_repeated_once_the_switch_is_off(tmp_path: Path) -> None:
    service = Service(off_at=3, event=lambda body: b"")
    outcome = await judge(tmp_path, service)
    assert len(service.sent) == 3
    assert said(outcome)[:2] == [("error", "Event deadline_approaching: no answer"), REST]
    assert outcome.verdict is Verdict.ERROR


async def test_a_first_event_that_is_wrong_is_red_though_the_rest_is_withheld(tmp_path: Path) -> None:
    service = Service(off_at=3, event=lambda body: accept(body, dispatched=True))
    outcome = await judge(tmp_path, service)
    assert outcome.verdict is Verdict.FAIL
    assert outcome.results[0].say.startswith("A SYNTHETIC EVENT WAS DISPATCHED")
    assert REST in said(outcome)
    assert len(service.sent) == 3


async def test_a_state_that_is_unreadable_between_the_events_withholds_the_second(tmp_path: Path) -> None:
    service = Service()

    def breaks(body: dict[str, Any]) -> bytes:
        service.state = b"HTTP/1.1 500 Oops\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        return accept(body)

    service.event = breaks
    outcome = await judge(tmp_path, service)
    assert len(service.sent) == 3
    assert "could not be read right before the next request" in outcome.reason
    assert said(outcome)[:2] == [FIRST, REST]


async def test_a_switch_that_stays_on_withholds_nothing(tmp_path: Path) -> None:
    service = Service(state=state("true"))
    assert (await judge(tmp_path, service)).verdict is Verdict.PASS
    assert len(service.sent) == 4


HINTS = load(PLAYBOOK, environ=ENVIRON, kinds={kind.name: kind for kind in BUILTIN}).hints
STATE_GONE = Needed(Verdict.ERROR, "the state was not readable", None)


@pytest.mark.parametrize(
    ("written", "off_at", "switch", "alarmed"),
    [
        pytest.param(EVENTS, 1, PROVEN, True, id="its own reading after the first probe"),
        pytest.param(EVENTS, 3, PROVEN, True, id="its own reading after the first event"),
        pytest.param(PROBES, 1, PROVEN, True, id="the reading of a check that only probes"),
        pytest.param(
            EVENTS, 0, Needed(Verdict.FAIL, "", reading("false")), True, id="the reading of the other check"
        ),
        pytest.param(EVENTS, 0, STATE_GONE, False, id="nobody could read it"),
        pytest.param(EVENTS, 0, PROVEN, False, id="it stays on"),
    ],
)
async def test_whoever_reads_that_messages_may_leave_shows_the_hint_to_roll_back(
    tmp_path: Path, written: Mapping[str, Any], off_at: int, switch: Needed, alarmed: bool
) -> None:
    outcome = await judge(tmp_path, Service(off_at=off_at, state=state("true")), switch=switch, written=written)
    symptom = dict(outcome.symptom)
    assert (symptom.get("DISABLE_SEND") == "false") is alarmed
    assert (symptom.get("kill_switch") == "deviates") is alarmed
    shown = matching(HINTS, "events", outcome.verdict, symptom)
    assert [hint.fix for hint in shown if hint.severity == "critical"] == (
        ["IMMEDIATE ROLLBACK - external sends may occur!"] if alarmed else []
    )
