"""An expression that makes percent, of a signal whose unit takes shares: 2 % would be told as 200 %."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.playbook.small import SMALL, load, said, write

WATCHED = (
    SMALL.replace("targets:\n", 'targets:\n  prom: {url: "http://127.0.0.1:9090"}\n')
    + """\
sources:
  prom: {kind: prometheus, target: prom}
signals:
  errors: {source: prom, expr: "sum(rate(bad[5m])) / sum(rate(all[5m]))", unit: "%", page: "> 5%"}
"""
)
SHARE = "sum(rate(bad[5m])) / sum(rate(all[5m]))"


@pytest.mark.parametrize("expr", [f"100 * {SHARE}", f"100*({SHARE})", f"({SHARE}) * 100"])
def test_the_factor_100_beside_percent_is_refused_at_the_expression(expr: str, tmp_path: Path) -> None:
    text = WATCHED.replace(SHARE, expr)
    [found] = said(write(tmp_path, text))
    line, column, told = found.split(":", 2)
    assert told.strip().startswith("signals.errors.expr: it makes percent, and a signal in % is a share: 0.02 is 2%")
    assert text.splitlines()[int(line) - 1][int(column) - 1 :].lstrip('"').startswith(expr)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param(SHARE, SHARE, id="a share"),
        pytest.param(SHARE, "sum(rate(bad[5m])) / (2 * 100 + sum(rate(all[5m])))", id="a 100 inside"),
        pytest.param(SHARE, f"1100 * {SHARE}", id="another number"),
        pytest.param(f'"{SHARE}", unit: "%", page: "> 5%"', f'"100 * {SHARE}", page: "> 5"', id="no unit"),
    ],
)
def test_anything_else_is_not(old: str, new: str, tmp_path: Path) -> None:
    load(write(tmp_path, WATCHED.replace(old, new)))
