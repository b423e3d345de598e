"""The claims of a token (RFC 7519 4.1, RFC 9068 2.2): from whom, for whom, from when to when, for what."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from warroom.jose.lines import Finding, Refused, passed, refused, shown, unchecked
from warroom.units import Json, format_duration

_EARLIEST, _LATEST = datetime(2000, 1, 1, tzinfo=UTC).timestamp(), datetime(9999, 1, 1, tzinfo=UTC).timestamp()

Claims = Mapping[str, Json]


def judge_claims(
    claims: Claims, *, issuer: str, audience: str, scope: str, leeway_s: float, now: float
) -> list[Finding]:
    """A line for each claim that is looked at. `now` and the claims' times are seconds since 1970."""
    found = [_issuer(claims, issuer), _audience(claims, audience), _expiry(claims, leeway_s, now)]
    found += [_beginning(claims, leeway_s, now)] if "nbf" in claims else []
    found += [_issued(claims, leeway_s, now)] if "iat" in claims else []
    found += [_scope(claims, scope)] if scope else []
    return found


def _issuer(claims: Claims, wanted: str) -> Finding:
    actual = claims.get("iss")
    if not wanted:
        return unchecked("iss", "no issuer is given in the playbook")
    if isinstance(actual, str) and actual == wanted:
        return passed(f"iss: {shown(actual)}", expected=wanted, actual=shown(actual))
    if "iss" not in claims:
        fault = Refused("iss_missing", "it names no issuer", expected=wanted)
    else:
        reason = f"it was issued by {shown(actual)}, expected {shown(wanted)}"
        fault = Refused("iss", reason, expected=wanted, actual=shown(actual))
    return refused("iss", fault)


def _audience(claims: Claims, wanted: str) -> Finding:
    if not wanted:
        return unchecked("aud", "no audience is given in the playbook")
    actual = claims.get("aud")
    named = actual if isinstance(actual, list) else [actual]
    if all(isinstance(one, str) for one in named) and wanted in named:
        return passed(f"aud: {shown(actual)}", expected=wanted, actual=shown(actual))
    if "aud" not in claims:
        fault = Refused("aud_missing", "it names no audience", expected=wanted)
    else:
        reason = f"it is for {shown(actual)}, expected {shown(wanted)}"
        fault = Refused("aud", reason, expected=wanted, actual=shown(actual))
    return refused("aud", fault)


def _instant(claims: Claims, name: str) -> float:
    value = claims[name]
    if not isinstance(value, int | float) or not _EARLIEST <= value < _LATEST:
        raise Refused(f"{name}_type", f"its {name} is {shown(value)}, which is not an instant", actual=shown(value))
    return float(value)


def _expiry(claims: Claims, leeway_s: float, now: float) -> Finding:
    try:
        if "exp" not in claims:
            raise Refused("exp_missing", "it never expires: there is no exp")
        ends = _instant(claims, "exp")
        if now >= ends + leeway_s:
            raise Refused("expired", f"it expired {_span(now - ends)} ago, at {_text(ends)}", actual=_text(ends))
    except Refused as fault:
        return refused("exp", fault)
    left = f"valid for {_span(ends - now)}" if ends > now else f"at its end, within the leeway of {_span(leeway_s)}"
    return passed(f"exp: {left}", expected=f"after {_text(now)}", actual=_text(ends))


def _beginning(claims: Claims, leeway_s: float, now: float) -> Finding:
    try:
        begins = _instant(claims, "nbf")
        if begins > now + leeway_s:
            reason = f"it is not valid before {_text(begins)}, in {_span(begins - now)}"
            raise Refused("not_yet_valid", reason, actual=_text(begins))
    except Refused as fault:
        return refused("nbf", fault)
    return passed("nbf: has begun", expected=f"not after {_text(now)}", actual=_text(begins))


def _issued(claims: Claims, leeway_s: float, now: float) -> Finding:
    try:
        issued, ends = _instant(claims, "iat"), claims.get("exp")
        if issued > now + leeway_s:
            reason = f"it was issued {_span(issued - now)} from now: the clocks differ, or it is made up"
            raise Refused("iat_future", reason, actual=_text(issued))
        if isinstance(ends, int | float) and ends < issued:
            raise Refused("iat_after_exp", "it was issued after its own end", actual=_text(issued))
    except Refused as fault:
        return refused("iat", fault)
    ago = f"{_span(now - issued)} ago" if now > issued else "now"
    return passed(f"iat: issued {ago}", expected=f"not after {_text(now)}", actual=_text(issued))


def _scope(claims: Claims, wanted: str) -> Finding:
    # RFC 9068 has `scope`, a text; `scp` is what several large servers send in its place.
    actual = claims.get("scope", claims.get("scp"))
    granted = actual.split() if isinstance(actual, str) else actual if isinstance(actual, list) else []
    missing = [name for name in wanted.split() if name not in granted]
    if not missing:
        return passed(f"scope: {shown(actual)}", expected=wanted, actual=shown(actual))
    if actual is None:
        return refused("scope", Refused("scope_missing", "it names no scope", expected=wanted))
    reason = f"it lacks the scope {shown(' '.join(missing))}"
    return refused("scope", Refused("scope", reason, expected=wanted, actual=shown(actual)))


def _span(seconds: float) -> str:
    return format_duration(timedelta(seconds=round(seconds)))


def _text(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
