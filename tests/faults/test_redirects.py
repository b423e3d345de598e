"""Redirects are reported, never followed: nothing secret reaches another server, by that server's own log."""

import base64
from collections.abc import Mapping
from typing import Any

import pytest

from tests.faults.ports import http_port, samples, target
from tests.faults.server import always, answer, serving
from warroom.contract import Request
from warroom.playbook.loaded import Target

SECRET = "canary-5ecret"
CODES = (301, 302, 303, 307, 308)

SECRETS: Mapping[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "the target's bearer token": ({"bearer": SECRET}, {}),
    "the target's basic password": ({"basic": f"warroom:{SECRET}"}, {}),
    "a key in a header": ({}, {"headers": (("X-Internal-Key", SECRET),)}),
    "a client secret in the body": ({}, {"method": "POST", "body": f"client_secret={SECRET}".encode()}),
}
FORMS = (SECRET.encode(), base64.b64encode(f"warroom:{SECRET}".encode()))


def holds_secret(requests: list[bytes]) -> bool:
    return any(form in request for request in requests for form in FORMS)


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("secret", SECRETS)
async def test_a_secret_does_not_follow_a_redirect_to_another_host(secret: str, code: int) -> None:
    settings, sent = SECRETS[secret]
    async with serving(always(answer())) as other:
        redirect = answer(b"", f"Location: {other.url}/canary", status=f"{code} Moved")
        async with serving(always(redirect)) as server:
            app = target(server.url, **settings)
            async with http_port(app) as port:
                response = await port.send(Request("app", "/canary", **sent))
            taken = await samples(app, count=2, request=sent)
    assert response.status == code
    assert response.header("location") == f"{other.url}/canary"
    assert [sample.status for sample in taken] == [code, code]
    assert holds_secret(server.requests), "the test would see the secret if it came"
    assert (other.connections, other.requests) == (0, [])


async def test_a_redirect_to_another_scheme_is_not_followed() -> None:
    redirect = answer(b"", "Location: file:///etc/passwd", status="302 Found")
    async with serving(always(redirect)) as server, http_port(target(server.url)) as port:
        response = await port.send(Request("app"))
    assert (response.status, response.body, len(server.requests)) == (302, b"", 1)


async def test_a_redirect_loop_is_one_answer() -> None:
    async with serving(always(answer(b"", "Location: /", status="308 Permanent Redirect"))) as server:
        async with http_port(target(server.url)) as port:
            response = await port.send(Request("app"))
        taken = await samples(target(server.url), count=2)
    assert response.status == 308
    assert [sample.status for sample in taken] == [308, 308]
    assert len(server.requests) == 3


async def test_credentials_of_one_target_do_not_go_to_another() -> None:
    async with (
        serving(always(answer())) as one,
        serving(always(answer())) as other,
        http_port(target(one.url, bearer=SECRET), Target("other", other.url)) as port,
    ):
        await port.send(Request("app"))
        await port.send(Request("other"))
    assert holds_secret(one.requests)
    assert not holds_secret(other.requests)


async def test_cookies_are_not_kept() -> None:
    async with (
        serving(always(answer(b"{}", "Set-Cookie: session=abc"))) as server,
        http_port(target(server.url)) as port,
    ):
        await port.send(Request("app"))
        await port.send(Request("app"))
    assert not any(b"cookie" in request.lower() for request in server.requests)
