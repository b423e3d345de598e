"""Judges a launch by what the receiving side has: the channels' files, and the answers that were given to people.

It knows nothing of the engine's own bookkeeping. Only when an engine took the launch up is read from the journal.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from warroom.journal.audit import audit
from warroom.journal.reading import read_only
from warroom.launch.entries import Entry
from warroom.launch.second_copies import KINDS

_POST = re.compile(r"^--- wr:[^\s:]+:(\S+) (\S+)(?: (.*))?$")
_UNITS = {"h": 3600, "m": 60, "s": 1}
_IN_TIME_S = 5.0
_AFTER_START_S = 10.0


@dataclass(frozen=True, slots=True)
class Received:
    """A whole post in a channel's file. `named` are the slots that it stands for beside its own."""

    slot: str
    at: datetime
    late: bool
    named: tuple[str, ...]
    head: str


@dataclass(frozen=True, slots=True)
class Judgement:
    """What became of the updates; slots by id."""

    lost: tuple[str, ...]
    doubled: tuple[str, ...]
    early: tuple[str, ...]
    late_s: float | None
    heads: int
    wrong: tuple[str, ...]


def offset(slot: str) -> timedelta:
    """`one@T+1m5s` is 65 seconds."""
    parts = re.findall(r"(\d+)([hms])", slot.partition("@T+")[2])
    return timedelta(seconds=sum(int(number) * _UNITS[unit] for number, unit in parts))


def slot_id(update: str, seconds: int) -> str:
    """The id of the slot of `update` that many seconds after T0."""
    hours, left = divmod(seconds, 3600)
    minutes, left = divmod(left, 60)
    parts = [f"{value}{unit}" for value, unit in ((hours, "h"), (minutes, "m"), (left, "s")) if value]
    return f"{update}@T+{''.join(parts)}"


def received(folder: Path) -> list[Received]:
    """Every whole post in the `*.txt` files of the launch, file by file, in the order of arrival."""
    return [post for file in sorted(folder.glob("*.txt")) for post in _in_file(file)]


def failed(folder: Path) -> Counter[str]:
    """How often the journal says of each slot that it is FAILED, of those that it stood for as well."""
    merged: dict[str, Sequence[str]] = {}
    found: Counter[str] = Counter()
    for entry in read_only(folder).entries():
        if entry.kind == "update.due" and "merged" in entry.body:
            merged[entry.body["slot"]] = entry.body["merged"]
        elif entry.kind == "update.dead":
            slot = entry.body["slot"]
            found.update((slot, *merged.get(slot, ())))
    return found


def standing(folder: Path, slots: Iterable[str]) -> list[str]:
    """How each of the slots stands by the last that the journal says of it, or of the post that stands for it."""
    last: dict[str, Entry] = {}
    stands_for: dict[str, str] = {}
    for entry in read_only(folder).entries():
        if entry.kind.startswith("update."):
            last[entry.body.get("slot", "")] = entry
            stands_for |= dict.fromkeys(entry.body.get("merged", ()), entry.body["slot"])
    return [_stands(slot, last.get(stands_for.get(slot, slot))) for slot in slots]


def _stands(slot: str, last: Entry | None) -> str:
    if last is None:
        return f"{slot}: not in the journal"
    of = f" of {last.body['slot']}" if last.body["slot"] != slot else ""
    attempt = f", attempt {last.body['attempt']}" if "attempt" in last.body else ""
    why = f": {last.body['reason']}" if "reason" in last.body else ""
    return f"{slot}: {last.kind}{of}{attempt}, at {last.at:%H:%M:%S}{why}"


def found_by_key(folder: Path) -> frozenset[str]:
    """The keys of the posts of which the journal says that a look-up has found them."""
    entries = [one for one in read_only(folder).entries() if one.kind == "update.confirmed"]
    return frozenset(one.body["key"] for one in entries if one.body.get("reason") == "found in the channel")


def confirmed(folder: Path) -> frozenset[str]:
    """The keys of the posts of which the journal says that they are there."""
    return frozenset(one.body["key"] for one in read_only(folder).of_kinds(["update.confirmed"]))


def died_in_doubt(folder: Path) -> frozenset[str]:
    """The slots whose engine began to send them and was followed by another before it knew whether they arrived."""
    under_way: dict[str, int] = {}
    found = set()
    for entry in read_only(folder).of_kinds(KINDS):
        slot = str(entry.body.get("slot", ""))
        if entry.epoch > under_way.pop(slot, entry.epoch):
            found.add(slot)
        if entry.kind in ("update.sending", "update.unknown", "update.absent"):
            under_way[slot] = entry.epoch
    return frozenset(found)


