"""A service that echoes secrets and sends hostile text: nothing of either reaches a place where it could do harm."""

from __future__ import annotations

import json
import re
import unicodedata
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.canaries import CANARIES, SPELLINGS, spelled, texts
from tests.checks.test_registry import distribution
from tests.cli.echo import HOSTILE, echo
from tests.cli.running import Ended, warroom
from tests.cli.terminal import at_terminal
from tests.screens.test_terminal import controls

# What they look at is made once.
pytestmark = pytest.mark.xdist_group("hostile_cli")

FORMATS = ["text", "json", "junit", "markdown", "github"]
# The loader refuses an input with a line break, and one beyond ASCII in a header, which its own tests show.
GIVEN = {name: value for name, value in CANARIES.items() if value.isprintable()}
assert len(GIVEN) == 12
IN_HEADERS = [name for name, value in GIVEN.items() if value.isascii()]


def header(name: str) -> str:
    """The line that sends the secret in a header too, where it can stand in one."""
    return f'    headers: {{x-internal-key: "${{{name}}}"}}\n' if name in IN_HEADERS else ""


def playbook(names: list[str]) -> str:
    inputs = "\n".join(f"  {name}: {{required: true, secret: true}}" for name in GIVEN)
    checks = "\n".join(
        f"  check_{number}:\n    kind: http\n    target: echo\n    path: /x\n    method: POST\n"
        f'{header(name)}    body: "token=${{{name}}}"\n'
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
        f"{header(names[0])}"
    )


@pytest.fixture(scope="module")
def ended(tmp_path_factory: pytest.TempPathFactory) -> tuple[Ended, Path, list[str]]:
    """One run against the echo: how it ended, its reports, and what the service saw of the client's processes."""
    folder = tmp_path_factory.mktemp("hostile")
    (folder / "echo.yaml").write_text(playbook([*GIVEN]), encoding="utf-8")
    reports = [option for name in FORMATS for option in ("--report", f"{name}={folder / name}")]
    with echo() as server:
        inputs = {"ECHO_URL": server.url, **GIVEN}
        arguments = ["verify", str(folder / "echo.yaml"), "--headless", "--evidence", str(folder / "evidence")]
        done = warroom(*arguments, *reports, inputs=inputs, evidence=folder / "evidence", own_python=True)
        return done, folder, server.seen


def everything(ended: tuple[Ended, Path, list[str]]) -> dict[str, str]:
    """What the run left behind, by place."""
    done, folder, seen = ended
    files = {
        path.name: path.read_text("utf-8") for path in sorted((folder / "evidence").rglob("*")) if path.is_file()
    }
    # A backslash is written as two: a spelling that holds one is seen only when the file is read as JSON.
    read = {
        f"{name} as JSON": "\n".join(texts(json.loads(text)))
        for name, text in files.items()
        if name.endswith(".json")
    }
    reports = {name: (folder / name).read_text("utf-8") for name in FORMATS}
    return {
        "stdout": done.out,
        "stderr": done.err,
        **files,
        **read,
        **reports,
        "argv and environments": "\n".join(seen),
    }


def test_the_run_ends_red_with_every_check_judged(ended: tuple[Ended, Path, list[str]]) -> None:
    done, _, seen = ended
    assert done.code == 1, done.err
    assert done.out.count("✖ RED") >= len(GIVEN)
    assert any("sampler" in command for command in seen)
    assert any("-m\0warroom\0verify" in command for command in seen)


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("name", GIVEN)
def test_a_secret_is_nowhere(ended: tuple[Ended, Path, list[str]], name: str, spelling: str) -> None:
    secret = SPELLINGS[spelling](CANARIES[name])
    assert [place for place, text in everything(ended).items() if secret in text] == []


def test_no_place_holds_a_character_that_acts(ended: tuple[Ended, Path, list[str]]) -> None:
    for place, text in everything(ended).items():
        if place == "argv and environments" or place.endswith(" as JSON"):
            continue
        acting = {char for char in text if unicodedata.category(char) in ("Cc", "Cf", "Cs") and char != "\n"}
        assert acting == set(), place


def test_the_hostile_text_stays_visible(ended: tuple[Ended, Path, list[str]]) -> None:
    done, folder, _ = ended
    assert "\\e]0;owned" in done.out
    assert len(HOSTILE) > 10
    cases = list(ElementTree.parse(folder / "junit").getroot().iter("testcase"))
    assert len(cases) == len(GIVEN) + 1
    assert "\n::error::x" not in (folder / "github").read_text("utf-8")


def test_the_console_shows_no_secret_and_sends_no_control_byte(tmp_path: Path) -> None:
    (tmp_path / "echo.yaml").write_text(playbook([*GIVEN]), encoding="utf-8")
    with echo() as server:
        inputs = {"ECHO_URL": server.url, **GIVEN}
        arguments = ["verify", str(tmp_path / "echo.yaml"), "--evidence", str(tmp_path)]
        with at_terminal(*arguments, columns=200, rows=60, inputs=inputs) as terminal:
            terminal.wait_for(lambda text: "check_0 · http" in text and "RUNNING" not in text)
            for number in range(1, len(GIVEN)):
                terminal.press("j")
                terminal.wait_for(f"check_{number} · http")
            terminal.press("q")
            assert terminal.ended() == 1
    assert controls(terminal.raw) == set()
    shown = re.sub(r"\x1b\[[0-9;?]*[@-~]", "", terminal.raw.decode("utf-8"))
    assert "\\e]0;owned" in shown
    assert [name for name, secret in GIVEN.items() for text in spelled(secret) if text in shown] == []
    acting = {char for char in shown if unicodedata.category(char) in ("Cf", "Cs") or "\x80" <= char <= "\x9f"}
    assert acting == set()


FAILING = """
from warroom.contract import Context, Findings, Kind, Parameters


class FailingParameters(Parameters):
    key: str


async def run(params: FailingParameters, ctx: Context) -> Findings:
    try:
        {params.key: 1}[params.key + "?"]
    except KeyError as missing:
        raise RuntimeError(f"no {params.key} and no {params.key!r} is known") from missing


KIND = Kind(name="failing", summary="raises what it was given", params=FailingParameters, run=run)
"""


def test_a_kind_that_raises_a_secret_gives_it_to_nobody(tmp_path: Path) -> None:
    distribution(tmp_path, "acme-checks", FAILING, entry="failing")
    inputs = "\n".join(f"  {name}: {{required: true, secret: true}}" for name in GIVEN)
    checks = "\n".join(
        f'  check_{number}: {{kind: failing, key: "${{{name}}}"}}' for number, name in enumerate(GIVEN)
    )
    (tmp_path / "echo.yaml").write_text(
        f"warroom: 1\nlaunch: {{id: l, title: L}}\ninputs:\n{inputs}\nchecks:\n{checks}\n"
    )
    arguments = [
        "verify",
        str(tmp_path / "echo.yaml"),
        "--headless",
        "--format",
        "json",
        "--evidence",
        str(tmp_path / "e"),
    ]
    environ = {"PYTHONPATH": str(tmp_path), **GIVEN}
    done = warroom(*arguments, inputs=environ, evidence=tmp_path / "e")
    assert done.code == 3, done.err
    traces = [path.read_text("utf-8") for path in (tmp_path / "e").rglob("defect.txt")]
    assert len(traces) == len(GIVEN)
    assert all("RuntimeError: no [" in trace and "KeyError" in trace for trace in traces)
    assert "Traceback" not in done.out + done.err
    written = "\n".join([done.texts(), *texts(done.report)])
    assert [name for name, secret in GIVEN.items() for text in spelled(secret) if text in written] == []
