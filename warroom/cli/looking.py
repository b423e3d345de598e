"""The commands that look at launches and change nothing: launches, status, audit and export."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from warroom.adapters.file_channel import published_heads
from warroom.api.models import instant
from warroom.cli.action_lines import lever_lines, run_lines
from warroom.cli.folders import as_typed_here, safe_state_folder, state_folder
from warroom.cli.folding import folded
from warroom.cli.journaled import journaled
from warroom.cli.launches import Known, altered_copy, is_launch, known_launches, launch_named, what_now
from warroom.cli.plain import write
from warroom.cli.watched_lines import signal_lines, trigger_lines
from warroom.client.engine_socket import NotRunning
from warroom.client.engine_socket import ask as ask_engine
from warroom.clock import stamp
from warroom.errors import ExitCode, NotNow, UsageError, WarroomError
from warroom.journal.audit import AuditReport, audit_lines
from warroom.journal.audit import audit as audit_journal
from warroom.journal.owner import last_owner
from warroom.journal.reading import read_only
from warroom.launch.last_post import KINDS as LAST_POST_KINDS
from warroom.launch.last_post import last_post
from warroom.launch.second_copies import KINDS, second_copies
from warroom.launch.setup import findings_in
from warroom.launch.state import TRUSTED_STEP_S
from warroom.text import clean, plural
from warroom.units import format_duration, format_seconds
from warroom.verdict import Verdict, word

_FINDINGS: Final = 1
# A person waits, and the journal tells nearly the same.
_PATIENCE_S: Final = 3.0


def launches(state: Path | None) -> int:
    """Prints a line per launch: its name, whether an engine runs it, its T0 and the title of its playbook."""
    folder = safe_state_folder(state)
    known = known_launches(folder)
    for one in known:
        t0 = stamp(one.state.t0) if one.state.t0 else "-"
        write(sys.stdout, clean(f"{one.name:<44} {_standing(one):<24} T0 {t0:<26} {one.title}"))
    if not known:
        write(sys.stderr, clean(f"warroom: there are no launches in {folder}"))
    return int(ExitCode.GREEN)


def _standing(launch: Known) -> str:
    if launch.problem:
        return f"unreadable: {launch.problem}"
    if launch.state.closed:
        return f"closed {stamp(launch.state.closed.at)}"
    if launch.opened is None:
        return "never opened"
    try:
        owner = ask_engine(launch.folder, "GET", "/healthz", patience_s=_PATIENCE_S)
        return f"open, process {owner['pid']}"
    except NotRunning:
        return "open, NO ENGINE"
    except WarroomError:
        return "open, does not answer"


def status(launch: str, state: Path | None, *, as_json: bool) -> int:
    """Prints where the launch stands, as its engine says or, where none runs, as its journal has it.

    3 where the launch is open and no engine answers for it, and where the journal can be read in part only.
    """
    known = launch_named(safe_state_folder(state), launch)
    silent = ""
    try:
        found = ask_engine(known.folder, "GET", "/state", patience_s=_PATIENCE_S)
    except NotRunning:
        known, found = journaled(known)
    except NotNow as error:
        # A stopped engine answers nobody, and that is when one wants to know.
        silent = error.message
        known, found = journaled(known, last_owner(known.folder))
        write(sys.stderr, clean(f"warroom: {silent}; nothing is posted meanwhile. This is what its journal says:"))
    if known.problem:
        write(sys.stderr, clean(f"warroom: {known.problem}; what stands before it:"))
    altered = "" if found["engine"] else altered_copy(known)
    if altered:
        write(sys.stderr, f"warroom: {altered}; what it plans is missing here")
    is_alone = not found["engine"] and known.is_open
    code = int(ExitCode.UNKNOWN if known.problem or silent or is_alone else ExitCode.GREEN)
    if as_json:
        write(sys.stdout, json.dumps(found, indent=2, ensure_ascii=False))
        return code
    for line in status_lines(found, "" if found["engine"] else what_now(known)):
        write(sys.stdout, clean(as_typed_here(line, known.folder)))
    return code


def status_lines(found: Mapping[str, Any], go_on: str = "start it with: warroom run") -> Iterator[str]:
    """What GET /state says, in lines for people. `go_on` says what to do where no engine runs the launch."""
    yield f"launch  {found['launch']}  {found['title']}"
    engine = found["engine"]
    silent = ", DOES NOT ANSWER" if engine and engine.get("silent") else ""
    yield (
        f"engine  process {engine['pid']} since {engine['since']}{silent}"
        if engine
        else "engine  closed"
        if found["closed"]
        else f"engine  NONE runs it, so nothing is posted; {go_on}"
    )
    yield f"T0      {found['t0'] or 'not set'}"
    yield from _mode_lines(found)
    yield from (f"fact    {name}: {value}" for name, value in found["facts"])
    if found["clock_set_s"]:
        waits = ": posts go by the clock as it was until another one agrees, or a person (`warroom clock`)"
        is_doubted = found["clock_set_s"] > TRUSTED_STEP_S and not found["closed"]
        sign = "+" if found["clock_set_s"] > 0 else ""
        yield f"clock   was set by {sign}{format_seconds(found['clock_set_s'])}{waits if is_doubted else ''}"
    if closed := found["closed"]:
        yield f"closed  {closed['at']}: {closed['reason']}"
        because = "; ".join(closed["because"])
        yield f"ended   with exit code {closed['exit_code']}{f': {because}' if because else ''}"
    if kept := found["kept_open"]:
        held = "; ".join(kept["held"])
        yield f"open    until {kept['until']}, or `warroom close`: every update is resolved; {held}"
    if found["t0"]:
        yield f"overall {found['overall']['said']}"
    yield from (f"channel {one['id']}: {one['note']}" for one in _channels(found) if one["note"])
    yield from _setup_lines(found)
    yield from _kept_lines(found)
    yield from (_gate_line(gate, found) for gate in found["gates"])
    yield from (_incident_line(one, found) for one in found["incidents"])
    yield from trigger_lines(found)
    yield from signal_lines(found)
    for line in (*run_lines(found, finished=False), *lever_lines(found)):
        # A command is there to be copied.
        yield from (line,) if ": warroom " in line else folded(line)
    yield from (_phase_line(phase) for phase in found["phases"])
    for suite in found["suites"]:
        yield from _suite_lines(suite)
    yield from (f"warned  {one['at']} suite {one['suite']}: {one['text']}" for one in found["warnings"])
    yield from _post_lines(found)
    yield from (f"needed  {one['step']}.{one['name']}: {one['text']}" for one in found["questions"])
    yield from (f"note    {note['at']} {note['by']}: {note['text']}" for note in found["notes"])
    yield from _next_lines(found)


def _mode_lines(found: Mapping[str, Any]) -> Iterator[str]:
    modes = ", ".join(found["modes"])
    if found["mode_ended"]:
        yield f"mode    {found['mode']} ENDED {found['mode_until']}{f', {modes}' if modes else ''}"
    elif found["closed"] and found["mode_until"]:
        yield f"mode    {found['mode']} until {found['mode_until']}; nobody watches over it any more"
    elif modes and found["mode_until"]:
        left_s = (instant(found["mode_until"]) - instant(found["now"])).total_seconds()
        yield f"mode    {modes}; {found['mode']} until {found['mode_until']}{_countdown(left_s)}"
    elif modes:
        yield f"mode    {modes}"


def _setup_lines(found: Mapping[str, Any]) -> Iterator[str]:
    """What was found before T0, and what to do about it; what a channel's own line says is not said again."""
    setup, t0 = found["setup"], found["t0"]
    if setup is None or found["closed"] or (t0 and instant(t0) <= instant(found["now"])):
        return
    notes = [one["note"] for one in _channels(found)]
    open_ones = [one for one in findings_in(setup) if not one.is_well and one.found not in notes]
    for one in open_ones:
        repair = f" -> {one.repair}" if one.repair else ""
        yield f"set-up  {word(one.verdict)} {one.about}: {one.found}{repair}"
    if not open_ones:
        yield f"set-up  no findings since {setup['at']}, looked at again until T0"


