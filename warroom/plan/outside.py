"""What a launch asks of the outside: requests, commands, and where its posts go."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from warroom.plan.values import Asked, PlannedCommand, Recipient
from warroom.playbook.loaded import CheckSpec, Deed, Playbook, ReadFrom
from warroom.slo.source_spec import SourceSpec
from warroom.text import plural
from warroom.units import format_seconds

_CHANGES: Final = "to change something"


def checks_used(playbook: Playbook) -> dict[str, tuple[str, ...]]:
    """The checks that a launch runs, in the order of the playbook, each with what runs it: suites, gates that turn
    green, and checks that need it."""
    course = playbook.course
    suites = {phase.suite for phase in course.phases} | {update.suite for update in course.updates.values()}
    wanted: dict[str, list[str]] = {}
    for suite in playbook.suites.values():
        for check in suite.checks if suite.id in suites else ():
            wanted.setdefault(check, []).append(f"suite {suite.id}")
    for gate in course.gates.values():
        for check in gate.rerun:
            wanted.setdefault(check, []).append(f"gate {gate.id}")
    for check in list(wanted):
        _pull_in(playbook, check, wanted)
    return {check: tuple(wanted[check]) for check in playbook.checks if check in wanted}


def _pull_in(playbook: Playbook, check: str, wanted: dict[str, list[str]]) -> None:
    for needed in playbook.checks[check].needs if check in playbook.checks else ():
        if needed not in wanted:
            wanted[needed] = [f"check {check}"]
            _pull_in(playbook, needed, wanted)


def asked(playbook: Playbook) -> tuple[Asked, ...]:
    """Every request that a launch may send to a target, the same one once, in the order of the playbook."""
    found: dict[tuple[str, str, str, str], Asked] = {}
    for one in _asked(playbook):
        key = (one.target, one.method, one.address, one.note)
        by = (*found[key].by, *one.by) if key in found else one.by
        found[key] = Asked(one.target, one.method, one.address, tuple(dict.fromkeys(by)), one.note)
    return tuple(found.values())


def _asked(playbook: Playbook) -> Iterator[Asked]:
    for gate in playbook.gates.values():
        if gate.read is not None:
            how = f"every {format_seconds(gate.poll_s)}" if gate.poll_s else ""
            yield _read(playbook, gate.read, f"gate {gate.id}", how)
    for name, spec in playbook.sources.items():
        if target := getattr(spec, "target", ""):
            yield _of_source(playbook, name, spec, target)
    for name in checks_used(playbook):
        check = playbook.checks.get(name)
        yield from _of_check(playbook, check) if check else ()
    for by, deed in _deeds(playbook):
        yield from _of_deed(playbook, by, deed)


def _deeds(playbook: Playbook) -> Iterator[tuple[str, Deed]]:
    """What changes something, and who has it done: triggers and people, by procedures and levers."""
    for (procedure, _), deed in playbook.deeds.items():
        yield f"procedure {procedure}", deed
    for lever in playbook.levers.values():
        yield f"lever {lever.id}", lever.set


def _of_deed(playbook: Playbook, by: str, deed: Deed) -> Iterator[Asked]:
    if deed.call:
        address = _address(playbook, deed.call.target, deed.call.path)
        yield Asked(deed.call.target, deed.call.method, address, (by,), _CHANGES)
    if deed.look and deed.look.target:
        yield Asked(deed.look.target, "GET", _address(playbook, deed.look.target, deed.look.path), (by,))


def _of_source(playbook: Playbook, name: str, spec: SourceSpec, target: str) -> Asked:
    """What a source asks; a Prometheus that stands in for an endpoint where that is configured."""
    path, through = str(getattr(spec, "path", "")), getattr(spec, "through", None)
    if through is not None and playbook.targets[through.target].url:
        target, path = through.target, ""
    address, method = _address(playbook, target, path), str(getattr(spec, "method", "GET"))
    return Asked(target, method, address, (f"source {name}",), f"every {format_seconds(spec.every_s)}")


def _of_check(playbook: Playbook, check: CheckSpec) -> Iterator[Asked]:
    params, by = check.params, (f"check {check.id}",)
    for target in check.kind.targets(params):
        address = _address(playbook, target, str(getattr(params, "path", "")))
        method = str(getattr(params, "method", check.kind.method))
        yield Asked(target, method, address, by, _times(check))
        after = getattr(params, "after", None)
        if after is not None:
            yield Asked(target, "GET", _address(playbook, target, after.path), by)
    for name in check.kind.levers(params):
        read = playbook.levers[name].read
        if read.target:
            yield _read(playbook, read, f"check {check.id}")


def _times(check: CheckSpec) -> str:
    samples, types = getattr(check.params, "samples", 0), getattr(check.params, "types", None)
    if samples:
        return f"{samples:,} times"
    if types is not None:
        return f"{plural(len(types), 'event')}, and what has to be refused"
    return ""


def _read(playbook: Playbook, read: ReadFrom, by: str, note: str = "") -> Asked:
    return Asked(read.target, "GET", _address(playbook, read.target, read.path), (by,), note)


def _address(playbook: Playbook, target: str, path: str) -> str:
    known = playbook.targets[target]
    return f"{known.url}{path}" if known.url else f"(not configured: {known.not_configured})"


def commands(playbook: Playbook) -> tuple[PlannedCommand, ...]:
    """Every program that a launch may run."""
    checks = [playbook.checks[name] for name in checks_used(playbook) if name in playbook.checks]
    found = [(f"check {check.id}", getattr(check.params, "argv", ())) for check in checks]
    found += [(f"source {name}", getattr(spec, "argv", ())) for name, spec in playbook.sources.items()]
    found += [(f"lever {lever.id}", lever.read.command) for lever in playbook.levers.values()]
    for by, deed in _deeds(playbook):
        found += [(by, deed.command), (by, deed.look.command if deed.look else ())]
    return tuple(PlannedCommand(by, tuple(map(str, argv))) for by, argv in found if argv)


def recipients(playbook: Playbook) -> tuple[Recipient, ...]:
    """Every channel, with the one that gets what it does not take."""
    channels = playbook.course.channels.values()
    fallbacks = {
        one.id: f"; what it does not take goes to {one.fallback}" if one.fallback else "" for one in channels
    }
    found = (_recipient(playbook, name) for name in fallbacks)
    return tuple(replace(one, where=f"{one.where}{fallbacks[one.channel]}") for one in found)


def _recipient(playbook: Playbook, name: str) -> Recipient:
    channel, access = playbook.course.channels[name], playbook.slack.get(name)
    if channel.by_hand:
        to = f" to {channel.by_hand.to}" if channel.by_hand.to else ""
        return Recipient(name, channel.kind, f"a person tells it by {channel.by_hand.medium}{to}")
    if channel.kind == "webhook":
        return Recipient(name, channel.kind, "a signed webhook")
    if access is None:
        return Recipient(name, channel.kind, f"the file {channel.path} of the launch")
    where = access.channel if access.token else "an incoming webhook"
    return Recipient(name, channel.kind, f"{where} at {access.api_url}" if access.api_url else where)
