"""How whoever looks follows a run or a launch and asks for something: in this process, or over HTTP."""

from importlib import import_module
from typing import TYPE_CHECKING

from warroom.client.in_process import Choice, Client, EventLog, Handlers, InProcess

if TYPE_CHECKING:
    from warroom.client.launch import Fresh, LaunchClient, Lost, Seen, Simulation
    from warroom.client.values import LaunchNow, launch_now

__all__ = [
    "Choice",
    "Client",
    "EventLog",
    "Fresh",
    "Handlers",
    "InProcess",
    "LaunchClient",
    "LaunchNow",
    "Lost",
    "Seen",
    "Simulation",
    "launch_now",
]

if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        # What is of a launch is loaded when it is asked for: a verification has none, and would wait 8 ms for it.
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        module = "values" if name in ("LaunchNow", "launch_now") else "launch"
        return getattr(import_module(f"{__name__}.{module}"), name)
