"""Canonical JSON, and the hash that binds an entry to the one before it.

An entry is one line of JSON: members sorted by name, no spaces, ASCII. Its hash is the SHA-256 of that line without
the member `hash`. So anybody can check an exported journal with a JSON library and a hash function.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from warroom.journal.failure import JournalDamaged
from warroom.launch.entries import Entry, Head

GENESIS: Final = "0" * 64
ACQUIRED: Final = "owner.acquired"
EMPTY: Final = Head(0, GENESIS)

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_DEEPEST: Final = 64
_NUMBERS: Final = ("seq", "wall_utc_us", "boottime_ns", "epoch")
_TEXTS: Final = ("launch", "boot_id", "actor", "kind", "body", "prev_hash", "hash")
_TYPES: Final = {**dict.fromkeys(_NUMBERS, int), **dict.fromkeys(_TEXTS, str)}


@dataclass(frozen=True, slots=True)
class Row:
    """An entry as it lies in the database: the time in microseconds since 1970, the body as canonical JSON."""

    seq: int
    launch: str
    wall_utc_us: int
    boot_id: str
    boottime_ns: int
    epoch: int
    actor: str
    kind: str
    body: str
    prev_hash: str
    hash: str


def canonical(value: Any) -> str:
    """`value` as canonical JSON. Raises ValueError for what is not plain JSON data: NaN, a name that is no text."""
    _require_plain(value, 0)
    return json.dumps(value, ensure_ascii=True, allow_nan=False, sort_keys=True, separators=(",", ":"))


def _require_plain(value: Any, depth: int) -> None:
    if depth > _DEEPEST:
        raise ValueError(f"the body of an entry nests deeper than {_DEEPEST}")
    if value is None or isinstance(value, str | bool | int | float):
        return
    if isinstance(value, Mapping) and all(isinstance(name, str) for name in value):
        for item in value.values():
            _require_plain(item, depth + 1)
    elif isinstance(value, list | tuple):
        for item in value:
            _require_plain(item, depth + 1)
    else:
        raise ValueError(f"the body of an entry is JSON data, not {type(value).__name__}")


def hidden(value: Any, redact: Callable[[str], str]) -> Any:
    """`value` with every text in it, names too, passed through `redact`; a number that is a secret becomes text."""
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, Mapping):
        return {redact(name) if isinstance(name, str) else name: hidden(item, redact) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [hidden(item, redact) for item in value]
    if isinstance(value, int | float) and not isinstance(value, bool):
        shown = str(value)
        return value if redact(shown) == shown else redact(shown)
    return value


def line(row: Row, with_hash: bool = True) -> str:
    """The entry as a line of canonical JSON, without the line feed."""
    text = json.dumps
    own = f'"hash":{text(row.hash)},' if with_hash else ""
    return (
        f'{{"actor":{text(row.actor)},"at":"{_instant(row.wall_utc_us)}","body":{row.body},'
        f'"boot_id":{text(row.boot_id)},"boottime_ns":{row.boottime_ns},"epoch":{row.epoch},{own}'
        f'"kind":{text(row.kind)},"launch":{text(row.launch)},"prev_hash":{text(row.prev_hash)},"seq":{row.seq}}}'
    )


def digest(row: Row) -> str:
    """The hash that `row` must have; its member `hash` is not looked at."""
    return hashlib.sha256(line(row, with_hash=False).encode("utf-8", "surrogatepass")).hexdigest()


def sealed(row: Row, digest_of_row: str) -> Row:
    """`row` with its hash."""
    return replace(row, hash=digest_of_row)


def entry_of(row: Row) -> Entry:
    """The value for `row`. Raises ValueError where its body is not JSON."""
    return Entry(
        seq=row.seq,
        launch=row.launch,
        at=instant(row.wall_utc_us),
        boot_id=row.boot_id,
        boottime_ns=row.boottime_ns,
        epoch=row.epoch,
        actor=row.actor,
        kind=row.kind,
        body=json.loads(row.body),
        prev_hash=row.prev_hash,
        hash=row.hash,
    )


def microseconds(at: datetime) -> int:
    """Microseconds from 1970-01-01 UTC to `at`, which is aware."""
    return (at - _EPOCH) // timedelta(microseconds=1)


def instant(wall_utc_us: int) -> datetime:
    """The UTC instant that many microseconds after 1970-01-01. Raises OverflowError outside the years 1 to 9999."""
    return _EPOCH + timedelta(microseconds=wall_utc_us)


def _instant(wall_utc_us: int) -> str:
    return instant(wall_utc_us).isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"


def has_right_types(row: Row) -> bool:
    """Whether the row holds numbers and texts where it must; SQLite does not tell in a file that was damaged."""
    return all(type(getattr(row, name)) is kind for name, kind in _TYPES.items())


def fault(row: Row) -> str:
    """What is wrong with a row taken by itself; empty when nothing is."""
    if not has_right_types(row):
        return "its columns are not of the types that were written"
    try:
        return "" if digest(row) == row.hash else "it is not what its hash was made of"
    except (OverflowError, ValueError):
        return "it is not what its hash was made of"


def break_before(row: Row, head: Head) -> str:
    """What is wrong between `row`, whose types are right, and the head before it; empty when nothing is."""
    if row.seq != head.seq + 1:
        return f"it follows entry {head.seq}" if head.seq else "the entries before it are missing"
    return "" if row.prev_hash == head.hash else f"it does not follow the entry {head.seq} that is there"


def require_sound(row: Row) -> None:
    """Raises JournalDamaged for a row with a fault."""
    if problem := fault(row):
        raise JournalDamaged(row.seq, problem)


def require_next(row: Row, head: Head) -> Head:
    """The head after `row`. Raises JournalDamaged for a row with a fault, or one that does not follow `head`."""
    require_sound(row)
    if problem := break_before(row, head):
        raise JournalDamaged(row.seq, problem)
    return Head(row.seq, row.hash)
