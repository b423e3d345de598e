"""TLS against a local authority: what is wrong with a certificate is said, and nothing turns verification off."""

import gc
import ssl
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import trustme

from tests.faults.ports import failure, http_port, samples, target
from tests.faults.server import Peer, always, answer, serving
from warroom.adapters.tls import refusal
from warroom.contract import Exchange, Request
from warroom.errors import CannotMeasure
from warroom.playbook.loaded import Target

NOW = datetime.now(UTC)
OK = always(answer(b"secret talk"))


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def ca_file(authority: trustme.CA, tmp_path: Path) -> str:
    path = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return str(path)


def server_context(certificate: trustme.LeafCert, *, clients_of: trustme.CA | None = None) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    if clients_of:
        clients_of.configure_trust(context)
        context.verify_mode = ssl.CERT_REQUIRED
    return context


async def both_refuse(app: Target) -> CannotMeasure:
    """What the adapter says; the sampler must find the same fault."""
    async with http_port(app) as port:
        error = await failure(port, Request("app", timeout_s=30))
    with pytest.raises(CannotMeasure) as sampled:
        await samples(app)
    assert sampled.value.symptom == error.symptom == "tls"
    return error


async def test_a_certificate_of_a_known_authority_is_accepted(authority: trustme.CA, ca_file: str) -> None:
    async with serving(OK, server_context(authority.issue_cert("127.0.0.1"))) as server:
        app = target(server.url, ca_file=ca_file)
        async with http_port(app) as port:
            assert (await port.send(Request("app", timeout_s=30))).body == b"secret talk"
        taken = await samples(app)
    assert [sample.status for sample in taken] == [200, 200, 200]
    assert taken[0].connect_s > 0
    assert [sample.connect_s for sample in taken[1:]] == [0, 0]


Issue = Callable[[trustme.CA], trustme.LeafCert]
REFUSED: dict[str, tuple[Issue, str]] = {
    "expired": (
        lambda ca: ca.issue_cert("127.0.0.1", not_before=NOW - timedelta(9), not_after=NOW - timedelta(2)),
        f"the certificate expired on {NOW - timedelta(2):%Y-%m-%d}",
    ),
    "not valid yet": (
        lambda ca: ca.issue_cert("127.0.0.1", not_before=NOW + timedelta(2), not_after=NOW + timedelta(9)),
        f"the certificate is not valid yet, only from {NOW + timedelta(2):%Y-%m-%d}",
    ),
    "wrong host": (
        lambda ca: ca.issue_cert("staging.example", "other.example"),
        "the certificate is not for 127.0.0.1; it is for staging.example, other.example",
    ),
    "unknown authority": (
        lambda _: trustme.CA(organization_name="Elsewhere").issue_cert("127.0.0.1"),
        "the certificate is signed by an authority (OU=Testing CA",
    ),
}


@pytest.mark.parametrize("fault", REFUSED)
async def test_a_certificate_that_is_refused_is_told_why(fault: str, authority: trustme.CA, ca_file: str) -> None:
    issue, told = REFUSED[fault]
    async with serving(OK, server_context(issue(authority))) as server:
        error = await both_refuse(target(server.url, ca_file=ca_file))
    assert error.message.startswith(f"auto_com_center (127.0.0.1:{server.port}): {told}")
    assert server.requests == []


async def test_without_the_authoritys_file_the_certificate_is_refused(authority: trustme.CA) -> None:
    async with serving(OK, server_context(authority.issue_cert("127.0.0.1"))) as server:
        error = await both_refuse(target(server.url))
    assert "not trusted here" in error.message
    assert server.requests == []


async def test_plain_http_where_tls_was_expected() -> None:
    async def plain(peer: Peer) -> None:
        await peer.send(answer())
        await peer.until_closed()

    async with serving(plain) as server:
        app = target(server.url.replace("http:", "https:"))
        async with http_port(app) as port:
            error = await failure(port, Request("app", timeout_s=30))
    assert error.symptom == "tls"
    assert "does not speak TLS; is the address an http:// one?" in error.message


