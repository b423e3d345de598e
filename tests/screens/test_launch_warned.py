"""What the suites of a launch warn of, in its console."""

from dataclasses import replace
from datetime import timedelta

from tests.screens import launches
from warroom.client.values import WarningNow
from warroom.screens import palette
from warroom.screens.launch_details import details_lines
from warroom.screens.launch_notices import notice_lines
from warroom.screens.launch_view import LaunchView, fresh, suites

TEXT = "app (shop.example:443): the certificate expires in 2.9 days"


def test_a_warning_stands_below_everything_else_and_with_its_suite() -> None:
    launch = launches.held_next()
    came = WarningNow(TEXT, "verify", launch.now - timedelta(minutes=2))
    view = fresh(LaunchView(launch.launch), replace(launch, warnings=(came,)))
    last = notice_lines(view, launch.now, 120)[-1]
    assert last.plain.strip() == f"▲ suite verify: {TEXT}"
    assert {span.style.foreground.hex.lower() for span in last.spans} == {palette.YELLOW}  # type: ignore[union-attr]
    rows = " ".join(" ".join(row.plain.split()) for row in details_lines(view, suites(launch)[0], launch.now, 100))
    assert f"Warned {TEXT} (" in rows
    assert "2m00s ago)" in rows