def not_reached(folder: Path) -> int:
    """How many attempts did not reach Slack, by the journal: nobody else sees a connection that is refused."""
    entries = [one for one in read_only(folder).entries() if one.kind == "update.due"]
    return sum("Slack could not be reached: " in one.body.get("reason", "") for one in entries)


def failed_unsure(folder: Path) -> frozenset[str]:
    """The slots that are FAILED because Slack refuses for good to say whether they arrived: they may have."""
    kinds = [entry for entry in read_only(folder).entries() if entry.kind in ("update.due", "update.dead")]
    merged = {one.body["slot"]: one.body["merged"] for one in kinds if "merged" in one.body}
    dead = [one.body for one in kinds if one.kind == "update.dead"]
    slots = [body["slot"] for body in dead if "nobody can tell whether it arrived" in body.get("reason", "")]
    return frozenset(name for slot in slots for name in (slot, *merged.get(slot, ())))


def judge(
    folder: Path,
    t0: datetime,
    owed: Iterable[str],
    heads: Sequence[str] = (),
    *,
    slack: float = 1.0,
    in_time_s: float | None = _IN_TIME_S,
    posts: Sequence[Received] | None = None,
    failed: Mapping[str, int] | None = None,
) -> Judgement:
    """What became of `owed`; `heads` were given to people as answers, so each must be in the journal. `posts` are
    those of a channel that is no file. `failed` are slots that were refused for good, with how often that is said.

    `in_time_s`: how late a post may be after its time or, where later, after its engine's start (None: any); `slack`
    times as much is let pass.
    """
    posts = received(folder) if posts is None else posts
    counted = Counter(slot for post in posts for slot in (post.slot, *post.named))
    report = audit(folder, [*heads, *(post.head for post in posts if post.head)])
    starts = [entry.at for entry in read_only(folder).entries() if entry.kind == "owner.acquired"]
    lateness = [_late_s(post, t0, starts) for post in posts]
    worst = max(lateness, default=None)
    wrong = [f"audit: {problem}" for problem in report.problems]
    limit = None if in_time_s is None else slack * max(in_time_s, _AFTER_START_S if len(starts) > 1 else 0.0)
    if limit is not None and worst is not None and worst > limit:
        wrong.append(f"a post came {worst:.1f} s late, more than {limit:g} s")
    refused = failed or {}
    wrong += [f"{slot} is FAILED {times} times" for slot, times in refused.items() if times > 1]
    unsure = failed_unsure(folder)
    wrong += [f"{slot} is FAILED and was accepted" for slot in refused if slot in counted and slot not in unsure]
    unmarked = [p.slot for p in posts if (p.at - t0 - offset(p.slot)).total_seconds() > 65 and not p.late]
    wrong += [f"{slot} was late and does not say so" for slot in unmarked]
    return Judgement(
        lost=tuple(slot for slot in owed if slot not in counted and slot not in refused),
        doubled=tuple(slot for slot, times in counted.items() if times > 1),
        early=tuple(post.slot for post in posts if post.at < t0 + offset(post.slot)),
        late_s=worst,
        heads=report.heads_checked,
        wrong=tuple(wrong),
    )


def _late_s(post: Received, t0: datetime, starts: Sequence[datetime]) -> float:
    start = max((at for at in starts if at <= post.at), default=t0)
    return (post.at - max(t0 + offset(post.slot), start)).total_seconds()


def _in_file(file: Path) -> list[Received]:
    posts: list[Received] = []
    begun: re.Match[str] | None = None
    for line in file.read_text("utf-8", "replace").splitlines():
        found = _POST.match(line)
        if found:
            begun = found
        elif begun and line.startswith("--- end of ") and line.endswith(f":{begun[1]}"):
            posts.append(_received(begun))
            begun = None
    return posts


def _received(found: re.Match[str]) -> Received:
    slot, at, delivery = found[1], found[2], found[3] or ""
    update = slot.partition("@")[0]
    times = re.search(r"stands for (.+?) too", delivery)
    head = re.search(r"journal (\d+\.[0-9a-f]{12})", delivery)
    return Received(
        slot=slot,
        at=datetime.fromisoformat(at).astimezone(UTC),
        late="LATE by" in delivery,
        named=tuple(f"{update}@{time}" for time in times[1].split(", ")) if times else (),
        head=head[1] if head else "",
    )
