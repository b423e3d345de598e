"""What is sent: the address of a request, its headers and the proxy it goes through. The sampler sends the same."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from warroom import __version__
from warroom.adapters.denied import is_denied_literal
from warroom.contract import Request
from warroom.errors import CannotMeasure
from warroom.playbook.loaded import Target
from warroom.text import clean

Headers = tuple[tuple[str, str], ...]

_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_UNSENDABLE = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_PATH_SAFE = "/%:@!$&'()*+,;=-._~"
_IDEMPOTENT = frozenset(("GET", "HEAD", "OPTIONS", "PUT", "DELETE", "TRACE"))
_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Address:
    """Where a request goes. `host` is what is looked up (ASCII, without brackets), `path` begins with a slash and
    has the query."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        """`host` or `host:port`, as the Host header has it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def endpoint(self) -> str:
        """`host:port`, cleaned, for people."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{clean(host, limit=253)}:{self.port}"

    @property
    def url(self) -> str:
        """The whole address, without user info."""
        return f"{self.scheme}://{self.authority}{self.path}"


def usable(targets: Mapping[str, Target], name: str) -> Target:
    """The target of that name. Raises CannotMeasure for one that is unknown or only for people."""
    target = targets.get(name)
    if target is None:
        raise CannotMeasure(f"the playbook has no target '{clean(name, limit=60)}'", symptom="not_configured")
    if target.human:
        raise CannotMeasure(f"target '{name}' is a link for people and is never requested", symptom="denied")
    return target


def address_of(target: Target, path: str) -> Address:
    """The target's address with `path` appended. Raises CannotMeasure (`not_configured`) where there is none."""
    if not target.url:
        why = f": {target.not_configured}" if target.not_configured else ""
        raise CannotMeasure(f"target '{target.id}' is not configured{why}", symptom="not_configured")
    try:
        base = urlsplit(target.url)
        scheme, host, port = base.scheme, _ascii_host(base.hostname or ""), base.port
    except ValueError as error:
        raise _bad_address(target, str(error)) from None
    if scheme not in _PORTS or not host:
        raise _bad_address(target, "it is not an http or https address with a host")
    return Address(scheme, host, port or _PORTS[scheme], _joined(base.path, base.query, path))


def _ascii_host(host: str) -> str:
    return host if host.isascii() else host.encode("idna").decode("ascii")


def _bad_address(target: Target, why: str) -> CannotMeasure:
    return CannotMeasure(
        f"the address of target '{target.id}' cannot be used: {clean(why, limit=120)}", symptom="not_configured"
    )


def _joined(base_path: str, base_query: str, path: str) -> str:
    more, _, query = path.partition("#")[0].partition("?")
    whole = f"{base_path.rstrip('/')}/{more.lstrip('/')}" if more else base_path or "/"
    queries = "&".join(part for part in (base_query, query) if part)
    quoted = quote(whole, safe=_PATH_SAFE, errors="replace")
    return f"{quoted}?{quote(queries, safe=_PATH_SAFE + '?', errors='replace')}" if queries else quoted


def headers_of(target: Target, request: Request, address: Address, *, keep_alive: bool = True) -> Headers:
    """Every header of the request, in the order sent.

    The target's credentials are added unless the request has an Authorization of its own; one with an empty value
    sends none at all. Raises CannotMeasure for a name or value that HTTP cannot carry, without showing the value.
    """
    own = {name.lower() for name, _ in request.headers}
    defaults = (
        ("Host", address.authority),
        ("User-Agent", f"warroom/{__version__}"),
        ("Accept", "*/*"),
        ("Accept-Encoding", "identity"),
        ("Connection", "keep-alive" if keep_alive else "close"),
        *_credentials(target),
    )
    headers = [pair for pair in defaults if pair[0].lower() not in own]
    headers += [pair for pair in request.headers if pair[1] or pair[0].lower() != "authorization"]
    if request.body or request.method.upper() in ("POST", "PUT", "PATCH"):
        headers.append(("Content-Length", str(len(request.body))))
    return tuple((_checked_name(name), _checked_value(name, value)) for name, value in headers)


def _credentials(target: Target) -> Headers:
    if target.bearer:
        return (("Authorization", f"Bearer {target.bearer}"),)
    if target.basic:
        return (("Authorization", f"Basic {base64.b64encode(target.basic.encode()).decode()}"),)
    return ()


def _checked_name(name: str) -> str:
    if not _TOKEN.fullmatch(name):
        raise CannotMeasure(f"'{clean(name, limit=60)}' cannot be the name of a header", symptom="not_configured")
    return name


def _checked_value(name: str, value: str) -> str:
    if _UNSENDABLE.search(value):
        what = "a line break" if re.search(r"[\r\n]", value) else "a control character"
        raise CannotMeasure(
            f"nothing was sent: the value of the header {clean(name, limit=60)} contains {what}",
            symptom="not_configured",
            hint="look at the end of the input that it comes from",
        )
    return value.strip(" \t")


def is_idempotent(request: Request) -> bool:
    """Whether sending it twice does no more than sending it once (RFC 9110 9.2.2), or it carries a key for that."""
    names = {name.lower() for name, value in request.headers if value}
    return request.method.upper() in _IDEMPOTENT or "idempotency-key" in names


def proxy_of(target: Target, address: Address) -> str:
    """The address of the proxy for this request, empty for none.

    Raises CannotMeasure (`denied`) where a proxy would be asked for an address that this target may not use.
    """
    proxy = target.proxy
    if not proxy and target.trust_env:
        proxy = _proxy_of_environment(address)
    if proxy and not target.allow_link_local and is_denied_literal(address.host):
        raise CannotMeasure(
            f"{who(target, address)}: a link-local or metadata address, which nothing is sent to", symptom="denied"
        )
    return proxy


def _proxy_of_environment(address: Address) -> str:
    # Costs 15 ms, and only those who trust the environment pay for it.
    from urllib.request import getproxies, proxy_bypass

    if proxy_bypass(address.authority):
        return ""
    found = getproxies()
    return found.get(address.scheme) or found.get("all") or ""


def who(target: Target, address: Address) -> str:
    """`auto_com_center (127.0.0.1:8443)`: how a sentence names the other side."""
    return f"{clean(target.title or target.id, limit=80)} ({address.endpoint})"
