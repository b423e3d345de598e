"""Tables of the reference, made from the models that validate a playbook."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from annotated_types import Ge, Gt, Interval, Le
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from warroom.contract import AnyKind
from warroom.expect import FromText, JsonPath
from warroom.playbook.models import VerdictName
from warroom.units import Condition, format_duration

_FROM_TEXT: Mapping[str, str] = {
    "30s": "duration",
    "'== {}'": "condition",
    "$.queue.depth": "JSONPath",
    "<= 120ms": "limit on a time",
    "95%": "percentage",
    "T+5m": "time from T0",
    "'http_requests_total{code=~\"5..\"}'": "[series](#series)",
    "'%'": "[unit](#units)",
    "'>= {}%'": "[condition on a signal](#conditions-on-a-signal)",
    "'> {}%'": "[condition on a signal](#conditions-on-a-signal), or on a burn rate",
    "'> 5m'": "duration, or `> 5m`",
    "'{}ms'": "number with its [unit](#units)",
    "99.9%": "percentage",
    "'{{ launch.id }}: {}'": "[template](#template)",
}
_PLAIN: Mapping[Any, str] = {
    str: "text",
    int: "whole number",
    float: "number",
    bool: "true or false",
    Any: "anything",
    NoneType: "",
}
# Types that read their own form; what a playbook may write for them.
_OWN_FORM: Mapping[str, str] = {
    "_Codes": "a status, or a list of them",
    "_HeaderList": "list of names, or names with conditions",
}


def table(model: type[BaseModel], *, without: tuple[str, ...] = ()) -> str:
    """Every key of a model: type, default, meaning."""
    rows = [row(name, info) for name, info in model.model_fields.items() if (info.alias or name) not in without]
    return "\n".join(["| key | type | default | meaning |", "|---|---|---|---|", *rows]) + "\n"


def row(name: str, info: FieldInfo) -> str:
    """One key."""
    cells = (f"`{info.alias or name}`", type_of(info.annotation, info.metadata), default_of(info), _meaning(info))
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _meaning(info: FieldInfo) -> str:
    text = (info.description or "").strip().removesuffix(".")
    return text if text.startswith("http") else text[:1].upper() + text[1:]


def default_of(info: FieldInfo) -> str:
    """What a key is when it is left out, as an author would write it."""
    if info.is_required():
        return "**required**"
    value = info.get_default(call_default_factory=True)
    if value is None or value in ("", (), [], {}) or isinstance(value, BaseModel):
        return ""
    return f"`{_shown(value)}`"


def _shown(value: Any) -> str:
    if isinstance(value, timedelta):
        return format_duration(value)
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Condition | JsonPath):
        return value.text
    if isinstance(value, tuple):
        return f"[{', '.join(map(_shown, value))}]"
    return str(value)


def type_of(annotation: Any, metadata: list[Any] | tuple[Any, ...] = ()) -> str:
    """The type of a key in words."""
    for item in metadata:
        if isinstance(item, FromText):
            return _FROM_TEXT[item.example]
        if type(item).__name__ in _OWN_FORM:
            return _OWN_FORM[type(item).__name__]
    return _worded(annotation) + _bounds(metadata)


def _worded(annotation: Any) -> str:
    if annotation in _PLAIN:
        return _PLAIN[annotation]
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return type_of(inner[0], inner[1:])
    if annotation == VerdictName:
        return "[verdict](verdicts.md)"
    if origin is Literal:
        return " or ".join(f"`{value}`" for value in inner)
    if origin in (Union, UnionType):
        return _either(inner)
    if origin in (list, tuple):
        return f"list of {_plural(type_of(inner[0]))}"
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return f"[{annotation.__name__}](#{annotation.__name__.lower()})"
    return "keys and values" if inner[1] is Any else f"names, each with {type_of(inner[1])}"


def _either(inner: tuple[Any, ...]) -> str:
    if all(str(name).endswith("assertion')]") for name in inner) or any("assertion" in str(name) for name in inner):
        return "[assertion](#assertions)"
    if set(inner) == {int, float}:
        return "number"
    return " or ".join(filter(None, dict.fromkeys(type_of(each) for each in inner)))


def _plural(text: str) -> str:
    if text.startswith("["):
        return text
    return {"text": "texts", "whole number": "whole numbers"}.get(text, text)


def _bounds(metadata: list[Any] | tuple[Any, ...]) -> str:
    low = high = None
    for item in metadata:
        if isinstance(item, Ge | Interval) and item.ge is not None:
            low = f"from {item.ge}"
        if isinstance(item, Gt):
            low = f"above {item.gt}"
        if isinstance(item, Le | Interval) and item.le is not None:
            high = f"to {item.le}"
    said = " ".join(filter(None, (low, high)))
    return f", {said}" if said else ""


def models_below(model: type[BaseModel]) -> Iterator[type[BaseModel]]:
    """The models that a model's keys hold, the nearest first; assertions are left out, they have their own part."""
    for info in model.model_fields.values():
        for found in _models_in(info.annotation):
            if not found.__module__.endswith("expect.language"):
                yield found
                yield from models_below(found)


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
        return
    for inner in get_args(annotation):
        yield from _models_in(inner)


def kind_part(kind: AnyKind) -> str:
    """The keys of a kind, and those of what they hold."""
    parts = [f"{_meaning_of(kind)}.\n", table(kind.params)]
    for model in dict.fromkeys(models_below(kind.params)):
        parts += [f"#### {model.__name__}\n", table(model)]
    return "\n".join(parts)


def _meaning_of(kind: AnyKind) -> str:
    return kind.summary[:1].upper() + kind.summary[1:]
