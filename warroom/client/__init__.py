"""How whoever looks follows a run or a launch and asks for something: in this process, or over HTTP."""

from warroom.client.in_process import Choice, Client, EventLog, Handlers, InProcess
from warroom.client.launch import Fresh, LaunchClient, Lost, Seen
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
    "launch_now",
]
