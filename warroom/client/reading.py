"""JSON data into frozen values, as strictly as their annotations say."""

from __future__ import annotations

import dataclasses
import functools
import types
from collections.abc import Mapping
from datetime import UTC, datetime
from enum import Enum
from typing import Any, Final, TypeVar, Union, get_args, get_origin, get_type_hints

from warroom.text import clean

T = TypeVar("T")

_LONGEST: Final = 20_000


def read(kind: type[T], data: Any) -> T:
    """`data` as a `kind`, a dataclass: every text made safe to show (line feeds stay), instants UTC.

    Further members of an object are passed over, so that a newer engine may say more. Raises ValueError, naming the
    place, for a member that is missing, null without leave, or of another type.
    """
    value: T = _read(kind, data, "")
    return value


def _read(kind: Any, data: Any, where: str) -> Any:
    origin = get_origin(kind)
    if origin in (Union, types.UnionType):
        return None if data is None else _read(next(k for k in get_args(kind) if k is not type(None)), data, where)
    if origin is tuple:
        return _tuple(get_args(kind), data, where)
    if origin is not None and issubclass(origin, Mapping):
        return {clean(key): _text(value, f"{where}.{key}") for key, value in _is(dict, data, where).items()}
    if dataclasses.is_dataclass(kind):
        return _object(kind, _is(dict, data, where), where)
    return _plain(kind, data, where)


def _object(kind: Any, data: dict[str, Any], where: str) -> Any:
    hints = _hints(kind)
    missing = [name for name in hints if name not in data]
    if missing:
        raise ValueError(f"{f'{where}.' if where else ''}{missing[0]} is missing")
    return kind(**{name: _read(hint, data[name], f"{where}.{name}".lstrip(".")) for name, hint in hints.items()})


@functools.cache
def _hints(kind: Any) -> dict[str, Any]:
    return get_type_hints(kind)


def _tuple(kinds: tuple[Any, ...], data: Any, where: str) -> tuple[Any, ...]:
    items = _is(list, data, where)
    each = (kinds[0],) * len(items) if kinds[-1] is Ellipsis else kinds
    if len(each) != len(items):
        raise ValueError(f"{where} has {len(items)} members, not {len(each)}")
    return tuple(_read(kind, item, f"{where}[{at}]") for at, (kind, item) in enumerate(zip(each, items, strict=True)))


def _plain(kind: Any, data: Any, where: str) -> Any:
    if kind is str:
        return _text(data, where)
    if kind is datetime:
        return _instant(_text(data, where), where)
    if kind is float and type(data) is int:
        return float(data)
    if issubclass(kind, Enum):
        return _member(kind, _text(data, where), where)
    return _is(kind, data, where)


def _text(data: Any, where: str) -> str:
    return clean(_is(str, data, where), limit=_LONGEST, lines=True)


def _instant(text: str, where: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{where} is no instant") from None
    if at.tzinfo is None:
        raise ValueError(f"{where} does not say in which time zone it is")
    return at.astimezone(UTC)


def _member(kind: type[Enum], text: str, where: str) -> Enum:
    try:
        return kind(text)
    except ValueError:
        raise ValueError(f"{where} is '{clean(text, limit=40)}', which is not known here") from None


def _is(kind: type[T], data: Any, where: str) -> T:
    # A truth value is no number here.
    if type(data) is not kind:
        raise ValueError(f"{where or 'it'} is not of type {kind.__name__}")
    return data
