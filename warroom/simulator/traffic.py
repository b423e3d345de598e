"""The requests of everybody else: how many there were, worked out from the time that went by. None is ever sent."""

from __future__ import annotations

from warroom.simulator.scenarios import Scenario
from warroom.simulator.tally import Tally

EVENT_SHARE = 0.1
_RENDER_S = 0.0021
_S = 1000.0


class Traffic:
    """`rate` requests a second, a tenth of them events with a token; zero is nobody at all. `tally` is what the
    application counted of them."""

    def __init__(self, rate: float) -> None:
        self.rate = rate
        self.tally = Tally()
        self._carried: dict[str, float] = {}

    def restart(self) -> None:
        """The application begins to count anew."""
        self.tally = Tally()

    def pass_by(self, seconds: float, scenario: Scenario, *, ingesting: bool) -> int:
        """What came in so many seconds of the scenario is counted. Returns how many events were accepted."""
        if scenario.app in ("hang", "refuse"):
            return 0
        requests = self._whole("requests", self.rate * seconds)
        broken = self._whole("broken", requests * scenario.errors_5xx)
        events = self._whole("events", (requests - broken) * EVENT_SHARE)
        refused = self._whole("refused", events * scenario.jwt_failures)
        accepted = events - refused if ingesting else 0
        self._answered(requests, broken, events, refused, accepted)
        self._held(requests, scenario)
        self.tally.ingested += accepted
        self.tally.renders.observe(_RENDER_S, accepted)
        self.tally.dead_letters += self._whole("dead", accepted * scenario.dead_letters)
        self.tally.errors["provider"] += self._whole("provider", accepted * bool(scenario.failing_providers))
        return accepted

    def _answered(self, requests: int, broken: int, events: int, refused: int, accepted: int) -> None:
        codes = {
            "200": requests - broken - events,
            "202": accepted,
            "401": refused,
            "500": broken,
            "503": events - refused - accepted,
        }
        # A code that nobody was ever answered is not there, as with most client libraries.
        self.tally.codes.update({code: count for code, count in codes.items() if count})
        self.tally.jwt.update(success=events - refused, failure=refused)
        self.tally.errors["auth"] += refused

    def _held(self, requests: int, scenario: Scenario) -> None:
        latency = scenario.latency
        slow = self._whole("slow", requests * latency.slow_in_30 / 30)
        early = self._whole("early", (requests - slow) / 2)
        times = {
            latency.slow_ms: slow,
            latency.base_ms - latency.spread_ms: early,
            latency.base_ms + latency.spread_ms: requests - slow - early,
        }
        for milliseconds, count in times.items():
            self.tally.requests.observe(milliseconds / _S, count)

    def _whole(self, what: str, amount: float) -> int:
        """The whole ones of an amount; the rest comes with the next."""
        due = self._carried.get(what, 0.0) + amount
        whole = int(due + 1e-9)
        self._carried[what] = due - whole
        return whole
