"""Run by test_memory: meets the faults of one server and prints by how many KiB the peak of memory grew."""

import asyncio
import contextlib
import sys
import tempfile
from pathlib import Path

import warroom
from warroom.adapters.http import HttpAdapter
from warroom.adapters.sampling import SamplerProcess
from warroom.clock import RealClock
from warroom.contract import Request, SampleJob
from warroom.errors import CannotMeasure
from warroom.playbook.loaded import Target

# The sampler, and its peak written down at its end.
WRAPPER = """
import os, sys
sys.path.append({folder!r})
import sampler
end = os._exit
def note(code):
    with open("/proc/self/status") as status, open({note!r}, "a") as note:
        note.write(next(line for line in status if line.startswith("VmHWM")).split()[1] + chr(10))
    end(code)
os._exit = note
sampler.main()
"""


def peak_kib() -> int:
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0])


def write_wrapper(script: Path, note: Path) -> None:
    script.write_text(WRAPPER.format(folder=str(Path(warroom.__file__).parent), note=str(note)))


def peaks_in(note: Path) -> list[int]:
    return [int(line) for line in note.read_text().split()]


async def through_the_adapter(url: str, paths: list[str]) -> int:
    port = HttpAdapter({"app": Target("app", url)}, RealClock())
    await port.send(Request("app", "/fine"))
    before = peak_kib()
    for path in paths:
        with contextlib.suppress(CannotMeasure):
            await port.send(Request("app", path, timeout_s=60))
    await port.aclose()
    return peak_kib() - before


async def through_the_sampler(url: str, paths: list[str]) -> int:
    with tempfile.TemporaryDirectory() as folder:
        note, script = Path(folder, "note"), Path(folder, "wrapper.py")
        write_wrapper(script, note)
        port = SamplerProcess({"app": Target("app", url)}, script=script)
        for path in ("/fine", *paths):
            await port.sample(SampleJob(Request("app", path), 3, timeout_s=60), lambda _: None)
        first, *others = peaks_in(note)
    assert len(others) == len(paths)
    return max(others) - first


if __name__ == "__main__":
    _, part, server, *faults = sys.argv
    run = {"adapter": through_the_adapter, "sampler": through_the_sampler}[part]
    print(asyncio.run(run(server, faults)))
