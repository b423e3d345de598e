"""TLS: which authorities are trusted, and what is wrong with a certificate that was refused. Nothing turns
verification off."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from warroom.errors import CannotMeasure
from warroom.playbook.loaded import Target
from warroom.text import clean

_EXPIRED, _NOT_YET, _WRONG_NAME, _WRONG_ADDRESS = 10, 9, 62, 64
_UNKNOWN_AUTHORITY = frozenset((18, 19, 20, 21))


@dataclass(frozen=True, slots=True)
class TlsSetting:
    """What a connection trusts and shows. Empty paths: the system's authorities, no client certificate."""

    ca_file: str = ""
    client_cert: str = ""
    client_key: str = ""

    @classmethod
    def of(cls, target: Target) -> TlsSetting:
        """The target's setting; without a CA file of its own: the system's store, else certifi's."""
        return cls(target.ca_file or _fallback_authorities(), target.client_cert, target.client_key)

    @classmethod
    def default(cls) -> TlsSetting:
        """The system's store, else certifi's; no client certificate."""
        return cls(_fallback_authorities())


def _fallback_authorities() -> str:
    paths = ssl.get_default_verify_paths()
    if paths.cafile or (paths.capath and any(Path(paths.capath).iterdir())):
        return ""
    import certifi

    return certifi.where()


def check_files(setting: TlsSetting) -> None:
    """Raises CannotMeasure for a file that is not there."""
    for path in (setting.ca_file, setting.client_cert, setting.client_key):
        if path and not Path(path).is_file():
            raise _unusable(path, "there is no such file")


def make_context(setting: TlsSetting) -> ssl.SSLContext:
    """A verifying context; making one takes some 20 ms, so it is shared. Raises CannotMeasure for unusable files."""
    check_files(setting)
    try:
        context = ssl.create_default_context(cafile=setting.ca_file or None)
    except (OSError, ssl.SSLError) as error:
        raise _unusable(setting.ca_file, "it holds no certificate of an authority", error) from None
    if setting.client_cert:
        try:
            context.load_cert_chain(setting.client_cert, setting.client_key or None, password="")
        except (OSError, ssl.SSLError) as error:
            raise _unusable(setting.client_cert, "it and its key do not make a client certificate", error) from None
    return context


def _unusable(path: str, why: str, error: OSError | None = None) -> CannotMeasure:
    more = f" ({clean(error.strerror or str(error), limit=120)})" if error else ""
    return CannotMeasure(f"the file {clean(path, limit=200)} cannot be used for TLS: {why}{more}", symptom="tls")


def days_left(peer: ssl.SSLObject | None, now: datetime) -> float | None:
    """Days until the certificate of a verified connection expires; None without TLS."""
    certificate = peer.getpeercert() if peer else None
    until = certificate.get("notAfter") if certificate else None
    return (ssl.cert_time_to_seconds(str(until)) - now.timestamp()) / 86400 if until else None


async def why_refused(error: ssl.SSLError, host: str, address: str, port: int) -> str:
    """What is wrong with the TLS of `host`, as a clause. See `refusal` for `address`."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return await refusal(error.verify_code, error.verify_message, host, address, port)
    return await refusal(0, error.reason or str(error), host, address, port)


async def refusal(code: int, message: str, host: str, address: str, port: int) -> str:
    """OpenSSL's verify code and message as a clause: `the certificate expired on 2025-01-01`. Code 0: not about a
    certificate.

    The refused certificate is fetched once more from `address` (numeric; empty: it is not), on a connection that
    carries no request, to name dates and names.
    """
    if not code and "CERTIFICATE_REQUIRED" in message.upper().replace(" ", "_"):
        return "the server asks for a client certificate"
    if not code:
        if "WRONG_VERSION_NUMBER" in message.upper().replace(" ", "_"):
            return "what answers there does not speak TLS; is the address an http:// one?"
        return f"TLS could not be set up: {clean(message.replace('_', ' ').lower(), limit=120)}"
    shown = await _fetch(host, address, port) if address else None
    if code == _EXPIRED:
        return "the certificate expired" + (f" on {shown.until:%Y-%m-%d}" if shown else "")
    if code == _NOT_YET:
        return "the certificate is not valid yet" + (f", only from {shown.since:%Y-%m-%d}" if shown else "")
    if code in (_WRONG_NAME, _WRONG_ADDRESS):
        names = f"; it is for {shown.names}" if shown and shown.names else ""
        return f"the certificate is not for {clean(host, limit=253)}{names}"
    if code in _UNKNOWN_AUTHORITY:
        issuer = f" ({shown.issuer})" if shown else ""
        return f"the certificate is signed by an authority{issuer} that is not trusted here"
    return f"the certificate was refused: {clean(message, limit=120)}"


@dataclass(frozen=True, slots=True)
class _Shown:
    """What a certificate says of itself; texts are cleaned."""

    since: datetime
    until: datetime
    names: str
    issuer: str


async def _fetch(host: str, address: str, port: int) -> _Shown | None:
    unverified = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    unverified.check_hostname = False
    unverified.verify_mode = ssl.CERT_NONE  # nothing is sent or believed: only the reason for a refusal is read
    try:
        async with asyncio.timeout(2.0):
            _, writer = await asyncio.open_connection(address, port, ssl=unverified, server_hostname=host)
            peer = writer.get_extra_info("ssl_object")
            raw = peer.getpeercert(binary_form=True)
            writer.transport.abort()
            with contextlib.suppress(OSError):
                await writer.wait_closed()
        return _read(raw) if raw else None
    except (OSError, ValueError):
        return None


def _read(raw: bytes) -> _Shown:
    from cryptography import x509

    certificate = x509.load_der_x509_certificate(raw)
    try:
        extension = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        names = [str(name.value) for name in extension]
    except x509.ExtensionNotFound:
        names = []
    return _Shown(
        since=_aware(certificate.not_valid_before_utc),
        until=_aware(certificate.not_valid_after_utc),
        names=clean(", ".join(names[:5]), limit=200),
        issuer=clean(certificate.issuer.rfc4514_string(), limit=120),
    )


def _aware(instant: datetime) -> datetime:
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)
