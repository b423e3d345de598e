"""The channels of a launch: where its posts really go."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final, Protocol

from warroom.adapters.file_channel import FileChannel
from warroom.adapters.signed_webhook import SignedWebhook
from warroom.clock import Clock
from warroom.engine.threaded import ThreadedChannel
from warroom.errors import WarroomError
from warroom.playbook.course import Channel as ChannelSpec
from warroom.playbook.loaded import Playbook, SlackAccess
from warroom.updates.channel import Channel, Post

SLACK: Final = "https://slack.com/api/"


class OpenChannel(Channel, Protocol):
    """A channel that holds something open."""

    def close(self) -> None:
        """Nothing more is posted; what is being posted to a file is finished."""
        ...


@dataclass(frozen=True, slots=True)
class Around:
    """What channels are made with: where files lie; what is handed every post that was sent; what hears who said
    what time it is; what makes commands such as can be typed here."""

    folder: Path
    clock: Clock
    posted: Callable[[Post], object] = lambda _: None
    heard: Callable[[str, datetime], object] = lambda *_: None
    typed: Callable[[str], str] = str


def channels_of(playbook: Playbook, around: Around) -> Mapping[str, OpenChannel]:
    """The channels by id, but for those that only people can post to."""
    channels = playbook.course.channels.values()
    return {spec.id: _channel(playbook, spec, around) for spec in channels if not spec.by_hand}


class FormerChannels:
    """A `Former`: loads playbooks of before by `load`, each once, and holds their channels open until `close`."""

    def __init__(self, load: Callable[[str, str], Playbook], playbook: Playbook, around: Around) -> None:
        self._load = load
        self._playbook = playbook
        self._around = around
        self._loaded: dict[str, Mapping[str, SlackAccess]] = {}
        self._open: dict[tuple[str, str], OpenChannel] = {}

    async def __call__(self, copy: str, path: str, channel: str, /) -> Channel | None:
        """That channel of the copy at `copy`, where it is one of Slack with another access than the one of now."""
        if copy not in self._loaded:
            self._loaded[copy] = await asyncio.to_thread(self._slack, copy, path)
        access = self._loaded[copy].get(channel)
        if access is None or access == self._playbook.slack.get(channel):
            return None
        if (copy, channel) not in self._open:
            self._open[copy, channel] = _slack(access, self._around)
        return self._open[copy, channel]

    def close(self) -> None:
        """Waits for nothing."""
        for channel in self._open.values():
            channel.close()

    def _slack(self, copy: str, path: str) -> Mapping[str, SlackAccess]:
        try:
            return self._load(copy, path).slack
        except WarroomError:
            # A file or an input that it needs is no longer there.
            return {}


def _channel(playbook: Playbook, spec: ChannelSpec, around: Around) -> OpenChannel:
    if spec.id in playbook.slack:
        return _slack(playbook.slack[spec.id], around)
    if spec.id in playbook.hooks:
        return SignedWebhook(playbook.hooks[spec.id], around.clock, around.posted, around.heard)
    return ThreadedChannel(FileChannel(around.folder / spec.path, around.clock, around.posted))


def _slack(access: SlackAccess, around: Around) -> OpenChannel:
    # These bring slack_sdk, which nothing else needs.
    from warroom.adapters.slack import SlackChannel
    from warroom.adapters.slack_webhook import HookAddress, SlackWebhook
    from warroom.adapters.slack_wire import Address
    from warroom.adapters.tls import TlsSetting, make_context

    context = make_context(TlsSetting.default())
    if access.token:
        address = Address(access.api_url or SLACK, access.token, context)
        return SlackChannel(address, access.channel, around.clock, around.posted, around.heard, around.typed)
    return SlackWebhook(HookAddress(access.webhook, context), around.clock, around.posted, around.heard)
