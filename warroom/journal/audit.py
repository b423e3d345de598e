"""Is a journal what was written? Finds every entry that was changed, inserted or removed up to the last head seen.

Without a published head nobody can tell a journal from one whose end was cut off, or that was made anew as a whole:
so the head is printed in every update, and what was read there is compared here.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Engine

from warroom.errors import UsageError
from warroom.journal import chain, schema
from warroom.journal.chain import Row
from warroom.journal.failure import DATABASE_ERRORS, JournalDamaged, because
from warroom.journal.reading import open_reader, raw_rows
from warroom.journal.witness import acknowledged
from warroom.launch.entries import Head
from warroom.text import clean

_MOST: Final = 100
_SHORT_HEAD: Final = re.compile(r"([1-9][0-9]{0,17})\.([0-9a-f]{12,64})")


@dataclass(frozen=True, slots=True, order=True)
class AuditProblem:
    """What is wrong, and with which entry; `seq` 0 is the file as a whole."""

    seq: int
    message: str

    def __str__(self) -> str:
        return f"entry {self.seq}: {self.message}" if self.seq else self.message


@dataclass(frozen=True, slots=True)
class AuditReport:
    """What an audit found. `problems` are in the order of the journal, at most 100 of them; empty when all is well.

    `launch` is empty and the instants are None for a journal without entries. `owners` counts the engines that have
    owned the launch. `heads_checked` counts the published heads that were compared.
    """

    launch: str
    entries: int
    owners: int
    first_at: datetime | None
    last_at: datetime | None
    head: Head
    heads_checked: int
    problems: tuple[AuditProblem, ...]

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problems


def audit(folder: Path, published: Iterable[str] = ()) -> AuditReport:
    """Audits the journal in `folder`, also while its owner appends; changes nothing.

    `published` are heads as they stand in posts (`42.9f86d081884c`); the last one acknowledged, which is kept beside
    the journal, is compared too. Raises UsageError where there is no journal, for
    one of a newer Warroom and for a head that is none, JournalUnavailable where the disk does not let it be read.
    """
    audited = _Audit(published, acknowledged(folder))
    try:
        engine = open_reader(folder)
        for problem in _file_problems(engine):
            audited.complain(0, problem)
        for row in raw_rows(engine):
            audited.take(row)
    except JournalDamaged as error:
        audited.complain(error.seq, error.reason)
    return audited.report()


def audit_lines(lines: Iterable[str], published: Iterable[str] = ()) -> AuditReport:
    """Audits a journal that was exported as JSON lines, as `audit` does; each line with or without its line feed.

    One without any entry is not sound: nobody knows what it was.
    """
    audited = _Audit(published)
    for number, text in enumerate(lines, start=1):
        row = _row_of(text.removesuffix("\n"))
        if row is None:
            audited.complain(number, "its line is not one that was exported")
        else:
            audited.take(row)
    if audited.is_empty:
        audited.complain(0, "it has no entry")
    return audited.report()


class _Audit:
    """Walks along the chain, and remembers what was wrong."""

    def __init__(self, published: Iterable[str], noted: Head | None = None) -> None:
        self._noted = noted
        self._published = _by_number(published)
        self._problems: list[AuditProblem] = []
        self._first: Row | None = None
        self._last: Row | None = None
        self._count = 0
        self._checked = 0

    def complain(self, seq: int, message: str) -> None:
        if len(self._problems) < _MOST:
            self._problems.append(AuditProblem(seq, clean(message)))

    @property
    def is_empty(self) -> bool:
        """Whether no row was taken."""
        return not self._count

    def take(self, row: Row) -> None:
        """Looks at the next row."""
        self._count += 1
        problem = chain.fault(row)
        if problem:
            self.complain(row.seq if chain.has_right_types(row) else self._count, problem)
        if not chain.has_right_types(row):
            return
        for found in self._breaks(row):
            self.complain(row.seq, found)
        self._first = self._first or row
        self._last = row

    def _breaks(self, row: Row) -> Iterator[str]:
        before = self._last
        if broken := chain.break_before(row, Head(before.seq, before.hash) if before else chain.EMPTY):
            yield broken
        if before and row.launch != before.launch:
            yield f"it is of the launch {row.launch}, the one before it of {before.launch}"
        if row.epoch != (before.epoch if before else 0) + (row.kind == chain.ACQUIRED):
            yield f"its epoch is {row.epoch}, the one before it has {before.epoch if before else 0}"
        if self._noted and row.seq == self._noted.seq and row.hash != self._noted.hash:
            yield "it is not the one that was acknowledged"
        for digits in self._published.pop(row.seq, ()):
            self._checked += 1
            if not row.hash.startswith(digits):
                yield f"another hash was published for it ({digits})"

    def report(self) -> AuditReport:
        for seq, all_digits in sorted(self._published.items()):
            self.complain(seq, f"it was published ({seq}.{all_digits[0]}) and is not there")
        first, last = self._first, self._last
        if self._noted and self._noted.seq > (last.seq if last else 0):
            self.complain(self._noted.seq, "it was acknowledged and is not there")
        return AuditReport(
            launch=clean(first.launch) if first else "",
            entries=self._count,
            owners=last.epoch if last else 0,
            first_at=_at(first),
            last_at=_at(last),
            head=Head(last.seq, last.hash) if last else chain.EMPTY,
            heads_checked=self._checked,
            problems=tuple(self._problems),
        )


def _file_problems(engine: Engine) -> Iterator[str]:
    try:
        with engine.connect() as connection:
            found = connection.exec_driver_sql(f"PRAGMA integrity_check({_MOST})").scalars().all()
            yield from (f"SQLite finds: {line}" for line in found if line != "ok")
            if schema.objects(connection) != schema.expected_objects():
                yield "its table or the triggers that keep entries from being changed are not those of Warroom"
    except DATABASE_ERRORS as error:
        yield f"SQLite finds: {because(error)}"


def _at(row: Row | None) -> datetime | None:
    with contextlib.suppress(OverflowError):
        return chain.instant(row.wall_utc_us) if row else None
    return None


def _by_number(published: Iterable[str]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    for text in published:
        if not (parts := _SHORT_HEAD.fullmatch(text.strip())):
            raise UsageError(f"'{clean(text, limit=80)}' is no head of a journal", hint="write it as 42.9f86d081884c")
        found.setdefault(int(parts[1]), []).append(parts[2])
    return found


def _row_of(text: str) -> Row | None:
    """The row of an exported line; None where it is not, to the letter, such a line."""
    try:
        members: Any = json.loads(text)
        values = {
            **members,
            "wall_utc_us": chain.microseconds(datetime.fromisoformat(members["at"])),
            "body": chain.canonical(members["body"]),
        }
        row = Row(**{field.name: values[field.name] for field in dataclasses.fields(Row)})
        return row if chain.line(row) == text else None
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError):
        return None
