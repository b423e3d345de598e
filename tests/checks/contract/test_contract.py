"""What every kind has to do, whatever it measures."""

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from tests.checks.contract.specimens import SPECIMENS, Person, Specimen, json_body, ready, written
from tests.checks.desk import Desk, desk
from tests.checks.server import HANG, Server, closed_port, reply
from tests.polling import poll_until
from warroom.adapters.http_body import MAX_BYTES
from warroom.checks import BUILTIN
from warroom.clock import RealClock, settle
from warroom.contract import AnyKind
from warroom.events import CheckOutcome, to_json
from warroom.text import clean
from warroom.verdict import Verdict

KINDS = {kind.name: kind for kind in BUILTIN}
EVERY = pytest.mark.parametrize("specimen", SPECIMENS, ids=lambda specimen: specimen.kind)
ASKING_A_SERVICE = pytest.mark.parametrize(
    "specimen", [one for one in SPECIMENS if one.uses_network], ids=lambda specimen: specimen.kind
)
WITH_DEADLINE = pytest.mark.parametrize(
    "specimen", [one for one in SPECIMENS if one.kind != "attest"], ids=lambda specimen: specimen.kind
)
EVERY_KIND = pytest.mark.parametrize("kind", BUILTIN, ids=lambda kind: kind.name)
GREEN_STATE = reply({"levers": {"DISABLE_SEND": "true"}})


@asynccontextmanager
async def stage(
    folder: Path, specimen: Specimen, raw: bytes | None, *, said: str | None = "", url: str = ""
) -> AsyncIterator[tuple[Desk, Server, Person]]:
    """The specimen's desk before a server that always answers `raw`, and a person who says `said`."""
    person = Person(said)
    async with (
        Server(lambda _: raw) as server,
        Server(lambda _: GREEN_STATE) as safe,
        desk(folder, {"app": url or server.url, "safe": safe.url}) as here,
    ):
        yield ready(here, specimen, url or server.url, safe.url, person), server, person


