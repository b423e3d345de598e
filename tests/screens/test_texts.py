"""What the rows, the details, the head and the notices say, without a terminal."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from textual.geometry import Size

from tests.screens import replays
from tests.screens.replays import bad, envelopes, outcome
from warroom.events import CheckStarted, Event, GateInfo, Hint, Noted, RunFinished
from warroom.screens.details import details_lines, measured_text, title_line
from warroom.screens.header import elapsed_s, header_lines, launch_items, overall, result_items
from warroom.screens.marks import mark_of_gate
from warroom.screens.notices import notice_lines
from warroom.screens.rows import check_row, columns_for
from warroom.screens.view import View, advance, of_interest
from warroom.verdict import Measurement, Result, Verdict

NOW = replays.START + timedelta(seconds=30)


def seen(events: list[Event]) -> View:
    view = View()
    for envelope in envelopes(events):
        view = advance(view, envelope)
    return view


def row(view: View, check: str, width: int = 120) -> str:
    columns = columns_for(width, 22)
    return " ".join(check_row(view, view.state.checks[check], NOW, columns, selected=False).plain.split())


def details(view: View, check: str, width: int = 116, height: int = 60) -> str:
    return "\n".join(line.plain for line in details_lines(view, view.state.checks[check], NOW, width, height))


ROWS: dict[str, tuple[Callable[[], list[Event]], str, str]] = {
    "a pass with lines": (replays.green, "canary", "✔ GREEN Canary v2.7 5/5 lines 48 ms"),
    "a measured pass": (replays.green, "p95", "✔ GREEN P95 latency 52.3 ms <= 120ms 1.3 s"),
    "samples being taken": (replays.running, "p95", "▶ RUNNING P95 latency 17/30 P95 52.3 ms " + "━" * 17 + "─" * 13),
    "a check that waits for another": (replays.running, "events", "· waiting Event ingestion after M2M token flow"),
    "a failure with its reason": (
        replays.kill_switch_off, "kill_switch",
        "✖ RED Kill-switch 5/6 lines DISABLE_SEND is false, expected true 41 ms",
    ),
    "a withheld write": (
        replays.kill_switch_off, "events",
        "? UNKNOWN Event ingestion 0/1 lines not sent: DISABLE_SEND is not true 284 ms",
    ),
    "a tolerated check": (
        replays.gate_red, "m2m",
        "⏸ BLOCKED M2M token flow 0/1 lines Gate 1 is not GREEN: status is 401, expected 200 121 ms",
    ),
    "a check to be tried again": (replays.retrying, "canary", "↻ RETRY Canary v2.7 again in 2m"),
    "a question": (replays.asking, "observability", "◆ ASKS YOU Observability Request/queue metrics enabled"),
}  # fmt: skip


@pytest.mark.parametrize(("events", "check", "expected"), ROWS.values(), ids=ROWS)
def test_the_row_of(events: Callable[[], list[Event]], check: str, expected: str) -> None:
    assert row(seen(events()), check).startswith(expected)


def test_in_a_narrow_list_a_reason_takes_the_value_s_place_unless_it_passed() -> None:
    view = seen([*replays.begun(), outcome("p95", reason="30 samples"), outcome("jwks", Verdict.FAIL, reason="404")])
    assert row(view, "p95", width=80) == "✔ GREEN P95 latency 52.3 ms <= 120ms 1.3 s"
    assert row(view, "jwks", width=80) == "✖ RED Auth/JWKS reachability 404 34 ms"


def test_a_limit_that_is_no_comparison_is_only_named_where_it_is_not_met() -> None:
    met, missed = Measurement("5/5", "5/5"), Measurement("4/5", "5/5")
    assert "5/5 48 ms" in row(seen([*replays.begun(), outcome("canary", measurement=met)]), "canary")
    told = row(seen([*replays.begun(), outcome("canary", Verdict.FAIL, measurement=missed)]), "canary")
    assert "4/5 not 5/5" in told


def test_a_rerun_says_what_was_before() -> None:
    view = seen([*replays.green(), CheckStarted("jwks")])
    assert "was ✔ GREEN (dry-run)" in row(view, "jwks")


def test_expected_stands_beside_actual_where_there_is_room_and_above_it_where_not() -> None:
    wrong = bad('version="v2.6"', '== "v2.7"', "v2.6")
    view = seen([*replays.begun(), outcome("canary", Verdict.FAIL, lines=(wrong,), reason="version is v2.6")])
    assert 'expected == "v2.7"   actual v2.6' in details(view, "canary")
    narrow = [text.strip() for text in details(view, "canary", width=44).splitlines()]
    assert narrow[narrow.index('expected == "v2.7"') + 1] == "actual   v2.6"


def test_a_line_that_passed_has_no_comparison() -> None:
    assert "expected" not in details(seen(replays.green()), "canary")


def test_an_empty_actual_is_named() -> None:
    wrong = Result(Verdict.FAIL, "x-frame-options", expected="DENY", actual="", reason="missing")
    view = seen([*replays.begun(), outcome("canary", Verdict.FAIL, lines=(wrong,))])
    assert "actual (nothing)" in details(view, "canary")


def test_hints_come_before_what_was_measured() -> None:
    text = details(seen(replays.kill_switch_off()), "kill_switch")
    order = [text.index(word) for word in ("DISABLE_SEND is false", "IMMEDIATE ROLLBACK", "Results", "Reproduce")]
    assert order == sorted(order)


@pytest.mark.parametrize("word", ["nearest rank", "n 30", "<= 120ms", "min 38.1 ms", "median 39.7 ms", "max 61.7 ms",
                                  "p95/samples.json", "curl -sS -i", "30/30"])  # fmt: skip
def test_the_details_of_the_latency_name(word: str) -> None:
    assert word in details(seen(replays.green()), "p95")


def test_attempts_are_named_from_the_second_on() -> None:
    view = seen([*replays.begun(), outcome("canary", attempts=3)])
    assert title_line(view.state.checks["canary"]).plain == "canary · canary · attempt 3 · 48 ms"


def test_during_a_rerun_what_was_found_before_is_called_so() -> None:
    text = details(seen(replays.rerun()), "p95")
    assert text.index("6/30") < text.index("The run before") < text.index("P95: 52.3ms")


OVERALL: dict[str, tuple[Callable[[], list[Event]], str]] = {
    "nothing yet": (list, "· WAITING"),
    "running": (replays.running, "▶ RUNNING"),
    "green": (replays.green, "✔ GREEN (dry-run)"),
    "tolerated": (replays.gate_red, "✔ GREEN (dry-run)"),
    "red": (replays.slow_tail, "✖ RED"),
    "unknown": (replays.unreachable, "? UNKNOWN"),
    "rerun": (replays.rerun, "▶ RUNNING"),
}


@pytest.mark.parametrize(("events", "expected"), OVERALL.values(), ids=OVERALL)
def test_the_overall_mark_of_a_run_that_is(events: Callable[[], list[Event]], expected: str) -> None:
    assert str(overall(seen(events()))) == expected


def test_a_failure_that_is_already_known_colours_the_run() -> None:
    calm, red = seen(replays.running()), seen(replays.slow_tail()[:-1])
    assert str(overall(red)) == str(overall(calm))
    assert overall(red).colour != overall(calm).colour


def test_time_counts_from_the_start_of_the_rerun_and_stops_at_its_end() -> None:
    run = replays.green()
    rerun: list[Event] = [CheckStarted("p95"), outcome("p95"), RunFinished(Verdict.PASS, "GREEN", 0)]
    assert elapsed_s(seen(run), NOW) == pytest.approx((len(run) - 1) * 0.1)
    assert elapsed_s(seen([*run, *rerun]), NOW) == pytest.approx(0.2)
    assert elapsed_s(seen([*run, *rerun[:1]]), NOW) == pytest.approx(30 - len(run) * 0.1)


@pytest.mark.parametrize(("width", "height"), [(300, 5), (120, 5), (120, 4), (80, 3), (50, 3), (20, 1), (1, 1)])
@pytest.mark.parametrize("events", [list, replays.running, replays.gate_red, replays.unreachable])
def test_the_head_fits(events: Callable[[], list[Event]], width: int, height: int) -> None:
    rows = header_lines(seen(events()), NOW, width, height)
    assert len(rows) <= height
    assert {row.cell_length for row in rows} == {width}


@pytest.mark.parametrize("word", ["Comms DRI", "dry-run", "CEO GO", "T+15m evidence bundle", "Gate 1 ✖ RED",
                                  "Gate 2 ? UNKNOWN", "8/8 done", "6 GREEN", "1 DEGRADED", "1 BLOCKED"])  # fmt: skip
def test_the_head_names(word: str) -> None:
    assert word in "\n".join(row.plain for row in header_lines(seen(replays.gate_red()), NOW, 120, 5))


GATES = {"green": "✔ GREEN", "red": "✖ RED", "unknown": "? UNKNOWN", "": "? UNKNOWN", "GREEN": "? UNKNOWN"}


@pytest.mark.parametrize(("state", "expected"), GATES.items())
def test_a_gate_that_is(state: str, expected: str) -> None:
    assert str(mark_of_gate(GateInfo("g", "Gate", state, "HTTP"))) == expected


ROLL_BACK = Hint("DISABLE_SEND=false", "not set", "IMMEDIATE ROLLBACK", "critical")


@pytest.mark.parametrize("first", ["events", "kill_switch"])
def test_an_alarm_that_two_checks_raise_is_one_line_and_leads_to_the_worst(first: str) -> None:
    found = {
        "events": outcome("events", Verdict.NOT_EXERCISED, reason="withheld", hints=(ROLL_BACK,)),
        "kill_switch": outcome("kill_switch", Verdict.FAIL, reason="off", hints=(ROLL_BACK,)),
    }
    view = seen([replays.green()[0], found.pop(first), *found.values()])
    said = [line for line in notices(view) if "IMMEDIATE ROLLBACK" in line]
    assert said == ["✖ IMMEDIATE ROLLBACK   (Kill-switch, Event ingestion: DISABLE_SEND=false)"]
    assert of_interest(view) == "kill_switch"


def notices(view: View, *, defects: tuple[str, ...] = (), height: int = 24) -> list[str]:
    return [row.plain.strip() for row in notice_lines(view, NOW, Size(120, height), defects)]


def test_an_alarm_is_loud_until_it_is_measured_anew() -> None:
    off = replays.kill_switch_off()
    alarm = "✖ IMMEDIATE ROLLBACK - external sends may occur!   (Kill-switch: Verification shows DISABLE_SEND=false)"
    assert notices(seen(off)) == [alarm]
    assert notices(seen(off), height=40) == ["", alarm, ""]
    before = alarm.replace("(Kill-switch:", "(Kill-switch, earlier:")
    assert notices(seen([*off, CheckStarted("kill_switch")])) == [before]
    assert notices(seen([*off, CheckStarted("kill_switch"), outcome("kill_switch")])) == []


def test_a_hint_that_is_not_critical_is_no_alarm() -> None:
    hinted = outcome("canary", Verdict.FAIL, hints=(Hint("s", "c", "f", "warning"),))
    assert notices(seen([*replays.begun(), hinted])) == []


def test_the_most_urgent_comes_first() -> None:
    events = [*replays.kill_switch_off(), *replays.asking()[-2:], Noted("noted", "warning")]
    view = seen(events).without_connection("gone")
    words = ["ROLLBACK", "no longer connected", "2 questions for you", "WARNING: noted", "a defect"]
    told = notices(view, defects=("a defect",))
    assert [word in text for word, text in zip(words, told, strict=True)] == [True] * 5


def test_several_notes_show_the_newest_and_how_to_read_the_others() -> None:
    (told,) = notices(seen([*replays.begun(), Noted("one"), Noted("two")]))
    assert told.startswith("two ")
    assert told.endswith(" (n shows all 2)")


def test_the_end_of_a_run_names_its_evidence() -> None:
    items = dict(result_items(seen(replays.green())))
    assert items["Verdict"] == "✔ GREEN (dry-run)  all 8 required checks passed"
    assert items["Evidence log"] == "auto_com_center_evidence_20251101T020507Z.log"
    assert result_items(seen(replays.running())) == []


def test_the_launch_is_told_in_full_where_the_head_has_no_room_for_it() -> None:
    items = dict(launch_items(seen(replays.gate_red())))
    assert items["Owner"] == "auto_com_center Lead (Comms DRI)"
    assert items["SLA"] == "T+5m publish confirmation, T+15m evidence bundle"
    assert items["Manual action"] == "Publish is clicked by a person"
    assert items["Gate 1"].startswith("✖ RED")
    assert items["Gate 2"] == "? UNKNOWN  not asked: GATE2_URL is not set"


def test_a_narrow_head_shows_every_gate_and_leaves_out_since_when() -> None:
    rows = [row.plain for row in header_lines(seen(replays.kill_switch_off()), NOW, 80, 3)]
    assert "Gate 1 ✔ GREEN · Gate 2 ? UNKNOWN" in rows[2]
    assert "✖ 1 RED" in rows[2]
    assert "since" in header_lines(seen(replays.begun()), NOW, 99, 3)[2].plain


MEASURED = {
    "a number": (Measurement(41.23, unit="ms"), "41.2 ms"),
    "a whole number": (Measurement(6.0), "6"),
    "a text": (Measurement("6/6"), "6/6"),
    "a count of several": (Measurement("3/4", unit="levers"), "3/4 levers"),
    "words": (Measurement("over (timed out)", unit="ms"), "over (timed out)"),
    "a truth": (Measurement(True), "true"),
    "nothing": (Measurement(None, "<= 3"), ""),
    "zero": (Measurement(0), "0"),
}


@pytest.mark.parametrize(("found", "expected"), MEASURED.values(), ids=MEASURED)
def test_a_measurement_of(found: Measurement, expected: str) -> None:
    assert measured_text(found) == expected
