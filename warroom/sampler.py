"""Takes latency samples in a process of its own: `python -I -S sampler.py`, a job on stdin, samples on stdout.

Timing is right only where nothing else runs, so this file imports nothing of ours and little of Python, speaks
HTTP/1.1 on a blocking socket by itself, and does nothing between the send and the last byte but wait for it.

The job is one line of JSON (see `adapters/sampling.py`, which writes it); the answer is one line for each sample,
or one with `fatal` where there is no way to take any. The process ends by itself when stdin closes, which it does
when its parent dies, and at the latest at the job's deadline.
"""

from __future__ import annotations

import gc
import json
import os
import socket
import sys
import time
from _thread import allocate_lock, start_new_thread

# Spelled out: `typing` would be the third part of this program's start, and nothing here needs it to run.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_HEAD_LIMIT = _PIECE = 65_536
_S = 1_000_000_000


class Failed(Exception):
    """This sample got no answer; `word` says why."""

    def __init__(self, word: str, detail: str = "", code: int = 0) -> None:
        super().__init__(word)
        self.word, self.detail, self.code = word, detail, code


def _left(end_ns: int) -> float:
    left = (end_ns - time.perf_counter_ns()) / _S
    if left <= 0:
        raise Failed("timeout")
    return left


def look_up(endpoint: list[Any], end_ns: int) -> list[tuple[Any, ...]]:
    """The entries of getaddrinfo for a host and port. Raises Failed (`dns`) also when the look-up hangs."""
    found: list[Any] = []
    done = allocate_lock()
    done.acquire()

    def work() -> None:
        try:
            found.extend(socket.getaddrinfo(endpoint[0], endpoint[1], type=socket.SOCK_STREAM))
        except (OSError, UnicodeError):
            pass
        finally:
            done.release()

    start_new_thread(work, ())
    if not done.acquire(timeout=max(0.0, _left(end_ns))):
        raise Failed("dns", "the look-up of the name did not end in time")
    if not found:
        raise Failed("dns", "the name does not resolve")
    return found


def is_denied(address: str, networks: list[list[int]]) -> bool:
    """Whether a numeric address lies in one of `networks`, (number, prefix length) in the space of IPv6."""
    plain = address.partition("%")[0]
    mapped = plain if ":" in plain else f"::ffff:{plain}"
    number = int.from_bytes(socket.inet_pton(socket.AF_INET6, mapped), "big")
    return any(number >> (128 - bits) == network >> (128 - bits) for network, bits in networks)


class Opener:
    """Opens connections as the job says. The name is looked up once; TLS is set up once."""

    def __init__(self, job: dict[str, Any]) -> None:
        self._job = job
        self._entries: list[tuple[Any, ...]] = []
        self._context: Any = None

    def open(self, end_ns: int) -> socket.socket:
        """A connection ready for a request. Raises Failed."""
        if not self._entries:
            self._entries = self._look_up(end_ns)
        sock = self._connect(end_ns)
        try:
            if self._job["tunnel"]:
                _tunnel(sock, self._job["tunnel"], end_ns)
            return self._encrypted(sock, end_ns) if self._job["tls"] else sock
        except BaseException:
            sock.close()
            raise

    def _look_up(self, end_ns: int) -> list[tuple[Any, ...]]:
        entries = look_up(self._job["connect"], end_ns)
        for *_, address in entries:
            if is_denied(address[0], self._job["denied"]):
                raise Failed("denied", address[0])
        return entries

    def _connect(self, end_ns: int) -> socket.socket:
        word = "refused"
        for index, (family, kind, protocol, _, address) in enumerate(self._entries):
            sock = socket.socket(family, kind, protocol)
            last = index == len(self._entries) - 1
            try:
                sock.settimeout(_left(end_ns) if last else min(2.0, _left(end_ns)))
                sock.connect(address)
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                return sock
            except OSError as error:
                sock.close()
                word = word_of(error)
        raise Failed(word)

    def _encrypted(self, sock: socket.socket, end_ns: int) -> socket.socket:
        import ssl

        tls = self._job["tls"]
        try:
            if self._context is None:
                self._context = ssl.create_default_context(cafile=tls["ca_file"] or None)
                if tls["client_cert"]:
                    self._context.load_cert_chain(tls["client_cert"], tls["client_key"] or None, password="")
            sock.settimeout(_left(end_ns))
            encrypted: socket.socket = self._context.wrap_socket(sock, server_hostname=tls["server_name"])
            return encrypted
        except ssl.SSLCertVerificationError as error:
            raise Failed("tls", error.verify_message, error.verify_code) from None
        except (OSError, ValueError) as error:
            raise Failed(word_of(error), getattr(error, "reason", None) or str(error)) from None