def texts(value: Any) -> Iterator[str]:
    """Every text in JSON data, keys too."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield key
            yield from texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from texts(item)


def test_every_kind_has_a_specimen() -> None:
    assert {specimen.kind for specimen in SPECIMENS} == set(KINDS)


# ---- parameters ----------------------------------------------------------------------------------------------------


@EVERY
def test_an_unknown_parameter_is_an_error(specimen: Specimen, tmp_path: Path) -> None:
    params = KINDS[specimen.kind].params
    params.model_validate(written(specimen, tmp_path))
    with pytest.raises(ValidationError, match="Extra inputs"):
        params.model_validate({**written(specimen, tmp_path), "no_such_parameter": 1})


@EVERY
def test_parameters_do_not_change(specimen: Specimen, tmp_path: Path) -> None:
    made = KINDS[specimen.kind].params.model_validate(written(specimen, tmp_path))
    with pytest.raises(ValidationError, match="frozen"):
        setattr(made, next(iter(type(made).model_fields)), None)


@EVERY_KIND
def test_parameters_have_a_schema_for_editors(kind: AnyKind) -> None:
    schema = kind.params.model_json_schema()
    assert schema["additionalProperties"] is False
    assert kind.summary


@EVERY_KIND
def test_importing_a_kind_is_cheap(kind: AnyKind) -> None:
    heavy = ("httpx", "joserfc", "cryptography", "jsonpath", "regex", "ruamel", "textual")
    code = f"import sys, {kind.run.__module__}; print([name for name in {heavy!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


# ---- time ----------------------------------------------------------------------------------------------------------


@EVERY
async def test_a_cancelled_check_ends_and_leaves_nothing_running(specimen: Specimen, tmp_path: Path) -> None:
    kind = KINDS[specimen.kind]
    marker = tmp_path / "marker"
    async with stage(tmp_path / "evidence", specimen, HANG, said=None) as (here, server, person):
        before = asyncio.all_tasks()
        params = kind.params.model_validate(written(specimen, tmp_path, hangs=True))
        check = asyncio.ensure_future(kind.run(params, here.context))

        def has_begun() -> bool:
            return bool(server.received) or person.was_asked or marker.exists()

        assert await poll_until(RealClock(), has_begun, every_s=0.01, timeout_s=30)
        check.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asyncio.wait_for(check, 10)
        await settle()
        left = {task for task in asyncio.all_tasks() - before if task.get_name() != "test server"}
        assert not left


@WITH_DEADLINE
async def test_a_check_ends_at_its_deadline(specimen: Specimen, tmp_path: Path) -> None:
    kind = KINDS[specimen.kind]
    async with stage(tmp_path / "evidence", specimen, HANG) as (here, _, _):
        outcome = await here.run(kind, written(specimen, tmp_path, hangs=True), timeout_s=0.5)
    assert outcome.verdict is Verdict.ERROR
    assert dict(outcome.symptom)["symptom"] == "timeout"
    assert outcome.duration_s < 10


# ---- what cannot be measured ---------------------------------------------------------------------------------------


@ASKING_A_SERVICE
async def test_a_service_that_is_down_is_said_in_a_sentence(specimen: Specimen, tmp_path: Path) -> None:
    async with stage(tmp_path / "evidence", specimen, HANG, url=closed_port()) as (here, _, _):
        outcome = await here.run(KINDS[specimen.kind], written(specimen, tmp_path))
    assert outcome.verdict.is_unknown or outcome.verdict is Verdict.FAIL
    assert "refused" in outcome.reason
    assert "Error" not in outcome.reason
    assert outcome.measurement.n == 0 or outcome.verdict is not Verdict.PASS


@EVERY
@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(reply(b""), id="an empty answer"),
        pytest.param(reply({}), id="an empty object"),
        pytest.param(reply(None), id="null"),
        pytest.param(reply({}, 500), id="status 500"),
        pytest.param(reply(b"<html><title>Welcome</title>"), id="a page"),
    ],
)
async def test_no_data_is_never_green(specimen: Specimen, raw: bytes, tmp_path: Path) -> None:
    if specimen.kind == "latency":
        raw = reply(b"", 500)  # it measures time, whatever the answer holds, but not that of an error
    (tmp_path / "output").write_text("")
    async with stage(tmp_path / "evidence", specimen, raw) as (here, _, _):
        outcome = await here.run(KINDS[specimen.kind], written(specimen, tmp_path))
    assert outcome.verdict not in (Verdict.PASS, Verdict.WARN)
    assert outcome.reason


# ---- what comes from outside ---------------------------------------------------------------------------------------

HOSTILE = {
    "terminal escapes": "\x1b[2J\x1b[31mred\x1b]0;title\x07",
    "the clipboard": "\x1b]52;c;b3duZWQ=\x07",
    "C1 controls": "\x9b31m\x9d0;title\x9c",
    "bidirectional text": "\u202egpj.exe\u2066",
    "zero-width signs": "v2\u200b.7\u2060\ufeff",
    "markup": "[@click=app.quit]x[/] [/red] <!channel> <script>",
    "line ends": "one\r\ntwo\u2028three\x85four",
    "placeholders": "{actual}{count}{total}{0}%s${HOME}",
    "a long line": "x" * 700_000,
    "NUL and DEL": "a\x00b\x7fc",
    "private and unassigned signs": "\ue000\U000e0041\U0010ffff",
}


def in_headers(text: str) -> list[tuple[str | bytes, str | bytes]]:
    """Headers that hold `text` as far as HTTP lets it through."""
    value = "".join(sign for sign in text if sign not in "\r\n\0\u2028\x85")[:2_000].encode()
    names = ("x-build", "x-frame-options", "permissions-policy", "Location", "Retry-After", "WWW-Authenticate")
    return [(name, value) for name in names]


def answers(text: str) -> Iterator[bytes]:
    """Answers that hold `text` in every place a kind may show."""
    for status in (200, 400):
        yield reply(json_body(text), status, in_headers(text))
    yield reply(text.encode(), 302, in_headers(text))
    yield reply(f"<html><title>{text}</title>".encode(), 200)


def assert_clean(outcome: CheckOutcome) -> None:
    """Everything in the outcome can be written to a terminal, and there is not too much of it."""
    data = to_json(outcome)
    dirty = [text for text in texts(data) if clean(text, limit=10**9) != text]
    assert not dirty
    assert len(json.dumps(data)) < 64_000


@EVERY
@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
async def test_hostile_text_is_shown_and_does_nothing(specimen: Specimen, text: str, tmp_path: Path) -> None:
    (tmp_path / "output").write_text(text, newline="")
    bodies = list(answers(text)) if specimen.uses_network else [b""]
    if specimen.kind == "latency":
        bodies = bodies[-2:]  # each costs a process, and the bodies are not looked at
    for number, raw in enumerate(bodies):
        async with stage(tmp_path / f"evidence{number}", specimen, raw, said=text) as (here, _, _):
            outcome = await here.run(KINDS[specimen.kind], written(specimen, tmp_path))
        assert outcome.verdict is not Verdict.PASS or not specimen.uses_network or specimen.kind == "latency"
        assert_clean(outcome)
        assert dict(outcome.symptom).get("symptom") != "internal", outcome.reason


@ASKING_A_SERVICE
@pytest.mark.parametrize("over", [0, 1], ids=["as long as is read", "one byte longer"])
async def test_an_answer_over_the_cap_is_not_read_and_the_reason_says_so(
    specimen: Specimen, over: int, tmp_path: Path
) -> None:
    document = json.dumps(json_body("x")).encode()
    raw = reply(document.ljust(MAX_BYTES + over))
    async with stage(tmp_path / "evidence", specimen, raw) as (here, _, _):
        # Time enough for one long answer, where the specimen has next to none.
        patient = {"within": "3s", "every": "1s"} if specimen.kind == "eventually" else {}
        outcome = await here.run(KINDS[specimen.kind], {**written(specimen, tmp_path), **patient})
    told = dict(outcome.symptom).get("symptom") == "too_large"
    assert (told, outcome.verdict is Verdict.ERROR) == (bool(over), bool(over)), outcome.reason
    assert "answer too large" in outcome.reason or "at most 1 MiB are read" in outcome.reason or not over
    assert_clean(outcome)


SECRET = "s3cr3t-Zugang-4711"


@EVERY
@pytest.mark.parametrize("before", ["", "x" * 30, "x" * 70, "x" * 110, "x" * 150, "x" * 190], ids=len)
async def test_a_secret_that_comes_back_is_not_shown(specimen: Specimen, before: str, tmp_path: Path) -> None:
    text = f"{before}{SECRET}"
    (tmp_path / "output").write_text(text)
    bodies = list(answers(text)) if specimen.uses_network else [b""]
    if specimen.kind == "latency":
        bodies = bodies[-1:]
    for number, raw in enumerate(bodies):
        async with stage(tmp_path / f"evidence{number}", specimen, raw, said=text) as (here, _, _):
            here.redactor.add("PASSWORD", SECRET)
            outcome = await here.run(KINDS[specimen.kind], written(specimen, tmp_path))
            here.store.finish()
            assert SECRET[:8] not in json.dumps(to_json(outcome))
            assert SECRET[:8] not in here.kept()


@ASKING_A_SERVICE
async def test_the_specimen_asks_the_server(specimen: Specimen, tmp_path: Path) -> None:
    """The suite would prove nothing about a kind whose specimen never asks."""
    async with stage(tmp_path / "evidence", specimen, reply(json_body("x"))) as (here, server, _):
        await here.run(KINDS[specimen.kind], written(specimen, tmp_path))
        assert server.received
