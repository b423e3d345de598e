"""The numbered requirements of the five launch documents, and which tests show them.

`make coverage-map` runs this file: it collects the tests (runs none) and prints every requirement with the tests that
carry `@pytest.mark.covers` for it. A prefix such as `S3-C` limits the list.
"""

import csv
import functools
import sys
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

_LIST = Path(__file__).with_suffix(".csv")


@functools.cache
def categories() -> Mapping[str, str]:
    """Requirement id -> category, in the order of the documents."""
    with _LIST.open(newline="", encoding="utf-8") as lines:
        return {row["id"]: row["category"] for row in csv.DictReader(lines)}


def known_ids() -> frozenset[str]:
    """Every id that a `covers` mark may name."""
    return frozenset(categories())


def covered_by(item: pytest.Item) -> frozenset[str]:
    """The ids in the `covers` marks of one test, known or not; empty where it has none."""
    return frozenset(str(one) for mark in item.iter_markers("covers") for one in mark.args)


class Collected:
    """A pytest plugin that keeps what collection found."""

    def __init__(self) -> None:
        self.tests: dict[str, list[str]] = defaultdict(list)
        self.errors: list[str] = []

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.errors.append(f"{report.nodeid}: {report.longreprtext.strip()}")

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        for item in session.items:
            for one in sorted(covered_by(item)):
                self.tests[one].append(item.nodeid)


def table(tests: Mapping[str, Sequence[str]], prefix: str = "") -> list[str]:
    """The map as lines: each requirement whose id begins with `prefix`, its tests below it, sums at the end."""
    wanted = {one: category for one, category in categories().items() if one.startswith(prefix)}
    lines: list[str] = []
    for one, category in wanted.items():
        shown = tests.get(one, ())
        lines.append(f"{one}  {category}: {'shown' if shown else 'not shown'}")
        lines.extend(f"    {test}" for test in shown)
    for seed in sorted({one.partition("-")[0] for one in wanted}):
        of_seed = [one for one in wanted if one.startswith(f"{seed}-")]
        lines.append(f"{seed}: {sum(one in tests for one in of_seed)} of {len(of_seed)} shown")
    lines.append(f"all: {sum(one in tests for one in wanted)} of {len(wanted)} shown")
    unknown = sorted(set(tests) - set(categories()))
    lines.extend(f"UNKNOWN {one}: {', '.join(tests[one])}" for one in unknown)
    return lines


def main(arguments: Sequence[str]) -> int:
    """Prints the map. Returns 0, or 1 when a test cannot be collected or names an unknown id."""
    found = Collected()
    options = ["--collect-only", "-p", "no:terminal", "-o", "addopts=", str(_LIST.parent)]
    pytest.main(options, plugins=[found])
    print("\n".join(table(found.tests, arguments[0] if arguments else "")))
    for error in found.errors:
        print(error, file=sys.stderr)
    return 1 if found.errors or set(found.tests) - known_ids() else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
