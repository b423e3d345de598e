"""The secrets of a playbook: its secret inputs, and every credential of a target, whoever gave it."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from warroom.playbook.loaded import Playbook, Target


def secrets_of(playbook: Playbook) -> dict[str, str]:
    """Each secret by its name; a credential that a secret input gives has the name of the input."""
    secrets = dict(playbook.secrets)
    for target in playbook.targets.values():
        for what, value in _credentials(target):
            if value and value not in secrets.values():
                secrets[f"{target.id}_{what}".upper()] = value
    return secrets


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
