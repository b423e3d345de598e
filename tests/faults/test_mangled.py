"""Answers mangled at random: an answer or a sentence comes of each, and nothing else."""

import random

import pytest

from tests.faults.ports import http_port, samples, target
from tests.faults.server import Peer, Script, answer, serving
from warroom.contract import Request, Response
from warroom.errors import CannotMeasure

ROUNDS = 150
TEMPLATES = (
    answer(b'{"status": "ok"}', "Content-Type: application/json", "X-Two: 1", "X-Two: 2"),
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\na;x=y\r\n0123456789\r\n0\r\nX: 1\r\n\r\n",
    b"HTTP/1.0 200 OK\r\n\r\nuntil the end",
    b"HTTP/1.1 103 Early Hints\r\nLink: <x>\r\n\r\n" + answer(b"\x1f\x8b\x08", "Content-Encoding: gzip"),
)
SPICE = (b"\r\n", b"\n", b"\0", b"\xff", b":", b" ", b"-1", b"9" * 30, b"\x1b[31m", b"Transfer-Encoding: chunked\r\n")


def mangled(dice: random.Random) -> bytes:
    raw = bytearray(dice.choice(TEMPLATES))
    for _ in range(dice.randint(1, 4)):
        at = dice.randrange(len(raw) + 1)
        match dice.randrange(4):
            case 0:
                del raw[at:]
            case 1:
                raw[at:at] = dice.choice(SPICE)
            case 2:
                del raw[at : at + dice.randint(1, 9)]
            case _:
                raw[at : at + 1] = dice.randbytes(1)
    return bytes(raw)


def mangling(seed: int) -> Script:
    dice = random.Random(seed)

    async def script(peer: Peer) -> None:
        await peer.request()
        await peer.send(mangled(dice))

    return script


@pytest.mark.parametrize("seed", range(3))
async def test_the_adapter_answers_or_says_why_not(seed: int) -> None:
    outcomes: list[Response | CannotMeasure] = []
    async with serving(mangling(seed)) as server, http_port(target(server.url)) as port:
        for _ in range(ROUNDS):
            try:
                outcomes.append(await port.send(Request("app", timeout_s=30)))
            except CannotMeasure as error:
                outcomes.append(error)
    failures = [outcome for outcome in outcomes if isinstance(outcome, CannotMeasure)]
    assert 0 < len(failures) < ROUNDS
    assert {failure.symptom for failure in failures} <= {"reset", "unreadable", "too_large"}
    assert all(failure.message.isprintable() for failure in failures)


@pytest.mark.parametrize("seed", range(3))
async def test_the_sampler_lives_on(seed: int) -> None:
    async with serving(mangling(seed)) as server:
        taken = await samples(target(server.url), count=ROUNDS)
    assert len(taken) == ROUNDS
    assert all((sample.error == "") == (sample.status > 0) for sample in taken)
    assert {sample.error for sample in taken} <= {"", "reset", "cut", "unreadable", "too_large"}
