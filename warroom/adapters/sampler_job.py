"""What a sampler child is told of a request, and what its words for a fault mean."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote, urlsplit

from warroom.adapters.denied import NETWORKS
from warroom.adapters.http_request import Address, headers_of, is_idempotent, proxy_of, who
from warroom.adapters.tls import TlsSetting, check_files, refusal
from warroom.contract import Request
from warroom.errors import CannotMeasure
from warroom.playbook.loaded import Target
from warroom.text import clean


def job_of(request: Request, target: Target, address: Address, *, keep_alive: bool) -> dict[str, Any]:
    """The request as the child sends it: everything but how often, and how long it may take.

    Raises CannotMeasure for what the child cannot do.
    """
    method = request.method.upper()
    headers = list(headers_of(target, request, address, keep_alive=keep_alive))
    proxy = _Proxy.of(proxy_of(target, address))
    path = address.path
    if proxy and address.scheme == "http":
        path, headers = address.url, headers + proxy.headers
    setting = TlsSetting.of(target) if address.scheme == "https" else TlsSetting()
    check_files(setting)
    tls = {
        "server_name": address.host,
        "ca_file": setting.ca_file,
        "client_cert": setting.client_cert,
        "client_key": setting.client_key,
    }
    return {
        "connect": [proxy.host, proxy.port] if proxy else [address.host, address.port],
        "tunnel": _tunnel(address, proxy) if proxy and address.scheme == "https" else "",
        "tls": tls if address.scheme == "https" else None,
        "head": _head(f"{method} {path} HTTP/1.1", headers),
        "body": request.body.decode("latin-1"),
        "is_head": method == "HEAD",
        "idempotent": is_idempotent(request),
        "denied": [] if target.allow_link_local else NETWORKS,
    }


async def fault_of(word: str, detail: str, code: int, target: Target, address: Address) -> CannotMeasure:
    """The child's word for why there can be no connection at all (`tls`, `dns`, `denied`) as a sentence."""
    detail, name = clean(str(detail), limit=120), who(target, address)
    if word == "tls":
        why = await refusal(code, detail, address.host, "", address.port)
        return CannotMeasure(f"{name}: {why}", symptom=word)
    if word == "dns":
        return CannotMeasure(f"{name}: {detail}", symptom=word)
    return CannotMeasure(
        f"{name}: it leads to {detail}, a link-local or metadata address, which nothing is sent to", symptom=word
    )


class _Proxy:
    """A proxy that is spoken to in plain HTTP."""

    def __init__(self, host: str, port: int, headers: list[tuple[str, str]]) -> None:
        self.host, self.port, self.headers = host, port, headers

    @classmethod
    def of(cls, url: str) -> _Proxy | None:
        """None for no proxy. Raises CannotMeasure for one that the sampler cannot speak to."""
        if not url:
            return None
        parts = urlsplit(url if "//" in url else f"//{url}")
        if parts.scheme not in ("", "http") or not parts.hostname:
            raise CannotMeasure(
                "samples cannot be taken through this proxy: only http:// proxies", symptom="not_configured"
            )
        headers = []
        if parts.username is not None:
            import base64

            pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
            headers = [("Proxy-Authorization", f"Basic {base64.b64encode(pair.encode()).decode()}")]
        return cls(parts.hostname, parts.port or 80, headers)


def _tunnel(address: Address, proxy: _Proxy) -> str:
    host = f"[{address.host}]" if ":" in address.host else address.host
    authority = f"{host}:{address.port}"
    return _head(f"CONNECT {authority} HTTP/1.1", [("Host", authority), *proxy.headers])


def _head(first: str, headers: list[tuple[str, str]]) -> str:
    """The head of a request, each character one of its bytes."""
    lines = [first, *(f"{name}: {value}" for name, value in headers), "", ""]
    return "\r\n".join(lines).encode("utf-8", "surrogateescape").decode("latin-1")
