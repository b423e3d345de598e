"""What the status message and the dead-man switch say."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.launch import test_kept_open as kept
from tests.launch.course import T0, after
from tests.launch.in_slack import HOUR, MINUTE, in_slack, posting
from tests.launch.test_dead_man import armed
from tests.launch.test_overall import NOW, measured
from tests.launch.voyage import suite_body
from warroom.launch.dead_man import Arm, stopped, switch_owed
from warroom.launch.signals import TriggerKnown
from warroom.launch.state import LaunchState
from warroom.slo.trigger import Stage as TriggerStage
from warroom.slo.trigger import TriggerState
from warroom.updates.status_text import alarm_text, answer_text, digest_of, status_text

SIGNALS = ("Uptime", "5xx errors", "P95 latency", "Auth success", "JWT validation failures")
EVIDENCE = "evidence_bundle@T+15m"


def launched() -> LaunchState:
    """The launch of the document, verified, with its first post held by a person."""
    state = posting(in_slack())
    state = after(state, "suite.started", T0 + 5 * MINUTE, suite="verify", cause="phase:verify")
    state = after(state, "suite.finished", T0 + 6 * MINUTE, **suite_body("verify", "phase:verify", T0 + 6 * MINUTE))
    state = after(state, "gate.read", T0, gate="gate1", state="red", source="gates.example.org")
    return after(state, "update.held", T0, slot="publish_confirmation@T+5m", reason="wait for it", by="ann")


def test_it_tells_t0_phase_verdicts_next_post_incidents_and_gates() -> None:
    state = after(launched(), "incident.opened", T0 + 7 * MINUTE, id="inc-1", text="5xx at 2 %", by="ann")
    assert status_text(state, T0 + 8 * MINUTE).split("\n") == [
        "STATUS: auto_com_center Production Publish · dry-run · receive-and-queue",
        "T0: 2025-11-01 02:00 UTC",
        f"Overall: ? UNKNOWN: {', '.join(f'{title}: no data' for title in SIGNALS)}, and 12 more",
        "Phase: Step 1: publish to production until 2025-11-01 02:05 UTC, ✖ LATE (1 of 4 done)",
        "verify: ✔ GREEN (dry-run), 2025-11-01 02:06 UTC",
        "Posts: 0 of 22 sent; next T+5m Publish confirmation, 2025-11-01 02:05 UTC, HELD: wait for it (ann)",
        "Incidents open:",
        "✖ inc-1 since 2025-11-01 02:07 UTC: 5xx at 2 %",
        "Triggers: none fires",
        "Gates: Gate 1 ✖ RED · Gate 2 ? not read yet",
    ]


def test_it_changes_only_with_what_it_tells() -> None:
    state = launched()
    texts = {status_text(state, T0 + 6 * MINUTE + timedelta(seconds=number)) for number in range(500)}
    assert len(texts) == 1
    later = after(state, "gate.read", T0 + 9 * MINUTE, gate="gate1", state="green", source="gates.example.org")
    assert digest_of(status_text(later, T0 + 9 * MINUTE)) != digest_of(texts.pop())


def test_before_t0_and_after_the_end_it_says_so() -> None:
    assert "T0: not set" in status_text(in_slack(None), T0)
    closed = after(launched(), "launch.closed", T0 + HOUR, reason="every update is resolved")
    first, second, *rest = status_text(closed, T0 + HOUR).split("\n")
    assert first.startswith("■ CLOSED: auto_com_center")
    assert second == "Closed 2025-11-01 03:00 UTC: every update is resolved"
    assert not any("next" in line for line in rest)


def test_what_keeps_a_launch_open_that_owes_nothing_is_told() -> None:
    lines = status_text(kept.launch(done=False), kept.END + 5 * MINUTE).split("\n")
    assert f"Not closed, every update is resolved: {kept.NOT_DONE}; closes at 2025-11-01 03:10 UTC" in lines
    assert not any(line.startswith("Not closed") for line in status_text(kept.launch(), kept.END).split("\n"))


def test_a_stopped_engine_is_named() -> None:
    first, second, *_ = status_text(launched(), T0 + HOUR, "ada").split("\n")
    assert first.startswith("■ ENGINE STOPPED: ")
    assert second.startswith("ada stopped it 2025-11-01 03:00:00 UTC. The launch is open, nothing is posted")


def test_nothing_is_green_in_the_message_of_an_engine_that_was_stopped() -> None:
    state = after(measured(), "gate.read", NOW, gate="gate1", state="green", source="gates.example.org")
    runs = status_text(state, NOW).split("\n")
    assert "Overall: ✔ GREEN (dry-run)" in runs
    assert "Triggers: none fires" in runs
    lines = status_text(state, NOW, "ada").split("\n")
    assert "Overall: ? UNKNOWN: no engine looks at it" in lines
    assert "Triggers: not watched" in lines
    assert "Gates: Gate 1 ? was GREEN · Gate 2 ? not read yet" in lines


def test_a_trigger_that_fired_when_its_engine_was_stopped_is_not_watched() -> None:
    state = launched()
    name = next(iter(state.course.watched.triggers))
    fires = TriggerState(TriggerStage.FIRING, 1, T0 + HOUR, T0 + HOUR)
    lines = status_text(replace(state, triggers={name: TriggerKnown(name, fires)}), T0 + HOUR, "ada").split("\n")
    at = lines.index("Triggers, not watched:")
    assert lines[at + 1].endswith(": FIRING, pause since 2025-11-01 03:00 UTC")


def test_a_suite_that_runs_and_a_red_one_are_told_with_symbol_and_word() -> None:
    state = after(launched(), "suite.started", T0 + HOUR, suite="pulse", cause="hourly@T+1h")
    assert "pulse: ▶ runs since 2025-11-01 03:00 UTC" in status_text(state, T0 + HOUR)
    body = {**suite_body("verify", "again", T0), "verdict": "fail", "word": "RED", "reason": "canary: 500"}
    state = after(state, "suite.started", T0 + HOUR, suite="verify", cause="again")
    state = after(state, "suite.finished", T0 + HOUR, **body)
    assert "verify: ✖ RED, 2025-11-01 03:00 UTC: canary: 500" in status_text(state, T0 + HOUR)


def test_a_trigger_that_fires_or_is_blind_is_told_with_symbol_and_word() -> None:
    state = launched()
    ids = list(state.course.watched.triggers)
    fires = TriggerState(TriggerStage.FIRING, 1, T0 + HOUR, T0 + HOUR)
    known = {ids[0]: TriggerKnown(ids[0], fires), ids[1]: TriggerKnown(ids[1], TriggerState(blind=True))}
    first, second = (state.course.watched.triggers[name] for name in ids[:2])
    lines = status_text(replace(state, triggers=known), T0 + HOUR).split("\n")
    at = lines.index("Triggers:")
    assert lines[at + 1] == f"✖ {first.title}: FIRING, {first.severity} since 2025-11-01 03:00 UTC"
    assert lines[at + 2] == f"? {second.title}: BLIND"


def test_a_post_that_failed_is_named() -> None:
    slot = EVIDENCE
    state = after(launched(), "update.due", T0, slot=slot, key="k", text="t", late_s=0.0)
    state = after(state, "update.sending", T0, slot=slot, key="k", attempt=1)
    state = after(state, "update.dead", T0, slot=slot, reason="token_revoked")
    assert "✖ 1 post FAILED: evidence_bundle@T+15m" in status_text(state, T0 + HOUR)


@pytest.mark.parametrize(
    ("kind", "body", "said"),
    [
        ("update.sending", {"attempt": 1}, "Posts: 0 of 19 sent"),
        ("update.dead", {"reason": "token_revoked"}, "Posts: 0 of 19 sent; ✖ 1 post FAILED"),
        ("update.confirmed", {"ref": "C1/1"}, "Posts: 2 of 19 sent"),
    ],
    ids=["it is being sent: neither is sent", "it failed: neither is sent", "it arrived: both are sent"],
)
def test_a_post_that_another_names_is_sent_when_that_one_is(kind: str, body: dict[str, object], said: str) -> None:
    merged = ["publish_confirmation@T+5m"]
    state = posting(in_slack())
    state = after(state, "update.due", T0, slot=EVIDENCE, key="k", text="t", late_s=0.0, merged=merged)
    state = after(state, "update.sending", T0, slot=EVIDENCE, key="k", attempt=1)
    assert said in status_text(after(state, kind, T0, slot=EVIDENCE, key="k", **body), T0 + HOUR)


def test_however_much_there_is_it_stays_short_and_foreign_text_adds_no_line() -> None:
    state = launched()
    for number in range(50):
        state = after(state, "incident.opened", T0, id=f"inc-{number}", text="x\n" * 900, by="ann")
    text = status_text(state, T0 + HOUR)
    assert "and 42 more" in text
    assert len(text) < 2_900
    assert len(text.split("\n")) < 20


def arm(state: LaunchState) -> Arm:
    [found] = [one for one in switch_owed(state, T0) if isinstance(one, Arm)]
    return found


def test_the_alarm_says_since_when_what_that_means_and_what_to_do() -> None:
    head, told = alarm_text(in_slack(), arm(in_slack())).split("\n")
    assert head == "⚠️ ENGINE SILENT since 2025-11-01 02:00:00 UTC: auto_com_center Production Publish"
    assert "dead, cut off from Slack, cannot write its journal, or cannot post here what is owed" in told
    assert told.endswith("Look: warroom status auto_com_center-1. Go on: warroom run auto_com_center-1")


def test_the_alarm_of_a_stopped_engine_names_who_stopped_it() -> None:
    last = stopped(in_slack(), T0, "ada")
    assert last is not None
    head, told = alarm_text(in_slack(), last).split("\n")
    assert head.startswith("⚠️ ENGINE STOPPED: ")
    assert told.startswith("ada stopped its engine 2025-11-01 02:00:00 UTC, and it has not been started again.")


@pytest.mark.parametrize(
    ("by", "was"),
    [("", "Nothing had been heard from it"), ("ada", "It had been stopped by ada")],
    ids=["it was silent", "it was stopped"],
)
def test_the_answer_says_that_it_is_over(by: str, was: str) -> None:
    alarm = replace(armed().dead_man.alarms[1], by=by)
    head, told = answer_text(armed(), alarm, T0 + HOUR).split("\n")
    assert head.startswith("✔ ENGINE BACK: ")
    since = f"{was} since 2025-11-01 02:00:00 UTC."
    assert told == f"It runs, 2025-11-01 03:00:00 UTC. {since} No post fell due meanwhile."


def test_the_answer_tells_of_what_fell_due_meanwhile_only_what_is_so() -> None:
    alarm, first = armed().dead_man.alarms[1], "publish_confirmation@T+5m"
    sent = {"key": "k", "text": "t", "late_s": 600.0}
    state = after(posting(armed()), "update.due", T0 + 15 * MINUTE, slot=first, **sent)
    waits = after(state, "update.due", T0 + 15 * MINUTE, slot=EVIDENCE, **sent)
    done = waits
    for slot in (first, EVIDENCE):
        done = after(done, "update.sending", T0 + 16 * MINUTE, slot=slot, key="k", attempt=1)
        done = after(done, "update.confirmed", T0 + 16 * MINUTE, slot=slot, ref="C1/1")
    held = after(done, "update.held", T0, slot="hourly@T+1h", reason="wait", by="ann")
    now = T0 + 17 * MINUTE
    said = (
        "Of 2 posts that fell due meanwhile not posted: publish_confirmation@T+5m (due), evidence_bundle@T+15m (due)."
    )
    assert answer_text(waits, alarm, now).endswith(said)
    assert answer_text(done, alarm, now).endswith("What fell due meanwhile is posted.")
    hour = answer_text(held, alarm, T0 + HOUR)
    assert "Of 3 posts that fell due meanwhile not posted: " in hour
    assert "hourly@T+1h (held)" in hour