def word_of(error: Exception) -> str:
    """The word for what broke a connection."""
    if isinstance(error, TimeoutError):
        return "timeout"
    if isinstance(error, ConnectionRefusedError):
        return "refused"
    if isinstance(error, (ConnectionResetError, BrokenPipeError, ConnectionAbortedError)):
        return "reset"
    return "tls" if "SSL" in type(error).__name__ or isinstance(error, ValueError) else "unreachable"


def _tunnel(sock: socket.socket, request: str, end_ns: int) -> None:
    sock.settimeout(_left(end_ns))
    sock.sendall(request.encode("latin-1"))
    status = Answer(sock, end_ns, 0, has_body=False).read()
    if not 200 <= status <= 299:
        raise Failed("refused", f"the proxy answered {status}")


class Answer:
    """Reads one response, whole, and keeps nothing of its body. `last_ns` is when the latest bytes were there."""

    def __init__(self, sock: socket.socket, end_ns: int, max_bytes: int, *, has_body: bool) -> None:
        self._sock, self._end_ns = sock, end_ns
        self._max, self._has_body = max_bytes, has_body
        self._buffer = b""
        self._received = self.last_ns = 0
        self.keep = False

    def read(self) -> int:
        """The status, once the last byte is there. `keep` then says whether the connection may be used again.

        Raises Failed.
        """
        status, version, headers = self._head()
        while 100 <= status <= 199 and status != 101:
            status, version, headers = self._head()
        said = ",".join(headers.get("connection", [])).lower()
        self.keep = "close" not in said and (version == b"1.1" or "keep-alive" in said)
        if self._has_body and status not in (204, 304):
            self._body(headers)
        self.keep = self.keep and not self._buffer
        return status

    def _more(self) -> bytes:
        """The next bytes; none when the server closed."""
        self._sock.settimeout(_left(self._end_ns))
        piece = self._sock.recv(_PIECE)
        self.last_ns = time.perf_counter_ns()
        self._received += len(piece)
        if self._received > 4 * self._max + _HEAD_LIMIT:
            raise Failed("too_large")
        return piece

    def _head(self) -> tuple[int, bytes, dict[str, list[str]]]:
        while (cut := _end_of_head(self._buffer)) < 0:
            if len(self._buffer) > _HEAD_LIMIT:
                raise Failed("too_large")
            piece = self._more()
            if not piece:
                raise Failed("unreadable" if self._buffer else "reset")
            self._buffer += piece
        lines = self._buffer[:cut].split(b"\n")
        self._buffer = self._buffer[cut:]
        version, status, *_ = [*lines[0].split(), b"", b""]
        if not version.startswith(b"HTTP/1.") or len(status) != 3 or not status.isdigit():
            raise Failed("unreadable")
        headers: dict[str, list[str]] = {}
        for line in lines[1:]:
            name, _, value = line.decode("latin-1").partition(":")
            headers.setdefault(name.strip().lower(), []).append(value.strip())
        return int(status), version[5:], headers

    def _body(self, headers: dict[str, list[str]]) -> None:
        coding = ",".join(headers.get("transfer-encoding", [])).lower()
        lengths = set(headers.get("content-length", []))
        if coding:
            if coding.replace(" ", "").split(",")[-1] != "chunked":
                raise Failed("unreadable")
            self._chunks()
        elif lengths:
            length = lengths.pop()
            if lengths or not (length.isascii() and length.isdigit() and len(length) < 20):
                raise Failed("unreadable")
            self._skip(int(length))
        else:
            self._until_closed()

    def _skip(self, count: int) -> None:
        if count > self._max:
            raise Failed("too_large")
        missing, self._buffer = count - len(self._buffer), self._buffer[count:]
        while missing > 0:
            piece = self._more()
            if not piece:
                raise Failed("cut")
            self._buffer = piece[missing:]
            missing -= len(piece)

    def _line(self) -> bytes:
        while b"\n" not in self._buffer:
            piece = self._more()
            if not piece:
                raise Failed("cut")
            self._buffer += piece
        line, _, self._buffer = self._buffer.partition(b"\n")
        return line.strip()

    def _chunks(self) -> None:
        total = 0
        while True:
            digits = self._line().partition(b";")[0].strip()
            if not digits or digits.strip(b"0123456789abcdefABCDEF"):
                raise Failed("unreadable")
            size = int(digits, 16)
            total += size
            if total > self._max:
                raise Failed("too_large")
            if size == 0:
                break
            self._skip(size)
            if self._line():
                raise Failed("unreadable")
        while self._line():
            pass  # a trailer

    def _until_closed(self) -> None:
        self.keep = False
        size = len(self._buffer)
        while piece := self._more():
            size += len(piece)
            if size > self._max:
                raise Failed("too_large")
        self._buffer = b""


