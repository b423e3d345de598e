"""The JSON Schema of a playbook, for editors: made from the same models that validate it.

Draft 7, which yaml-language-server knows best. An editor sees a file before defaults, includes and inputs are filled
in, so the schema asks for less than the loader does: `${NAME}` may stand wherever text has a form, and a key that
`defaults` can give may be left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any, Final

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, models_json_schema
from pydantic_core import core_schema

from warroom.contract import AnyKind
from warroom.expect import FromText
from warroom.playbook.models import Check, Defaults, Document, Lever, Target
from warroom.units import format_duration, parse_duration, parse_offset

Schema = dict[str, Any]

_DIALECT: Final = "http://json-schema.org/draft-07/schema#"
_DURATION: Final = r"^\s*(\d+(\.\d+)?(ms|s|m|h|d|w))+\s*$"
_OFFSET: Final = r"^\s*T\s*[+-]\s*(0|(\d+(\.\d+)?(ms|s|m|h|d|w))+)\s*$"
_INTERPOLATED: Final = r"\$\{"
_NOT_IN_ENVIRONMENTS: Final = ("warroom", "include", "environments")


class _Generator(GenerateJsonSchema):
    """Without the titles that pydantic makes up from names, and with durations as an author writes them."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False

    def encode_default(self, dft: Any) -> Any:
        return format_duration(dft) if isinstance(dft, timedelta) else super().encode_default(dft)

    def function_plain_schema(self, schema: core_schema.PlainValidatorFunctionSchema) -> Schema:
        made = super().function_plain_schema(schema)
        source = getattr(schema["function"]["function"], "__self__", None)
        if isinstance(source, FromText) and source.parse is parse_duration:
            made["pattern"] = _DURATION
            made["patternErrorMessage"] = "A duration has a unit: 90s, 5m, 2m30s, 48h or 7d."
        elif isinstance(source, FromText) and source.parse is parse_offset:
            made["pattern"] = _OFFSET
            made["patternErrorMessage"] = "A time from T0 has a sign and a unit: T+5m, T+1h, T-24h or T+0."
        return made


def playbook_schema(kinds: Mapping[str, AnyKind]) -> Schema:
    """The schema, as plain JSON data, for a playbook whose checks are of `kinds`."""
    listed = [kinds[name] for name in sorted(kinds)]
    ours: tuple[type[BaseModel], ...] = (Document, Check, Target, Lever, Defaults)
    refs, made = models_json_schema(
        [(model, "validation") for model in (*ours, *(kind.params for kind in listed))],
        by_alias=True,
        ref_template="#/$defs/{model}",
        schema_generator=_Generator,
    )
    defs: dict[str, Schema] = made["$defs"]

    def definition(model: type) -> Schema:
        return defs[refs[(model, "validation")]["$ref"].rpartition("/")[2]]

    for schema in defs.values():
        schema.pop("title", None)
    for schema in _all(list(defs.values())):
        _simplify(schema)
        _tell_apart(schema, defs)
    top = definition(Document)
    common = definition(Check)
    params = {kind.name: definition(kind.params) for kind in listed}
    defs["check"] = _any_check(common, listed, params, required=True)
    defs["check_with_defaults"] = _any_check(common, listed, params, required=False)
    # Where levers are read is what `defaults` are for.
    definition(Lever)["required"].remove("read")
    _fill_defaults(definition(Defaults), definition(Target), definition(Lever), common, params)
    _close_sections(top)
    return {"$schema": _DIALECT, "title": "Warroom playbook", **top, **_by_defaults(), "$defs": defs}


