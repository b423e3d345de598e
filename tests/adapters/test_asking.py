import os
import subprocess
import sys
from datetime import UTC, datetime

import pytest

from warroom.adapters.asking import GivenAnswers, name_of, user_name
from warroom.clock import VirtualClock
from warroom.contract import Answer

AT = datetime(2025, 11, 1, 2, 0, tzinfo=UTC)


async def test_an_answer_is_given_in_the_name_of_who_started_the_run() -> None:
    people = GivenAnswers({"logs_info": "yes"}, VirtualClock(AT), by="alice")
    assert await people.ask("logs_info", "Logs at INFO", "yes_no") == Answer("yes", "alice", AT)
    assert await people.ask("logs_warn", "Logs at WARN", "yes_no") is None


@pytest.mark.skipif(os.name != "posix", reason="user ids are POSIX")
def test_the_environment_cannot_claim_to_be_someone_else() -> None:
    lies = {**os.environ, "LOGNAME": "ceo", "USER": "ceo", "USERNAME": "ceo", "LNAME": "ceo"}
    code = "from warroom.adapters.asking import user_name; print(user_name())"
    done = subprocess.run([sys.executable, "-c", code], env=lies, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == user_name() != "ceo"


@pytest.mark.skipif(os.name != "posix", reason="user ids are POSIX")
def test_a_user_id_without_a_name_is_shown_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "getuid", lambda: 3_999_999)
    assert user_name() == "uid 3999999"


@pytest.mark.skipif(os.name != "posix", reason="user ids are POSIX")
@pytest.mark.parametrize("name", ["engine", "channel"])
def test_a_user_is_never_taken_for_the_engine(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    import pwd

    monkeypatch.setattr(pwd, "getpwuid", lambda _: pwd.struct_passwd((name, "x", 1000, 1000, "", "/", "/bin/sh")))
    assert name_of(1000) == f"{name} (uid 1000)"
