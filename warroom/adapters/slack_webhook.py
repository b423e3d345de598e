"""The channel that is an incoming webhook of Slack: it posts, and can neither look up, edit, thread nor attach."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.request import Request

from slack_sdk.webhook import WebhookClient, WebhookResponse

from warroom.adapters.slack_wire import Exchange, instant_of, quiet_logger, told
from warroom.clock import Clock
from warroom.text import clean
from warroom.updates.answers import Answered, Broken, delivery_of
from warroom.updates.channel import CannotTell, Delivery, Fate, Post
from warroom.updates.slack_message import only_message_of

REF: Final = "webhook"
_CODE_CAP: Final = 80


@dataclass(frozen=True, slots=True)
class HookAddress:
    """The webhook; its address is a secret. `context` verifies the certificate."""

    url: str
    context: ssl.SSLContext
    timeout_s: float = 10.0


class SlackWebhook:
    """Posts to the webhook. Calls wait in a thread of their own. `say` is handed each post that was sent, and
    `heard`, in that thread, what Slack's clock says in each answer."""

    def __init__(
        self,
        address: HookAddress,
        clock: Clock,
        say: Callable[[Post], object] = lambda _: None,
        heard: Callable[[str, datetime], object] = lambda *_: None,
    ) -> None:
        self._address = address
        self._clock = clock
        self._say = say
        self._heard = heard
        self._threads = ThreadPoolExecutor(1, "slack-webhook")

    @property
    def place(self) -> str:
        """Nothing is known of it."""
        return REF

    def sees(self, place: str) -> bool:
        """Nobody can look through a webhook."""
        return False

    async def post(self, post: Post) -> Delivery:
        """Tries once."""
        loop = asyncio.get_running_loop()
        delivery = await loop.run_in_executor(self._threads, self._post, post)
        if delivery.fate is Fate.CONFIRMED:
            self._say(post)
        return delivery

    async def find(self, key: str, since: datetime, where: str = "") -> str | None:
        """Nobody can look through a webhook. Always raises CannotTell."""
        raise CannotTell("a webhook cannot be asked what has arrived")

    def close(self) -> None:
        """Waits for nothing: a call that hangs ends with the process."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _post(self, post: Post) -> Delivery:
        message = only_message_of(post)
        hook = _Hook(self._address, self._clock)
        try:
            answer = hook.send(text=message["text"], blocks=message["blocks"], unfurl_links=False, unfurl_media=False)
        except Exception as fault:  # noqa: BLE001 - whatever the library raises, nobody knows more than this
            return delivery_of(Broken(told(fault), hook.exchange.sent), REF)
        headers = {name.lower(): value for name, value in answer.headers.items()}
        if said := instant_of(headers.get("date", "")):
            self._heard("Slack", said)
        if answer.status_code == 200 and answer.body == "ok":
            return Delivery(Fate.CONFIRMED, ref=REF)
        # An error of the webhook is a bare word; a page of a proxy between us and Slack is not.
        code = answer.body if 0 < len(answer.body) <= _CODE_CAP and answer.body.isidentifier() else ""
        is_refusal = False if code and answer.status_code != 200 else None
        seen = Answered(answer.status_code, is_refusal, clean(code), retry_after=headers.get("retry-after"))
        return delivery_of(seen, REF)


class _Hook(WebhookClient):
    """A client for one call."""

    def __init__(self, address: HookAddress, clock: Clock) -> None:
        super().__init__(address.url, retry_handlers=[], logger=quiet_logger())
        self.exchange = Exchange(address.context, address.timeout_s, clock)

    def _perform_http_request_internal(self, url: str, req: Request) -> WebhookResponse:
        answer, raw = self.exchange.make(url, req)
        headers = dict(answer.headers.items())
        return WebhookResponse(
            url="", status_code=answer.status, body=raw.decode("utf-8", "replace"), headers=headers
        )
