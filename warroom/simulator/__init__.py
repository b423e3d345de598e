"""The embedded services of the demo: auto_com_center, scholar_auth and scholarship_api on loopback ports.

`warroom.simulator.simulator.Simulator` serves them inside the running event loop;
`warroom.simulator.process.SimulatorProcess` serves them from a child process, so that a busy screen cannot slow
them; `warroom.simulator.scenarios.SCENARIOS` names the ways they can behave. Nothing is imported here, so that a
program that only starts the child pays for no web server.
"""
