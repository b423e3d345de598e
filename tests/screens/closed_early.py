"""A launch in trouble that was closed, as its journal tells it."""

from dataclasses import replace
from datetime import datetime

from tests.screens.launches import MINUTE, troubled
from warroom.client.end_values import ClosedNow
from warroom.client.values import LaunchNow, PostNow, SuiteNow


def closed_early() -> LaunchNow:
    """T+3h30m: a launch in trouble was closed a minute ago."""
    launch = troubled()
    updates = tuple(_left(post, launch.now) for post in launch.updates)
    lost = {"running": "abandoned", "waiting": "never begun"}
    ended = tuple(replace(one, lifecycle=lost.get(one.lifecycle, one.lifecycle)) for one in launch.phases)
    again = SuiteNow("pulse", "hourly@T+4h", launch.now - 2 * MINUTE, None, None, "broken off", "", "", ())
    end = ClosedNow(launch.now - MINUTE, "rolled back")
    gates = tuple(replace(gate, holds="") for gate in launch.gates)
    launch = replace(launch, updates=updates, next=None, phases=ended, gates=gates, suites=(*launch.suites, again))
    return replace(launch, closed=end, engine=None)


def _left(post: PostNow, now: datetime) -> PostNow:
    if post.standing in ("sent", "failed", "merged"):
        return post
    late_s = max(0.0, (now - post.due).total_seconds()) if post.due else 0.0
    left = replace(post, late_s=late_s, preview="", needs=())
    if post.standing.startswith("checking"):
        return replace(left, standing="not known whether it arrived", reason="nobody looks for it any more")
    return replace(left, standing="not sent", reason="the launch was closed before it was due")