def _all(value: Any) -> Iterator[Schema]:
    """Every mapping in a schema, the outer ones first."""
    if isinstance(value, dict):
        yield value
        for inner in list(value.values()):
            yield from _all(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _all(inner)


def _simplify(schema: Schema) -> None:
    """Allow `${NAME}` where text has a form; leave null out: an author leaves the key out."""
    if schema.get("type") == "string" and isinstance(schema.get("pattern"), str):
        schema["pattern"] = f"{schema['pattern']}|{_INTERPOLATED}"
    branches = schema.get("anyOf")
    if isinstance(branches, list) and {"type": "null"} in branches:
        rest = [branch for branch in branches if branch != {"type": "null"}]
        del schema["anyOf"]
        schema.update({"anyOf": rest} if len(rest) > 1 else {**rest[0], **schema})
    if schema.get("default", "") is None:
        del schema["default"]


def _tell_apart(schema: Schema, defs: Mapping[str, Schema]) -> None:
    """Several forms that a key tells apart: as conditions, for then an editor names the fault of the form that is
    meant."""
    if "discriminator" not in schema:
        return
    apart, _ = schema.pop("discriminator"), schema.pop("oneOf")
    key, forms = apart["propertyName"], {value: {"$ref": ref} for value, ref in sorted(apart["mapping"].items())}
    about = [defs[form["$ref"].rpartition("/")[2]]["description"] for form in forms.values()]
    schema |= {
        "type": "object",
        "properties": {key: {"type": "string", "enum": list(forms), "enumDescriptions": about}},
        "required": [key],
        "allOf": [
            {"if": {"properties": {key: {"const": value}}, "required": [key]}, "then": form}
            for value, form in forms.items()
        ],
    }


def _any_check(common: Schema, kinds: list[AnyKind], params: Mapping[str, Schema], *, required: bool) -> Schema:
    """A check of any kind: `kind` decides which other keys there are."""
    names = [kind.name for kind in kinds]
    kind_key = {
        "type": "string",
        "description": common["properties"]["kind"]["description"],
        "enum": names,
        "enumDescriptions": [kind.summary for kind in kinds],
    }
    return {
        "type": "object",
        "properties": {"kind": kind_key},
        "required": ["kind"],
        "allOf": [
            {
                "if": {"properties": {"kind": {"const": kind.name}}, "required": ["kind"]},
                "then": _one_check(common, kind, params[kind.name], required=required),
            }
            for kind in kinds
        ],
    }


def _one_check(common: Schema, kind: AnyKind, params: Schema, *, required: bool) -> Schema:
    own = params.get("properties", {})
    return {
        "type": "object",
        "description": kind.summary,
        "properties": {**own, **common["properties"], "kind": {"const": kind.name, "description": kind.summary}},
        "required": ["kind", *params.get("required", [])] if required else ["kind"],
        "additionalProperties": False,
    }


def _fill_defaults(
    defaults: Schema, target: Schema, lever: Schema, common: Schema, params: Mapping[str, Schema]
) -> None:
    """What the models leave open: which keys a default can give."""
    own = {name: _open(key) for schema in params.values() for name, key in schema.get("properties", {}).items()}
    offered = {"target": target["properties"], "lever": lever["properties"], "check": {**own, **common["properties"]}}
    properties = defaults["properties"]
    defaults["properties"] = {name: _part(properties[name]["description"], offered[name]) for name in properties}


def _close_sections(top: Schema) -> None:
    """Names of entries have to fit their pattern; an environment has the sections that it may lay over."""
    properties: dict[str, Schema] = top["properties"]
    sections = {
        name: {"type": schema.get("type", "object"), "description": schema.get("description", "")}
        for name, schema in properties.items()
        if name not in _NOT_IN_ENVIRONMENTS
    }
    for schema in properties.values():
        if "patternProperties" in schema:
            schema["additionalProperties"] = False
    environments = properties["environments"]["patternProperties"]
    for name in environments:
        environments[name] = _part("What this environment lays over the playbook.", sections)


def _open(schema: Schema) -> Schema:
    """A key that kinds may know in different forms: its description alone."""
    return {"description": schema["description"]} if "description" in schema else {}


def _part(description: str, properties: Mapping[str, Schema]) -> Schema:
    return {
        "type": "object",
        "description": description,
        "properties": dict(properties),
        "additionalProperties": False,
    }


def _by_defaults() -> Schema:
    """With `defaults: {check: ...}` a check may leave out what its kind asks for."""
    given = {"properties": {"defaults": {"required": ["check"]}}, "required": ["defaults"]}
    return {"if": given, "then": _checks("check_with_defaults"), "else": _checks("check")}


def _checks(name: str) -> Schema:
    # An editor would offer the key once more for each of the branches.
    section = {"additionalProperties": {"$ref": f"#/$defs/{name}"}, "doNotSuggest": True}
    return {"properties": {"checks": section}}
