"""Whether a launch could post to its Slack channel: asked of Slack, without posting anything."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from http.client import HTTPException
from typing import Any, Final
from urllib.parse import urlencode
from urllib.request import Request

from warroom.adapters.slack_wire import BODY_CAP, Address, Exchange, told
from warroom.clock import Clock
from warroom.launch.setup import Finding
from warroom.strict_json import parse_json
from warroom.text import clean
from warroom.units import format_seconds
from warroom.verdict import Verdict

CLOCK_LIMIT_S: Final = 30.0
_HOOK: Final = re.compile(r"https://hooks\.slack\.com/services/T\w+/B\w+/\w+")
_LOOPBACK_HOOK: Final = re.compile(r"http://(127\.0\.0\.1|\[::1\])(:\d+)?/services/T\w+/B\w+/[\w-]+")
_HISTORY: Final = ("channels:history", "groups:history")
_SCOPES: Final[tuple[tuple[tuple[str, ...], str], ...]] = (
    (("chat:write",), "nothing can be posted, edited or scheduled"),
    (_HISTORY, "a post in doubt cannot be looked up: it is sent again and says so, and may appear twice"),
    (("files:write",), "the evidence file is not attached"),
)
_REPAIR: Final[Mapping[str, str]] = {
    "invalid_auth": "the token is not valid: copy the Bot User OAuth Token again",
    "not_authed": "Slack got no token: set it",
    "token_revoked": "the token was revoked: install the app again and take the new token",
    "token_expired": "the token has expired: install the app again and take the new token",
    "account_inactive": "the bot's account is disabled: install the app again",
    "channel_not_found": "no such channel for this bot: check the id (C..., at the bottom of View channel details), "
    "invite the bot where it is private",
    "not_in_channel": "the bot is not in the channel: /invite it there",
    "is_archived": "the channel is archived: unarchive it or name another",
    "unknown_method": "that is not the address of Slack's API: check SLACK_API_URL",
}


@dataclass(frozen=True, slots=True)
class _Answer:
    """What Slack answered: its members, the scopes of the token (None: not said) and its clock. `problem` is empty
    for a good answer, an error code of Slack's, or a sentence where there was no answer (`reached` is then False)."""

    data: Mapping[str, Any]
    problem: str = ""
    reached: bool = True
    scopes: tuple[str, ...] | None = None
    date: str = ""


def examined(address: Address, channel: str, clock: Clock) -> list[Finding]:
    """What there is to say of the token, its scopes, the two clocks and the channel, in that order. Blocks; never
    raises. What Slack could not be asked is inconclusive."""
    who = _asked(address, clock, "auth.test", {})
    found = [_token(who), _clocks(who, clock.now())]
    if who.problem:
        why = "not asked: the token was not taken" if who.reached else "not asked: Slack could not be reached"
        return [*found, Finding(Verdict.INCONCLUSIVE, f"channel {channel}", why)]
    return [*found, *_scopes(who.scopes), *_channel(address, channel, clock)]


def hook_finding(url: str) -> Finding:
    """Whether the address has the form of an incoming webhook. It is not asked: it can only post."""
    if _HOOK.fullmatch(url) or _LOOPBACK_HOOK.fullmatch(url):
        found = "the address has the right form; whether it works shows only a post"
        return Finding(Verdict.INCONCLUSIVE, "webhook", found, "prove it with --test-post")
    return Finding(
        Verdict.FAIL,
        "webhook",
        "the address is not that of an incoming webhook",
        "copy it again from the app's page: https://hooks.slack.com/services/T.../B.../...",
    )


def _token(who: _Answer) -> Finding:
    if not who.reached:
        return Finding(Verdict.INCONCLUSIVE, "token", who.problem, "check the network, DNS and SLACK_API_URL")
    if who.problem:
        return Finding(_verdict_of(who.problem), "token", who.problem, _repair(who.problem))
    team, user = (clean(str(who.data.get(name) or "?"), limit=80) for name in ("team", "user"))
    return Finding(Verdict.PASS, "token", f"valid: bot {user} of team {team}")


