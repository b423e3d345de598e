"""A launch whose status message and dead-man switch are kept in Slack, or are not."""

from dataclasses import replace
from datetime import timedelta

from tests.screens.launches import MINUTE, green
from warroom.client.values import KeptNow, LaunchNow


def kept() -> LaunchNow:
    """In Slack the status message was edited a moment ago, and the dead-man switch is armed."""
    launch = green()
    message = KeptNow("up to date", "", "war_room", "C1/17.1", launch.now - timedelta(seconds=12), None, None)
    switch = KeptNow("armed", "", "war_room", "", None, launch.now + timedelta(minutes=12), None)
    return replace(launch, status_message=message, dead_man=switch)


def unkept() -> LaunchNow:
    """Neither works."""
    launch, reason = green(), "token_revoked: the token was revoked"
    since = launch.now - timedelta(minutes=3)
    message = KeptNow("failing", reason, "war_room", "C1/17.1", since, None, since)
    switch = KeptNow("armed", f"it is not renewed: {reason}", "war_room", "", None, since + 12 * MINUTE, since)
    return replace(launch, status_message=message, dead_man=switch)