def _channels(found: Mapping[str, Any]) -> Any:
    """The channels as the engine has opened them; none where none runs: without its inputs nobody knows."""
    return found["channels"] if found["engine"] else ()


def _kept_lines(found: Mapping[str, Any]) -> Iterator[str]:
    """The status message and the dead-man switch in Slack; without an engine only what its journal knows of them."""
    for name, one, at in (
        ("message", found["status_message"], "edited"),
        ("deadman", found["dead_man"], "last posted"),
    ):
        if found["engine"] is None and one["word"] == "not available":
            continue
        # What was so when its engine ended is so no longer.
        word = "not kept" if found["engine"] is None and one["word"] == "up to date" else one["word"]
        until = f" until {one['until']}" if one["until"] else ""
        since = f" since {one['since']}" if one["since"] else ""
        why = f": {one['reason']}" if one["reason"] else ""
        last = f", {at} {one['at']}" if one["at"] else ""
        yield f"{name} {word}{until}{since}{last}{why}"


def _next_lines(found: Mapping[str, Any]) -> Iterator[str]:
    """The post that comes next; where it is held, or a person's to do, also the first one that is not."""
    following = found["next"]
    if following is None:
        return
    is_held, is_to_do = (following["standing"] == standing for standing in ("held", "to do"))
    how = f" HELD: {following['reason']}" if is_held else _countdown(following["in_s"])
    yield f"next    {following['slot']}{' TO DO' if is_to_do else ''}{how}"
    free = next((post for post in found["updates"] if post["standing"] in ("scheduled", "due")), None)
    if (is_held or is_to_do) and free:
        yield f"then    {free['slot']}{_countdown(free['in_s'])}"


