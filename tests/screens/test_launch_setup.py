"""What a launch's console says of its set-up before T0."""

from dataclasses import replace

from tests.screens import launches
from tests.screens.launch_views import view_of
from tests.screens.launches import HOUR, T0
from warroom.client.values import FindingNow, SetUpNow
from warroom.screens.launch_about import about_items
from warroom.screens.launch_notices import notice_lines
from warroom.verdict import Verdict

REVOKED = FindingNow(Verdict.FAIL, "token", "token_revoked", "install the app again")
UNSURE = FindingNow(Verdict.INCONCLUSIVE, "clock", "Slack did not say its time", "")
LEFT_OUT = FindingNow(Verdict.SKIPPED, "target gate1", "GATE1_URL is not set", "")
WELL = FindingNow(Verdict.PASS, "state folder", "200 MiB free", "")


def test_what_is_wrong_with_the_set_up_is_told_before_t0_the_worst_first_and_not_after() -> None:
    setup = SetUpNow(T0 - HOUR, (WELL, LEFT_OUT, UNSURE, REVOKED))
    launch = replace(launches.before_t0(), setup=setup)
    told = [line.plain.strip() for line in notice_lines(view_of(launch), launch.now, 120)]
    assert [line for line in told if "set-up" in line] == [
        "✖ set-up, token: token_revoked -> install the app again",
        "? set-up, clock: Slack did not say its time",
    ]
    begun = replace(launches.green(), setup=setup)
    assert not any("set-up" in line.plain for line in notice_lines(view_of(begun), begun.now, 120))
    assert ("Set-up ✔ GREEN", "state folder: 200 MiB free") in about_items(view_of(begun), begun.now)
    assert ("Set-up ○ SKIPPED", "target gate1: GATE1_URL is not set") in about_items(view_of(begun), begun.now)


def test_of_many_findings_the_worst_are_told_and_how_many_there_are() -> None:
    launch = replace(launches.before_t0(), setup=SetUpNow(T0 - HOUR, (UNSURE, REVOKED, UNSURE, REVOKED, UNSURE)))
    told = [line.plain.strip() for line in notice_lines(view_of(launch), launch.now, 120) if "set-up" in line.plain]
    assert [line[0] for line in told] == ["✖", "✖", "?"]
    assert told[-1] == "? set-up: 3 more findings, key a lists all"
