"""The generated parts of docs/ say what the models and the command line say now, and every key has an example."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import BaseModel
from ruamel.yaml import YAML

from tests.docs.blocks import blocks_of
from tests.docs.generate import DOCS, GENERATED, filled, named, parts, watched
from warroom.checks import BUILTIN
from warroom.playbook import course_models, models

PLAYBOOK = DOCS / "playbook.md"


@pytest.mark.parametrize("document", GENERATED, ids=lambda path: path.name)
def test_a_generated_part_is_up_to_date(document: Path) -> None:
    text = document.read_text("utf-8")
    assert text == filled(text), "out of date: run `make docs` and commit what it changed"


def test_every_part_that_can_be_made_stands_in_a_document() -> None:
    shown = {name for document in GENERATED for name in named(document.read_text("utf-8"))}
    assert set(parts()) == shown


def _keys_in_examples() -> set[str]:
    """Every key that the reference's examples use, wherever it stands."""
    found: set[str] = set()

    def collect(value: object) -> None:
        if isinstance(value, dict):
            found.update(value)
            for inner in value.values():
                collect(inner)
        elif isinstance(value, list):
            for inner in value:
                collect(inner)

    for block in blocks_of(PLAYBOOK):
        if block.language == "yaml" and block.mark != "wrong":
            collect(YAML(typ="safe", pure=True).load(block.text))
    return found


def test_every_key_of_the_language_has_an_example() -> None:
    sections: tuple[type[BaseModel], ...] = (
        models.Document,
        models.Launch,
        models.Input,
        models.Target,
        models.Lever,
        models.LeverRead,
        models.Gate,
        models.GateRead,
        models.OnGreen,
        models.Check,
        models.Tolerate,
        models.Suite,
        models.Until,
        models.Hint,
        models.HintMatch,
        models.Defaults,
        course_models.Step,
        course_models.Ask,
        course_models.Phase,
        course_models.Channel,
        course_models.Update,
        *watched(),
        *(kind.params for kind in BUILTIN),
    )
    known = {info.alias or name for model in sections for name, info in model.model_fields.items()}
    assert sorted(known - _keys_in_examples()) == []


def test_every_key_says_what_it_means() -> None:
    silent = [name for name, make in parts().items() for line in make().splitlines() if line.endswith("|  |")]
    assert silent == []
