"""`contract.SamplerPort`: starts the sampler child, hands it the job and reads its samples."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from warroom.adapters.denied import NETWORKS
from warroom.adapters.http_body import MAX_BYTES
from warroom.adapters.http_request import Address, address_of, headers_of, is_idempotent, proxy_of, usable, who
from warroom.adapters.sampler_child import SCRIPT, SamplerChild
from warroom.adapters.tls import TlsSetting, check_files, refusal
from warroom.contract import Sample, SampleJob
from warroom.errors import CannotMeasure
from warroom.playbook.loaded import Target
from warroom.text import clean

# A service that hangs is known to hang after this many time-outs in a row; waiting for more says nothing new.
_GIVE_UP = 3
_SPARE_S = 10.0


class SamplerProcess:
    """Takes samples of the playbook's targets in a child process of its own for each job.

    `waiting` is a child for the first job that was started ahead; whoever made it ends it when no job came.
    """

    def __init__(
        self,
        targets: Mapping[str, Target],
        *,
        max_bytes: int = MAX_BYTES,
        script: Path = SCRIPT,
        waiting: SamplerChild | None = None,
    ) -> None:
        self._targets = targets
        self._max_bytes = max_bytes
        self._script = script
        self._waiting = waiting

    def how(self) -> str:
        """See `contract.SamplerPort`."""
        return (
            "in a child process on a blocking socket by perf_counter, from the send to the last byte;"
            " connect and TLS apart"
        )

    async def sample(self, job: SampleJob, on_sample: Callable[[Sample], None]) -> tuple[Sample, ...]:
        """See `contract.SamplerPort`. Stops early after three time-outs in a row.

        When it is cancelled, or `on_sample` raises, the child is ended.
        """
        target = usable(self._targets, job.request.target)
        address = address_of(target, job.request.path)
        line = json.dumps(self._child_job(job, target, address)).encode() + b"\n"
        child, self._waiting = self._waiting or SamplerChild(self._script), None
        try:
            return await self._collect(child, await child.begin(line), on_sample, target, address)
        finally:
            await child.end()

    def _child_job(self, job: SampleJob, target: Target, address: Address) -> dict[str, Any]:
        request = job.request
        method = request.method.upper()
        headers = list(headers_of(target, request, address, keep_alive=job.reuse))
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
            "count": job.count,
            "warmup": job.warmup,
            "reuse": job.reuse,
            "timeout_s": job.timeout_s,
            "max_bytes": self._max_bytes,
            "denied": [] if target.allow_link_local else NETWORKS,
            "give_up": _GIVE_UP,
            # Connecting and answering are bounded each; a stale connection costs one more.
            "deadline_s": (job.count + job.warmup) * 4 * job.timeout_s + _SPARE_S,
        }

    async def _collect(
        self,
        child: SamplerChild,
        lines: asyncio.StreamReader,
        on_sample: Callable[[Sample], None],
        target: Target,
        address: Address,
    ) -> tuple[Sample, ...]:
        samples = []
        async for raw in lines:
            if not raw.endswith(b"\n"):
                break  # it ended in the middle of a line, and its exit code says why
            line = json.loads(raw)
            if "fatal" in line:
                raise await _fatal(line, target, address)
            samples.append(_sample(line))
            on_sample(samples[-1])
        await child.check_end()
        return tuple(samples)


def _sample(line: dict[str, Any]) -> Sample:
    latency = line["latency_ns"]
    return Sample(
        index=line["index"],
        latency_s=None if latency is None else latency / 1e9,
        status=line["status"],
        connect_s=line["connect_ns"] / 1e9,
        sent_at_s=line["sent_ns"] / 1e9,
        error=line["error"],
    )


async def _fatal(line: dict[str, Any], target: Target, address: Address) -> CannotMeasure:
    word, detail = line["fatal"], clean(str(line["detail"]), limit=120)
    name = who(target, address)
    if word == "tls":
        return CannotMeasure(
            f"{name}: {await refusal(line['code'], detail, address.host, '', address.port)}", symptom=word
        )
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
