"""The channel that is a webhook of one's own: each post is signed JSON, and its key says which it is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from warroom.adapters.http import Heard, HttpAdapter
from warroom.adapters.http_fault import NotSent
from warroom.clock import Clock
from warroom.contract import Request
from warroom.errors import CannotMeasure
from warroom.playbook.loaded import HookAccess, Target
from warroom.updates.channel import CannotTell, Delivery, Fate, Post
from warroom.updates.hook import body_of, delivery_of, headers_of

_TARGET = Target("webhook", "", title="the webhook")
_DEADLINE_S = 10.0


class SignedWebhook:
    """Posts to the webhook, with one deadline for each post, without following redirects. `say` is handed each post
    that was sent, `heard` what the receiver's clock says in each answer."""

    def __init__(
        self,
        access: HookAccess,
        clock: Clock,
        say: Callable[[Post], object] = lambda _: None,
        heard: Heard | None = None,
    ) -> None:
        self._secret = access.secret
        target = Target(_TARGET.id, access.url, title=_TARGET.title)
        self._http = HttpAdapter({_TARGET.id: target}, clock, heard=heard)
        self._clock = clock
        self._say = say

    async def post(self, post: Post) -> Delivery:
        """Tries once."""
        body = body_of(post)
        # Posts are far apart: no connection is kept for the next one.
        headers = (*headers_of(post.key, body, self._secret, self._clock.now()), ("Connection", "close"))
        request = Request(_TARGET.id, "", "POST", headers, body, timeout_s=_DEADLINE_S)
        try:
            answer = await self._http.send(request)
        except NotSent as fault:
            return Delivery(Fate.NOT_SENT, reason=fault.message)
        except CannotMeasure as fault:
            return Delivery(Fate.UNKNOWN, reason=fault.message)
        delivery = delivery_of(answer.status, answer.header("retry-after"))
        if delivery.fate is Fate.CONFIRMED:
            self._say(post)
        return delivery

    async def find(self, key: str, since: datetime, where: str = "") -> str | None:
        """Nobody can look through a webhook. Always raises CannotTell."""
        raise CannotTell("a webhook cannot be asked what has arrived")

    def close(self) -> None:
        """There is nothing to close."""
