"""A launch as a console has it: with news, and without an engine; and the colours of what it draws."""

from __future__ import annotations

from typing import Any

from tests.screens import launches
from warroom.client import LaunchNow, Lost
from warroom.screens.launch_view import LaunchView, fresh

NOBODY = "no engine runs the launch, nothing is posted"
AGAIN = f"warroom run {launches.NAME} --state /srv/launches (with the same --env-file and inputs as before)"


def view_of(launch: LaunchNow) -> LaunchView:
    return fresh(LaunchView(launch.launch), launch)


def lost(launch: LaunchNow) -> LaunchView:
    return view_of(launch).heard(Lost(NOBODY, launch.now, AGAIN), launch.now)


def colours(content: Any) -> set[str]:
    found = set()
    for span in content.spans:
        assert not isinstance(span.style, str)
        for colour in (span.style.foreground, span.style.background):
            if colour is not None:
                found.add(colour.hex.lower())
    return found
