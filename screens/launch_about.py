"""What there is to read about a launch: what is wrong with it now, whole, then its facts."""

from __future__ import annotations

from datetime import datetime

from warroom.client.values import FindingNow
from warroom.screens.launch_alarms import alarms
from warroom.screens.launch_details import instant
from warroom.screens.launch_kept import kept_items
from warroom.screens.launch_signals import snoozed_troubles
from warroom.screens.launch_view import LaunchView
from warroom.screens.marks import mark_of_verdict


def about_items(view: LaunchView, now: datetime) -> list[tuple[str, str]]:
    """Names and texts: everything that is wrong, the gravest first, then the facts as the playbook gives them. While
    the engine is lost, what was wrong when it was last heard of."""
    launch = view.launch
    if launch is None:
        return [("", "nothing has been told yet")]
    as_of = view.heard_at if view.lost and view.heard_at else now
    wrong, findings = alarms(launch, as_of), launch.setup.findings if launch.setup else ()
    named = [
        *(("Was wrong" if view.lost else "Wrong", one.text) for one in wrong),
        *(("Snoozed", said) for said in snoozed_troubles(launch, as_of)),
        ("Launch", launch.launch),
        ("DRI", launch.owner_name),
        *launch.facts,
        ("Mode", launch.mode),
        *launch.links,
        ("Opened", instant(launch.opened_at, now, alone=True) if launch.opened_at else ""),
        ("T0", instant(launch.t0, now, alone=True) if launch.t0 else "not set"),
        *kept_items(launch),
        *(_finding(one) for one in findings),
        ("Playbook", f"sha256 {launch.playbook_sha256}"),
        ("Journal", f"entry {launch.seq}"),
        *launch.rationale,
    ]
    return [(name, value) for name, value in named if value]


def _finding(one: FindingNow) -> tuple[str, str]:
    return f"Set-up {mark_of_verdict(one.verdict, required=False)}", f"{one.about}: {one.found}"
