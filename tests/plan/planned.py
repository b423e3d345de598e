"""Plans of playbooks, for the tests of what they say."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from textwrap import dedent

from tests.playbook.test_shipped import AUTO_COM_CENTER, ENVIRON, KINDS
from warroom.plan import plan_of
from warroom.plan.values import Plan
from warroom.playbook.inputs import InputValues
from warroom.playbook.load import Partly, load_partly

SLACK = {"SLACK_BOT_TOKEN": "xoxb-canary-5d1b7e", "SLACK_CHANNEL": "C0123456789"}
GIVEN = {**ENVIRON, **SLACK}


def loaded(path: Path = AUTO_COM_CENTER, environ: Mapping[str, str] = GIVEN) -> Partly:
    """A playbook with what is known of its inputs."""
    return load_partly(path, kinds=KINDS, inputs=InputValues(environ=environ))


def planned(path: Path = AUTO_COM_CENTER, environ: Mapping[str, str] = GIVEN, t0: datetime | None = None) -> Plan:
    """The plan of a launch of it."""
    found = loaded(path, environ)
    return plan_of(found, t0, tuple(found.playbook.secrets))


def of_text(folder: Path, text: str, environ: Mapping[str, str] | None = None) -> Plan:
    """The plan of a playbook that is spelled here."""
    path = folder / "small.yaml"
    path.write_text(dedent(text), "utf-8")
    return planned(path, environ or {})
