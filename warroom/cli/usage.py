"""The line `Usage: ...` of a command."""

from __future__ import annotations

from typing import Any

from typer.core import TyperCommand


class Command(TyperCommand):
    """A command whose usage names its arguments as its help does: with the library's own `{PLAYBOOK}` people would
    type the braces."""

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """`[OPTIONS]` and every argument, in their order."""
        arguments = [each for each in self.get_params(ctx) if each.param_type_name == "argument"]
        return ["[OPTIONS]", *(each.metavar or (each.name or "").upper() for each in arguments)]
