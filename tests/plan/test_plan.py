"""What a launch will do, told before it does anything."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from pathlib import Path

import pytest

from tests.launch.course import T0, TIMES
from tests.plan.planned import GIVEN, of_text, planned
from tests.playbook.test_shipped import ENVIRON
from warroom.errors import PlaybookError
from warroom.plan.text import plan_json, plan_lines
from warroom.plan.values import PlannedPost
from warroom.simulator.slack_rules import message_problem
from warroom.updates.channel import Post
from warroom.updates.slack_message import message_of


def post(slot: str) -> PlannedPost:
    return next(one for one in planned().posts if one.slot == slot)


def test_every_update_of_the_third_document_is_planned_at_its_times_and_then_those_for_what_happens() -> None:
    posts = planned().posts
    assert tuple(one.when for one in posts if one.is_timed) == TIMES
    triggers = ("pause_5xx", "pause_jwt", "pause_queue", "pause_p95", "kill_switch_off")
    told = {
        "trigger_fired": "trigger.fired",
        "trigger_resolved": "trigger.resolved",
        "trigger_blind": "trigger.blind",
    }
    limited = ("errors_5xx", "p95", "auth_success", "jwt_failures", "queue_depth", "dlq_ratio")
    assert {one.slot: one.when for one in posts if not one.is_timed} == {
        "gate1_green@gate1#1": "on gate.green of gate1, within 2m",
        "gate2_green@gate2#1": "on gate.green of gate2, within 2m",
        "gate_red@gate1#1": "on gate.red of gate1, within 2m",
        "gate_red@gate2#1": "on gate.red of gate2, within 2m",
        **{
            f"{update}@{trigger}#1": f"on {on} of {trigger}, within 2m"
            for update, on in told.items()
            for trigger in triggers
        },
        **{f"breach@{signal}#1": f"on signal.warn of {signal}, within 2m" for signal in limited},
        **{f"breach_over@{signal}#1": f"on signal.recovered of {signal}, within 2m" for signal in limited},
        "incident_opened@inc-1": "on incident.opened, within 2m",
        "incident_note@inc-1": "on incident.opened, within 10m",
        "incident_update@inc-1+15m": "every 15m while incident.open",
        "incident_resolved@inc-1": "on incident.resolved, within 2m",
        "procedure_news@pause_sends-1": "on procedure.finished of pause_sends, within 2m",
        "procedure_news@pause_sends-1.start": "on procedure.waiting of pause_sends, within 2m",
        "procedure_news@pause_sends-1.start.escalated": "on procedure.escalated of pause_sends, within 2m",
    }


def test_a_post_is_shown_as_it_will_be_with_what_is_not_known_by_its_name() -> None:
    assert post("publish_confirmation@T+5m").text.split("\n") == [
        "auto_com_center: PUBLISHED ✅",
        "Build ID: [steps.confirm.build_id]",
        "Timestamp: [steps.confirm.deployed_at]",
        "Status: Dry-run mode enabled, proceeding to verification",
    ]
    assert post("publish_confirmation@T+5m").needs == ("steps.confirm.build_id", "steps.confirm.deployed_at")
    bundle = post("evidence_bundle@T+15m").text
    assert "- [badge of jwks]" in bundle
    assert "[lines of kill_switch: DISABLE_SEND=, Dry-run mode ENABLED, No external sends will occur]" in bundle
    assert post("gate_red@gate1#1").text.startswith(
        "auto_com_center: Gate 1 (scholar_auth) is RED again since [time of the event]"
    )
    told = post("trigger_fired@pause_5xx#1").text.splitlines()
    assert told[0] == "auto_com_center: pause_5xx#1 FIRED at [time of the event] (pause, auto)"
    assert told[2:4] == ["5xx errors: [trigger.value] (it fires when >= 1%, at once)", "Why: [trigger.reason]"]
    assert "It is [trigger.stage] now" in post("trigger_resolved@pause_5xx#1").text
    breach = post("breach@p95#1").text.splitlines()
    assert breach[0] == "auto_com_center: [signal.level] P95 latency at [time of the event]: [signal.value]"
    assert "opened [time of the event] by [incident.by]" in post("incident_opened@inc-1").text
    assert "RESOLVED [time of the event] by" in post("incident_resolved@inc-1").text
    events = "".join(one.text for one in planned().posts if not one.is_timed)
    assert re.findall(r"\d{4}-\d\d-\d\d", events) == []
    assert post("incident_update@inc-1+15m").text.startswith("auto_com_center: incident update [post.time]")


@pytest.mark.parametrize("one", planned().posts, ids=lambda one: one.slot)
def test_what_is_planned_is_taken_by_a_strict_slack(one: PlannedPost) -> None:
    assert message_problem(message_of(Post(f"wr:x:{one.slot}", one.text))) == ""


def test_it_says_where_a_post_stands_and_when_the_suite_runs_whose_results_it_tells() -> None:
    places = {one.slot: one.place for one in planned().posts}
    assert places["hourly@T+1h"] == "opens the thread of phase watch"
    assert places["hourly@T+2h"] == places["four_hourly@T+48h"] == "in the thread of phase watch"
    assert places["incident_note@inc-1"] == "in the channel itself"
    assert post("hourly@T+1h").suite == "suite pulse runs 1m before it"
    assert post("evidence_bundle@T+15m").suite == (
        "tells the latest run of suite verify: phase verify runs it at T+5m"
    )


def test_every_copy_of_a_post_is_planned_and_who_hears_only_of_what_is_critical_is_said(tmp_path: Path) -> None:
    plan = of_text(
        tmp_path,
        """\
        warroom: 1
        launch: {id: small}
        channels:
          general: {kind: file, path: general.txt}
          incidents: {kind: file, path: incidents.txt}
        routes: {critical: incidents}
        updates:
          frozen: {channel: [general, incidents], template: told, at: T-30m}
          trouble: {channel: general, template: told, on: incident.opened, within: 2m}
        templates: {told: "{{ launch.id }}"}
        """,
    )
    assert [(one.slot, one.channel, one.when) for one in plan.posts] == [
        ("frozen@T-30m", "general", "T-30m"),
        ("frozen@T-30m/incidents", "incidents", "T-30m"),
        ("trouble@inc-1", "general", "on incident.opened, within 2m"),
        ("trouble@inc-1/incidents", "incidents", "on incident.opened, within 2m, if it is critical"),
    ]


def test_with_t0_every_planned_post_has_its_instant() -> None:
    posts = [one for one in planned(t0=T0).posts if one.is_timed]
    assert (posts[0].due, posts[-1].due) == (T0 + timedelta(minutes=5), T0 + timedelta(hours=48))
    assert [one.due for one in planned().posts if one.due] == []
    assert [one.due for one in planned(t0=T0).posts if not one.is_timed and one.due] == []


def test_every_request_of_the_launch_is_listed_with_who_asks() -> None:
    usual = [one for one in planned().asked if "not configured" not in one.address and "change" not in one.note]
    asked = [(one.method, one.address, one.note) for one in usual]
    app = ENVIRON["AUTO_COM_CENTER_URL"]
    assert asked == [
        ("GET", f"{app}/metrics", "every 5 s"),
        ("GET", f"{app}/canary", "every 2 s"),
        ("GET", f"{app}/canary", ""),
        ("GET", f"{app}/canary", "30 times"),
        ("GET", ENVIRON["SCHOLAR_AUTH_JWKS_URL"], ""),
        ("POST", ENVIRON["M2M_TOKEN_URL"], ""),
        ("POST", f"{app}/events", "2 events, and what has to be refused"),
        ("GET", f"{app}/ops/state", ""),
    ]
    state = next(one for one in planned().asked if one.address.endswith("/ops/state"))
    assert {"check events", "check providers", "check kill_switch", "check queue"} <= set(state.by)


def test_inputs_are_told_by_name_with_what_is_missing_and_no_value_of_a_secret() -> None:
    given = {name: value for name, value in GIVEN.items() if name not in ("M2M_CLIENT_SECRET", "M2M_TOKEN_URL")}
    plan = planned(environ=given)
    assert [one.name for one in plan.inputs if one.problem] == ["M2M_TOKEN_URL", "M2M_CLIENT_SECRET"]
    assert [one.about for one in plan.findings] == ["input M2M_TOKEN_URL", "input M2M_CLIENT_SECRET"]
    assert len(plan.posts) == len(planned().posts)
    assert any(one.address == "${M2M_TOKEN_URL}" for one in plan.asked)
    told = "\n".join(plan_lines(planned())) + json.dumps(plan_json(planned()))
    assert [name for name in ("SLACK_BOT_TOKEN", "M2M_CLIENT_SECRET") if GIVEN[name] in told] == []
    assert "M2M_CLIENT_SECRET" in planned().secrets


def test_with_all_inputs_the_shipped_playbook_has_no_findings() -> None:
    assert planned().findings == ()


def test_without_access_to_slack_it_is_said_where_posts_go() -> None:
    plan = planned(environ=ENVIRON)
    assert [one.about for one in plan.findings] == ["channel war_room"]
    assert (
        plan.recipients[0].where == "the file war-room.txt of the launch; what it does not take goes to undelivered"
    )


SMALL = """
    warroom: 1
    launch: {{id: small, title: Small}}
    inputs: {{TOKEN: {{default: "", secret: true}}, HOOK: {{default: "", secret: true}}}}
    targets: {{app: {{url: "http://127.0.0.1:1"}}}}
    checks:
      health: {{kind: http, target: app, path: /healthz, expect: [{{status: 200}}]}}
      tool: {{kind: command, argv: [/usr/bin/psql, -c, select 1]}}
      unused: {{kind: http, target: app, path: /unused}}
    suites: {{all: {{checks: [health, tool]}}, other: {{checks: [unused]}}}}
    channels: {{chat: {{kind: slack, token: "${{TOKEN}}", channel: C012, webhook: "${{HOOK}}", path: chat.txt}}}}
    updates: {{long: {{channel: chat, template: long, at: T+5m, suite: all{more}}}}}
    templates: {{long: "{{{{ badge(health) }}}} {text}"}}
