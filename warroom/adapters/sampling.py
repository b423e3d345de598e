"""`contract.SamplerPort`: starts the sampler child, hands it the job and reads its samples."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import warroom
from warroom.adapters.denied import NETWORKS
from warroom.adapters.http_body import MAX_BYTES
from warroom.adapters.http_request import Address, address_of, headers_of, is_idempotent, proxy_of, usable, who
from warroom.adapters.tls import TlsSetting, check_files, refusal
from warroom.contract import Sample, SampleJob
from warroom.errors import CannotMeasure
from warroom.playbook.loaded import Target
from warroom.text import clean, clean_bytes

_SCRIPT = Path(warroom.__file__).with_name("sampler.py")
# What an interpreter needs to start and a resolver to look up names.
_PASSED_ON = ("SYSTEMROOT", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "RES_OPTIONS", "LOCALDOMAIN")
# A service that hangs is known to hang after this many time-outs in a row; waiting for more says nothing new.
_GIVE_UP = 3
_SPARE_S = 10.0
_ENDS = {3: "its input ended", 4: "it reached its own deadline", -9: "it was killed", -15: "it was told to end"}
# What every system's pipe takes while nobody reads it (POSIX: PIPE_BUF is 512 at least, 4096 in practice).
_AT_ONCE = 4_096


class SamplerProcess:
    """Takes samples of the playbook's targets in a child process of its own for each job."""

    def __init__(self, targets: Mapping[str, Target], *, max_bytes: int = MAX_BYTES, script: Path = _SCRIPT) -> None:
        self._targets = targets
        self._max_bytes = max_bytes
        self._script = script

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
        reading, writing = os.pipe()
        try:
            # The job waits in the pipe before the child is there. While this loop is busy, importing what the other
            # checks need for instance, the child begins.
            os.write(writing, line[:_AT_ONCE])
            child = await self._start(reading)
            try:
                await _feed(writing, line[_AT_ONCE:])
                return await self._collect(child, on_sample, target, address)
            finally:
                await _end(child)
        finally:
            # Only now: the child takes the end of its stdin for the end of its parent.
            os.close(writing)

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

    async def _start(self, job: int) -> asyncio.subprocess.Process:
        try:
            return await asyncio.create_subprocess_exec(
                sys.executable,
                # Neither the environment nor site-packages nor this folder: only the standard library.
                *("-I", "-S"),
                str(self._script),
                stdin=job,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                start_new_session=True,
                # The playbook's secrets come from the environment; the child gets what it needs on stdin.
                env={name: os.environ[name] for name in _PASSED_ON if name in os.environ},
            )
        except OSError as error:
            raise CannotMeasure(
                f"the sampler could not be started: {clean(error.strerror or str(error))}", symptom="internal"
            ) from None
        finally:
            os.close(job)

    async def _collect(
        self,
        child: asyncio.subprocess.Process,
        on_sample: Callable[[Sample], None],
        target: Target,
        address: Address,
    ) -> tuple[Sample, ...]:
        assert child.stdout is not None
        samples = []
        async for raw in child.stdout:
            if not raw.endswith(b"\n"):
                break  # it ended in the middle of a line, and its exit code says why
            line = json.loads(raw)
            if "fatal" in line:
                raise await _fatal(line, target, address)
            samples.append(_sample(line))
            on_sample(samples[-1])
        await _check_end(child)
        return tuple(samples)


async def _feed(pipe: int, rest: bytes) -> None:
    """Writes what did not fit at once, in a thread that ends with the child at the latest."""
    if not rest:
        return

    def write() -> None:
        left = memoryview(rest)
        with contextlib.suppress(BrokenPipeError):
            while left:
                left = left[os.write(pipe, left) :]

    await asyncio.to_thread(write)


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


async def _check_end(child: asyncio.subprocess.Process) -> None:
    assert child.stderr is not None
    said = await child.stderr.read(65_536)
    code = await child.wait()
    if code:
        last = clean_bytes(said.strip().rpartition(b"\n")[2], limit=200)
        raise CannotMeasure(
            f"the sampler ended with exit code {code}: {last or 'no reason given'}", symptom="internal"
        )


async def _end(child: asyncio.subprocess.Process) -> None:
    """End the child and whatever it started; it is a session of its own."""
    if child.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            if hasattr(os, "killpg"):
                os.killpg(child.pid, signal.SIGKILL)
            else:
                child.kill()
    await child.wait()


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
