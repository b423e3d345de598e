"""The assertions as a playbook writes them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Discriminator, Field, GetCoreSchemaHandler, Tag, model_validator
from pydantic_core import CoreSchema, core_schema

from warroom.contract import Parameters
from warroom.expect.fields import ConditionText, JsonPathText, Names, Said, said_with
from warroom.expect.jsonpath import JsonPath


class _Codes:
    """One status code or a list of them, as a tuple; a union would report each mistake once for either form."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        code = core_schema.int_schema(ge=100, le=599, strict=True)
        codes = core_schema.list_schema(code, min_length=1)
        return core_schema.no_info_plain_validator_function(
            self._value, json_schema_input_schema=core_schema.union_schema([code, codes])
        )

    def _value(self, value: Any) -> tuple[int, ...]:
        codes = value if isinstance(value, list | tuple) else [value]
        if not codes or not all(type(code) is int and 100 <= code <= 599 for code in codes):
            raise ValueError("a status is a number from 100 to 599, or a list of such numbers")
        return tuple(codes)


Codes = Annotated[tuple[int, ...], _Codes()]


class Assertion(Parameters):
    say: Annotated[Said, said_with("actual")] = Field("", description="the line it contributes to a post")
    required: bool = Field(True, description="whether it decides; otherwise it is only listed")


class StatusIs(Assertion):
    """The status code, or one of several."""

    status: Codes = Field(description="the status code, or a list of those that are right")


class JsonIs(Assertion):
    """One value in a JSON body."""

    path: JsonPathText = Field(alias="json", description="a JSONPath (RFC 9535) that leads to one value")
    condition: ConditionText = Field(alias="is", description="what the value must be, such as == true or <= 120")


def _check_names(names: tuple[str, ...]) -> tuple[str, ...]:
    if bad := [name for name in names if not all(name.split("."))]:
        raise ValueError(f"'{bad[0]}' is not a name such as app or security_headers.present")
    if twice := [name for name in names if names.count(name) > 1]:
        raise ValueError(f"'{twice[0]}' is named twice")
    return names


JsonType = Literal["text", "number", "boolean", "list", "object"]


class FieldsAre(Assertion):
    """The fields of a JSON object, by name; a nested one as `object.field`. Every object whose fields are named may
    hold no others, unless `extra: allow`."""

    fields: Annotated[Names, AfterValidator(_check_names)] = Field(
        description="every field by name; a nested one as object.field"
    )
    at: JsonPathText = Field(default_factory=lambda: JsonPath.parse("$"), description="where the object stands")
    extra: Literal["fail", "allow"] = Field("fail", description="what fields that are not named lead to")
    types: dict[str, JsonType] = Field(
        default_factory=dict, description="of which JSON type a field is; one that is not named here may be of any"
    )
    say: Annotated[Said, said_with("count", "total")] = Field("", description="the line it contributes to a post")

    @model_validator(mode="after")
    def _check_types(self) -> FieldsAre:
        if unknown := [name for name in self.types if name not in self.fields]:
            raise ValueError(f"'{unknown[0]}' has a type but is not one of the fields")
        return self


class HeaderIs(Assertion):
    """One header of the answer."""

    header: str = Field(min_length=1, description="the name of the header")
    condition: ConditionText = Field(alias="is", description="what its value must be")


class TextIs(Assertion):
    """The body, read as UTF-8 text."""

    text: ConditionText = Field(description='what the body must be, such as contains "ok"')


_TAGS: Mapping[type, str] = {
    StatusIs: "status assertion",
    JsonIs: "json assertion",
    FieldsAre: "fields assertion",
    HeaderIs: "header assertion",
    TextIs: "text assertion",
}


def _tag_of(value: Any) -> str | None:
    if isinstance(value, Mapping):
        return next((tag for tag in _TAGS.values() if tag.split()[0] in value), None)
    return _TAGS.get(type(value))


# The tags have a space, so that they cannot be taken for keys of the playbook in the place of an error.
Expectation = Annotated[
    Annotated[StatusIs, Tag("status assertion")]
    | Annotated[JsonIs, Tag("json assertion")]
    | Annotated[FieldsAre, Tag("fields assertion")]
    | Annotated[HeaderIs, Tag("header assertion")]
    | Annotated[TextIs, Tag("text assertion")],
    Discriminator(
        _tag_of,
        custom_error_type="assertion_key",
        custom_error_message="an assertion has one of the keys status, json, fields, header and text",
    ),
]
Expectations = Annotated[tuple[Expectation, ...], Field(strict=False)]
