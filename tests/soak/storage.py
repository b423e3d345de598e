"""Files that are taken away, changed, or lie where they are not safe; evidence that cannot be kept."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.soak.oracle import judge, received
from tests.soak.people import is_head, note
from tests.soak.rooms import fill, room
from tests.soak.row import NotHere, Row, Scale
from tests.soak.service import service
from tests.soak.yard import Beats, Yard, ago, in_lines, until

_RESUMES_S = 5.0
_NOBODY: Final = 65534
_NFS = "40 1 0:40 / {place} rw shared:9 - nfs4 server:/export rw\n"


def taken_away(folder: Path, scale: Scale) -> Iterator[Row]:
    """Somebody renames the journal of a running engine, and puts it back; then removes it for good."""
    yard = Yard(folder, Beats(last_s=900, channels=("one",)), ago(0))
    wrong: list[str] = []
    with yard.engine() as engine:
        until(yard.known, "the first post")
        heads = [answer for _ in range(20) if is_head(answer := note(yard.launch()))]
        journal, hidden = yard.launch() / "journal.db", yard.launch() / "hidden.db"
        journal.rename(hidden)
        sentence = until(lambda: not is_head(answer := note(yard.launch())) and answer, "a request is refused")
        until(lambda: in_lines(engine.complaints, "the journal is not available"), "the engine says so")
        before = _at_rest(yard)
        time.sleep(scale.lasts_s)
        wrong += [] if len(received(yard.launch())) == before else ["it posted without a journal"]
        wrong += [] if "removed or replaced" in sentence else [f"a request was told: {sentence}"]
        wrong += [] if not journal.exists() else ["it made another journal"]
        hidden.rename(journal)
        back = time.monotonic()
        heads.append(until(lambda: is_head(head := note(yard.launch())) and head, "a request is taken"))
        until(lambda: len(received(yard.launch())) > before, "it posts again")
        resumed_s = time.monotonic() - back
        wrong += [] if engine.end() == 143 else ["SIGTERM did not end it"]
    owed = yard.catch_up()
    judged = judge(yard.kept(), yard.t0, owed, heads, in_time_s=scale.lasts_s + 15, slack=scale.slack)
    wrong += [] if resumed_s <= _RESUMES_S * scale.slack else [f"it took {resumed_s:.1f} s to go on"]
    yield Row(
        "the journal is renamed under a running engine, and put back",
        n=1,
        lost=len(judged.lost),
        doubled=len(judged.doubled),
        early=len(judged.early),
        late_s=judged.late_s,
        heads=judged.heads,
        wrong=(*wrong, *judged.wrong, *_removed(yard)),
        figures={"acknowledged requests": len(heads), "goes on after s": resumed_s},
    )


def _removed(yard: Yard) -> list[str]:
    """Without its journal no engine takes the launch up, by its name or by its playbook, and nothing is posted."""
    for name in ("journal.db", "journal.db-wal", "journal.db-shm"):
        (yard.launch() / name).unlink(missing_ok=True)
    before = (len(received(yard.launch())), sorted(yard.state.glob("soak-*")))
    asked = [refusal(yard), refusal(yard, yard.launch().name)]
    after = (len(received(yard.launch())), sorted(yard.state.glob("soak-*")))
    wrong = [f"without a journal: {code}, {said}" for code, said in asked if code not in (2, 3) or "Trace" in said]
    return wrong if before == after else [*wrong, "it posted, or made a launch, without a journal"]


@dataclass(frozen=True, slots=True)
class Refused:
    """A place or a journal that is refused: what is done to the folder of all launches, and the reason given."""

    name: str
    spoil: Callable[[Path], object]
    says: str
    fault: str = ""


def refused(folder: Path, scale: Scale) -> Iterator[Row]:
    """An engine that would begin where a journal is not safe ends with the reason; nothing is posted."""
    cases = [
        Refused("a state folder that all may write", lambda state: state.chmod(0o777), "by others"),
        Refused("a state folder that is a link", _link, "is a symbolic link"),
        Refused("a state folder on NFS", _touch, "network file system", f"mounts:{folder / 'mounts'}"),
    ]
    if os.geteuid() == 0:
        cases.append(Refused("a state folder of another user", _give_away, "belongs to another user"))
    (folder / "mounts").write_text(_NFS.format(place=folder.resolve()), "utf-8")
    wrong = [sentence for case in cases for sentence in _refused(folder, case)]
    wrong += _newer(folder / "newer")
    yield Row(
        "0777, a link, another user, NFS, a newer schema: refused with the reason",
        n=len(cases) + 1,
        wrong=tuple(wrong),
        simulated="NFS, by a mount table that says so",
    )


def _refused(folder: Path, case: Refused) -> list[str]:
    yard = Yard(folder / case.name.replace(" ", "-"), Beats(last_s=9), ago(5))
    yard.state.mkdir(mode=0o700)
    case.spoil(yard.state)
    code, said = refusal(yard, fault=case.fault)
    wrong = [] if code == 2 and case.says in said and "Traceback" not in said else [f"{case.name}: {code}, {said}"]
    return [*wrong, f"{case.name}: it posted"] if list(yard.folder.rglob("*.txt")) != [yard.said] else wrong


def _newer(folder: Path) -> list[str]:
    yard = Yard(folder, Beats(last_s=60, channels=("one",)), ago(0))
    with yard.engine() as engine:
        until(yard.known, "the first post")
        engine.end()
    with sqlite3.connect(yard.launch() / "journal.db") as journal:
        journal.execute("PRAGMA user_version = 99")
    journal.close()
    before = (yard.launch() / "journal.db").read_bytes()
    playbook, wrong = yard.playbook, []
    for named in (yard.launch().name, str(playbook)):
        code, said = refusal(yard, named)
        well = code == 2 and "newer Warroom" in said and "Traceback" not in said
        wrong += [] if well else [f"a newer schema, {named}: {code}, {said}"]
    unchanged = (yard.launch() / "journal.db").read_bytes() == before
    return wrong if unchanged else [*wrong, "a newer journal was changed"]


def evidence_full(folder: Path, scale: Scale) -> Iterator[Row]:
    """The disk of the evidence is full when a suite is to run: posts go on, the suite's comes when there is room."""
    disk = folder / "evidence"
    disk.mkdir(mode=0o700)
    with room() as own, service() as url:
        own.mount("-t", "tmpfs", "-o", "size=1m,nr_inodes=64,mode=700", "tmpfs", disk)
        ballast = own.seen(disk) / "ballast"
        fill(ballast)
        yard = Yard(folder, Beats(last_s=900, channels=("one",), suite_url=url), ago(0), own.prefix)
        wrong: list[str] = []
        with yard.engine("--evidence", str(disk)) as engine:
            until(lambda: len(yard.known()) > 2, "posts go on")
            time.sleep(scale.lasts_s)
            complained = [line for line in engine.complaints if "evidence" in line]
            ballast.unlink()
            freed = time.monotonic()
            until(lambda: "told@T+1s" in yard.known(), "the post that tells the suite")
            resumed_s = time.monotonic() - freed
            wrong += [] if engine.end() == 143 else ["SIGTERM did not end it"]
        owed = yard.catch_up()
        judged = judge(yard.kept(), yard.t0, owed, in_time_s=None)
    wrong += [] if len(complained) <= 1 else [f"it complained {len(complained)} times: {complained}"]
    yield Row(
        f"the disk of the evidence is full for {scale.lasts_s:g} s",
        n=1,
        lost=len(judged.lost),
        doubled=len(judged.doubled),
        early=len(judged.early),
        heads=judged.heads,
        wrong=(*wrong, *judged.wrong),
        figures={"goes on after s": resumed_s},
    )


def refusal(yard: Yard, launch: str = "", fault: str = "") -> tuple[int, str]:
    """Starts an engine that is to refuse (`launch`: by that name); its exit code and what it said."""
    if launch:
        yard.playbook = Path(launch)
    process = yard.popen(fault=fault)
    try:
        said = process.communicate(timeout=60)[1]
        return process.returncode, said
    finally:
        process.kill()
        process.wait()


def _link(state: Path) -> None:
    real = state.with_name("real")
    state.rename(real)
    state.symlink_to(real)


def _give_away(state: Path) -> None:
    os.chown(state, _NOBODY, _NOBODY)


def _touch(state: Path) -> None:
    if not state.is_dir():
        raise NotHere(f"{state} is not there")


def _at_rest(yard: Yard) -> int:
    time.sleep(0.5)
    return len(received(yard.launch()))