def _clocks(who: _Answer, now: datetime) -> Finding:
    try:
        apart_s = (parsedate_to_datetime(who.date) - now).total_seconds()
    except (ValueError, TypeError):
        return Finding(Verdict.INCONCLUSIVE, "clock", "Slack did not say its time")
    apart = f"{format_seconds(round(abs(apart_s)))} {'ahead of' if apart_s > 0 else 'behind'} ours"
    found = f"Slack's is {apart} (limit {CLOCK_LIMIT_S:g} s)"
    if abs(apart_s) <= CLOCK_LIMIT_S:
        return Finding(Verdict.PASS, "clock", found)
    return Finding(Verdict.FAIL, "clock", found, "set this machine's clock (NTP): posts are due by it")


def _scopes(held: tuple[str, ...] | None) -> Iterator[Finding]:
    for any_of, lost in _SCOPES:
        name = " or ".join(any_of)
        if held is None:
            yield Finding(Verdict.INCONCLUSIVE, f"scope {name}", "Slack did not say which scopes the token has")
        elif any(scope in held for scope in any_of):
            yield Finding(Verdict.PASS, f"scope {name}", "granted")
        else:
            yield Finding(
                Verdict.FAIL, f"scope {name}", f"missing: {lost}", "add it to the app and install the app again"
            )


def _channel(address: Address, channel: str, clock: Clock) -> Iterator[Finding]:
    about = f"channel {channel}"
    answer = _asked(address, clock, "conversations.info", {"channel": channel})
    shown = answer.data.get("channel")
    if answer.problem == "missing_scope":
        # Reading needs membership: a page of the history tells all but whether the channel is archived.
        read = _asked(address, clock, "conversations.history", {"channel": channel, "limit": "1"})
        if read.problem and read.problem != "missing_scope":
            yield Finding(_verdict_of(read.problem), about, read.problem, _repair(read.problem))
            return
        known = (
            "not asked" if read.problem else "it is there and the bot is in it; whether it is archived is not known"
        )
        repair = "add the scope channels:read (groups:read for a private channel) to have it asked"
        yield Finding(Verdict.INCONCLUSIVE, about, known, repair)
    elif answer.problem:
        yield Finding(_verdict_of(answer.problem), about, answer.problem, _repair(answer.problem))
    elif not isinstance(shown, Mapping):
        yield Finding(Verdict.INCONCLUSIVE, about, "Slack's answer does not show the channel")
    elif shown.get("is_archived") is True:
        yield Finding(Verdict.FAIL, about, "is_archived", _REPAIR["is_archived"])
    elif shown.get("is_member") is False:
        yield Finding(Verdict.FAIL, about, "not_in_channel", _REPAIR["not_in_channel"])
    elif shown.get("is_member") is True and shown.get("is_archived") is False:
        name = clean(str(shown.get("name") or "?"), limit=80)
        yield Finding(Verdict.PASS, about, f"#{name}: not archived, the bot is in it")
    else:
        yield Finding(Verdict.INCONCLUSIVE, about, "Slack does not say whether the bot is in it")


def _verdict_of(problem: str) -> Verdict:
    return Verdict.FAIL if problem in _REPAIR else Verdict.INCONCLUSIVE


def _repair(problem: str) -> str:
    return _REPAIR.get(problem, "try again later")


def _asked(address: Address, clock: Clock, method: str, args: Mapping[str, str]) -> _Answer:
    exchange = Exchange(address.context, address.timeout_s, clock)
    headers = {"Authorization": f"Bearer {address.token}", "Content-Type": "application/x-www-form-urlencoded"}
    request = Request(address.base_url + method, urlencode(args).encode(), headers)  # noqa: S310 - the playbook's own
    try:
        answer, raw = exchange.make(request.full_url, request)
    except (OSError, HTTPException, ValueError) as fault:
        return _Answer({}, told(fault), reached=False)
    date, scopes = answer.headers.get("date", ""), answer.headers.get("x-oauth-scopes")
    try:
        data = parse_json(raw, max_bytes=BODY_CAP)
    except ValueError:
        data = None
    if answer.status != 200 or not isinstance(data, dict) or not isinstance(data.get("ok"), bool):
        return _Answer({}, f"Slack answered {answer.status}, not as its reference says", date=date)
    held = None if scopes is None else tuple(filter(None, (one.strip() for one in scopes.split(","))))
    problem = "" if data["ok"] else clean(str(data.get("error") or "an error without a code"), limit=80)
    return _Answer(data, problem, scopes=held, date=date)
