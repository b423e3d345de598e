"""What a source of signals sends as a credential is a secret, whoever gave it."""

import pytest

from warroom.adapters.credentials import secrets_of
from warroom.events import LaunchInfo
from warroom.playbook.loaded import Playbook
from warroom.slo.source_spec import (
    CommandSpec,
    HttpJsonSpec,
    ManualSpec,
    MetricsSpec,
    PrometheusSpec,
    SourceSpec,
    Through,
)

TENANT = (("X-Scope-OrgID", "team-a"),)


@pytest.mark.parametrize(
    ("spec", "secrets"),
    [
        pytest.param(
            PrometheusSpec(id="prom", target="p", headers=(*TENANT, ("Authorization", "Bearer tok-123456789"))),
            {"PROM_AUTHORIZATION": "tok-123456789"},
            id="a token, and no tenant",
        ),
        pytest.param(
            MetricsSpec(id="app", target="a", through=Through(target="p", headers=(("X-API-Key", "key-123456789"),))),
            {"APP_X-API-KEY": "key-123456789"},
            id="the key of a Prometheus that is asked instead",
        ),
        pytest.param(
            CommandSpec(id="rows", argv=("psql",), env={"PGPASSWORD": "hunter2222", "PGHOST": "db"}),
            {"ROWS_PGPASSWORD": "hunter2222"},
            id="a password in the environment of a command",
        ),
        pytest.param(HttpJsonSpec(id="state", target="a"), {}, id="no headers"),
        pytest.param(ManualSpec(id="people"), {}, id="people"),
    ],
)
def test_a_credential_of_a_source_is_a_secret(spec: SourceSpec, secrets: dict[str, str]) -> None:
    playbook = Playbook("p.yaml", "", LaunchInfo("x", "X"), {}, {}, {}, {}, {}, sources={spec.id: spec})
    assert secrets_of(playbook) == secrets


def test_what_an_input_gives_has_its_name() -> None:
    spec = HttpJsonSpec(id="state", target="a", headers=(("X-Internal-Key", "key-123456789"),))
    launch = LaunchInfo("x", "X")
    playbook = Playbook(
        "p.yaml", "", launch, {}, {}, {}, {}, {}, sources={"state": spec}, secrets={"INTERNAL_KEY": "key-123456789"}
    )
    assert secrets_of(playbook) == {"INTERNAL_KEY": "key-123456789"}