async def test_a_handshake_that_hangs_ends_at_the_deadline() -> None:
    async def silent(peer: Peer) -> None:
        await peer.until_closed()

    async with serving(silent) as server:
        app = target(server.url.replace("http:", "https:"))
        async with http_port(app) as port:
            error = await failure(port, Request("app", timeout_s=0.3))
        taken = await samples(app, count=1, timeout_s=0.3)
        gc.collect()  # a connection that was left open would be complained of here
    assert error.message.endswith("connected, but TLS was not set up within 0.3 s")
    assert (error.symptom, taken[0].error) == ("timeout", "timeout")


async def test_a_certificate_that_expires_soon_is_noted(authority: trustme.CA, ca_file: str) -> None:
    soon = authority.issue_cert("127.0.0.1", not_after=NOW + timedelta(3))
    kept: list[Exchange] = []
    async with (
        serving(OK, server_context(soon)) as server,
        http_port(target(server.url, ca_file=ca_file), kept=kept) as port,
    ):
        await port.send(Request("app", timeout_s=30))
    assert kept[0].note.startswith("the certificate expires in ")


async def test_a_client_certificate_is_shown_where_one_is_asked_for(
    authority: trustme.CA, ca_file: str, tmp_path: Path
) -> None:
    client = authority.issue_cert("warroom@example.com")
    cert, key = tmp_path / "client.pem", tmp_path / "client.key"
    client.cert_chain_pems[0].write_to_path(str(cert))
    client.private_key_pem.write_to_path(str(key))
    files = {"client_cert": str(cert), "client_key": str(key)}
    context = server_context(authority.issue_cert("127.0.0.1"), clients_of=authority)
    async with serving(OK, context) as server:
        app = target(server.url, ca_file=ca_file, **files)
        async with http_port(app) as port:
            assert (await port.send(Request("app", timeout_s=30))).status == 200
        assert [sample.status for sample in await samples(app)] == [200, 200, 200]


async def test_without_the_client_certificate_the_fault_is_one_of_tls(authority: trustme.CA, ca_file: str) -> None:
    context = server_context(authority.issue_cert("127.0.0.1"), clients_of=authority)
    context.maximum_version = ssl.TLSVersion.TLSv1_2  # later ones tell the client when it may be gone already
    async with serving(OK, context) as server:
        error = await both_refuse(target(server.url, ca_file=ca_file))
    assert "TLS could not be set up" in error.message
    assert server.requests == []


async def test_a_server_of_tls_1_3_says_that_it_wants_a_client_certificate() -> None:
    told = await refusal(0, "TLSV13_ALERT_CERTIFICATE_REQUIRED", "127.0.0.1", "", 443)
    assert told == "the server asks for a client certificate"


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ({"ca_file": "/nowhere/ca.pem"}, "/nowhere/ca.pem cannot be used for TLS: there is no such file"),
        ({"ca_file": __file__}, "cannot be used for TLS: it holds no certificate of an authority"),
        ({"client_cert": __file__}, "cannot be used for TLS: it and its key do not make a client certificate"),
    ],
    ids=["no such file", "no authority in it", "no client certificate"],
)
async def test_a_file_that_cannot_be_used_is_named(files: dict[str, Any], told: str) -> None:
    async with http_port(target("https://127.0.0.1:1", **files)) as port:
        error = await failure(port, Request("app"))
    assert error.symptom == "tls"
    assert told in error.message


async def test_targets_with_one_setting_share_its_context(authority: trustme.CA, ca_file: str) -> None:
    async with serving(OK, server_context(authority.issue_cert("127.0.0.1"))) as server:
        one, two = target(server.url, ca_file=ca_file), Target("two", server.url, ca_file=ca_file)
        async with http_port(one, two) as port:
            await port.send(Request("app", timeout_s=30))
            await port.send(Request("two", timeout_s=30))
            assert len(port._contexts) == 1
