"""What the models of a playbook's sections have in common."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema

ID_PATTERN = r"^[a-z][a-z0-9_]*$"
INPUT_PATTERN = r"^[A-Z][A-Z0-9_]*$"
LEVER_PATTERN = r"^[A-Za-z][A-Za-z0-9_.-]*$"


class Section(BaseModel):
    """Base of the models: unknown keys are errors, types are strict, values do not change."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        frozen=True,
        allow_inf_nan=False,
        hide_input_in_errors=True,
        # Most commands import the language, and few read a playbook.
        defer_build=True,
    )


Id = Annotated[str, Field(pattern=ID_PATTERN, max_length=64)]
Text = Annotated[str, Field(max_length=10_000)]
Name = Annotated[str, Field(min_length=1, max_length=200)]
Word = Annotated[str, Field(max_length=1_000), WithJsonSchema({"type": ["string", "number", "boolean"]})]
"""Text that the author may write without quotes even when YAML takes it for a number or a truth value."""
Words = Annotated[list[Word], Field(min_length=1)]
