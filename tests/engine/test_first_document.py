"""How the first document tells people: several Slack channels, what is critical further, and what a person posts."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from tests.engine.stage import T0, Stage
from tests.engine.test_fallback import Room
from tests.playbook.small import load, write
from warroom.engine.requests import OpenIncident, TaskDone
from warroom.engine.view import state_json
from warroom.playbook.loaded import Playbook

PLAYBOOK = """\
warroom: 1
launch: {id: cv_review, title: CV Review Tool}
inputs:
  SLACK_ENGINEERING: {required: true, secret: true}
  SLACK_CV_REVIEW_LAUNCH: {required: true, secret: true}
  SLACK_INCIDENTS: {required: true, secret: true}
  SLACK_ON_CALL: {required: true, secret: true}
channels:
  engineering: {kind: slack, webhook: "${SLACK_ENGINEERING}", path: engineering.txt}
  cv_review_launch: {kind: slack, webhook: "${SLACK_CV_REVIEW_LAUNCH}", path: cv-review-launch.txt}
  incidents: {kind: slack, webhook: "${SLACK_INCIDENTS}", path: incidents.txt}
  on_call: {kind: slack, webhook: "${SLACK_ON_CALL}", path: on-call.txt}
  stakeholders: {kind: manual, medium: email, to: stakeholders}
  status_page: {kind: manual, medium: status page}
  homepage: {kind: manual, medium: banner, to: visitors}
  blog: {kind: manual, medium: blog, to: readers}
routes:
  critical: incidents
updates:
  tomorrow:
    channel: stakeholders
    template: tomorrow
    subject: CV Review Tool Launch - Tomorrow
    at: T-24h
  half_an_hour: {channel: [engineering, cv_review_launch], template: half_an_hour, at: T-30m}
  scheduled: {channel: status_page, template: scheduled, at: T-30m}
  hero: {channel: homepage, template: hero, at: T+0}
  introducing:
    channel: blog
    template: introducing
    subject: "Introducing: Free AI-Powered CV Review Tool"
    at: T+168h
  issue: {channel: engineering, template: issue, on: incident.opened, within: 2m}
templates:
  half_an_hour: "🚀 CV Review Tool deployment starting in 30 minutes. Monitoring window: 2 hours."
  scheduled: "Scheduled: New feature deployment"
  hero: "New: Free AI CV Review Tool →"
  introducing: "Free CV review with ATS optimization"
  issue: "⚠️ Issue detected: {{ incident.text }}. Status: Investigating. ETA: 15 minutes."
  tomorrow: |
    Hi team,

    We're launching the AI-Powered CV Review Tool tomorrow at 9 AM PST.

    What's new:
    - Free CV review with ATS optimization
    - Interview preparation questions
    - Technical domain scenarios
    - Gap analysis with recommendations

    Expected impact:
    - Increased user engagement
    - Organic traffic growth (SEO optimized)
    - Competitive differentiation (free + privacy-first)

    Monitoring:
    - DevOps team on-call for 48 hours
    - Success metrics tracked daily

    Thanks,
    [Product Manager]
