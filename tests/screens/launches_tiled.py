"""A launch that watches many signals, in every state that one can be in."""

from __future__ import annotations

from dataclasses import replace

from tests.screens.launches import SIGNAL, SLO, T0, TRIGGER, green, watched
from warroom.client import LaunchNow
from warroom.client.signal_values import BreachNow, LimitNow, SignalNow

NAMES = ("Queue depth", "DLQ ratio", "Template render latency", "Delivery providers up", "Login failures",
         "Orders", "Refunds", "Cache hits", "Database connections", "Replication lag", "Mail bounces",
         "Disk used", "Open files", "Threads", "Sessions")  # fmt: skip
WAVE = tuple(0.0005 * (place % 7 + 1) for place in range(40))


def tiled(count: int = len(NAMES)) -> LaunchNow:
    """T+20m: what `watched` has, and a yellow signal whose budget is nearly spent, one that fills, an old and
    a tracked one, a trigger that waits, and `count` that are well."""
    launch = watched()
    slow = replace(SIGNAL, id="p95", title="P95 latency", unit="ms", value=0.131, shown="131ms", level="yellow",
                   word="YELLOW", n=30.0, window_s=60.0, spark=WAVE, reason="131ms is > 120ms",
                   limits=(LimitNow("warn", "> 120ms", "YELLOW", None), LimitNow("page", "> 300ms", "RED", 0.169)),
                   breach=BreachNow("pause_p95", "pending"),
                   next="fires at 02:28:00Z unless it recovers: pause by pause_p95 after 5m",
                   slo=replace(SLO, budget_left=0.0421, burn=21.3, exhausted_at=T0))  # fmt: skip
    filling = replace(SIGNAL, id="auth", title="Auth success", value=0.99, level="unknown", word="UNKNOWN", spark=(),
                      shown="99%", reason="the window is filling: 33% of it is there, 80% are needed",
                      trend="unknown")  # fmt: skip
    old = replace(SIGNAL, id="jwt", title="JWT validation failures", age_s=192.0, spark=WAVE, trend="falling")
    tracked = replace(SIGNAL, id="events", title="Event ingestion rate", unit="events/min", value=927.9, limits=(),
                      shown="927.9 events/min", level="tracked", word="TRACKED", spark=WAVE, next="")  # fmt: skip
    waits = replace(TRIGGER, id="pause_p95", title="P95 over 300 ms", signal="p95", stage="pending", number=0,
                    condition="> 300ms", fires_at=T0, reason="301ms is > 300ms", mode="auto",
                    fired_at=None)  # fmt: skip
    waits = replace(waits, fires_at=launch.now.replace(minute=launch.now.minute + 3))
    signals = (*launch.signals, slow, filling, old, tracked, *(calm(place) for place in range(count)))
    return replace(green(), signals=signals, triggers=(*launch.triggers, waits))


def calm(place: int) -> SignalNow:
    """One of those that are well."""
    title = NAMES[place] if place < len(NAMES) else f"Signal {place}"
    return replace(SIGNAL, id=f"signal_{place}", title=title, spark=WAVE[place % 7 :], trend="steady")
