import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from tests.checks import shipped
from tests.checks.desk import desk
from warroom.checks.attest import KIND, AttestParameters
from warroom.contract import Answer
from warroom.events import CheckOutcome
from warroom.expect.answers import problem_of
from warroom.runner.check_run import run_check
from warroom.simulator.simulator import Simulator
from warroom.verdict import Verdict

AT = datetime(2025, 11, 1, 2, 10, tzinfo=UTC)


class Alice:
    """Answers what she was told to, and remembers what she was asked."""

    def __init__(self, **answers: str) -> None:
        self.answers = answers
        self.asked: list[tuple[str, str, str]] = []

    async def ask(self, name: str, text: str, answer_type: str) -> Answer | None:
        self.asked.append((name, text, answer_type))
        await asyncio.sleep(0)
        return Answer(self.answers[name], "alice", AT) if name in self.answers else None


async def attested(folder: Path, *questions: dict[str, Any], **answers: str) -> CheckOutcome:
    async with desk(folder, {}) as here:
        return await here.with_ports(people=Alice(**answers)).run(KIND, {"ask": list(questions)})


@pytest.mark.parametrize(
    ("answer_type", "answer", "verdict"),
    [
        ("yes_no", "yes", Verdict.PASS),
        ("yes_no", "YES", Verdict.PASS),
        ("yes_no", "no", Verdict.FAIL),
        ("yes_no", "No ", Verdict.FAIL),
        ("yes_no", "maybe", Verdict.INCONCLUSIVE),
        ("yes_no", "true", Verdict.INCONCLUSIVE),
        ("yes_no", "", Verdict.INCONCLUSIVE),
        ("text", "build-7", Verdict.PASS),
        ("text", "   ", Verdict.INCONCLUSIVE),
        ("text", "no", Verdict.PASS),
        ("number", "42", Verdict.PASS),
        ("number", "-0.5", Verdict.PASS),
        ("number", "4,2", Verdict.INCONCLUSIVE),
        ("number", "NaN", Verdict.INCONCLUSIVE),
        ("number", "inf", Verdict.INCONCLUSIVE),
        ("number", "9" * 400, Verdict.INCONCLUSIVE),
        ("number", "٤٢", Verdict.INCONCLUSIVE),
        ("timestamp", "2025-11-01T02:00:00Z", Verdict.PASS),
        ("timestamp", "2024-02-29T23:59:59Z", Verdict.PASS),
        ("timestamp", "2025-02-29T00:00:00Z", Verdict.INCONCLUSIVE),
        ("timestamp", "2025-13-01T00:00:00Z", Verdict.INCONCLUSIVE),
        ("timestamp", "2025-11-01T24:00:00Z", Verdict.INCONCLUSIVE),
        ("timestamp", "2025-11-01T02:00:60Z", Verdict.INCONCLUSIVE),
        ("timestamp", "2025-11-01 02:00:00Z", Verdict.INCONCLUSIVE),
        ("timestamp", "2025-11-01T02:00:00", Verdict.INCONCLUSIVE),
        ("timestamp", "2025-11-01T02:00:00+00:00", Verdict.INCONCLUSIVE),
        ("timestamp", "2025-11-01T02:00:00.000Z", Verdict.INCONCLUSIVE),
        ("timestamp", "0000-01-01T00:00:00Z", Verdict.INCONCLUSIVE),
    ],
)
async def test_an_answer_is_judged_by_its_type(
    tmp_path: Path, answer_type: str, answer: str, verdict: Verdict
) -> None:
    outcome = await attested(tmp_path, {"name": "a", "text": "The fact", "type": answer_type}, a=answer)
    assert outcome.verdict is verdict
    assert bool(outcome.reason) is (verdict is not Verdict.PASS)
    if verdict is not Verdict.INCONCLUSIVE:
        assert outcome.results[0].actual.endswith("(alice at 2025-11-01T02:10:00.000Z)")


@given(st.datetimes())
def test_every_time_that_exists_is_a_timestamp(moment: datetime) -> None:
    assert problem_of(f"{moment:%Y-%m-%dT%H:%M:%SZ}".rjust(20, "0"), "timestamp") == ""


@given(st.text(), st.sampled_from(["yes_no", "number", "timestamp", "text"]))
def test_no_answer_breaks_the_form(answer: str, answer_type: str) -> None:
    assert isinstance(problem_of(answer, answer_type), str)


async def test_what_nobody_answers_is_unknown_and_says_how_to_answer(tmp_path: Path) -> None:
    outcome = await attested(tmp_path, {"name": "logs_info", "text": "Logs at INFO"})
    assert (outcome.verdict, outcome.word) == (Verdict.INCONCLUSIVE, "UNKNOWN")
    assert outcome.reason == "not answered: Logs at INFO (headless: --attest logs_info=...)"
    assert outcome.results[0].say == "Logs at INFO: (not answered)"
    assert outcome.measurement.n == 0


