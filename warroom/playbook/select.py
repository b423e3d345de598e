"""Which checks a command runs."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from warroom.errors import NothingSelected, UsageError
from warroom.playbook.loaded import Playbook, Selected, Selection, Suite
from warroom.text import clean, did_you_mean, plural


def select(
    playbook: Playbook, *, suite: str | None = None, only: Sequence[str] = (), skip: Sequence[str] = ()
) -> Selection:
    """The checks to run: those of `suite`, or those named in `only`, less those in `skip`, with all that they need.

    Without `suite` it is the playbook's first suite if that has all of `only`, else just those in `only`, or every
    check. `only` narrows a suite down. The order is that of the suite, else that of the playbook; checks that others
    need come last. A check in `skip` is not pulled in by those that need it: they are marked to do `without` it.

    Raises UsageError for a name that the playbook does not have, NothingSelected when no check is left.
    """
    _known("suite", [suite] if suite else [], playbook.suites)
    _known("check", [*only, *skip], playbook.checks)
    chosen = _suite(playbook, suite, only)
    offered = chosen.checks if chosen else tuple(playbook.checks)
    wanted = [check for check in offered if not only or check in only]
    selected = [check for check in wanted if check not in skip]
    if not selected:
        hint = f"its checks: {', '.join(offered)}" if offered else "give it checks"
        raise NothingSelected(_nothing(chosen, only, skip), hint=hint)
    running = [*selected, *_pulled_in(playbook, selected, skip)]
    return Selection(
        suite=chosen,
        checks=tuple(_selected(playbook, check, running, selected, skip) for check in running),
        skipped=tuple(check for check in wanted if check in skip),
    )


def _selected(
    playbook: Playbook, check: str, running: Sequence[str], selected: Collection[str], skip: Collection[str]
) -> Selected:
    spec = playbook.checks[check]
    wanted_by = () if check in selected else tuple(by for by in running if check in playbook.checks[by].needs)
    return Selected(spec, wanted_by, tuple(need for need in spec.needs if need in skip))


def _suite(playbook: Playbook, name: str | None, only: Sequence[str]) -> Suite | None:
    if name:
        return playbook.suites[name]
    first = next(iter(playbook.suites.values()), None)
    return first if first and set(only) <= set(first.checks) else None


def _known(what: str, names: Sequence[str], known: Collection[str]) -> None:
    for name in names:
        if name not in known:
            near = did_you_mean(name, list(known))
            there_is = "there is: " + ", ".join(known) if known else f"the playbook has no {what}s"
            raise UsageError(f"there is no {what} '{clean(name, limit=80)}'", hint=near or there_is)


def _pulled_in(playbook: Playbook, selected: Sequence[str], skip: Collection[str]) -> list[str]:
    """What the selected checks need, directly or by way of others, in the order of the playbook."""
    reached = list(selected)
    for check in reached:
        reached += [need for need in playbook.checks[check].needs if need not in reached and need not in skip]
    return [check for check in playbook.checks if check in reached and check not in selected]


def _nothing(suite: Suite | None, only: Sequence[str], skip: Sequence[str]) -> str:
    where = f"the suite '{suite.id}'" if suite else "the playbook"
    if only and suite and not set(only) & set(suite.checks):
        return f"{where} has none of the checks asked for: {', '.join(only)}"
    if skip:
        return f"nothing is left to check in {where}: {plural(len(skip), 'check')} skipped"
    return f"{where} has no checks"
