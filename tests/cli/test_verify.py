"""`warroom verify` on the third launch: every scenario of the services, judged by exit code, report and their log."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.running import PLAYBOOK, verify, warroom

CHECKS = ["canary", "security_headers", "p95", "jwks", "m2m", "events", "providers", "kill_switch"]
EVENT_TYPES = ["deadline_approaching", "new_match_found"]

# scenario, options, exit code, the checks that do not pass with their verdict, and what the worst one says
SCENARIOS: list[tuple[str, list[str], int, dict[str, str], str]] = [
    ("canary-version", [], 1, {"canary": "fail"}, "v2.6"),
    ("canary-app", [], 1, {"canary": "fail"}, "auto_page_maker"),
    ("canary-status", [], 1, {"canary": "fail"}, "degraded"),
    ("canary-dependencies", [], 1, {"canary": "fail"}, "dependencies_ok"),
    ("canary-missing-field", [], 1, {"canary": "fail"}, "p95_ms"),
    ("canary-p95", [], 1, {"canary": "fail"}, "p95_ms is a text"),
    ("canary-extra-field", [], 1, {"canary": "fail"}, "build"),
    ("canary-types", [], 1, {"canary": "fail"}, "text"),
    ("canary-html", [], 1, {"canary": "fail", "security_headers": "fail"}, "not JSON"),
    ("header-missing", [], 1, {"security_headers": "fail"}, "5"),
    ("header-weak", [], 1, {"security_headers": "fail"}, "report-only"),
    ("slow", [], 1, {"p95": "fail"}, "120ms"),
    ("slow-tail", [], 1, {"p95": "fail"}, "120ms"),
    ("auth-outage", [], 0, {"jwks": "degraded", "m2m": "blocked"}, "pending Gate 1"),
    ("auth-outage-404", [], 0, {"jwks": "degraded", "m2m": "blocked"}, "pending Gate 1"),
    ("auth-outage-500", [], 0, {"jwks": "degraded", "m2m": "blocked"}, "pending Gate 1"),
    ("auth-outage-green", [], 1, {"jwks": "fail", "m2m": "fail", "events": "not_exercised"}, "308"),
    ("auth-outage-404", ["--gate", "gate1=green"], 1, {"jwks": "fail", "m2m": "fail"}, "404"),
    (
        "auth-outage-green",
        ["--gate", "gate1=red"],
        1,
        {"jwks": "degraded", "m2m": "blocked", "events": "fail"},
        "308",
    ),
    ("gate-red", [], 0, {"jwks": "warn", "m2m": "warn"}, "doubtful"),
    ("kill-switch-off", [], 1, {"kill_switch": "fail", "events": "not_exercised"}, "DISABLE_SEND"),
    ("lever-deviation", [], 1, {"kill_switch": "fail", "events": "not_exercised"}, "PROMO_SENDS"),
    ("queue-growing", [], 1, {"events": "fail"}, "growing"),
    ("provider-failing", [], 1, {"providers": "fail"}, "failing"),
    ("bypass", [], 1, {"events": "fail"}, "token"),
    ("weak-keys", [], 1, {"jwks": "fail", "m2m": "fail"}, "PRIVATE KEY"),
    ("down", [], 3, {"canary": "error", "providers": "error", "kill_switch": "error"}, "refused"),
]


@pytest.mark.parametrize(
    ("scenario", "options", "code", "verdicts", "says"),
    SCENARIOS,
    ids=[" ".join([row[0], *row[1]]) for row in SCENARIOS],
)
def test_a_scenario_ends_with_its_verdict(
    scenario: str, options: list[str], code: int, verdicts: dict[str, str], says: str, tmp_path: Path
) -> None:
    ended = verify(scenario, tmp_path, *options)
    found = ended.verdicts()
    assert list(found) == CHECKS
    assert ended.code == code == ended.report["exit_code"], ended.err
    assert {check: found[check] for check in verdicts} == verdicts
    if code != 3:
        assert "fail" not in {verdict for check, verdict in found.items() if check not in verdicts}
    worst = next(check for check, verdict in found.items() if check in verdicts and verdict == verdicts[check])
    assert says in json.dumps(ended.check(worst), ensure_ascii=False)
    assert "Traceback" not in ended.err


@pytest.mark.covers("S3-C13")
def test_what_gate_1_excuses_is_green_only_while_it_is_red(tmp_path: Path) -> None:
    excused = verify("auth-outage-404", tmp_path / "red")
    statuses = {(request.path, request.status) for request in excused.requests if request.service == "scholar_auth"}
    assert {("/.well-known/jwks.json", 404), ("/oauth/token", 401)} <= statuses
    assert (excused.code, excused.report["word"]) == (0, "GREEN (dry-run)")
    assert [excused.check(check)["word"] for check in ("jwks", "m2m")] == [
        "DEGRADED - pending Gate 1",
        "BLOCKED - pending Gate 1",
    ]
    assert set(excused.verdicts().values()) == {"pass", "degraded", "blocked"}
    inexcusable = verify("auth-outage-404-green", tmp_path / "green")
    assert (inexcusable.code, inexcusable.report["word"]) == (1, "RED")


@pytest.mark.covers("S3-Y01")
def test_a_good_launch_is_green_and_the_services_saw_just_what_was_announced(tmp_path: Path) -> None:
    ended = verify("steady", tmp_path)
    assert (ended.code, ended.report["word"]) == (0, "GREEN (dry-run)"), ended.err
    assert set(ended.verdicts().values()) == {"pass"}
    assert ended.count("GET", "/canary") == 31
    accepted = [request for request in ended.requests if request.path == "/events" and request.status == 202]
    assert sorted(str(request.event_type) for request in accepted) == EVENT_TYPES
    refused = [request for request in ended.requests if request.path == "/events" and request.status == 401]
    assert len(refused) == 2
    assert len({request.peer for request in ended.requests if request.service == "auto_com_center"}) <= 4


def test_nothing_is_written_to_the_service_when_the_kill_switch_is_not_on(tmp_path: Path) -> None:
    ended = verify("kill-switch-off", tmp_path)
    assert ended.count("POST", "/events") == 0
    assert "DISABLE_SEND" in ended.check("events")["reason"]


@pytest.mark.covers("S3-H04")
def test_a_kill_switch_that_is_off_is_red_with_the_hint_to_roll_back(tmp_path: Path) -> None:
    ended = verify("kill-switch-off", tmp_path, "--report", f"markdown={tmp_path / 'report.md'}")
    assert "IMMEDIATE ROLLBACK" in json.dumps(ended.check("kill_switch")["hints"])
    assert "IMMEDIATE ROLLBACK" in (tmp_path / "report.md").read_text("utf-8")
    named = {line["say"].split("=")[0] for line in ended.check("kill_switch")["results"]}
    assert {"DISABLE_SEND", "PROMO_SENDS", "RETRIES_ENABLED", "RATE_LIMIT_ENABLED"} <= named
    assert "!!! IMMEDIATE ROLLBACK" in verify("kill-switch-off", tmp_path / "text", "--format", "text").out


HINTED = [("jwks", "auth-outage-404", "S3-H02"), ("m2m", "auth-outage-404", "S3-H03"), ("canary", "down", "S3-H01")]


@pytest.mark.parametrize(("check", "scenario"), [row[:2] for row in HINTED], ids=[row[2] for row in HINTED])
def test_a_known_symptom_brings_its_hint_and_a_healthy_check_none(check: str, scenario: str, tmp_path: Path) -> None:
    assert verify(scenario, tmp_path / "bad").check(check)["hints"]
    assert not verify("steady", tmp_path / "good").check(check)["hints"]


@pytest.mark.covers("S3-T01")
def test_missing_inputs_are_named_at_once_and_nothing_is_sent(tmp_path: Path) -> None:
    ended = verify("steady", tmp_path, inputs={"AUTO_COM_CENTER_URL": "", "M2M_CLIENT_SECRET": ""})
    assert ended.code == 2
    assert "AUTO_COM_CENTER_URL" in ended.err
    assert "M2M_CLIENT_SECRET" in ended.err
    assert ended.requests == ()
    assert list(tmp_path.iterdir()) == []


USAGE = [
    (["--suite", "nonsense"], 2, "nonsense"),
    (["--only", "canray"], 2, "did you mean 'canary'"),
    (["--gate", "gate1=maybe"], 2, "green or red"),
    (["--gate", "gate9=green"], 2, "gate9"),
    (["--attest", "nobody=yes"], 2, "nobody"),
    (["--report", "nonsense=x"], 2, "nonsense"),
    (["--format", "nonsense"], 2, "nonsense"),
    (["--wait", "5"], 2, "needs a unit"),
    (["--input", "M2M_CLIENT_SECRET=abcdefgh"], 2, "process list"),
    (["--input", "NONSENSE=1"], 2, "NONSENSE"),
    (["--evidence", "/dev/null/x"], 2, "evidence"),
    (["--env-file", "/nonexistent"], 2, "/nonexistent"),
    (["--nonsense"], 2, "nonsense"),
    (["--only", "canary", "--skip", "canary"], 5, "nothing"),
]


@pytest.mark.parametrize(("options", "code", "says"), USAGE, ids=[" ".join(row[0]) for row in USAGE])
def test_a_wrong_call_is_named_and_nothing_is_sent(options: list[str], code: int, says: str, tmp_path: Path) -> None:
    ended = verify("steady", tmp_path, *options)
    assert ended.code == code, ended.err
    assert says in ended.err
    assert ended.requests == ()
    assert "Traceback" not in ended.err


@pytest.mark.covers("S3-E01")
def test_the_evidence_holds_what_decided(tmp_path: Path) -> None:
    ended = verify("steady", tmp_path)
    (log,) = tmp_path.glob("auto_com_center_evidence_*.log")
    text = log.read_text("utf-8")
    assert all(check["title"] in text for check in ended.report["checks"])
    assert "P95: " in text
    folder = log.with_suffix("")
    samples = json.loads((folder / "p95" / "samples.json").read_text("utf-8"))["samples"]
    assert len(samples) == 30
    assert (folder / "manifest.json").is_file()
    named = {name for check in ended.report["checks"] for name in check["evidence"]}
    assert {"canary", "p95", "jwks", "m2m", "events", "providers", "kill_switch"} <= {
        name.split("/")[0] for name in named
    }
    assert all((folder / name).is_file() for name in named)


def test_neither_the_secret_nor_the_token_is_written_anywhere(tmp_path: Path) -> None:
    secret = "s3cr3t+/ &=:-value-of-the-test"
    refused = verify("steady", tmp_path / "refused", inputs={"M2M_CLIENT_SECRET": secret})
    assert refused.verdicts()["m2m"] == "fail"
    assert secret not in refused.texts()
    texts = verify("steady", tmp_path / "accepted").texts()
    # The header of every JSON web token begins so in base64.
    assert "eyJhbGciOi" not in texts
    assert "scope" in texts


def test_selection_pulls_in_what_is_needed(tmp_path: Path) -> None:
    ended = verify("steady", tmp_path, "--only", "security_headers")
    assert ended.verdicts() == {"security_headers": "pass", "canary": "pass"}
    assert ended.count("GET", "/canary") == 1


def test_a_skipped_need_leaves_the_check_undecided(tmp_path: Path) -> None:
    ended = verify("steady", tmp_path, "--only", "security_headers", "--skip", "canary")
    assert (ended.code, ended.verdicts()) == (3, {"security_headers": "error"})


def test_strict_lists_what_is_not_a_plain_pass(tmp_path: Path) -> None:
    assert verify("auth-outage", tmp_path, "--strict").code == 4


@pytest.mark.covers("S3-C12")
def test_what_only_a_person_knows_is_asked_for_and_unknown_without_an_answer(tmp_path: Path) -> None:
    names = ["metrics_enabled", "error_budget", "logs_info", "logs_warn"]
    options = ["--suite", "constraints", "--only", "observability"]
    assert verify("steady", tmp_path / "none", *options).code == 3
    given = [option for name in names for option in ("--attest", f"{name}=yes")]
    ended = verify("steady", tmp_path / "all", *options, *given)
    assert ended.code == 0
    assert len(ended.check("observability")["results"]) == 4
    refused = verify("steady", tmp_path / "no", *options, *given[:-2], "--attest", "logs_warn=no")
    assert refused.code == 1


def test_every_report_is_written_beside_the_text_on_stdout(tmp_path: Path) -> None:
    names = ["json", "junit", "markdown", "github", "text"]
    reports = [option for name in names for option in ("--report", f"{name}={tmp_path / name}")]
    ended = verify("provider-failing", tmp_path / "evidence", "--format", "text", *reports)
    assert ended.code == 1
    assert "✖ RED" in ended.out
    assert all("provider" in (tmp_path / name).read_text("utf-8") for name in names)


def test_a_service_that_hangs_is_said_in_a_sentence_at_the_deadline(tmp_path: Path) -> None:
    ended = verify("dark", tmp_path, "--only", "canary")
    assert (ended.code, ended.verdicts()) == (3, {"canary": "error"})
    assert "no answer within" in ended.check("canary")["reason"]


def test_a_playbook_that_is_not_there_is_a_usage_error(tmp_path: Path) -> None:
    ended = warroom("verify", str(tmp_path / "nothing.yaml"), "--headless", evidence=tmp_path)
    assert ended.code == 2
    assert "nothing.yaml" in ended.err


def test_the_shipped_playbook_has_no_problems(tmp_path: Path) -> None:
    ended = warroom("lint", str(PLAYBOOK), evidence=tmp_path)
    assert (ended.code, ended.out) == (0, "")


def test_the_summary_of_a_github_job_is_added_where_github_asks_for_it(tmp_path: Path) -> None:
    summary = tmp_path / "summary.md"
    summary.write_text("# Before\n", encoding="utf-8")
    ended = verify(
        "provider-failing", tmp_path / "e", "--format", "github", inputs={"GITHUB_STEP_SUMMARY": str(summary)}
    )
    assert ended.code == 1
    assert "::error title=Delivery providers" in ended.out
    text = summary.read_text("utf-8")
    assert text.startswith("# Before\n")
    assert "Delivery providers" in text


def test_what_a_green_check_left_untested_is_listed(tmp_path: Path) -> None:
    ended = verify("auth-outage", tmp_path, "--format", "text")
    assert ended.code == 0
    assert "○ Event ingestion: No bypasses: not probed (pending Gate 1" in ended.out
    assert "Not tested" not in verify("steady", tmp_path, "--format", "text").out


def test_a_report_that_cannot_be_written_is_said_and_not_green(tmp_path: Path) -> None:
    ended = verify("steady", tmp_path, "--only", "providers", "--report", "junit=/dev/full")
    assert ended.code == 3
    assert "the junit report could not be written" in ended.err