"""


def test_commands_are_listed_and_checks_that_the_launch_does_not_run_are_not(tmp_path: Path) -> None:
    plan = of_text(tmp_path, SMALL.format(text="", more=", before: 1m"))
    assert [one.argv for one in plan.commands] == [("/usr/bin/psql", "-c", "select 1")]
    assert [one.address for one in plan.asked] == ["http://127.0.0.1:1/healthz"]


def test_sources_of_signals_are_listed_with_how_often_they_are_asked(tmp_path: Path) -> None:
    sources = """
    sources:
      app: {kind: metrics, target: app, every: 5s, through: {target: prom}}
      probe: {kind: probe, target: app, path: /canary, every: 2s}
      disk: {kind: command, argv: [/usr/bin/df, -P], every: 1m}
      people: {kind: manual}
    """
    text = SMALL.format(text="", more=", before: 1m").replace(
        'targets: {app: {url: "http://127.0.0.1:1"}}',
        'targets: {app: {url: "http://127.0.0.1:1"}, prom: {url: ""}}',
    )
    plan = of_text(tmp_path, text + sources)
    asked = [(one.method, one.address, one.note) for one in plan.asked if one.by[0].startswith("source")]
    assert asked == [
        ("GET", "http://127.0.0.1:1/metrics", "every 5 s"),
        ("GET", "http://127.0.0.1:1/canary", "every 2 s"),
    ]
    assert [(one.by, one.argv[0]) for one in plan.commands] == [
        ("check tool", "/usr/bin/psql"),
        ("source disk", "/usr/bin/df"),
    ]
    through = of_text(tmp_path, (text + sources).replace('prom: {url: ""}', 'prom: {url: "http://127.0.0.1:2"}'))
    assert "http://127.0.0.1:2" in [one.address for one in through.asked]


def test_a_phase_says_what_has_to_be_well_for_it_to_be_left(tmp_path: Path) -> None:
    plan = of_text(
        tmp_path,
        """
        warroom: 1
        launch: {id: x}
        targets: {api: {url: "http://127.0.0.1:1"}}
        sources: {app: {kind: http_json, target: api, path: /state}}
        signals: {depth: {source: app, json: $.depth, warn: "> 5"}, age: {source: app, json: $.age, warn: "> 9"}}
        triggers: {deep: {signal: depth, when: "> 9"}}
        phases:
          watch: {from: T+0, until: T+1h, exit: {signals: [depth, age], triggers: deep}}
          after: {from: T+1h, exit: {triggers: deep}}
        """,
    )
    said = [line for line in plan_lines(plan) if line.startswith("  T+")]
    assert said == [
        "  T+0 to T+1h  watch: watch; left with depth, age GREEN and deep idle",
        "  T+1h  after: after; left with deep idle",
    ]


def test_what_triggers_and_people_may_change_is_listed_with_how_it_is_read_back() -> None:
    plan = planned()
    changes = {(one.method, one.address.rpartition("/ops/")[2]): one.by for one in plan.asked if "change" in one.note}
    assert {"procedure pause_sends", "procedure pause_consumers"} <= set(changes["POST", "consumers/pause"])
    assert "procedure pause_ingestion" in changes["POST", "rollback"]
    told = [one for one in plan_lines(plan) if one.startswith("  pause_jwt: ")]
    assert [line.endswith("; pause, auto, runs pause_ingestion") for line in told] == [True]


SIZES = [
    ("nine thousand characters fit", 9_000, {"TOKEN": "xoxb-canary-1"}, ""),
    ("more goes on in the thread", 11_000, {"TOKEN": "xoxb-canary-1"}, "it goes on in the thread, 2 messages in all"),
    (
        "a webhook cuts it",
        11_000,
        {"HOOK": "https://hooks.example.com/x"},
        "no threads, and what does not fit is cut",
    ),
    ("a file takes any length", 11_000, {}, ""),
]


@pytest.mark.parametrize(("length", "environ", "found"), [row[1:] for row in SIZES], ids=[row[0] for row in SIZES])
def test_what_may_not_fit_into_a_message_is_said_before_it_is_too_late(
    tmp_path: Path, length: int, environ: dict[str, str], found: str
) -> None:
    plan = of_text(tmp_path, SMALL.format(text="x" * length, more=", before: 1m"), environ)
    told = [one.found for one in plan.findings if one.about == "post long@T+5m"]
    assert [found in one for one in told] == ([True] if found else [])


@pytest.mark.parametrize(("begins", "is_held"), [("T+0", False), ("T+5m", False), ("T+6m", True)])
def test_a_post_that_tells_a_suite_which_nothing_runs_by_then_is_found(
    tmp_path: Path, begins: str, is_held: bool
) -> None:
    phases = f"    phases: {{check: {{from: {begins}, suite: all}}}}\n"
    plan = of_text(tmp_path, SMALL.format(text="", more="") + phases, {"TOKEN": "xoxb-canary-1"})
    assert [one.about for one in plan.findings] == (["update long"] if is_held else [])


def test_a_playbook_that_does_not_hold_has_no_plan(tmp_path: Path) -> None:
    with pytest.raises(PlaybookError, match="no template"):
        of_text(tmp_path, SMALL.format(text="", more="").replace("template: long", "template: lang"))


def test_the_text_of_a_recurring_post_is_shown_once() -> None:
    lines = list(plan_lines(planned(t0=T0)))
    assert sum("hourly update" in line for line in lines) == 1
    assert any(line.strip().endswith("hourly@T+2h: Hourly update, as hourly@T+1h") for line in lines)
    assert "  T+2h  2025-11-01T04:00:00Z" in "\n".join(lines)
    # Each flip says something else.
    assert sum("is RED again since" in line for line in lines) == 2


def test_what_is_kept_in_slack_beside_the_posts_is_shown_as_it_will_be() -> None:
    status, switch = planned(t0=T0).messages
    assert (status.channel, status.when) == ("war_room", "edited in place whenever it changes")
    assert status.text.split("\n")[:2] == [
        "STATUS: auto_com_center Production Publish · dry-run · receive-and-queue",
        "T0: 2025-11-01 02:00 UTC",
    ]
    assert switch.when == "by Slack itself, 15m after the last sign of life of the engine"
    first, second = switch.text.split("\n")
    assert first == "⚠️ ENGINE SILENT since [its last sign of life]: auto_com_center Production Publish"
    assert second.endswith("Go on: warroom run LAUNCH")
    assert "Kept in Slack" in plan_lines(planned(t0=T0))


def test_without_a_channel_that_can_keep_them_there_are_none() -> None:
    assert planned(environ=ENVIRON).messages == ()