def _gate_line(gate: Mapping[str, Any], found: Mapping[str, Any]) -> str:
    why = ": ".join(part for part in (gate["source"], gate["reason"]) if part)
    read = ""
    if gate["at"]:
        # Without an engine nobody knows when it was read last: the journal keeps what was new.
        how = "read" if found["engine"] else "first read so"
        age_s = int((instant(found["now"]) - instant(gate["at"])).total_seconds())
        stale, age = "STALE: " if gate["stale"] else "", format_duration(timedelta(seconds=max(0, age_s)))
        read = f", {stale}{how} {gate['at']}{'' if found['closed'] else f', {age} ago'}"
    return f"gate    {gate['id']:<32} {gate['state'].upper()}{read}{f' ({why})' if why else ''}"


def _incident_line(incident: Mapping[str, Any], found: Mapping[str, Any]) -> str:
    if incident["resolved_at"]:
        return f"inc     {incident['id']:<32} resolved {incident['resolved_at']}: {incident['reason']}"
    grave = f", {incident['severity']}," if incident["severity"] != "warning" else ""
    left = ", when the launch was closed" if found["closed"] else _note(incident, found["now"])
    return f"inc     {incident['id']:<32} OPEN{grave} since {incident['opened_at']}{left}: {incident['text']}"


def _note(incident: Mapping[str, Any], now: str) -> str:
    """How the note stands that is owed: `, note due in 8m`, `, NOTE OVERDUE by 1s`; empty where none is."""
    if incident["note_due"] is None or incident["note_at"]:
        return ""
    left = instant(incident["note_due"]) - instant(now)
    overdue = f"NOTE OVERDUE by {format_duration(-timedelta(seconds=int(left.total_seconds())))}"
    return f", {overdue}" if left < timedelta() else f", note due{_countdown(left.total_seconds())}"


def _phase_line(phase: Mapping[str, Any]) -> str:
    until = f" until {phase['ends']}" if phase["ends"] and phase["lifecycle"] in ("waiting", "running") else ""
    late = ", LATE" if phase["late"] else ""
    has_begun = phase["lifecycle"] not in ("waiting", "never begun")
    held = f", exit not open: {'; '.join(phase['held'])}" if phase["held"] and has_begun else ""
    return f"phase   {phase['id']:<32} {phase['lifecycle']}{until}{late}{held}"


def _suite_lines(suite: Mapping[str, Any]) -> Iterator[str]:
    """A run, and of the last one of a suite every check that is not a plain pass."""
    why = f": {suite['reason']}" if suite["reason"] else ""
    yield f"suite   {suite['suite']} for {suite['cause']}: {suite['word'] or 'running'}{why}"
    for check in suite["checks"]:
        if check["verdict"] != Verdict.PASS.value:
            reason = f": {check['reason']}" if check["reason"] else ""
            yield f"check   {check['id']:<32} {check['word']}{reason}"


def _post_lines(found: Mapping[str, Any]) -> Iterator[str]:
    """Every post, with its channel where they go to several, and what is to be done about it below."""
    several = len({post["channel"] for post in found["updates"]} - {""}) > 1
    for post in found["updates"]:
        yield _post_line(post, f" ({post['channel']})" if several and post["channel"] else "")
        if post["do"]:
            yield f"{'':8}-> {post['do']}"


