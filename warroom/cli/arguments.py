"""The arguments and options of the commands, with the help that they show."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from typer import Argument, Option

PlaybookFile = Annotated[Path, Argument(metavar="PLAYBOOK", help="The playbook, a YAML file.")]
PlaybookFiles = Annotated[list[Path], Argument(metavar="PLAYBOOK...", help="Playbooks to check.")]
SchemaOf = Annotated[str, Argument(help="Of what: playbook or verify.")]
Headless = Annotated[bool, Option("--headless", help="No console: plain lines, reports, exit code.")]
Suite = Annotated[str, Option(metavar="NAME", help="The suite to run; without it the playbook's first.")]
Only = Annotated[list[str] | None, Option(metavar="CHECK", help="Run this check and what it needs; repeatable.")]
Skip = Annotated[list[str] | None, Option(metavar="CHECK", help="Leave this check out; repeatable.")]
Inputs = Annotated[
    list[str] | None, Option("--input", metavar="NAME=VALUE", help="An input that is no secret; repeatable.")
]
EnvFile = Annotated[Path | None, Option(metavar="FILE", help="Inputs and secrets as NAME=VALUE lines.")]
Environment = Annotated[str, Option(metavar="NAME", help="The playbook's environment to use.")]
GateStates = Annotated[
    list[str] | None, Option("--gate", metavar="NAME=STATE", help="Declare a gate green or red; repeatable.")
]
Attest = Annotated[
    list[str] | None, Option(metavar="NAME=ANSWER", help="Answer what only a person knows; repeatable.")
]
Wait = Annotated[str, Option(metavar="TIME", help="Try until the services are ready, such as 3m; 0s tries once.")]
Evidence = Annotated[Path | None, Option(metavar="DIR", help="Where evidence is kept; without it, here.")]
Format = Annotated[
    str, Option("--format", metavar="NAME", help="What goes to stdout: text, json, junit, markdown or github.")
]
Reports = Annotated[
    list[str] | None, Option("--report", metavar="FORMAT=FILE", help="Write a report to a file, too; repeatable.")
]
Strict = Annotated[bool, Option("--strict", help="Exit code 4 unless every check is a plain pass.")]
AllowCommands = Annotated[
    bool, Option("--allow-commands", help="Let checks of kind command run programs on this machine.")
]
TestPost = Annotated[str, Option(metavar="CHANNEL", help="Post one message, marked as a test, to this channel.")]
DemoFolder = Annotated[
    Path | None,
    Option("--evidence", metavar="DIR", help="Where evidence and launches are kept; without it, in warroom-demo."),
]
VerifyOnly = Annotated[
    bool, Option("--verify", help="The verification alone, without a launch; so do --format and --report.")
]
Scenario = Annotated[str, Option(metavar="NAME", help="How the simulated services behave; `list` names them.")]
Version = Annotated[bool, Option("--version", "-V", help="Print the version and end.")]
PlaybookOrLaunch = Annotated[
    Path, Argument(metavar="PLAYBOOK", help="The playbook, a YAML file; or an open launch, by its name or id.")
]
LaunchName = Annotated[
    str, Argument(metavar="LAUNCH", help="Name of the launch, or id of its playbook where one launch of it is open.")
]
LaunchOrExport = Annotated[
    str, Argument(metavar="LAUNCH", help="Name of the launch, or id of its playbook; or a journal that was exported.")
]
StateFolder = Annotated[
    Path | None, Option("--state", metavar="DIR", help="Where launches are kept; without it, your own state folder.")
]
New = Annotated[bool, Option("--new", help="Open another launch although one is open.")]
OpenT0 = Annotated[str, Option("--t0", metavar="INSTANT", help="T0 of a new launch: 2025-11-01T02:00:00Z, or now.")]
PlannedT0 = Annotated[
    str, Option("--t0", metavar="INSTANT", help="Show times for this T0, such as 2025-11-01T02:00:00Z.")
]
PlanFormat = Annotated[str, Option("--format", metavar="NAME", help="What goes to stdout: text or json.")]
Last = Annotated[str, Option("--last", metavar="TIME", help="How far back, such as 48h; without it 7d.")]
From = Annotated[str, Option("--from", metavar="INSTANT", help="Or from when on, such as 2025-11-01T02:00:00Z.")]
To = Annotated[str, Option("--to", metavar="INSTANT", help="Until when; without it, now.")]
Step = Annotated[str, Option("--step", metavar="TIME", help="From one look to the next.")]
PastT0 = Annotated[
    str,
    Option("--t0", metavar="INSTANT", help="T0 of a launch then: triggers count from it, baselines are captured."),
]
EngineOnly = Annotated[bool, Option("--headless", help="The engine alone, in the foreground.")]
Listen = Annotated[str, Option("--listen", metavar="ADDRESS:PORT", help="Answer over TCP, too; see: warroom token.")]
Expose = Annotated[bool, Option("--expose", help="Let --listen name an address that other machines reach.")]
PersonName = Annotated[str, Argument(metavar="[NAME]", help="Whose token; without it, list them.")]
TakeOver = Annotated[
    bool, Option("--take-over", help="End the engine that runs the launch first, also a stopped one.")
]
OtherPlaybook = Annotated[Path, Argument(metavar="PLAYBOOK", help="The playbook to go on with.")]
Yes = Annotated[bool, Option("--yes", help="Do it without asking.")]
KeepJournal = Annotated[bool, Option("--keep-journal", help="Delete the rest and keep the journal.")]
Revoke = Annotated[bool, Option("--revoke", help="Take back the tokens of NAME instead.")]
ReadyPipe = Annotated[int, Option("--told-on-fd", hidden=True)]
Lifeline = Annotated[int, Option("--lifeline-fd", hidden=True)]
RunningLaunch = Annotated[
    str,
    Argument(metavar="[LAUNCH]", help="Name of the launch, or id of its playbook; or the only one that runs."),
]
ReadOnly = Annotated[bool, Option("--read-only", help="Look only: this console asks for nothing.")]
LaunchEvidence = Annotated[
    Path | None, Option("--evidence", metavar="DIR", help="Where evidence is kept; without it, with the launch.")
]
AsJson = Annotated[bool, Option("--json", help="Print JSON.")]
Instant = Annotated[str, Argument(metavar="[INSTANT]", help="2025-11-01T02:00:00Z; without it, now.")]
TriggerName = Annotated[str, Argument(metavar="TRIGGER", help="Id of the trigger.")]
TriggerDo = Annotated[str, Argument(metavar="snooze|resume|declare", help="What to do.")]
ForHowLong = Annotated[str, Option("--for", metavar="TIME", help="For how long, such as 2h.")]
SignalName = Annotated[str, Argument(metavar="SIGNAL", help="Id of a signal that people measure.")]
SignalValue = Annotated[
    str, Argument(metavar="VALUE", help="Its number, in its unit; start or stop for a stopwatch.")
]
BaselineName = Annotated[str, Argument(metavar="BASELINE", help="Id of the baseline.")]
Reason = Annotated[str, Option("--reason", metavar="TEXT", help="Why; kept in the journal.")]
Scrub = Annotated[bool, Option("--scrub", help="Take T0 back; nothing is owed until it is set again.")]
StepName = Annotated[str, Argument(metavar="STEP", help="Id of the step.")]
Values = Annotated[
    list[str] | None, Option("--value", metavar="NAME=VALUE", help="What the step asks for; repeatable.")
]
NoteText = Annotated[str, Argument(metavar="TEXT", help="What to put on record.")]
SlotName = Annotated[str, Argument(metavar="UPDATE", help="The update, such as hourly@T+1h; its time will do.")]
Release = Annotated[bool, Option("--release", help="End the hold instead.")]
RemarkText = Annotated[
    str, Argument(metavar="TEXT", help="The remark; - reads it from stdin, an empty one takes it away.")
]
GateName = Annotated[str, Argument(metavar="GATE", help="The gate, such as gate1.")]
GateStands = Annotated[str, Argument(metavar="STATE", help="green, red or unknown; poll to have it asked again.")]
IncidentDo = Annotated[str, Argument(metavar="open|note|resolve", help="What to do.")]
IncidentWords = Annotated[
    list[str] | None, Argument(metavar="[ID] [TEXT]", help="The incident, such as inc-1, and the text.")
]
Again = Annotated[bool, Option("--again", help="Send once more what failed, may have arrived or was sent.")]
Done = Annotated[bool, Option("--done", help="You told it: it is a task for people.")]
DoneLink = Annotated[str, Option("--link", metavar="URL", help="Where it can be seen.")]
SkipTask = Annotated[bool, Option("--skip", help="Nobody is going to tell it.")]
IncidentSeverity = Annotated[
    str,
    Option(metavar="info|warning|critical", help="How grave an incident is that is opened; without it a warning."),
]
ActWords = Annotated[
    list[str] | None,
    Argument(
        metavar="[DO] [WORDS]",
        help="start PROCEDURE, set or attest LEVER VALUE, kill-switch; confirm or done RUN [STEP]; skip RUN STEP; "
        "abort RUN; else what there is.",
    ),
]
Typed = Annotated[str, Option("--typed", metavar="NAME", help="The name of what is dangerous, typed once more.")]
Export = Annotated[bool, Option("--export", help="Print the journal as JSON lines instead.")]
Heads = Annotated[
    list[str] | None, Option("--head", metavar="HEAD", help="A head that was published, 42.9f86d081884c; repeatable.")
]
