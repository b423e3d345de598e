"""Make the generated parts of docs/ anew: `make docs`.

A part stands between `<!-- generated: NAME -->` and `<!-- end of NAME -->`; what is around it is written by hand.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import typer
from pydantic import BaseModel

from tests.contracts.tree import ROOT
from tests.docs.reference import kind_part, table
from warroom.checks import BUILTIN
from warroom.cli.commands import app
from warroom.expect import language
from warroom.playbook import course_models, models, procedure_models, signal_models, source_models
from warroom.screens.keys import KEYS
from warroom.simulator import SCENARIOS

DOCS = ROOT / "docs"
GENERATED = (DOCS / "playbook.md", DOCS / "cli.md", DOCS / "operations.md")
_PART = re.compile(
    r"(?P<begin><!-- generated: (?P<name>[a-z0-9_ ]+) -->\n).*?(?P<end><!-- end of (?P=name) -->)", re.DOTALL
)


def _models() -> dict[str, type[BaseModel]]:
    sections = (models.Document, models.Launch, models.Input, models.Target, models.Lever, models.LeverRead)
    more = (
        models.Gate,
        models.GateRead,
        models.OnGreen,
        models.Check,
        models.Tolerate,
        models.Suite,
        models.Until,
        models.Hint,
    )
    asserted = (language.StatusIs, language.JsonIs, language.FieldsAre, language.HeaderIs, language.TextIs)
    course = (
        *(course_models.Step, course_models.Ask, course_models.Phase, course_models.PhaseExit),
        *(course_models.Channel, course_models.Routes, course_models.Update),
    )
    last = (models.HintMatch, models.Defaults)
    all_models: tuple[type[BaseModel], ...] = (*sections, *more, *last, *course, *watched(), *acting(), *asserted)
    return {model.__name__.lower(): model for model in all_models}


def watched() -> tuple[type[BaseModel], ...]:
    """The models of what is watched while a launch runs."""
    sources = (*source_models.SOURCES.values(), source_models.Through, source_models.ProbeExpect)
    measured = (signal_models.RatioOf, signal_models.PhaseLimits, signal_models.QuantileOf, signal_models.LatencyOf)
    limits = (signal_models.Slo, signal_models.Baseline, signal_models.Trigger)
    return (*sources, signal_models.Signal, *measured, *limits)


def acting() -> tuple[type[BaseModel], ...]:
    """The models of what is done when it goes wrong."""
    steps = (procedure_models.ActionStep, procedure_models.ActionRequest, procedure_models.ReadBack)
    return (procedure_models.LeverSet, procedure_models.Procedure, *steps)


def parts() -> dict[str, Callable[[], str]]:
    """What makes each part, by name."""
    made: dict[str, Callable[[], str]] = {}
    for name, model in _models().items():
        made[f"model {name}"] = lambda model=model: table(model)  # type: ignore[misc]
    for kind in BUILTIN:
        made[f"kind {kind.name}"] = lambda kind=kind: kind_part(kind)  # type: ignore[misc]
    made["commands"] = commands
    made["scenarios"] = scenarios
    made["keys"] = keys
    return made


def commands() -> str:
    """Every command with its arguments and options."""
    group: Any = typer.main.get_command(app)
    return "\n".join(_command(name, each) for name, each in group.commands.items())


def _command(name: str, command: Any) -> str:
    usage = " ".join(["warroom", name, "[OPTIONS]", *(p.metavar or p.name or "" for p in _arguments(command))])
    rows = [*(_argument(param) for param in _arguments(command)), *(_option(param) for param in _options(command))]
    listed = ["| | default | meaning |", "|---|---|---|", *rows]
    return "\n".join([f"## warroom {name}", "", command.help or "", "", f"`{usage}`", "", *listed, ""])


def _arguments(command: Any) -> list[Any]:
    return [param for param in command.params if param.param_type_name == "argument"]


def _options(command: Any) -> list[Any]:
    return [param for param in command.params if param.param_type_name == "option" and not param.hidden]


def _argument(param: Any) -> str:
    default = "**required**" if param.required else f"`{param.default}`"
    return f"| `{param.metavar or param.name}` | {default} | {getattr(param, 'help', '')} |"


def _option(param: Any) -> str:
    value = "" if getattr(param, "is_flag", False) else f" {param.metavar}"
    default = f"`{param.default}`" if isinstance(param.default, str) and param.default else ""
    return f"| `{param.opts[0]}{value}` | {default} | {getattr(param, 'help', '')} |"


def scenarios() -> str:
    """Every scenario of the simulated services."""
    rows = [f"| `{known.name}` | {known.summary} |" for known in SCENARIOS]
    return "\n".join(["| scenario | the services |", "|---|---|", *rows]) + "\n"


def keys() -> str:
    """Every key of the console."""
    rows = [f"| `{key.shown}` | {key.help} |" for key in KEYS]
    return "\n".join(["| key | does |", "|---|---|", *rows]) + "\n"


def filled(text: str) -> str:
    """A document with its generated parts made anew. Raises KeyError for a part that nothing makes."""
    makers = parts()
    return _PART.sub(lambda part: f"{part['begin']}\n{makers[part['name']]().rstrip()}\n\n{part['end']}", text)


def named(text: str) -> Iterator[str]:
    """The names of the generated parts in a document."""
    return (part["name"] for part in _PART.finditer(text))


def _write(document: Path) -> None:
    text = document.read_text("utf-8")
    document.write_text(filled(text), encoding="utf-8")


if __name__ == "__main__":
    for each in GENERATED:
        _write(each)
