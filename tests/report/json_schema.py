"""As much of JSON Schema 2020-12 as our schema uses; a key that the schema does not describe is a problem, too."""

from collections.abc import Iterator
from typing import Any

_TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "null": (type(None),),
}
_NO_RULE = {"title", "description", "default", "$schema", "$id", "$defs"}
_RULES = {"type", "enum", "const", "anyOf", "$ref", "properties", "required", "items", "additionalProperties"}


def problems(value: Any, schema: dict[str, Any], root: dict[str, Any], place: str = "$") -> Iterator[str]:
    """Sentences on where `value` is not as `schema` says; none when it is."""
    unknown = set(schema) - _NO_RULE - _RULES
    assert not unknown, f"{place}: this validator does not know {unknown}"
    if "$ref" in schema:
        yield from problems(value, root["$defs"][schema["$ref"].removeprefix("#/$defs/")], root, place)
        return
    if "anyOf" in schema and all(list(problems(value, one, root, place)) for one in schema["anyOf"]):
        yield f"{place}: {value!r} is none of {schema['anyOf']}"
    if "const" in schema and value != schema["const"]:
        yield f"{place}: {value!r} is not {schema['const']!r}"
    if "enum" in schema and value not in schema["enum"]:
        yield f"{place}: {value!r} is not among {schema['enum']}"
    if "type" in schema and not _is(value, schema["type"]):
        yield f"{place}: {value!r} is no {schema['type']}"
        return
    yield from _within(value, schema, root, place)


def _is(value: Any, name: str) -> bool:
    return isinstance(value, _TYPES[name]) and (name == "boolean" or not isinstance(value, bool))


def _within(value: Any, schema: dict[str, Any], root: dict[str, Any], place: str) -> Iterator[str]:
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from problems(item, schema.get("items", {}), root, f"{place}[{index}]")
    if not isinstance(value, dict):
        return
    known = schema.get("properties", {})
    yield from (f"{place}: {name} is missing" for name in schema.get("required", ()) if name not in value)
    for name, item in value.items():
        others = schema.get("additionalProperties")
        if name not in known and not isinstance(others, dict):
            yield f"{place}: {name} is not described"
        yield from problems(item, known.get(name, others or {}), root, f"{place}.{name}")
