"""The kinds of check that Warroom brings, one kind per file; imported as `warroom.checks`."""

from collections.abc import Mapping
from typing import Final

from warroom.checks import (
    attest,
    canary,
    command,
    compare,
    events,
    eventually,
    headers,
    http,
    jwks,
    latency,
    lever,
    oauth2,
)
from warroom.checks.registry import with_third_party
from warroom.contract import AnyKind

BUILTIN: Final[tuple[AnyKind, ...]] = (
    http.KIND,
    canary.KIND,
    headers.KIND,
    compare.KIND,
    latency.KIND,
    jwks.KIND,
    oauth2.KIND,
    events.KIND,
    lever.KIND,
    attest.KIND,
    command.KIND,
    eventually.KIND,
)


def all_kinds() -> Mapping[str, AnyKind]:
    """Every kind by name: the built-in ones, then those of installed distributions.

    Raises UsageError that names each distribution whose kind is broken.
    """
    return with_third_party(BUILTIN)
