"""Every fault of the table, through the adapter and through the sampler."""

import pytest

from tests.faults.faults import FAULTS, Fault
from tests.faults.ports import failure, http_port, samples, target
from tests.faults.server import serving
from warroom.contract import Exchange, Request

DEADLINE_S = 0.4


def limit_of(fault: Fault) -> float:
    """Short where the deadline is what ends it, long where it must not be."""
    return DEADLINE_S if fault.symptom == "timeout" else 30.0


@pytest.mark.parametrize("fault", FAULTS, ids=str)
async def test_a_fault_is_told_in_a_sentence(fault: Fault) -> None:
    kept: list[Exchange] = []
    async with (
        serving(fault.script) as server,
        http_port(target(server.url), kept=kept) as port,
    ):
        error = await failure(port, Request("app", "/canary", timeout_s=limit_of(fault)))
    assert error.symptom == fault.symptom
    assert error.message.startswith(f"auto_com_center (127.0.0.1:{server.port})")
    assert fault.told in error.message
    assert error.message.isprintable()
    assert "bytearray" not in error.message
    assert kept[-1].error == error.message
    assert kept[-1].status == 0


@pytest.mark.parametrize("fault", FAULTS, ids=str)
async def test_a_fault_has_its_word_in_every_sample(fault: Fault) -> None:
    async with serving(fault.script) as server:
        taken = await samples(target(server.url), count=2, timeout_s=limit_of(fault))
    assert [sample.error for sample in taken] == [fault.sampled] * 2
    for sample in taken:
        assert (sample.latency_s is None) == bool(fault.sampled)
        assert sample.status == (0 if fault.sampled else 200)
