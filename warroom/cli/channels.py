"""The channels of a launch: where its posts really go."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final, Protocol

from warroom.adapters.file_channel import FileChannel
from warroom.adapters.signed_webhook import SignedWebhook
from warroom.clock import Clock
from warroom.engine.threaded import ThreadedChannel
from warroom.playbook.course import Channel as ChannelSpec
from warroom.playbook.loaded import Playbook, SlackAccess
from warroom.updates.channel import Channel, Post

SLACK: Final = "https://slack.com/api/"


class OpenChannel(Channel, Protocol):
    """A channel that holds something open."""

    def close(self) -> None:
        """Nothing more is posted; what is being posted to a file is finished."""
        ...


def channels_of(
    playbook: Playbook, folder: Path, clock: Clock, posted: Callable[[Post], object]
) -> Mapping[str, OpenChannel]:
    """The channels by id, but for those that only people can post to; files lie in `folder`. `posted` is handed every
    post that was sent."""
    channels = playbook.course.channels.values()
    return {spec.id: _channel(playbook, spec, folder, clock, posted) for spec in channels if not spec.by_hand}


def _channel(
    playbook: Playbook, spec: ChannelSpec, folder: Path, clock: Clock, posted: Callable[[Post], object]
) -> OpenChannel:
    if spec.id in playbook.slack:
        return _slack(playbook.slack[spec.id], clock, posted)
    if spec.id in playbook.hooks:
        return SignedWebhook(playbook.hooks[spec.id], clock, posted)
    return ThreadedChannel(FileChannel(folder / spec.path, clock, posted))


def _slack(access: SlackAccess, clock: Clock, posted: Callable[[Post], object]) -> OpenChannel:
    # These bring slack_sdk, which nothing else needs.
    from warroom.adapters.slack import SlackChannel
    from warroom.adapters.slack_webhook import HookAddress, SlackWebhook
    from warroom.adapters.slack_wire import Address
    from warroom.adapters.tls import TlsSetting, make_context

    context = make_context(TlsSetting.default())
    if access.token:
        return SlackChannel(Address(access.api_url or SLACK, access.token, context), access.channel, clock, posted)
    return SlackWebhook(HookAddress(access.webhook, context), clock, posted)
