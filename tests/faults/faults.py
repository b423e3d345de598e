"""What a server may do to a client, what a person is told of it, and the sampler's word for it."""

import gzip
import zlib
from dataclasses import dataclass

from tests.faults.server import Peer, Script, always, answer

MIB = 1 << 20
_CHUNKED = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Fault:
    """`told` is part of the sentence, `symptom` its word. `sampled` is the sampler's word; empty: it is an answer."""

    sentence: str
    script: Script
    symptom: str
    told: str
    sampled: str

    def __str__(self) -> str:
        return self.sentence


async def silence(peer: Peer) -> None:
    await peer.request()
    await peer.until_closed()


async def head_byte_by_byte(peer: Peer) -> None:
    await peer.request()
    await peer.drip(b"HTTP/1.1 200 OK\r\nX-Header: " + b"x" * 10_000)


async def body_byte_by_byte(peer: Peer) -> None:
    await peer.request()
    await peer.send(answer(b"", length=100_000))
    await peer.drip(b"x" * 100_000)


async def chunks_byte_by_byte(peer: Peer) -> None:
    await peer.request()
    await peer.send(_CHUNKED.encode())
    while True:
        await peer.drip(b"1\r\nx\r\n")


async def endless_chunks(peer: Peer) -> None:
    await peer.request()
    await peer.send(_CHUNKED.encode())
    while True:
        await peer.send(b"10000\r\n" + b"x" * 65536 + b"\r\n")


async def endless_headers(peer: Peer) -> None:
    await peer.request()
    await peer.send(b"HTTP/1.1 200 OK\r\n")
    while True:
        await peer.send(b"X-Header: " + b"x" * 4000 + b"\r\n")


async def endless_body(peer: Peer) -> None:
    await peer.request()
    await peer.send(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        await peer.send(b"x" * 65536)


async def ten_gigabytes(peer: Peer) -> None:
    await peer.request()
    await peer.send(answer(b"", length=10_000_000_000))
    while True:
        await peer.send(b"x" * 65536)


async def cut_chunk(peer: Peer) -> None:
    await peer.request()
    await peer.send(_CHUNKED.encode() + b"a\r\n12345")


async def closed_without_a_word(peer: Peer) -> None:
    await peer.request()


async def reset(peer: Peer) -> None:
    await peer.request()
    peer.reset()


def bomb(wbits: int) -> bytes:
    """100 MiB of zeros, compressed: about 100 KiB."""
    packer = zlib.compressobj(1, zlib.DEFLATED, wbits)
    return b"".join([*(packer.compress(bytes(MIB)) for _ in range(100)), packer.flush()])


def encoded(encoding: str, body: bytes) -> Script:
    """Answers with a body in a Content-Encoding."""
    return always(answer(body, f"Content-Encoding: {encoding}"))


GZIP_BOMB = encoded("gzip", bomb(31))
DEFLATE_BOMB = encoded("deflate", bomb(15))
_HEAD_ONLY = always(answer(b"1234", length=10), then_close=True)

FAULTS = (
    Fault("nothing comes", silence, "timeout", "no answer within 0.4 s", "timeout"),
    Fault("the head comes byte by byte", head_byte_by_byte, "timeout", "no answer within 0.4 s", "timeout"),
    Fault(
        "the body comes byte by byte", body_byte_by_byte, "timeout", "the answer did not end within 0.4 s", "timeout"
    ),
    Fault("chunks come byte by byte", chunks_byte_by_byte, "timeout", "the answer did not end within", "timeout"),
    Fault("chunks without end", endless_chunks, "too_large", "at most 1 MiB are read", "too_large"),
    Fault("headers without end", endless_headers, "too_large", "the head of the answer is too large", "too_large"),
    Fault("a body without length and end", endless_body, "too_large", "at most 1 MiB are read", "too_large"),
    Fault("10 GB announced", ten_gigabytes, "too_large", "announces 10,000,000,000 bytes", "too_large"),
    Fault("a gzip bomb", GZIP_BOMB, "too_large", "larger than that once decompressed", ""),
    Fault("a deflate bomb", DEFLATE_BOMB, "too_large", "larger than that once decompressed", ""),
    Fault(
        "gzip cut in the middle",
        encoded("gzip", gzip.compress(b"x" * 999)[:-9]),
        "unreadable",
        "ends in the middle",
        "",
    ),
    Fault("gzip that is none", encoded("gzip", b"not gzip"), "unreadable", "not compressed the way", ""),
    Fault(
        "gzip with more behind it",
        encoded("gzip", gzip.compress(b"x") + b"more"),
        "unreadable",
        "sent more after",
        "",
    ),
    Fault("an encoding nobody asked for", encoded("br", b"x"), "unreadable", "'br', which was not asked for", ""),
    Fault("gzip in gzip", encoded("gzip, gzip", b"x"), "unreadable", "'gzip, gzip'", ""),
    Fault("a body cut off", _HEAD_ONLY, "reset", "cut off after 4 bytes", "cut"),
    Fault("a chunk cut off", cut_chunk, "reset", "cut off after 5 bytes", "cut"),
    Fault(
        "the end without a word", closed_without_a_word, "reset", "closed the connection without an answer", "reset"
    ),
    Fault("a reset", reset, "reset", "the connection was reset", "reset"),
    Fault("something else than HTTP", always(b"SSH-2.0-OpenSSH\r\n\r\n"), "unreadable", "not HTTP", "unreadable"),
    Fault(
        "two lengths",
        always(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}x"),
        "unreadable",
        "not HTTP",
        "unreadable",
    ),
    Fault(
        "a length that is no number",
        always(b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n{}"),
        "unreadable",
        "not HTTP",
        "unreadable",
    ),
    Fault(
        "a length of 5,000 digits",
        always(b"HTTP/1.1 200 OK\r\nContent-Length: " + b"9" * 5_000 + b"\r\n\r\n{}"),
        "unreadable",
        "not HTTP",
        "unreadable",
    ),
    Fault(
        "an encoding with signs of a terminal",
        always(answer(b"x", "Content-Encoding: \x1b[31mred\xff")),
        "unreadable",
        "the encoding '",
        "",
    ),
    Fault(
        "a chunk size that is none",
        always(_CHUNKED.encode() + b"0x5\r\nhello\r\n0\r\n\r\n"),
        "unreadable",
        "not HTTP: illegal chunk header: '0x5",
        "unreadable",
    ),
    Fault(
        "a chunk that is longer than it says",
        always(_CHUNKED.encode() + b"2\r\nokXX0\r\n\r\n"),
        "unreadable",
        r"not HTTP: malformed chunk footer: 'XX' (expected '\r\n')",
        "unreadable",
    ),
    Fault(
        "a status of four digits",
        always(b"HTTP/1.1 2000 It's OK (b'fine')\r\nContent-Length: 2\r\n\r\nok"),
        "unreadable",
        "not HTTP: illegal status line: 'HTTP/1.1 2000 It's OK (b'fine')'",
        "unreadable",
    ),
)
