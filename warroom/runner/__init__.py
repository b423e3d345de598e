"""Runs the checks of a suite and says what happens as events; `verify` and the engine both use it."""

from warroom.runner.bench import Bench, GateBoard
from warroom.runner.suite_run import SuiteRun

__all__ = ["Bench", "GateBoard", "SuiteRun"]
