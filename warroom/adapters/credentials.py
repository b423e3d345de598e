"""The secrets of a playbook: its secret inputs, and every credential of a target or a check, whoever gave it."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import urlsplit

from warroom.adapters import withhold
from warroom.contract import Parameters
from warroom.playbook.loaded import Playbook, Target
from warroom.slo.source_spec import SourceSpec


def secrets_of(playbook: Playbook) -> dict[str, str]:
    """Each secret by its name; a credential that a secret input gives has the name of the input."""
    secrets = dict(playbook.secrets)
    for target in playbook.targets.values():
        for what, value in _credentials(target):
            if value and value not in secrets.values():
                secrets[f"{target.id}_{what}".upper()] = value
    found = [(check.id, *pair) for check in playbook.checks.values() for pair in _parameters(check.params)]
    found += [(source.id, *pair) for source in playbook.sources.values() for pair in _hidden(_sent(source))]
    found += [("operations", *pair) for pair in _hidden(_headers(playbook))]
    for owner, what, value in found:
        # What holds a secret already is known by that one's name.
        if value and not any(known in value for known in secrets.values()):
            secrets[f"{owner}_{what}".upper()] = value
    return secrets


def _headers(playbook: Playbook) -> Iterator[tuple[str, object]]:
    """The headers that setting levers and the steps of procedures send."""
    deeds = [*(lever.set for lever in playbook.levers.values()), *playbook.deeds.values()]
    for sent in (part for deed in deeds for part in (deed.call, deed.look) if part):
        yield from sent.headers


def _sent(source: SourceSpec) -> Iterator[tuple[str, object]]:
    """The headers and variables that a source sends."""
    for name in ("headers", "env"):
        yield from dict(getattr(source, name, ())).items()
    yield from getattr(getattr(source, "through", None), "headers", ())


def _parameters(params: Parameters) -> Iterator[tuple[str, str]]:
    """The texts that the kind keeps out of `repr`, and of its mappings (headers, variables, forms) what is known for
    a credential by its name."""
    for name, field in type(params).model_fields.items():
        value = getattr(params, name)
        if isinstance(value, str) and not field.repr:
            yield name, value
        if isinstance(value, Mapping):
            yield from _hidden(value.items())


def _hidden(pairs: Iterable[tuple[str, object]]) -> Iterator[tuple[str, str]]:
    """Of headers, variables and forms what is known for a credential by its name."""
    for key, text in pairs:
        if isinstance(text, str) and withhold.hides_header(key, text):
            yield key, _bare(text)


def _bare(value: str) -> str:
    """The credential in the value of a header: what stands behind the scheme; of a user and a password the latter."""
    credential = withhold.bare(value)
    if not value.lower().startswith("basic "):
        return credential
    try:
        return base64.b64decode(credential, validate=True).decode().partition(":")[2]
    except (binascii.Error, UnicodeDecodeError):
        return credential


def _credentials(target: Target) -> Iterator[tuple[str, str]]:
    # Also where the playbook's author did not say that they are secret.
    yield "bearer", target.bearer
    yield "password", target.basic.partition(":")[2]
    yield "proxy_password", _password(target.proxy)
    if target.trust_env:
        # Costs 15 ms, and only those who trust the environment pay for it.
        from urllib.request import getproxies

        for scheme, proxy in sorted(getproxies().items()):
            yield f"{scheme}_proxy_password", _password(proxy)


def _password(url: str) -> str:
    """The password in the address of a proxy, as it is written there; empty for none."""
    try:
        return urlsplit(url if "//" in url else f"//{url}").password or ""
    except ValueError:
        return ""