def _end_of_head(buffer: bytes) -> int:
    """The length of the head with its empty line; -1 while it is not there."""
    return min((at + len(end) for end in (b"\r\n\r\n", b"\n\n") if (at := buffer.find(end)) >= 0), default=-1)


def is_alive(sock: socket.socket) -> bool:
    """Whether a kept connection can carry another request: still open, and nothing unasked-for has arrived."""
    sock.settimeout(0)
    try:
        sock.recv(1)
    except BlockingIOError:
        return True
    except OSError as error:
        # TLS says in its own way that there is nothing to read.
        return type(error).__name__ == "SSLWantReadError"
    return False


class Loop:
    """The closed loop: the next request leaves when the answer is in."""

    def __init__(self, job: dict[str, Any]) -> None:
        self._job = job
        self._limit_ns = int(job["timeout_s"] * _S)
        self._payload = job["head"].encode("latin-1") + job["body"].encode("latin-1")
        self._opener = Opener(job)
        self._sock: socket.socket | None = None
        self._first_ns = 0

    def run(self) -> None:
        """Every sample to stdout. Stops early after `give_up` time-outs in a row."""
        for _ in range(self._job["warmup"]):
            self.sample(-1)
        timeouts = 0
        for index in range(self._job["count"]):
            sample = self.sample(index)
            say(sample)
            timeouts = timeouts + 1 if sample["error"] == "timeout" else 0
            if timeouts >= self._job["give_up"]:
                break

    def sample(self, index: int) -> dict[str, Any]:
        """One request. Raises Failed only where no connection at all can be made, now or later."""
        line, stale = self._attempt()
        if stale and self._job["idempotent"]:
            # Closed by the server just as it was used again; that says nothing of its speed.
            line, _ = self._attempt()
        if index >= 0 and not self._first_ns:
            self._first_ns = line["sent_ns"]
        return {**line, "index": index, "sent_ns": line["sent_ns"] - self._first_ns}

    def _attempt(self) -> tuple[dict[str, Any], bool]:
        """What came of one request, and whether a kept connection turned out to be closed."""
        if self._sock is not None and not is_alive(self._sock):
            self._close()
        reused = self._sock is not None
        line: dict[str, Any] = {"latency_ns": None, "status": 0, "connect_ns": 0, "error": ""}
        line["sent_ns"] = time.perf_counter_ns()
        try:
            if not reused:
                self._sock = self._opener.open(line["sent_ns"] + self._limit_ns)
                began, line["sent_ns"] = line["sent_ns"], time.perf_counter_ns()
                line["connect_ns"] = line["sent_ns"] - began
            line["status"], line["latency_ns"] = self._exchange(line["sent_ns"])
        except Failed as failed:
            line["error"] = failed.word
            if failed.word in ("dns", "denied") or (failed.word == "tls" and not self._first_ns):
                raise
        except OSError as error:
            line["error"] = word_of(error)
        if line["error"]:
            self._close()
        return line, reused and line["error"] == "reset"

    def _exchange(self, sent_ns: int) -> tuple[int, int]:
        sock = self._sock
        assert sock is not None
        end_ns = sent_ns + self._limit_ns
        answer = Answer(sock, end_ns, self._job["max_bytes"], has_body=not self._job["is_head"])
        sock.settimeout(self._limit_ns / _S)
        sock.sendall(self._payload)
        status = answer.read()
        if answer.last_ns > end_ns:
            raise Failed("timeout")
        if not answer.keep or not self._job["reuse"]:
            self._close()
        return status, answer.last_ns - sent_ns

    def _close(self) -> None:
        if self._sock is not None:
            self._sock.close()
            self._sock = None


def say(line: dict[str, Any]) -> None:
    """One line to the parent, at once."""
    os.write(1, json.dumps(line).encode() + b"\n")


def end_with_parent() -> None:
    """Ends this process when stdin closes, which it does when the parent dies."""
    while os.read(0, 4096):
        pass
    os._exit(3)


def _end_after(seconds: float) -> None:
    time.sleep(seconds)
    os._exit(4)


def main() -> None:
    """One job, then the end of the process. Exit code 0: every line that there is was said."""
    if not (line := sys.stdin.buffer.readline()):
        return  # started ahead, and no job came
    job = json.loads(line)
    start_new_thread(end_with_parent, ())
    start_new_thread(_end_after, (job["deadline_s"],))
    gc.disable()
    try:
        Loop(job).run()
    except Failed as failed:
        say({"fatal": failed.word, "detail": failed.detail, "code": failed.code})
    # Not sys.exit: a look-up that hangs must not keep the process.
    os._exit(0)


if __name__ == "__main__":
    main()
