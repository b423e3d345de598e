"""The engine of `warroom run`, alone or behind a console, until its launch is closed or it is told to end."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Final

from warroom.adapters.asking import name_of
from warroom.adapters.survivors import end_marked, mark_of, marked
from warroom.adapters.systemd import Notices
from warroom.adapters.wakes import ScheduledWakes
from warroom.api.app import About, api
from warroom.api.guard import LocalGuard
from warroom.api.listener import Listener, TcpListener
from warroom.api.refusals import Refusals
from warroom.cli.acting import LaunchActions
from warroom.cli.channels import Around, FormerChannels, OpenChannel, channels_of
from warroom.cli.ending import Signals, heard_signals
from warroom.cli.engine_log import EngineLog
from warroom.cli.folders import as_typed_here, command_for
from warroom.cli.gates import LaunchGates, stated_gates
from warroom.cli.hangup import end_with_starter
from warroom.cli.herald import Herald, Told
from warroom.cli.library_logging import libraries_say
from warroom.cli.listening import listen, listen_at, tcp_listener
from warroom.cli.live_signals import LaunchSignals
from warroom.cli.opened import LaunchOptions, OpenedLaunch, loading, open_launch, reloading
from warroom.cli.setting_up import LaunchSetUp
from warroom.cli.suites import LaunchSuites
from warroom.cli.unblocking import UnblockingLines
from warroom.cli.waiting import waits_for
from warroom.clock import Clock, RealClock, stamp
from warroom.engine.engine import Engine, Ports
from warroom.engine.second_clock import SecondClock
from warroom.engine.threaded import ThreadedJournal
from warroom.engine.view import entry_json
from warroom.errors import ExitCode
from warroom.journal.chain import canonical
from warroom.journal.failure import JournalUnavailable
from warroom.journal.owner import LaunchOwned
from warroom.launch.ending import ending
from warroom.launch.entries import Entry
from warroom.launch.values import utc
from warroom.report.launch_lines import log_line
from warroom.text import one_line
from warroom.updates.channel import Post

_AGAIN_S: Final = 1.0


def run(options: LaunchOptions, environ: Mapping[str, str] | None = None) -> int:
    """Runs the command and returns its exit code. Raises WarroomError where the launch cannot be opened."""
    herald = Herald(options.ready_fd)
    if options.lifeline_fd >= 0:
        end_with_starter(options.lifeline_fd)
    listen_at(options.listen, expose=options.expose)
    env = dict(os.environ if environ is None else environ)
    clock = RealClock()
    try:
        opened = open_launch(options, env, clock)
    except LaunchOwned as owned:
        if not herald.is_awaited:
            folder = options.state / owned.launch
            end = command_for(folder, "run", "--take-over")
            owned.hint = f"attach to it with: {command_for(folder, 'console')}; if it hangs: {end}"
            raise
        herald.tell(Told(options.state / owned.launch, owned.owner.pid if owned.owner else 0, taken=True))
        return int(owned.exit_code)
    log = EngineLog(opened.folder) if herald.is_awaited else None
    watch = _Watch(clock, json_lines=not log and not sys.stdout.isatty(), log=log)

    def ready(notes: Sequence[str]) -> None:
        if log:
            log.take_streams()
        herald.tell(Told(opened.folder, os.getpid(), notes=(*opened.notes, *notes)))

    try:
        with libraries_say(watch.trouble), heard_signals() as signals:
            stands: OpenedLaunch | ExitCode = opened
            while isinstance(stands, OpenedLaunch):
                ended = _served(stands, options, clock, watch, Notices(env), signals, ready)
                # With another playbook the launch is taken up anew, as after a restart; what --gate says was said.
                options = replace(options, playbook=Path(stands.name), new=False, t0=None, gates=(), take_over=False)
                stands = taken_up(options, env, clock, watch.trouble, signals) if ended is None else ended
    finally:
        watch.close()
    return int(stands)


def taken_up(
    options: LaunchOptions, env: dict[str, str], clock: Clock, trouble: Callable[[str], object], signals: Signals
) -> OpenedLaunch | ExitCode:
    """The launch, as soon as its journal can be written, or a code where a signal comes first. `trouble` is told why
    it is not taken up now. Raises WarroomError for what does not pass by itself."""
    said = ""
    while True:
        try:
            return open_launch(options, env, clock)
        except JournalUnavailable as error:
            if error.message != said:
                said = error.message
                trouble(said)
        if code := signals.heard_within(_AGAIN_S):
            return code


def _served(
    opened: OpenedLaunch,
    options: LaunchOptions,
    clock: Clock,
    watch: _Watch,
    notices: Notices,
    signals: Signals,
    ready: Callable[[Sequence[str]], object],
) -> ExitCode | None:
    """Runs the launch to its end and gives it free; None where it goes on with another playbook."""
    try:
        for note in opened.notes:
            watch.trouble(note)
        return asyncio.run(_serve(opened, options, clock, watch, notices, signals, ready))
    finally:
        opened.journal.close()


class _Watch:
    """What whoever started the engine sees of it: entries and posts on stdout, what does not work on stderr. With a
    `log` both go there, with the time."""

    def __init__(self, clock: Clock, *, json_lines: bool, log: EngineLog | None = None) -> None:
        self._clock = clock
        self._json_lines = json_lines
        self._dated = log is not None
        self._out = log.lines() if log else UnblockingLines(sys.stdout.fileno())
        self._err = self._out if log else UnblockingLines(sys.stderr.fileno())

    def told(self, entry: Entry) -> None:
        if self._json_lines:
            self._out.write(canonical(entry_json(entry)))
        elif line := log_line(entry):
            self._out.write(str(line))

    def posted(self, post: Post) -> None:
        if not self._json_lines:
            self._out.write("\n".join(f"    {line}" for line in (*post.text.splitlines(), post.delivery) if line))

    def trouble(self, text: str) -> None:
        at = f"{utc(self._clock.now())} " if self._dated else ""
        self._err.write(f"{at}warroom: {one_line(text, limit=1_000)}")

    def close(self) -> None:
        self._out.close()
        self._err.close()


@dataclass(frozen=True, slots=True)
class _Launch:
    """A launch that is ready to be served."""

    engine: Engine
    listener: Listener
    journal: ThreadedJournal
    channels: tuple[OpenChannel | FormerChannels, ...]
    gates: LaunchGates
    signals: LaunchSignals
    wakes: ScheduledWakes
    actions: LaunchActions
    tcp: TcpListener | None = None


def _assembled(
    opened: OpenedLaunch, options: LaunchOptions, clock: Clock, watch: _Watch, notices: Notices
) -> _Launch:
    journal = ThreadedJournal(opened.journal)
    # What --gate declares stands in the journal, under the name of whoever declared it.
    stated = replace(options, evidence=options.evidence or opened.folder / "evidence", gates=())
    second = SecondClock(clock)
    around = Around(opened.folder, clock, watch.posted, second.heard, partial(as_typed_here, folder=opened.folder))
    channels = channels_of(opened.playbook, around)
    environ = marked(os.environ, opened.folder)
    suites = LaunchSuites(opened.playbook, stated, environ, clock, second.heard)
    gates = LaunchGates(opened.playbook, clock, second.heard)
    allow = options.allow_commands
    actions = LaunchActions(opened.playbook, clock, environ, allow_commands=allow, heard=second.heard)
    former = FormerChannels(loading(options, opened, os.environ), opened.playbook, Around(opened.folder, clock))
    signals = LaunchSignals(opened.playbook, options, environ, clock, opened.folder, second.heard)
    wakes = ScheduledWakes()
    ports = Ports(
        clock=clock,
        journal=journal,
        channels=channels,
        suites=suites,
        watchdog=notices,
        told=watch.told,
        trouble=watch.trouble,
        gates=gates,
        actions=actions,
        signals=signals.ports(),
        reload=reloading(options, opened, os.environ),
        former=former,
        second_clock=second,
        setup=LaunchSetUp(opened.playbook, opened.folder, clock, options.env_file),
        wakes=wakes,
    )
    engine = Engine(opened.playbook.course, ports)
    refusals = Refusals(engine.record, clock)
    application = api(engine, clock, name_of, About(os.getpid(), stamp(clock.now())), refusals)
    address = listen_at(options.listen, expose=options.expose)
    tcp = tcp_listener(address, application, opened.folder, refusals) if address else None
    return _Launch(
        engine=engine,
        listener=Listener(opened.folder, LocalGuard(application, refusals)),
        journal=journal,
        channels=(*channels.values(), former),
        gates=gates,
        signals=signals,
        actions=actions,
        wakes=wakes,
        tcp=tcp,
    )


async def _serve(
    opened: OpenedLaunch,
    options: LaunchOptions,
    clock: Clock,
    watch: _Watch,
    notices: Notices,
    signals: Signals,
    ready: Callable[[Sequence[str]], object],
) -> ExitCode | None:
    launch = _assembled(opened, options, clock, watch, notices)
    caught: list[ExitCode] = []
    announced: list[str] = []

    def end(code: ExitCode) -> None:
        caught.append(code)
        notices.stopping()
        launch.engine.stop("Ctrl-C" if code is ExitCode.INTERRUPTED else "SIGTERM")

    with signals.end(end):
        try:
            # What a killed engine left running would act behind the back of this one.
            await end_marked(mark_of(opened.folder), clock)
            await launch.engine.open()
            for request in stated_gates(options.gates, launch.engine.state):
                await launch.engine.ask(request, name_of(os.getuid()))
            await launch.listener.open()
            if launch.tcp:
                await listen(launch.tcp, opened.folder, announced.append)
            if waits := waits_for(launch.engine.state, opened.folder, clock.now()):
                announced.append(waits)
            for note in announced:
                watch.trouble(note)
            notices.ready(f"launch {opened.name}")
            ready(announced)
            await launch.engine.run()
        finally:
            await _close(launch)
    if caught:
        return caught[0]
    ended = ending(launch.engine.state)
    return ended.code if ended else None


async def _close(launch: _Launch) -> None:
    await launch.listener.close()
    if launch.tcp:
        await launch.tcp.close()
    await launch.gates.aclose()
    await launch.signals.aclose()
    launch.wakes.close()
    await launch.actions.aclose()
    # The launch is given free last: what is being posted must be in its file before another engine looks for it.
    for channel in launch.channels:
        await asyncio.to_thread(channel.close)
    await asyncio.to_thread(launch.journal.close)