async def test_an_optional_question_does_not_decide(tmp_path: Path) -> None:
    optional = {"name": "b", "text": "B", "required": False}
    outcome = await attested(tmp_path, {"name": "a", "text": "A"}, optional, a="yes")
    assert outcome.verdict is Verdict.PASS
    assert outcome.results[1].verdict is Verdict.INCONCLUSIVE


async def test_all_questions_stand_at_once(tmp_path: Path) -> None:
    alice = Alice(a="yes", b="yes")
    together = asyncio.Event()
    ask = alice.ask

    async def both(name: str, text: str, answer_type: str) -> Answer | None:
        if len(alice.asked) == 1:
            together.set()
        answer = await ask(name, text, answer_type)
        await together.wait()
        return answer

    alice.ask = both  # type: ignore[method-assign]
    async with desk(tmp_path, {}) as here:
        asked = [{"name": "a", "text": "A"}, {"name": "b", "text": "B"}]
        outcome = await here.with_ports(people=alice).run(KIND, {"ask": asked})
    assert [line.say for line in outcome.results] == ["A", "B"]


async def test_the_line_for_a_post_holds_the_value(tmp_path: Path) -> None:
    said = {"name": "a", "text": "Build ID shown", "type": "text", "say": "Build ID: {actual}"}
    plain = {"name": "b", "text": "Build ID shown", "type": "text"}
    outcome = await attested(tmp_path, said, plain, a="b-7", b="b-8")
    assert [line.say for line in outcome.results] == ["Build ID: b-7", "Build ID shown: b-8"]


async def test_an_answer_is_shown_clean(tmp_path: Path) -> None:
    outcome = await attested(tmp_path, {"name": "a", "text": "A", "type": "text"}, a="x\x1b[2J\u202e")
    assert outcome.results[0].say == "A: x\\e[2J\\u202e"


@pytest.mark.covers("S3-C12")
async def test_the_observability_lines_are_attested_singly_with_name_and_time(tmp_path: Path) -> None:
    async with Simulator() as sim, desk(tmp_path, {}) as here:
        spec = shipped.check("observability", sim.inputs)
        alice = Alice(metrics_enabled="yes", error_budget="yes", logs_info="yes", logs_warn="no")
        context = here.with_ports(people=alice).context
        outcome = (await run_check(spec, context, (), mode="", attempt=1)).outcome
    assert [(line.say, line.verdict) for line in outcome.results] == [
        ("Request/queue metrics enabled", Verdict.PASS),
        ("Error budget tracking active", Verdict.PASS),
        ("Structured logs at INFO level", Verdict.PASS),
        ("WARN level on delivery failures - NO: no", Verdict.FAIL),
    ]
    assert all("alice at 2025-11-01T02:10:00.000Z" in line.actual for line in outcome.results)


async def test_the_publish_confirmation_checks_the_timestamp(tmp_path: Path) -> None:
    async with Simulator() as sim, desk(tmp_path, {}) as here:
        spec = shipped.check("build", sim.inputs)
        context = here.with_ports(people=Alice(build_id="b-7", deployed_at="1 November, 2 am")).context
        outcome = (await run_check(spec, context, (), mode="", attempt=1)).outcome
    assert [line.verdict for line in outcome.results] == [Verdict.PASS, Verdict.INCONCLUSIVE]
    assert "is not a time such as 2025-11-01T02:00:00Z" in outcome.reason


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        pytest.param([], "at least 1 item", id="nothing to ask"),
        pytest.param([{"name": "a", "text": "A"}] * 2, "'a' is asked twice", id="one name for two questions"),
        pytest.param([{"name": "A b", "text": "A"}], "should match pattern", id="a name that no flag can carry"),
        pytest.param([{"name": "a", "text": ""}], "at least 1 character", id="an empty question"),
        pytest.param([{"name": "a", "text": "A", "type": "date"}], "'yes_no'", id="an unknown type"),
        pytest.param([{"name": "a", "text": "A", "say": "{value}"}], "{value} is not known", id="an unknown name"),
    ],
)
def test_a_mistake_is_named_when_the_playbook_is_loaded(ask: Any, message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        AttestParameters.model_validate({"ask": ask})


def test_it_says_whom_it_asks_what() -> None:
    params = AttestParameters.model_validate({"ask": [{"name": "a", "text": "A"}, {"name": "b", "text": "B"}]})
    assert KIND.asks(params) == ("a", "b")
