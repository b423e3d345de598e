"""Which keys a pydantic model knows at a place, for suggestions."""

from __future__ import annotations

from typing import Any, get_args

from pydantic import BaseModel

from warroom.playbook.nodes import Key


def fields_at(model: type[BaseModel], path: tuple[Key, ...]) -> list[str]:
    """The keys that `model` knows below `path`, in its order; every branch of a union counts. May be empty."""
    models = [model]
    for step in path:
        if isinstance(step, str):
            models = _step(models, step)
    return list(dict.fromkeys(name for each in models for name in field_names(each)))


def field_names(model: type[BaseModel]) -> list[str]:
    """The keys of a model as an author writes them."""
    return [info.alias or name for name, info in model.model_fields.items()]


def _step(models: list[type[BaseModel]], key: str) -> list[type[BaseModel]]:
    """The models below `key`. A key that no model knows is the author's own, in a mapping of names to models."""
    annotations = [
        info.annotation for each in models for name, info in each.model_fields.items() if key in (info.alias, name)
    ]
    return [inner for annotation in annotations for inner in _models_in(annotation)] if annotations else models


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for inner in get_args(annotation) for model in _models_in(inner)]