"""
CHANNELS = ("engineering", "cv_review_launch", "incidents", "on_call")
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


def loaded(folder: Path) -> Playbook:
    hooks = {f"SLACK_{name.upper()}": f"https://hooks.slack.com/services/T1/B1/{name}" for name in CHANNELS}
    return load(write(folder, PLAYBOOK), environ=hooks)


def staged(folder: Path) -> tuple[Stage, dict[str, Room]]:
    """The launch, 25 hours before its T0, and what each Slack channel gets."""
    stage = Stage(folder, course=loaded(folder).course, t0=T0 + 25 * HOUR)
    rooms = {name: Room() for name in CHANNELS}
    stage.others = dict(rooms)
    return stage, rooms


@pytest.mark.covers("S1-W11")
async def test_each_channel_has_its_webhook_and_only_what_is_critical_goes_to_incidents(tmp_path: Path) -> None:
    access = loaded(tmp_path).slack
    assert {name: one.webhook.rpartition("/")[2] for name, one in access.items()} == {name: name for name in CHANNELS}
    stage, rooms = staged(tmp_path)
    async with stage.engine(tick_s=60.0) as engine:
        await engine.ask(OpenIncident("CVs are slow"), "ada")
        await engine.ask(OpenIncident("CVs are lost", "critical"), "ada")
        await stage.advance(2 * MINUTE)
    slow, lost = (
        f"⚠️ Issue detected: CVs are {how}. Status: Investigating. ETA: 15 minutes." for how in ("slow", "lost")
    )
    assert {name: [post.text for post in room.has] for name, room in rooms.items()} == {
        "engineering": [slow, lost],
        "cv_review_launch": [],
        "incidents": [lost],
        "on_call": [],
    }


@pytest.mark.covers("S1-W02")
async def test_the_email_of_the_day_before_is_a_task_with_its_text_ready_to_copy(tmp_path: Path) -> None:
    stage, rooms = staged(tmp_path)
    async with stage.engine(tick_s=60.0) as engine:
        await stage.advance(50 * MINUTE)
        [mail] = [one for one in state_json(engine.state, stage.clock.now())["updates"] if one["time"] == "T-24h"]
        assert (mail["standing"], mail["channel"], mail["in_s"]) == ("to do", "stakeholders", 600.0)
        task = {"medium": "email", "to": "stakeholders", "link": "", "subject": "CV Review Tool Launch - Tomorrow"}
        assert mail["task"] == task
        assert mail["text"].splitlines() == [
            line.removeprefix("    ") for line in PLAYBOOK.partition("tomorrow: |\n")[2].splitlines()
        ]
        await engine.ask(TaskDone("T-24h"), "ada")
    assert not any(room.has for room in rooms.values())


async def test_half_an_hour_before_two_channels_get_the_post_and_the_status_page_is_a_task(tmp_path: Path) -> None:
    stage, rooms = staged(tmp_path)
    async with stage.engine(tick_s=300.0) as engine:
        await stage.advance(24 * HOUR + 29 * MINUTE)
        assert not any(room.has for room in rooms.values())
        await stage.advance(6 * MINUTE)
        [page] = [
            one for one in state_json(engine.state, stage.clock.now())["updates"] if "scheduled@" in one["slot"]
        ]
        assert (page["standing"], page["text"]) == ("to do", "Scheduled: New feature deployment")
    told = "🚀 CV Review Tool deployment starting in 30 minutes. Monitoring window: 2 hours."
    assert [[post.text for post in rooms[name].has] for name in CHANNELS] == [[told], [told], [], []]


@pytest.mark.parametrize(
    ("slot", "after_t0", "told"),
    [
        pytest.param(
            "hero@T+0",
            timedelta(),
            ("homepage", "banner", "visitors", "", "New: Free AI CV Review Tool →"),
            id="the banner of the homepage on the day",
        ),
        pytest.param(
            "introducing@T+168h",
            168 * HOUR,
            (
                "blog",
                "blog",
                "readers",
                "Introducing: Free AI-Powered CV Review Tool",
                "Free CV review with ATS optimization",
            ),
            id="the blog post a week later",
        ),
    ],
)
async def test_users_are_told_by_a_person_who_has_the_text_at_its_time_and_no_slack_channel_has_it(
    tmp_path: Path, slot: str, after_t0: timedelta, told: tuple[str, ...]
) -> None:
    stage, rooms = staged(tmp_path)
    async with stage.engine(tick_s=600.0) as engine:
        await stage.advance(25 * HOUR + after_t0 + 20 * MINUTE)
        [task] = [one for one in state_json(engine.state, stage.clock.now())["updates"] if one["slot"] == slot]
        made = task["task"]
        assert (task["channel"], made["medium"], made["to"], made["subject"], task["text"]) == told
        assert task["standing"] == "to do"
        await engine.ask(TaskDone(slot, "https://qaitalks.com/blog/introducing"), "ada")
        [task] = [one for one in state_json(engine.state, stage.clock.now())["updates"] if one["slot"] == slot]
        assert (task["standing"], task["by"]) == ("done", "ada")
    assert not any(told[-1] in post.text for room in rooms.values() for post in room.has)
