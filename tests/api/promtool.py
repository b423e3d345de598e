"""promtool, which comes with Prometheus."""

from __future__ import annotations

import asyncio
from asyncio.subprocess import PIPE, STDOUT

from tests.needs import need_program


async def promtool(*arguments: str, given: bytes = b"") -> tuple[int | None, str]:
    """How it ends, and what it says."""
    program = str(need_program("promtool"))
    done = await asyncio.create_subprocess_exec(program, *arguments, stdin=PIPE, stdout=PIPE, stderr=STDOUT)
    said, _ = await asyncio.wait_for(done.communicate(given), 60)
    return done.returncode, said.decode()
