"""The six security headers as a real nginx sends them, judged by the real command."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.running import Ended, warroom
from tests.nginx.server import SIX_HEADERS, nginx

PLAYBOOK = """
warroom: 1
launch: {id: site, title: A site behind nginx}
inputs: {SITE_URL: {required: true}}
targets: {site: {url: "${SITE_URL}"}}
checks:
  security_headers:
    kind: headers
    title: Security headers
    target: site
    path: /
    headers: [strict-transport-security, content-security-policy, x-frame-options, x-content-type-options,
      referrer-policy, permissions-policy]
    say: "security_headers: {count}/{total} present"
suites: {verify: {title: Verification, checks: [security_headers]}}
"""


def judged(tmp_path: Path, headers: list[tuple[str, str]]) -> Ended:
    """The report on an nginx that sends `headers`."""
    playbook = tmp_path / "site.yaml"
    playbook.write_text(PLAYBOOK, encoding="utf-8")
    (tmp_path / "nginx").mkdir()
    with nginx(tmp_path / "nginx", headers) as url:
        arguments = ["verify", str(playbook), "--headless", "--format", "json", "--evidence", str(tmp_path / "e")]
        return warroom(*arguments, inputs={"SITE_URL": url}, evidence=tmp_path / "e")


def test_all_six_headers_are_green(tmp_path: Path) -> None:
    ended = judged(tmp_path, list(SIX_HEADERS.items()))
    assert (ended.code, ended.verdicts()) == (0, {"security_headers": "pass"}), ended.err
    assert "security_headers: 6/6 present" in str(ended.report)


def without(*names: str) -> list[tuple[str, str]]:
    return [(name, value) for name, value in SIX_HEADERS.items() if name not in names]


def changed(name: str, value: str) -> list[tuple[str, str]]:
    return [*without(name), (name, value)]


WEAK = [
    ("one is missing", without("Referrer-Policy"), "referrer-policy"),
    ("HSTS for no time", changed("Strict-Transport-Security", "max-age=0"), "strict-transport-security"),
    ("framing for everybody", changed("X-Frame-Options", "ALLOWALL"), "x-frame-options"),
    ("no sniffing misspelt", changed("X-Content-Type-Options", "no-sniff"), "x-content-type-options"),
    (
        "the policy only reports",
        [*without("Content-Security-Policy"), ("Content-Security-Policy-Report-Only", "default-src 'none'")],
        "report-only",
    ),
    ("one is sent twice", [*SIX_HEADERS.items(), ("X-Frame-Options", "SAMEORIGIN")], "x-frame-options"),
    ("none at all", [], "permissions-policy"),
]


@pytest.mark.parametrize(("headers", "named"), [row[1:] for row in WEAK], ids=[row[0] for row in WEAK])
def test_what_is_missing_or_weak_is_red_and_named(headers: list[tuple[str, str]], named: str, tmp_path: Path) -> None:
    ended = judged(tmp_path, headers)
    assert (ended.code, ended.verdicts()) == (1, {"security_headers": "fail"}), ended.err
    assert named in ended.check("security_headers")["reason"].lower()
