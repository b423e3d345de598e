"""A launch of ninety minutes with a post of every kind that is owed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from warroom.events import LaunchInfo
from warroom.playbook.course import Ask, Course, GatePlan, Phase, Step, Update
from warroom.playbook.course import Channel as ChannelSpec
from warroom.playbook.template import parse_template

_MINUTE = timedelta(minutes=1)


def _update(update_id: str, text: str, starts: int, channel: str = "chat", **more: Any) -> Update:
    return Update(update_id, update_id, channel, parse_template(text), starts * _MINUTE, **more)


def _told(update_id: str, text: str, **more: Any) -> Update:
    return Update(update_id, update_id, "chat", parse_template(text), **more)


COURSE = Course(
    LaunchInfo("small", "Small"),
    steps={"publish": Step("publish", "Publish", marks_t0=True, asks=(Ask("build_id", "Build ID"),))},
    phases=(Phase("verification", "Verification", 5 * _MINUTE, 15 * _MINUTE, suite="verify"),),
    channels={
        "chat": ChannelSpec("chat", "file", "chat", fallback="spare", fallback_after=3 * _MINUTE),
        **{name: ChannelSpec(name, "file", name) for name in ("file", "spare")},
    },
    updates={
        update.id: update
        for update in (
            _update("published", "Build ID: {{ steps.publish.build_id }}", 5),
            _update("evidence", "Canary: {{ badge(canary) }}", 15, suite="verify"),
            _update("pulse", "pulse, {{ post.time }}", 20, every=10 * _MINUTE, ends=60 * _MINUTE),
            _update("filed", "filed, {{ post.time }}", 25, "file", every=20 * _MINUTE, ends=65 * _MINUTE),
            _update("fresh", "now: {{ badge(canary) }}", 40, suite="verify", before=3 * _MINUTE),
            _update("last", "the end", 90),
            _told("begun", "{{ incident.id }}: {{ incident.text }}", on=("incident.opened",), within=2 * _MINUTE),
            _told("over", "{{ incident.reason }}", on=("incident.resolved",), within=2 * _MINUTE, copies=("file",)),
            _told("loop", "{{ incidents.open }}", during="incident.open", every=15 * _MINUTE),
            _told("turned", "Gate 1 is green", on=("gate.green",), subjects=("gate1",), within=2 * _MINUTE),
        )
    },
    gates={"gate1": GatePlan("gate1", "Gate 1", is_polled=True)},
)