def _post_line(post: Mapping[str, Any], where: str) -> str:
    is_late = post["late_s"] >= 1 and not post["standing"].startswith("not ")
    late = f", LATE by {format_duration(timedelta(seconds=int(post['late_s'])))}" if is_late else ""
    early = f", early by {format_duration(timedelta(seconds=int(post['early_s'])))}" if post["early_s"] >= 1 else ""
    by = f" by {post['by']}" if post["by"] else ""
    failed = f" {post['failed_at']}" if post["failed_at"] else ""
    # Of one that a person has sent once more the first copy stays what it was.
    first = "" if post["standing"] in ("sent", "done") else ", first copy"
    again = f", again {post['resent_at']}" if post["resent_at"] else ""
    sent = f"{first} {post['sent_at']}{again}{by}{early}" if post["sent_at"] else by
    sent = f"{failed}{sent}"
    into = f" into {post['into']}" if post["into"] else ""
    why = f": {post['reason']}" if post["reason"] else ""
    remark = f" [remark by {post['remark']['by']}: {post['remark']['text']}]" if post["remark"] else ""
    return f"post    {post['slot']:<32} {post['standing']}{where}{sent}{into}{late}{why}{remark}"


def _countdown(in_s: float | None) -> str:
    if in_s is None:
        return ""
    span = format_duration(timedelta(seconds=int(abs(in_s))))
    return f" in {span}" if in_s >= 0 else f", {span} ago"


def audit(launch: str, state: Path | None, heads: Sequence[str]) -> int:
    """Prints what the audit of the journal found; 1 where something is wrong. Heads in the posts are compared too.

    `launch` may be the file that a journal was exported to, where no launch is called so; of its posts nothing but
    `heads` is known then. Posts in Slack are not read: where nothing was compared, it says how to.
    """
    if Path(launch).is_file() and not is_launch(state_folder(state), launch):
        report, copies = _exported(Path(launch), heads), []
    else:
        folder = launch_named(state_folder(state), launch).folder
        published = [head for path in sorted(folder.glob("*.txt")) for head in published_heads(path)]
        report, copies = audit_journal(folder, [*published, *heads]), _second_copies(folder)
        copies += _uncompared(folder) if not report.heads_checked else []
    for line in (*_audit_lines(report), *copies):
        write(sys.stdout, clean(line))
    return _FINDINGS if report.problems else int(ExitCode.GREEN)


def _second_copies(folder: Path) -> list[str]:
    """What may be in a channel twice: no fault of the journal. Empty where that cannot be read."""
    with suppress(WarroomError):
        return [
            f"{slot} was sent again, as nobody knew whether it had arrived: a second copy of the same id may be there"
            for slot in second_copies(read_only(folder).of_kinds(KINDS))
        ]
    return []


def _uncompared(folder: Path) -> list[str]:
    """What to hold against a journal of which no published head was compared. Empty where it names no post."""
    with suppress(WarroomError):
        if post := last_post(read_only(folder).of_kinds(LAST_POST_KINDS)):
            return [
                f"the last post, {post.slot}, is at {post.ref}: the line below it should say `journal {post.head}`"
            ]
    return []


def _exported(file: Path, heads: Sequence[str]) -> AuditReport:
    try:
        with file.open(encoding="utf-8", errors="surrogateescape", newline="\n") as lines:
            return audit_lines(lines, heads)
    except OSError as error:
        raise UsageError(f"{clean(str(file))} cannot be read: {error.strerror}") from error


def _audit_lines(report: AuditReport) -> Iterator[str]:
    span = f", {_day(report.first_at)} to {_day(report.last_at)}" if report.entries else ""
    owners = plural(report.owners, "engine")
    yield f"{report.launch or 'no launch'}: {plural(report.entries, 'entry', 'entries')} of {owners}{span}"
    compared = plural(report.heads_checked, "published head") if report.heads_checked else "no published head"
    yield f"head {report.head.seq}.{report.head.hash}; {compared} compared"
    if not report.heads_checked:
        yield "a post in Slack names one in the line below it, as `journal 42.9f86d081884c`: compare it with --head"
    yield from map(str, report.problems)
    yield f"{plural(len(report.problems), 'problem')} found" if report.problems else "the journal is sound"


def _day(at: datetime | None) -> str:
    return stamp(at) if at else "-"


def export(launch: str, state: Path | None) -> int:
    """Prints the journal as JSON lines."""
    for line in read_only(launch_named(state_folder(state), launch).folder).lines():
        write(sys.stdout, line)
    return int(ExitCode.GREEN)
