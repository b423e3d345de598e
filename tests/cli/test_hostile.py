"""A service that echoes secrets and sends hostile text: nothing of either reaches a place where it could do harm."""

from __future__ import annotations

import unicodedata
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.canaries import CANARIES, SPELLINGS
from tests.cli.echo import HOSTILE, echo
from tests.cli.running import Ended, warroom

FORMATS = ["text", "json", "junit", "markdown", "github"]
# Text with line ends or quotes cannot stand in a header; the loader refuses it, which its own tests show.
IN_HEADERS = [name for name, value in CANARIES.items() if value.isascii() and value.isprintable()]


def playbook(names: list[str]) -> str:
    inputs = "\n".join(f"  {name}: {{required: true, secret: true}}" for name in names)
    checks = "\n".join(
        f"  check_{number}:\n    kind: http\n    target: echo\n    path: /x\n    method: POST\n"
        f'    headers: {{x-internal-key: "${{{name}}}"}}\n    body: "token=${{{name}}}"\n'
        f"    expect:\n      - {{json: $.version, is: '== \"v2.7\"'}}\n"
        f'      - {{json: \'$.headers["x-internal-key"]\', is: \'== "other"\', say: "key {{actual}}"}}\n'
        f'      - {{fields: [headers, path], say: "{{count}} fields"}}\n'
        f"      - {{header: x-echo-x-internal-key, is: '== \"other\"'}}"
        for number, name in enumerate(names)
    )
    return (
        'warroom: 1\nlaunch: {id: echo, title: "Echo [/x] \\u202e[@click=app.quit]"}\n'
        f"inputs:\n  ECHO_URL: {{required: true}}\n{inputs}\n"
        'targets: {echo: {url: "${ECHO_URL}"}}\n'
        f"checks:\n{checks}\n"
        "  p95:\n    kind: latency\n    target: echo\n    path: /x\n    samples: 3\n    limit: <= 5s\n"
        f'    headers: {{x-internal-key: "${{{names[0]}}}"}}\n'
    )


@pytest.fixture(scope="module")
def ended(tmp_path_factory: pytest.TempPathFactory) -> tuple[Ended, Path, list[str]]:
    """One run against the echo: how it ended, its reports, and what the service saw of the client's processes."""
    folder = tmp_path_factory.mktemp("hostile")
    (folder / "echo.yaml").write_text(playbook(IN_HEADERS), encoding="utf-8")
    reports = [option for name in FORMATS for option in ("--report", f"{name}={folder / name}")]
    with echo() as server:
        inputs = {"ECHO_URL": server.url, **{name: CANARIES[name] for name in IN_HEADERS}}
        arguments = ["verify", str(folder / "echo.yaml"), "--headless", "--evidence", str(folder / "evidence")]
        done = warroom(*arguments, *reports, inputs=inputs, evidence=folder / "evidence")
        return done, folder, server.seen


def everything(ended: tuple[Ended, Path, list[str]]) -> dict[str, str]:
    """What the run left behind, by place."""
    done, folder, seen = ended
    files = {
        path.name: path.read_text("utf-8") for path in sorted((folder / "evidence").rglob("*")) if path.is_file()
    }
    reports = {name: (folder / name).read_text("utf-8") for name in FORMATS}
    return {"stdout": done.out, "stderr": done.err, **files, **reports, "argv and environments": "\n".join(seen)}


def test_the_run_ends_red_with_every_check_judged(ended: tuple[Ended, Path, list[str]]) -> None:
    done, _, seen = ended
    assert done.code == 1, done.err
    assert done.out.count("✖ RED") >= len(IN_HEADERS)
    assert any("sampler" in command for command in seen)


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("name", IN_HEADERS)
def test_a_secret_is_nowhere(ended: tuple[Ended, Path, list[str]], name: str, spelling: str) -> None:
    secret = SPELLINGS[spelling](CANARIES[name])
    assert [place for place, text in everything(ended).items() if secret in text] == []


def test_no_place_holds_a_character_that_acts(ended: tuple[Ended, Path, list[str]]) -> None:
    for place, text in everything(ended).items():
        if place == "argv and environments":
            continue
        acting = {char for char in text if unicodedata.category(char) in ("Cc", "Cf", "Cs") and char != "\n"}
        assert acting == set(), place


def test_the_hostile_text_stays_visible(ended: tuple[Ended, Path, list[str]]) -> None:
    done, folder, _ = ended
    assert "\\e]0;owned" in done.out
    assert len(HOSTILE) > 10
    cases = list(ElementTree.parse(folder / "junit").getroot().iter("testcase"))
    assert len(cases) == len(IN_HEADERS) + 1
    assert "\n::error::x" not in (folder / "github").read_text("utf-8")
