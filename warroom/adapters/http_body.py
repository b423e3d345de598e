"""Bodies: read and decoded piece by piece, so that no answer costs more memory than the cap."""

from __future__ import annotations

import zlib

from warroom.text import clean

MAX_BYTES = 1 << 20
_ENCODINGS = {"gzip": 31, "x-gzip": 31, "deflate": 15}


class BodyError(Exception):
    """The body cannot be used; the message is a clause that follows who sent it, `symptom` the word for it."""

    def __init__(self, clause: str, symptom: str) -> None:
        super().__init__(clause)
        self.symptom = symptom


class BodyReader:
    """Collects a body, decoding gzip and deflate, and refuses it as soon as it passes `max_bytes` on either side."""

    def __init__(self, encoding: str, length: int | None, max_bytes: int = MAX_BYTES) -> None:
        """`length` is the declared one, None where there is none. Raises BodyError for what is not worth reading."""
        self._max = max_bytes
        self._parts: list[bytes] = []
        self._raw = self._decoded = 0
        if length is not None and length > max_bytes:
            raise self._too_large(f"announces {length:,} bytes")
        self._decoder = _decoder(encoding)

    @property
    def received(self) -> int:
        """Bytes that arrived so far, before decoding."""
        return self._raw

    @property
    def body(self) -> bytes:
        """What was collected so far."""
        return b"".join(self._parts)

    def feed(self, piece: bytes) -> None:
        """Raises BodyError when the cap is passed or the piece cannot be decoded."""
        self._raw += len(piece)
        if self._raw > self._max:
            raise self._too_large("is larger than that")
        if self._decoder is None:
            self._keep(piece)
        else:
            self._decode(self._decoder, piece)

    def finish(self) -> bytes:
        """The whole body. Raises BodyError when the encoded data ended in the middle."""
        if self._decoder is not None and self._raw and not self._decoder.eof:
            raise BodyError("sent compressed data that ends in the middle", "unreadable")
        return self.body

    def _decode(self, decoder: zlib._Decompress, piece: bytes) -> None:
        if decoder.eof:
            raise BodyError("sent more after the end of the compressed data", "unreadable")
        try:
            self._keep(decoder.decompress(piece, self._max - self._decoded + 1))
        except zlib.error:
            raise BodyError(
                "sent a body that is not compressed the way its Content-Encoding says", "unreadable"
            ) from None
        if decoder.unused_data:
            raise BodyError("sent more after the end of the compressed data", "unreadable")

    def _keep(self, decoded: bytes) -> None:
        room = self._max - self._decoded
        self._decoded += len(decoded)
        self._parts.append(decoded[:room])
        if self._decoded > self._max:
            raise self._too_large("is larger than that once decompressed")

    def _too_large(self, how: str) -> BodyError:
        return BodyError(f"sent a body that {how}: at most {_size(self._max)} are read", "too_large")


def _decoder(encoding: str) -> zlib._Decompress | None:
    word = encoding.strip().lower()
    if word in ("", "identity"):
        return None
    if word not in _ENCODINGS:
        shown = clean(word, limit=60)
        raise BodyError(f"sent the body in the encoding '{shown}', which was not asked for", "unreadable")
    return zlib.decompressobj(_ENCODINGS[word])


def _size(count: int) -> str:
    return f"{count >> 20} MiB" if count >= 1 << 20 and not count % (1 << 20) else f"{count:,} bytes"
