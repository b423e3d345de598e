"""Prometheus' own rule tests (`promtool test rules`): many cases in one process."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.needs import need_program


def input_series(name: str, labels: Mapping[str, object], values: Sequence[float | None]) -> dict[str, str]:
    """A series of promtool's: one value each interval from time 0, None for none."""
    inside = ",".join(f'{label}="{value}"' for label, value in labels.items())
    return {
        "series": f"{name}{{{inside}}}",
        "values": " ".join("_" if value is None else repr(value) for value in values),
    }


def is_about(expr: str, at_s: float, value: float | None) -> dict[str, Any]:
    """A test that the expression has this value at this time, to one in 10^9; None: that it has none."""
    if value is None:
        return {"expr": expr, "eval_time": f"{at_s * 1000:.0f}ms", "exp_samples": []}
    margin = max(abs(value) * 1e-9, 1e-12)
    return {
        "expr": f"abs({expr} - ({value!r})) <= bool {margin!r}",
        "eval_time": f"{at_s * 1000:.0f}ms",
        "exp_samples": [{"labels": "{}", "value": 1}],
    }


def run_rule_tests(
    folder: Path, tests: Iterable[dict[str, Any]], rules: Sequence[dict[str, Any]] = (), every_s: int = 15
) -> str:
    """What promtool has to say against the tests; empty where they hold."""
    promtool = need_program("promtool")
    (folder / "rules.json").write_text(json.dumps({"groups": [{"name": "all", "rules": list(rules)}]}))
    content = {
        "rule_files": ["rules.json"] if rules else [],
        "evaluation_interval": f"{every_s}s",
        "tests": list(tests),
    }
    (folder / "tests.json").write_text(json.dumps(content))
    done = subprocess.run(
        [promtool, "test", "rules", "tests.json"], cwd=folder, capture_output=True, text=True, timeout=100
    )
    return "" if done.returncode == 0 else (done.stdout + done.stderr)[-4000:]
