from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from tests.checks.desk import desk
from warroom.checks.command import KIND, CommandParameters
from warroom.contract import CommandResult
from warroom.events import CheckOutcome
from warroom.verdict import Verdict


class Ends:
    """Every command ends like this."""

    def __init__(self, result: CommandResult) -> None:
        self.result = result
        self.calls: list[tuple[tuple[str, ...], float, dict[str, str]]] = []

    async def run(self, argv: Sequence[str], *, timeout_s: float, env: Mapping[str, str]) -> CommandResult:
        self.calls.append((tuple(argv), timeout_s, dict(env)))
        return self.result


async def ended(folder: Path, written: dict[str, Any], **result: Any) -> CheckOutcome:
    end = CommandResult(**{"exit_code": 0, "stdout": "", "stderr": "", "elapsed_s": 0.1, **result})
    async with desk(folder, {}) as here:
        return await here.with_ports(commands=Ends(end)).run(KIND, {"argv": ["true"], **written})


@pytest.mark.parametrize(
    ("expect", "result", "verdict", "reason"),
    [
        pytest.param({}, {}, Verdict.PASS, "", id="exit code 0 where nothing is asserted"),
        pytest.param(
            {},
            {"exit_code": 3, "stderr": "no such\nqueue"},
            Verdict.FAIL,
            'exit code is 3, expected 0: "no such queue"',
            id="another exit code, with what it said",
        ),
        pytest.param({"exit_code": 3}, {"exit_code": 3}, Verdict.PASS, "", id="the exit code asserted"),
        pytest.param(
            {}, {"exit_code": -9}, Verdict.FAIL, "exit code is ended by SIGKILL, expected 0", id="killed by a signal"
        ),
        pytest.param({}, {"exit_code": -99}, Verdict.FAIL, "ended by signal 99", id="killed by an unknown signal"),
        pytest.param(
            {"stdout": '== "ok"'}, {"stdout": "ok\n"}, Verdict.PASS, "", id="its last line end is no output"
        ),
        pytest.param({"stdout": '== "ok"'}, {"stdout": "OK\n"}, Verdict.FAIL, "stdout is OK", id="other output"),
        pytest.param(
            {"stderr": "empty"}, {"stderr": "warning"}, Verdict.FAIL, "stderr is warning", id="it complains"
        ),
        pytest.param(
            {"stdout": 'contains "ok"'},
            {"stdout": "oh", "truncated": ("stdout",)},
            Verdict.INCONCLUSIVE,
            "stdout was cut",
            id="what was cut off may decide",
        ),
        pytest.param(
            {"stdout": 'contains "ok"'},
            {"stdout": "ok", "truncated": ("stdout",)},
            Verdict.PASS,
            "",
            id="it was not cut off",
        ),
        pytest.param(
            {"stdout": 'matches "^(?s)(?!.*ERROR)"'},
            {"stdout": "fine", "truncated": ("stdout",)},
            Verdict.INCONCLUSIVE,
            "stdout was cut",
            id="what was cut off may say ERROR",
        ),
        pytest.param(
            {"stdout": '!= "broken"'},
            {"stdout": "bro", "truncated": ("stdout",)},
            Verdict.INCONCLUSIVE,
            "stdout was cut",
            id="a part is not another text",
        ),
        pytest.param(
            {"stderr": "empty"}, {"stdout": "x", "truncated": ("stdout",)}, Verdict.PASS, "", id="the other was cut"
        ),
        pytest.param(
            {"stderr": '!= "broken"', "stdout": '== "ok"'},
            {"stdout": "ok", "stderr": "bro", "truncated": ("stderr",)},
            Verdict.INCONCLUSIVE,
            "stderr was cut",
            id="the error output was cut",
        ),
    ],
)
async def test_the_end_of_a_command_is_judged(
    tmp_path: Path, expect: dict[str, Any], result: dict[str, Any], verdict: Verdict, reason: str
) -> None:
    outcome = await ended(tmp_path, {"expect": expect}, **result)
    assert outcome.verdict is verdict
    assert reason in outcome.reason


async def test_it_runs_what_the_playbook_says(tmp_path: Path) -> None:
    port = Ends(CommandResult(0, "said\n", "", 0.1))
    written = {"argv": ["printf", "%s", "a b"], "env": {"TOKEN": "s3cret"}, "command_timeout": "3s"}
    async with desk(tmp_path, {}) as here:
        outcome = await here.with_ports(commands=port).run(KIND, written)
        kept = here.kept()
    assert port.calls == [(("printf", "%s", "a b"), 3.0, {"TOKEN": "s3cret"})]
    assert outcome.reproduce == "TOKEN=… printf %s 'a b'"
    assert outcome.evidence == ("check/command.json",)
    assert outcome.symptom == (("exit_code", "0"),)
    assert '"stdout": "said\\n"' in kept
    assert "s3cret" not in kept


async def test_commands_that_are_not_allowed_are_unknown(tmp_path: Path) -> None:
    async with desk(tmp_path, {}) as here:
        outcome = await here.run(KIND, {"argv": ["true"]})
    assert (outcome.verdict, dict(outcome.symptom)) == (Verdict.ERROR, {"symptom": "denied"})
    assert "not allowed" in outcome.reason


@pytest.mark.parametrize(
    ("written", "message"),
    [
        pytest.param({"argv": []}, "at least 1 item", id="no program"),
        pytest.param({"argv": "rm -rf /"}, "valid tuple", id="a line for a shell"),
        pytest.param({"argv": ["a\0b"]}, "NUL", id="a NUL"),
        pytest.param({"argv": ["a"], "expect": {"exit_code": 256}}, "less than or equal to 255", id="exit code 256"),
        pytest.param({"argv": ["a"], "expect": {"code": 0}}, "Extra inputs", id="an unknown key"),
        pytest.param({"argv": ["a"], "command_timeout": "0s"}, "at least 10ms", id="no time"),
    ],
)
def test_a_mistake_is_named_when_the_playbook_is_loaded(written: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        CommandParameters.model_validate(written)
