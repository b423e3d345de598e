"""The embedded services of the demo: auto_com_center, scholar_auth and scholarship_api on loopback ports.

`SimulatorProcess` serves them from a child process, so that a busy screen cannot slow them; `SCENARIOS` are the ways
they can behave; `warroom.simulator.simulator.Simulator` serves them inside the running event loop. That one is not
imported here, so that a program that only starts the child pays for no web server.
"""

from warroom.simulator.process import SimulatorError, SimulatorProcess
from warroom.simulator.reqlog import ServedRequest
from warroom.simulator.scenarios import SCENARIOS, Scenario, scenario_named

__all__ = ["SCENARIOS", "Scenario", "ServedRequest", "SimulatorError", "SimulatorProcess", "scenario_named"]
