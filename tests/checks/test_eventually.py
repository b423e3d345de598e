import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from tests.checks.desk import desk
from tests.checks.server import closed_port
from warroom.checks.eventually import KIND, EventuallyParameters
from warroom.clock import VirtualClock, settle
from warroom.contract import Request, Response
from warroom.errors import CannotMeasure
from warroom.events import CheckOutcome
from warroom.verdict import Verdict

WRITTEN: dict[str, Any] = {
    "target": "app",
    "path": "/queue",
    "within": "60s",
    "every": "5s",
    "expect": [{"json": "$.depth", "is": "== 0", "say": "Queue: {actual}"}],
}
REFUSED = CannotMeasure("connection refused", symptom="refused")


class Answers:
    """A service that gives its answers one by one, the last for ever, each after `takes_s`."""

    def __init__(self, clock: VirtualClock, *answers: bytes | CannotMeasure, takes_s: float = 0.0) -> None:
        self.clock = clock
        self.answers = answers
        self.takes_s = takes_s
        self.asked_at: list[float] = []
        self.requests: list[Request] = []

    async def send(self, request: Request) -> Response:
        answer = self.answers[min(len(self.asked_at), len(self.answers) - 1)]
        self.asked_at.append(self.clock.monotonic())
        self.requests.append(request)
        if self.takes_s:
            await self.clock.sleep(min(self.takes_s, request.timeout_s))
        if isinstance(answer, CannotMeasure):
            raise answer
        return Response(200, (), answer, url="http://app/queue", evidence=f"check/answer-{len(self.asked_at)}.json")

    def url_of(self, request: Request) -> str:
        return "http://app/queue"

    def curl_of(self, request: Request) -> str:
        return "curl http://app/queue"


async def polled(
    folder: Path, *answers: bytes | CannotMeasure, takes_s: float = 0.0, **written: Any
) -> tuple[CheckOutcome, Answers]:
    """The outcome on a clock that jumps from one sleep to the next."""
    clock = VirtualClock(datetime(2025, 11, 1, tzinfo=UTC))
    service = Answers(clock, *answers, takes_s=takes_s)
    async with desk(folder, {}, clock=clock) as here:
        check = asyncio.create_task(here.with_ports(http=service).run(KIND, {**WRITTEN, **written}, timeout_s=3_600))
        while not check.done():
            await settle()
            if not check.done() and clock.next_due is not None:
                await clock.advance(clock.next_due)
        return await check, service


async def test_what_holds_at_once_is_asked_once(tmp_path: Path) -> None:
    outcome, service = await polled(tmp_path, b'{"depth": 0}')
    assert (outcome.verdict, outcome.reason, service.asked_at) == (Verdict.PASS, "", [0.0])
    assert outcome.measurement.n == 1


async def test_what_holds_later_says_on_which_try(tmp_path: Path) -> None:
    outcome, service = await polled(tmp_path, b'{"depth": 2}', b'{"depth": 1}', b'{"depth": 0}')
    assert outcome.verdict is Verdict.PASS
    assert outcome.reason == "held on try 3, after 10.0 s"
    assert outcome.results[0].say == "Queue: 0"
    assert service.asked_at == [0.0, 5.0, 10.0]
    assert (outcome.measurement.n, outcome.evidence) == (3, ("check/answer-3.json",))


@pytest.mark.parametrize(("flaky", "verdict"), [("warn", Verdict.WARN), ("pass", Verdict.PASS)])
async def test_a_late_pass_is_a_warning_where_the_playbook_says_so(
    tmp_path: Path, flaky: str, verdict: Verdict
) -> None:
    outcome, _ = await polled(tmp_path, b'{"depth": 1}', b'{"depth": 0}', flaky=flaky)
    assert (outcome.verdict, outcome.reason) == (verdict, "held on try 2, after 5.0 s")
    outcome, _ = await polled(tmp_path, b'{"depth": 0}', flaky=flaky)
    assert outcome.verdict is Verdict.PASS


async def test_what_never_holds_fails_with_the_last_answer(tmp_path: Path) -> None:
    outcome, service = await polled(tmp_path, b'{"depth": 9}', b'{"depth": 3}')
    assert outcome.verdict is Verdict.FAIL
    assert outcome.reason == "did not hold in 13 tries within 1m: $.depth is 3, expected == 0"
    assert service.asked_at[-1] == 60.0


async def test_a_service_that_comes_up_is_waited_for(tmp_path: Path) -> None:
    outcome, _ = await polled(tmp_path, REFUSED, b"<html>starting</html>", b'{"depth": 0}')
    assert (outcome.verdict, outcome.reason) == (Verdict.PASS, "held on try 3, after 10.0 s")


async def test_a_service_that_never_comes_up_is_unknown_with_the_reason(tmp_path: Path) -> None:
    outcome, _ = await polled(tmp_path, b'{"depth": 1}', REFUSED)
    assert (outcome.verdict, dict(outcome.symptom)) == (Verdict.ERROR, {"symptom": "refused"})
    assert outcome.reason == "no answer in 13 tries within 1m: connection refused"


async def test_a_slow_answer_ends_with_the_time(tmp_path: Path) -> None:
    outcome, service = await polled(tmp_path, b'{"depth": 1}', takes_s=9.0, within="20s")
    assert outcome.verdict is Verdict.FAIL
    assert service.asked_at == [0.0, 14.0]
    assert [request.timeout_s for request in service.requests] == [10.0, 6.0]


async def test_an_optional_line_is_not_waited_for(tmp_path: Path) -> None:
    optional = {**WRITTEN["expect"][0], "required": False}
    outcome, service = await polled(tmp_path, b'{"depth": 1}', expect=[{"status": 200}, optional])
    assert (outcome.verdict, len(service.asked_at)) == (Verdict.PASS, 1)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        pytest.param({"every": "2m"}, "longer than `within`", id="a pause longer than the whole"),
        pytest.param({"every": "0s"}, "at least 10ms", id="no pause"),
        pytest.param({"within": None}, "write it as text", id="no end"),
        pytest.param({"flaky": "fail"}, "'pass' or 'warn'", id="an unknown verdict"),
    ],
)
def test_a_mistake_is_named_when_the_playbook_is_loaded(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        EventuallyParameters.model_validate({**WRITTEN, **change})


async def test_a_service_that_never_answers_leaves_a_line_to_repeat_the_request(tmp_path: Path) -> None:
    async with desk(tmp_path, {"app": closed_port()}) as here:
        outcome = await here.run(KIND, {**WRITTEN, "within": "20ms", "every": "10ms"})
    assert outcome.verdict is Verdict.ERROR
    assert outcome.reproduce.startswith("curl ")
    assert "check/answer.json" in outcome.evidence
