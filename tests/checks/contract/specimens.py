"""A check of every built-in kind, ready to be run against a server that a test controls."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.checks.desk import Desk, lever
from warroom.adapters.command import Commands
from warroom.adapters.levers import Levers
from warroom.adapters.sampling import SamplerProcess
from warroom.contract import Answer, LeverReading, LeverState, Needed
from warroom.jose import AccessToken, KeySet
from warroom.playbook.loaded import Target
from warroom.verdict import Verdict

_AT = datetime(2025, 11, 1, tzinfo=UTC)
# {"alg": "RS256"} and {"exp": 1}, signed with nothing: enough to be tampered with.
_TOKEN = "eyJhbGciOiJSUzI1NiJ9.eyJleHAiOjF9.c2lnbmF0dXJlLW9mLW5vYm9keQ"
_ENGAGED = LeverState((LeverReading("DISABLE_SEND", "true", "true", kill_switch=True, read_at=_AT),), ())


@dataclass(frozen=True, slots=True)
class Specimen:
    """`written` as in a playbook; its target is `app`, the server under the test's control. `hangs` replaces
    parameters in the tests of what hangs."""

    kind: str
    written: Mapping[str, Any]
    needed: Mapping[str, Needed] = field(default_factory=dict)
    hangs: Mapping[str, Any] = field(default_factory=dict)
    uses_network: bool = True


EXPECT = [
    {"status": 200},
    {"json": "$.version", "is": '== "v2.7"', "say": 'version="{actual}"'},
    {"fields": ["version", "app", "levers.DISABLE_SEND"], "say": "{count} fields"},
    {"header": "x-build", "is": 'matches "^[0-9]+$"'},
    {"text": 'contains "ready"'},
]

SPECIMENS = (
    Specimen("http", {"target": "app", "path": "/x", "expect": EXPECT}),
    Specimen("canary", {"target": "app", "expect": EXPECT[1:]}),
    Specimen(
        "headers",
        {
            "target": "app",
            "headers": ["x-frame-options", "permissions-policy", "x-build", "strict-transport-security"],
            "listed": {"present": "$.list", "missing": "$.list"},
        },
    ),
    Specimen(
        "compare",
        {"target": "app", "baseline": {"version": "v2.7", "list": ["a"], "levers": {"DISABLE_SEND": "true"}}},
    ),
    Specimen("latency", {"target": "app", "samples": 2, "limit": "<= 1s", "sample_timeout": "60s"}),
    Specimen("jwks", {"target": "app"}),
    Specimen(
        "oauth2",
        {"target": "app", "client_id": "client", "client_secret": "the-client-secret", "keys": "jwks", "issuer": "i"},
        needed={"jwks": Needed(Verdict.PASS, "", KeySet((), ()))},
    ),
    Specimen(
        "events",
        {
            "target": "app",
            "path": "/events",
            "types": ["deadline_approaching"],
            "token": "m2m",
            "only_if": {"check": "kill_switch", "lever": "DISABLE_SEND"},
            "after": {"path": "/state", "expect": EXPECT[1:2]},
        },
        needed={
            "m2m": Needed(Verdict.PASS, "", AccessToken(_TOKEN)),
            "kill_switch": Needed(Verdict.PASS, "", _ENGAGED),
        },
    ),
    Specimen("lever", {"levers": ["DISABLE_SEND"], "expect": EXPECT[1:]}),
    Specimen("attest", {"ask": [{"name": "build", "text": "Build ID", "type": "text"}]}, uses_network=False),
    Specimen(
        "command",
        {"argv": ["cat", "{file}"], "expect": {"stdout": 'contains "ready"'}},
        hangs={"argv": ["sh", "-c", 'touch "$1"; sleep 60', "sh", "{marker}"], "command_timeout": "60s"},
        uses_network=False,
    ),
    Specimen(
        "eventually",
        {"target": "app", "within": "300ms", "every": "10ms", "expect": EXPECT},
        hangs={"within": "60s", "request_timeout": "60s"},
    ),
)


class Person:
    """Someone who answers `text`, or, without one, never does."""

    def __init__(self, text: str | None) -> None:
        self.text = text
        self.was_asked = False

    async def ask(self, name: str, text: str, answer_type: str) -> Answer | None:
        self.was_asked = True
        if self.text is None:
            await asyncio.Event().wait()
        return Answer(self.text or "", self.text or "", _AT)


def ready(here: Desk, specimen: Specimen, url: str, safe_url: str, person: Person) -> Desk:
    """`here` with every port real. The lever that only proves that events are harmless is read from `safe_url`."""
    target = "safe" if specimen.kind == "events" else "app"
    targets = {"app": Target("app", url), "safe": Target("safe", safe_url)}
    return here.with_ports(
        levers=Levers(
            {"DISABLE_SEND": lever("DISABLE_SEND", target=target)},
            here.http,
            here.context.commands,
            here.context.clock,
        ),
        sampler=SamplerProcess(targets),
        commands=Commands(here.context.clock, allowed=True),
        people=person,
        needed=specimen.needed,
    )


def written(specimen: Specimen, folder: Path, *, hangs: bool = False) -> dict[str, Any]:
    """Its parameters, with the paths of the files that a command reads and makes."""
    params = {**specimen.written, **(specimen.hangs if hangs else {})}
    if "argv" in params:
        names = {"{file}": str(folder / "output"), "{marker}": str(folder / "marker")}
        params["argv"] = [names.get(word, word) for word in params["argv"]]
    return params


def json_body(text: str) -> dict[str, Any]:
    """An answer that holds `text` wherever one of the kinds looks."""
    names = "version app access_token token_type error error_description scope accepted id queued dispatched state"
    return {
        **dict.fromkeys(names.split(), text),
        text: text,
        "levers": {"DISABLE_SEND": text},
        "list": [text],
        "keys": [{"kid": text, "kty": text, "alg": text, "use": text, text: text}],
    }
